/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Ub engine on the bench: a device, an HSS and a store around it, all
 * played by the test, with the inputs of Milenage set 1.  A test turns one
 * knob, sends, and looks at the reply.
 */
#pragma once

#include "bsf/ub.h"
#include "gba/crypto/digest.h"
#include "tests/lib/fake_store.h"
#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define OTHER_IMPI "001010123456780@ims.mnc001.mcc001.3gppnetwork.org"
#define HOST "bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define NONCE_ME "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M="
#define NONCE_U "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5jH8/DXI/skQ="
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@" HOST
#define TMPI "NdfNQvvGWK4SGbs7c17alrZHQXyhEcrW@tmpi.bsf.3gppnetwork.org"
#define RES "a54211d5e3ba50bf"
#define AUTS "uoU/PBIctV7bggBAq0E="

struct bench {
    struct fake_world world;
    struct bsf_conf conf;
    struct bsf_conf_name names[2];
    gba_seal_ring ring;
    struct bsf_ub ub;
    void *memory;
    struct bsf_ub_run run;

    /* the device */
    struct bsf_ub_via via;
    const char *username, *realm, *uri, *nonce, *cnonce, *nc, *qop, *algorithm, *auts, *user_agent, *host;
    char opaque[33];
    enum gba_digest_alg alg; /* what it computes with, when that is not AKA */
    gba_view method, res;
    const char *response; /* NULL: the right one */

    /* the HSS */
    struct dia_maa maa;
    const struct dia_maa *then; /* the next answer; NULL: the same again */
    gba_rc maa_rc;
    uint32_t retry_after_s;
    unsigned asked, dies_after; /* 0: it does not */
    struct dia_mar mar; /* the last one */
    char mar_impi[GBA_TEXT_MAX + 1];

    /* the store */
    struct fake_store store;
    struct bsf_store_put put; /* the last one */

    /* what came out */
    gba_rc reason;
    unsigned status;
    char challenge[1024]; /* WWW-Authenticate, else empty */
    char asked_realm[256], asked_nonce[128];
};

/* Everything as in the run of the vectors; memory for cap challenges. */
void bench_init(struct bench *b, uint32_t cap);
void bench_free(struct bench *b);

/* First GET; remembers the opaque of the challenge. */
void bench_first(struct bench *b);

/* GET with credentials. */
void bench_respond(struct bench *b);

/* GET with this Authorization (NULL: none). */
void bench_send(struct bench *b, const char *authorization);

/* This request, as it stands on the wire. */
void bench_send_text(struct bench *b, const char *head);

/* The Authorization that bench_respond would send. */
const char *bench_credentials(struct bench *b);

/* A copy of text that fits with its NUL. */
void bench_copy(char *out, size_t cap, const char *text);

/* A field of the last reply, as text; "" when absent. */
gba_view bench_field(const struct bench *b, const char *name);

/* The session that was stored under the B-TID; fails the test when there is none. */
void bench_session(struct bench *b, const char *btid, struct bsf_session *session);

/* Assert: this reply with this reason, and no key came of it. */
void bench_refused(const struct bench *b, unsigned status, gba_rc reason);

/* A first request; assert that it is challenged. */
void bench_challenged(struct bench *b);

/* Assert that the challenge is still good: the device that was asked can answer it. */
void bench_still_answerable(struct bench *b);
