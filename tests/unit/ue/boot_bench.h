/* SPDX-License-Identifier: Apache-2.0 */
/* A bench for the device's Ub engine: the test plays BSF and card. */
#pragma once

#include "tests/lib/digest_peer.h"
#include "ue/boot.h"

#define BSF "bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define TMPI "NdfNQvvGWK4SGbs7c17alrZHQXyhEcrW@tmpi.bsf.3gppnetwork.org"
#define NONCE "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M="
#define OTHER_NONCE "AAAAAAAAAAAAAAAAAAAAAFXzKLQ1d7m5Sp/6w1Tfr7M="
#define CHALLENGE(nonce)                                                                                     \
    "Digest realm=\"" BSF "\", nonce=\"" nonce "\", algorithm=AKAv1-MD5, qop=\"auth-int\", opaque=\"5ccc\""

/* 2029-12-31T00:00:00Z: one day before the key of bsinfo.xml expires. */

/* 2029-12-31T00:00:00Z: one day before the key of bsinfo.xml expires. */
extern const int64_t now_s;

extern uint8_t cnonce[16]; /* what the engine's random octets are */
extern struct ue_boot_conf conf;
extern struct ue_boot boot;
extern struct ue_boot_order order;   /* the last one */
extern struct gba_http_msg response; /* the next one */
extern gba_env env;
extern gba_view document; /* bsinfo.xml */
extern const uint8_t res[8];

/* One event. */
void step(const struct ue_boot_event *event);

/* A new run, not started; started. */
void begin(const struct ue_keys *before);
void start(const struct ue_keys *before);

/* The response, piece by piece; then http() gives it to the engine. */
void answer(unsigned status);
void with(const char *name, gba_view value);
void http(void);

/* A 401 with this field. */
void challenge(const char *field);

/* The card. */
void card_answers(bool in_card);
void card_refuses(gba_rc rc, bool gba_context);

/* Up to the second request. */
void until_second(void);

/* A 200 with a right proof over `body`, not yet given. */
void success(gba_view body);

/* The run is over; without new keys. */
void expect_done(gba_rc reason);
void expect_no_keys(gba_rc reason);

/* Keys of an earlier run. */
struct ue_keys old_keys(enum ue_mode mode);
