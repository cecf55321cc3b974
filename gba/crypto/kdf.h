/* SPDX-License-Identifier: Apache-2.0 */
/* The GBA key derivation family, TS 33.220 annex B. */
#pragma once

#include "gba/base/secret.h"

/* B.2: HMAC-SHA-256 over FC || P0 || L0 || ... ; each Pi at most 65535 octets.
 * FC above 0xff is two octets 0xFF xx. */
GBA_MUST_USE gba_rc gba_kdf(gba_view key, uint16_t fc, const gba_view *p, size_t n, uint8_t out[32]);

enum gba_kdf_use {
    GBA_KDF_ME,   /* "gba-me": Ks_NAF and Ks_ext_NAF */
    GBA_KDF_UICC, /* "gba-u":  Ks_int_NAF */
};

/* B.3.  naf_id is the octets as on the wire: FQDN || Ua security protocol id. */
struct gba_kdf_naf {
    const gba_ks *ks;
    const gba_rand *rand;
    gba_view impi;   /* never the TMPI */
    gba_view naf_id;
};
GBA_MUST_USE gba_rc gba_kdf_ks_naf(const struct gba_kdf_naf *in, enum gba_kdf_use use, gba_ks_naf *out);

/* B.6: the same for GBA_Digest, with the nonce of Ub, as sent, in the place of RAND: in->rand
 * does not count. */
GBA_MUST_USE gba_rc gba_kdf_ks_naf_digest(const struct gba_kdf_naf *in, gba_view nonce, gba_ks_naf *out);

/* B.4: TMPI text (32 base64 characters and the fixed realm) appended to w.
 * bsf_name is the part of the B-TID after '@'. */
GBA_MUST_USE gba_rc gba_kdf_tmpi(const struct gba_kdf_naf *in_without_naf_id, gba_view bsf_name,
                                 gba_writer *w);

/* I.: 2G GBA. RES (16 octets) and Ks from a GSM triplet and the BSF's Ks-input. */
struct gba_kdf_2g {
    gba_triplet triplet;
    uint8_t ks_input[16];
};
GBA_MUST_USE gba_rc gba_kdf_2g_derive(const struct gba_kdf_2g *in, gba_res *res, gba_ks *ks);

/* B.5: GBA_Digest.  ha1 is H(A1) of the SIP Digest credentials in the form that both sides
 * agree on; passwd is the password of the digest on Ub, resp the octets of its response. */
struct gba_kdf_digest {
    gba_view ha1;
    const gba_tls_mk *tls_mk;
};
GBA_MUST_USE gba_rc gba_kdf_digest_passwd(const struct gba_kdf_digest *in, uint8_t passwd[32]);
GBA_MUST_USE gba_rc gba_kdf_digest_ks(const struct gba_kdf_digest *in, gba_view resp, gba_ks *ks);
