/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_lmdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/contract/store.h"

static char folder[40];

static void remove_folder(void)
{
    static const char *const names[] = {"store/data.mdb", "store/lock.mdb", "store/in-use", "store", ""};
    for (size_t i = 0; folder[0] && i < sizeof names / sizeof *names; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        (void)remove(name);
    }
}

static gba_rc open_fresh(struct rt_loop *loop, uint32_t cap, struct bsf_store *out)
{
    char path[64];
    gba_text why;
    remove_folder();
    snprintf(folder, sizeof folder, "/tmp/sessions.XXXXXX");
    if (!mkdtemp(folder))
        return GBA_E_FILE;
    snprintf(path, sizeof path, "%s/store", folder);
    return bsf_store_lmdb_open(loop, &(struct bsf_store_lmdb_conf){path, 16, cap}, out, &why);
}

int main(void)
{
    int code = store_contract_run(&(struct store_contract){"LMDB store", open_fresh, true});
    remove_folder();
    return code;
}
