/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Zn engine on the bench: three rules, a GBA_U session, and a NAF's request.  A
 * test turns one knob, serves, and looks at the answer.
 */
#pragma once

#include "bsf/zn_serve.h"
#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define NAF "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"
#define USS(id, group, uid)                                                                                  \
    "<uss id=\"" id "\" type=\"1\"" group "><uids><uid>" uid "</uid></uids><flags/></uss>"

extern struct fake_world world;
extern struct bsf_conf conf;
extern struct bsf_conf_rule rules[3];
extern gba_text gsids[2];
extern struct bsf_zn zn;
extern struct bsf_session session;
extern struct bsf_zn_run run;
extern struct bsf_zn_order order;
extern struct dia_bir bir;
extern gba_view peer;
extern bool in_cert;
extern uint8_t naf_id[64];

void set(gba_text *t, const char *s);

/* The NAF-Id of the request: a host name and a Ua protocol in hexadecimal. */
void ask_with(const char *naf, const char *id_hex);

/* As a session keeps settings; lives until the next call. */
gba_view packed(gba_view xml);

void set_up(void);
void tear_down(void);

/* The store's answer; the whole request. */
void found(gba_rc rc, gba_view record);
void serve(void);

/* The answer is this refusal; serve, and it is 5402; serve, and there is a key. */
void refused(gba_rc reason, bool experimental, uint32_t code);
void denied(gba_rc reason);
void served(void);
