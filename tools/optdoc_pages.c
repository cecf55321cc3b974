/* SPDX-License-Identifier: Apache-2.0 */
/* The file formats, and what their samples show.  The samples fit together:
 * they make one small network on this host. */
#include "naf/conf.h"
#include "tools/optdoc.h"

static const struct optdoc_example naf_examples[] = {
    {"http.listen[1]", "127.0.0.1:8088"},
    {"services[1].fqdn", "xcap.home.example"},
    {"diameter.identity", "naf.home.example"},
    {"diameter.peers[1].identity", "bsf.home.example"},
    {"diameter.peers[1].address", "127.0.0.1:3869"},
    {0},
};

const struct optdoc_page optdoc_pages[] = {
    {"naf", "keystrap-naf.conf", "keystrap-naf", "/etc/keystrap/naf.yaml", "Configuration of the NAF reverse proxy",
     naf_conf_rows, naf_examples},
    {0},
};
