/* SPDX-License-Identifier: Apache-2.0 */
/* BootstrappingInfo: the body of the 200 on Ub, TS 24.109 annex C. */
#pragma once

#include "gba/base/text.h"

enum { GBA_BSINFO_MAX = 16 * 1024 }; /* a larger document is refused: E_XML_SIZE */

struct gba_bsinfo {
    gba_text btid;
    int64_t lifetime_s;    /* instant of expiry, UTC seconds */
    int64_t currenttime_s; /* from Extension/currenttime; 0 when absent */
};

/* Parse; unknown elements and attributes are ignored, namespace uri:3gpp-gba is
 * required of the root.  E_XML, E_XML_FORBIDDEN, E_XML_CONTENT, E_XML_SIZE. */
GBA_MUST_USE gba_rc gba_bsinfo_parse(gba_view xml, struct gba_bsinfo *out);

/* The document in five lines (Extension only when currenttime_s is set). */
void gba_put_bsinfo(gba_writer *w, const struct gba_bsinfo *info);
