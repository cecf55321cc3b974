/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One bootstrapping run of a device over Ub (TS 24.109 4, TS 33.220 4.5.2, 5.3.2):
 *
 *   START > SEND > HTTP 401 > CHALLENGE > CARD > SEND > HTTP 200 > DONE
 *            ^                                |                  GBA_U: > STORE > DERIVE > DONE
 *            '---- out of step: AUTS ---------'
 *
 * A BSF may give the challenge of the next run with a success (nextnonce): that run then
 * begins with CHALLENGE.
 *
 * 2G GBA (TS 33.220 I) asks the card for SRES and Kc; GBA_Digest (M) has no card: EXPORT and
 * EXPORTED are in the place of CHALLENGE and CARD.  Both are for TLS connections only, which
 * is for whoever runs the engine to see to.
 *
 * Every step gives one order.  The engine talks to nobody: whoever runs it
 * sends the requests, asks the card and comes back with an event.
 */
#pragma once

#include "gba/crypto/kdf.h"
#include "ue/challenge.h"
#include "ue/keys.h"
#include "uicc/auth.h"

enum ue_gba { UE_GBA_3G, UE_GBA_2G, UE_GBA_DIGEST };

/* Credentials of GBA_Digest, TS 33.220 M. */
struct ue_boot_digest {
    gba_view realm; /* the home domain */
    gba_view password;
    bool ha1_hex; /* H(A1) enters the derivation as hexadecimal digits */
};

/* Views must outlive the run. */
struct ue_boot_conf {
    enum ue_gba gba;
    struct ue_boot_digest digest; /* UE_GBA_DIGEST */
    bool akav2;                   /* UE_GBA_3G: answer AKAv2 (RFC 4169) too; not with Ks in the card */
    gba_view bsf;         /* host name of the BSF: the realm must be this */
    gba_view host;        /* the value of Host: the name, with a port when it is not 80 */
    gba_view product;     /* first word of User-Agent */
    bool tmpi;            /* use and keep temporary identities (TS 33.220 B.4) */
    bool allow_downgrade; /* when the card refuses AUTN* try once more as GBA_ME */
    unsigned max_resyncs;
};

enum ue_boot_event_kind {
    UE_BOOT_START,
    UE_BOOT_HTTP,
    UE_BOOT_CARD,
    UE_BOOT_EXPORTED,
    UE_BOOT_STORED,
    UE_BOOT_DERIVED,
};

struct ue_boot_event {
    enum ue_boot_event_kind kind;
    gba_rc rc;                           /* how the order went; E_SQN of the card is an outcome */
    const struct gba_http_msg *response; /* HTTP, with its body */
    const struct uicc_auth *auth;        /* CARD; with gsm NULL */
    const gba_triplet *triplet;          /* CARD, with gsm */
    const gba_tls_mk *tls_mk;            /* EXPORTED */
    bool gba_context;                    /* CARD: it was asked in the GBA context */
    const gba_ks_naf *ks_ext_naf;        /* DERIVED */
};

enum ue_boot_order_kind {
    UE_BOOT_SEND,      /* msg to the BSF */
    UE_BOOT_CHALLENGE, /* rand and autn to the card; only in the 3G context when as_me; rand alone
                          in the GSM context when gsm */
    UE_BOOT_EXPORT,    /* keying material of the TLS connection that the next SEND goes over */
    UE_BOOT_STORE,     /* btid and lifetime to EF_GBABP */
    UE_BOOT_DERIVE,    /* Ks_ext_NAF for naf_id out of the card */
    UE_BOOT_DONE,      /* reason tells; keep result, whatever the reason */
};

/* What it points to lives until the next step. */
struct ue_boot_order {
    enum ue_boot_order_kind kind;
    gba_rc reason;
    const struct gba_http_msg *msg;
    const gba_rand *rand;
    const gba_autn *autn;
    bool as_me, gsm;
    gba_view btid, lifetime;
    gba_view naf_id;
};

/* A run; it stays where it is.  Wipe it in the end. */
struct ue_boot {
    const struct ue_boot_conf *conf;

    /* What to keep: the keys before the run with what the run changed.  A TMPI
     * that the BSF refused is gone; keys that the card replaced are gone too. */
    struct ue_keys result;
    unsigned status; /* the last HTTP status, for messages */
    unsigned resyncs;
    gba_rc store_rc; /* soft: why B-TID and lifetime are not on the card */

    int stage; /* private from here */
    bool with_tmpi, as_me, refreshed, resumed;
    struct ue_challenge challenge;
    struct uicc_auth auth;
    struct gba_kdf_2g gsm;
    gba_tls_mk tls_mk;
    gba_ha1 ha1;
    gba_ks ks;
    uint8_t password[64];
    size_t password_n;
    gba_text nonce; /* GBA_Digest */
    gba_rand rand;
    gba_autn autn;
    struct gba_http_msg msg;
    uint8_t text[2 * UE_CHALLENGE_ROOM + 1024];
    uint8_t auts[20], lifetime[24], naf_id[GBA_NAFID_MAX];
    gba_writer auts_w, lifetime_w, naf_id_w;
};

/* A run for this identity of this application; `before` is what was kept of the
 * last run (NULL: nothing), and is not used when it belongs to another one. */
void ue_boot_init(struct ue_boot *b, const struct ue_boot_conf *conf, const struct ue_keys *who,
                  const struct ue_keys *before);

/* One step; DONE tells E_UE_*, E_CARD_*, E_AUTH_* or what an event brought. */
void ue_boot_step(struct ue_boot *b, const gba_env *env, const struct ue_boot_event *event,
                  struct ue_boot_order *order);
