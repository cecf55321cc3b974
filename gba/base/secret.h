/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets and the other fixed-size quantities of AKA and GBA.
 *
 * Each kind is its own type, so none can stand in for another.  Whoever
 * declares a secret wipes it.  Secrets are compared only with gba_ct_eq.
 * Sizes: TS 33.102 6.3, TS 35.205, TS 35.231, TS 33.220 annex B.
 */
#pragma once

#include "gba/base/bytes.h"

typedef struct gba_rand {
    uint8_t b[16];
} gba_rand;
typedef struct gba_autn {
    uint8_t b[16];
} gba_autn; /* AUTN or AUTN* */
typedef struct gba_auts {
    uint8_t b[14];
} gba_auts;
typedef struct gba_amf {
    uint8_t b[2];
} gba_amf;

typedef struct gba_k {
    uint8_t b[32];
    size_t n;
} gba_k; /* n is 16, or 32 with TUAK */
typedef struct gba_op {
    uint8_t b[16];
} gba_op;
typedef struct gba_opc {
    uint8_t b[16];
} gba_opc;
typedef struct gba_top {
    uint8_t b[32];
} gba_top;
typedef struct gba_topc {
    uint8_t b[32];
} gba_topc;
typedef struct gba_res {
    uint8_t b[32];
    size_t n;
} gba_res; /* 4..16, TUAK up to 32 */
typedef struct gba_ck {
    uint8_t b[16];
} gba_ck;
typedef struct gba_ik {
    uint8_t b[16];
} gba_ik;
typedef struct gba_ak {
    uint8_t b[6];
} gba_ak;
typedef struct gba_ks {
    uint8_t b[32];
} gba_ks; /* CK || IK */
typedef struct gba_ks_naf {
    uint8_t b[32];
} gba_ks_naf; /* Ks_NAF, Ks_ext_NAF or Ks_int_NAF */

/* What travels from AuC to BSF: TS 33.102 6.3.2. */
typedef struct gba_aka_vector {
    gba_rand rand;
    gba_autn autn;
    gba_res xres;
    gba_ck ck;
    gba_ik ik;
} gba_aka_vector;

/* What a SIM is asked and answers: TS 43.020 (GSM 03.20). */
typedef struct gba_triplet {
    gba_rand rand;
    uint8_t sres[4];
    uint8_t kc[8];
} gba_triplet;

/* H(A1) of HTTP Digest, as octets. */
typedef struct gba_ha1 {
    uint8_t b[32];
    size_t n;
} gba_ha1; /* n is 16 with MD5, 32 with SHA-256 */

/* What is exported from a TLS connection for GBA_Digest: TLS_MK_Extr of TS 33.220 M. */
typedef struct gba_tls_mk {
    uint8_t b[48];
} gba_tls_mk;

/* Overwrite n octets in a way the compiler keeps. */
void gba_wipe_bytes(void *p, size_t n);

/* Wipe one object. */
#define gba_wipe(object) gba_wipe_bytes((object), sizeof *(object))

/* Same octets?  Takes the same time for any content of equal length; the
 * length itself is not secret. */
GBA_MUST_USE bool gba_ct_eq(gba_view a, gba_view b);
