/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a BSF tells a target of oneM2M over Zn: Ks_(ext)_NAF or Ks_int_NAF is Km or
 * Kpsa, and a uid in the user security settings is the Enrolee-ID (TS-0003 8.3.2.3).
 */
#pragma once

#include "diameter-dict/zn.h"
#include "m2m/shared.h"

struct m2m_zn_want {
    gba_view gsid; /* settings that count; empty: none do */
    bool uicc;     /* the client said that it is in the UICC */
};

/* Fills key, peer and end.  The settings may ask for Ks_int_NAF of a client that did not
 * say so.  E_NAF_NOT_AUTHORIZED, E_NAF_BTID_UNKNOWN, E_NAF_BSF, E_NAF_USS, E_TARGET_USE
 * (the kind of key that is due is not there). */
GBA_MUST_USE gba_rc m2m_zn_learn(const struct m2m_zn_want *want, const struct dia_bia *bia,
                                 struct m2m_shared *got);
