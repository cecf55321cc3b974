/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device keeps of a bootstrapping run (TS 33.220 4.5.2, 4.4.11), and its
 * text form.  A secret: it holds Ks but in GBA_U.  Wipe it.
 */
#pragma once

#include "gba/base/secret.h"
#include "gba/base/text.h"
#include "gba/crypto/digest.h"
#include "gba/wire/names.h"
#include "uicc/dir.h"

enum ue_mode { UE_MODE_NONE, UE_MODE_ME, UE_MODE_U, UE_MODE_2G, UE_MODE_DIGEST };

/* What the BSF gave with a success, so that the next run takes one request. */
struct ue_next {
    gba_text nonce; /* empty: nothing */
    gba_text opaque;
    enum gba_digest_alg alg;
};

struct ue_keys {
    enum ue_mode mode; /* NONE: no keys; impi, app and tmpi may still be set */
    enum uicc_app app; /* the application that was used: its keys are its own; AUTO: there is no card */
    gba_text impi;
    gba_text tmpi; /* empty: none agreed */
    gba_text btid;
    gba_rand rand;
    gba_text nonce;               /* GBA_Digest only: of Ub, in the place of RAND */
    gba_ks ks;                    /* not in GBA_U, where it never left the card */
    int64_t created_s, expires_s; /* by this device's clock */
    struct ue_next next;
};

enum { UE_KEYS_TEXT_MAX = 2048 };

/* Text, one "name value" a line. */
void ue_keys_put(const struct ue_keys *keys, gba_writer *w);

/* Exactly what ue_keys_put writes; E_UE_STATE, and *keys is wiped. */
GBA_MUST_USE gba_rc ue_keys_parse(gba_view text, struct ue_keys *keys);

/* May they be used now?  E_UE_NOT_BOOTSTRAPPED, E_UE_EXPIRED. */
GBA_MUST_USE gba_rc ue_keys_check(const struct ue_keys *keys, int64_t now_s);

/* Not in GBA_U: Ks_NAF (TS 33.220 B.3, B.6).  The caller wipes *ks_naf. */
GBA_MUST_USE gba_rc ue_keys_derive(const struct ue_keys *keys, const gba_nafid *naf, gba_ks_naf *ks_naf);

/* "gba-me", "gba-u", "2g-gba", "gba-digest" or "none". */
const char *ue_mode_name(enum ue_mode mode);
