/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zn: BIR and BIA, TS 29.109 5.2; plain structs to freeDiameter messages and
 * back, both roles.  Decoded views point into the message and end with it.
 */
#pragma once

#include "diameter-dict/result.h"
#include "gba/base/secret.h"

struct msg;

enum { DIA_BIR_MAX_GSIDS = 16, DIA_BIR_MAX_ROUTES = 16 };

struct dia_bir {
    struct dia_route route;
    gba_view btid;
    gba_view naf_id;            /* octets as on the wire */
    gba_view gsids[DIA_BIR_MAX_GSIDS];
    size_t n_gsids;
    bool gba_u_aware;
    gba_view routes[DIA_BIR_MAX_ROUTES]; /* decode: Route-Record, the connected peer last */
    size_t n_routes;
};

struct dia_bia {
    struct dia_result result;
    gba_view origin_host, origin_realm;
    gba_view impi;              /* absent unless policy lets the NAF see it */
    bool has_me_key, has_uicc_key;
    gba_ks_naf me_key;          /* Ks_NAF or Ks_ext_NAF */
    gba_ks_naf uicc_key;        /* Ks_int_NAF */
    bool has_expiry, has_creation;
    int64_t expiry_s, creation_s;
    gba_view uss_list;          /* XML, root ussList; absent when none */
    uint32_t gba_type;          /* 0 3G GBA, 1 2G GBA, 2 GBA_Digest */
};

/* NAF: build a BIR (Session-Id included).  *out is the caller's to send or free. */
GBA_MUST_USE gba_rc dia_bir_encode(const struct dia_bir *bir, struct msg **out);

/* BSF: read a BIR; on failure *fault is what to answer with dia_error_encode. */
GBA_MUST_USE gba_rc dia_bir_decode(struct msg *msg, struct dia_bir *bir, struct dia_fault *fault);

/* BSF: turn the request *msg into its answer, which then owns the request; on
 * failure *msg is still the request. */
GBA_MUST_USE gba_rc dia_bia_encode(struct msg **msg, const struct dia_bia *bia);

/* NAF: read a BIA of any result; keys are taken of a success only.  A success
 * without any key is a failure, and then both keys are wiped. */
GBA_MUST_USE gba_rc dia_bia_decode(struct msg *msg, struct dia_bia *bia);
