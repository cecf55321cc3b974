/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of a scenario: the engines of BSF and NAF, unchanged, joined with a
 * small AuC, devices with a card each, a store, a clock and a random source
 * that obey the script.  No socket, no thread, no file.
 */
#pragma once

#include "bsf/ub.h"
#include "bsf/zn_serve.h"
#include "gba/crypto/aka.h"
#include "gba/crypto/kdf.h"
#include "gba/crypto/sqn.h"
#include "gba/wire/bsinfo.h"
#include "naf/ua.h"
#include "tests/lib/fake_store.h"
#include "tests/lib/fakes.h"

enum { WORLD_DEVICES = 4 };

#define WORLD_BSF "bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define WORLD_NAF "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"
#define WORLD_NAF_PEER "naf.home.example"

/* What an engine waits for on behalf of a device, or said last. */
struct world_side {
    enum { SIDE_IDLE, SIDE_ASKED, SIDE_FORWARDED, SIDE_REPLIED } state;
    gba_rc reason;
    char text[16384]; /* the message, as it would stand on the wire */
    size_t n;
    struct gba_http_msg msg; /* views into text */
};

struct world_device {
    char name[32];
    /* the card */
    gba_aka_key key;
    struct gba_sqn_ms sqn;
    bool gba_u;
    enum { WITH_USIM, WITH_SIM, WITH_DIGEST } kind; /* of its credentials */
    gba_tls_mk tls_mk;
    gba_rc card_rc;
    /* the subscription in the AuC */
    gba_aka_key auc_key;
    gba_text impi;
    uint64_t sqn_he;
    char guss[2048];
    size_t guss_n;
    gba_aka_vector av;
    /* Ub */
    struct bsf_ub_run ub_run;
    struct world_side ub;
    struct gba_http_msg ub_req;
    struct bsf_ub_via ub_via;
    char ub_head[2048];
    char user[256], realm[256], nonce[256], opaque[128];
    struct dia_mar mar;
    struct bsf_zh_ask zh_ask;
    gba_text mar_impi;
    gba_rand rand;
    gba_auts auts;
    gba_res res;
    gba_ks ks;
    struct gba_digest_in ub_digest;
    gba_text btid, tmpi;
    int64_t expiry_s;
    /* Ua */
    struct naf_ua_run ua_run;
    struct world_side ua;
    struct gba_http_msg ua_req;
    char ua_head[2048], ua_body[1024], ua_target[256], ua_method[16];
    char ua_nonce[128], ua_opaque[64], ua_nc[9], ua_key[45];
    unsigned nc;
    struct dia_bir bir;
    struct gba_digest_in ua_digest;
};

struct world {
    struct fake_world fake;
    struct bsf_conf bsf_conf;
    struct bsf_conf_name name;
    struct bsf_conf_rule rule;
    gba_text any_ua, any_gsid;
    int all_types[3];
    struct naf_conf naf_conf;
    struct naf_service service;
    struct naf_route route;
    bool running; /* the configuration is fixed */
    gba_seal_ring ring;
    struct bsf_ub ub;
    struct bsf_zn zn;
    struct bsf_zn_run zn_run; /* its answer has views into it */
    struct naf_ua ua;
    struct naf_cache cache;
    struct naf_nonces nonces;
    void *memory[4];
    struct fake_store store;
    struct world_device devices[WORLD_DEVICES];
    size_t n_devices;
    struct world_device *now;
};

/* NULL without memory. */
struct world *world_new(void);
void world_free(struct world *w);

/* Start the engines with the configuration set so far (idempotent). */
void world_start(struct world *w);

/* The device of this name, made when it is new. */
struct world_device *world_device(struct world *w, const char *name);

/* Let the engines have something; what they order is carried out or kept in
 * the device's side. */
void world_ub_request(struct world *w, struct world_device *d);
void world_ub_vector(struct world *w, struct world_device *d, gba_rc rc, const struct dia_maa *maa);
void world_ua_request(struct world *w, struct world_device *d);
void world_ua_key(struct world *w, struct world_device *d, gba_rc rc, const struct dia_bia *bia);
void world_ua_upstream(struct world *w, struct world_device *d, gba_rc rc, const struct gba_http_msg *rsp);

/* What the AuC answers to the device's MAR, and the BSF to its BIR. */
void world_hss_answer(struct world_device *d, const gba_env *env, struct dia_maa *maa);
void world_bsf_answer(struct world *w, struct world_device *d, struct dia_bia *bia);

/* H(A1) of the device's SIP Digest credentials, whose password is "secret". */
gba_ha1 world_ha1(const struct world_device *d);

/* How many sessions the store holds. */
size_t world_sessions(const struct world *w);
