/* SPDX-License-Identifier: Apache-2.0 */
/* GBA user security settings: guss and ussList, TS 29.109 annex A. */
#pragma once

#include "gba/base/arena.h"
#include "gba/base/text.h"

enum { GBA_GUSS_MAX = 64 * 1024, GBA_GUSS_MAX_USS = 64, GBA_USS_MAX_ITEMS = 64 };

enum gba_uicc_type { GBA_UICC_GBA, GBA_UICC_GBA_U }; /* absent reads as GBA */

enum gba_key_choice { GBA_KEY_UNSAID, GBA_KEY_ME, GBA_KEY_UICC, GBA_KEY_BOTH };

/* All texts are unescaped and live in the arena of the parse. */
struct gba_uss {
    gba_view id;        /* GSID */
    uint32_t type;      /* GAA service type, annex B */
    gba_view naf_group; /* absent when not given */
    gba_view uids[GBA_USS_MAX_ITEMS];
    size_t n_uids;
    uint32_t flags[GBA_USS_MAX_ITEMS];
    size_t n_flags;
    enum gba_key_choice key_choice;
};

struct gba_guss {
    gba_view impi;               /* guss/@id; absent in a ussList */
    enum gba_uicc_type uicc_type;
    uint32_t lifetime_s;         /* bsfInfo/lifeTime; 0 when absent */
    struct gba_uss *uss;
    size_t n_uss;
};

/* Parse a document whose root is guss or ussList.  Local names count, unknown
 * elements and attributes are ignored, no DTD, no entities of its own.
 * E_XML, E_XML_FORBIDDEN, E_XML_CONTENT, E_XML_SIZE, E_SPACE. */
GBA_MUST_USE gba_rc gba_guss_parse(gba_view xml, gba_arena *arena, struct gba_guss *out);

/* The document on Zh (root guss). */
void gba_put_guss(gba_writer *w, const struct gba_guss *guss);

/* The document on Zn (root ussList) of the chosen ones. */
void gba_put_usslist(gba_writer *w, const struct gba_uss *const *uss, size_t n);

/* Same GSID?  Compared as decimal numbers when both are, else as text. */
bool gba_gsid_eq(gba_view a, gba_view b);
