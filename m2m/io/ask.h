/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target's questions, carried out: a PSK identity goes in, the key it stands
 * for (or why there is none) comes out, after whatever m2m/target.h orders was
 * asked of a MEF (HTTPS with certificates), a MAF (own MAF handshake, then Key
 * Retrieval) or a BSF (Zn).  For MAF, CSE and AE alike.
 *
 * One question at a time for an identity: whoever shows the same one meanwhile
 * waits for the same answer.  Each source has its own connections and every
 * question ends in time, so a server that hangs delays nobody but those who need it.
 */
#pragma once

#include "m2m/cert.h"
#include "m2m/io/status.h"
#include "m2m/target.h"
#include "naf/conf.h"
#include "rt/fdiam.h"
#include "rt/tls.h"

struct m2m_ask;

/* A MEF or MAF: where it is, how it is known, how we prove ourselves to it. */
struct m2m_ask_source {
    struct m2m_source source; /* of kind MEF or MAF */
    gba_text address;         /* ADDRESS:PORT */
    struct m2m_expect expect; /* its FQDN certificate; not looked at when a Km is proven */
    struct rt_tls_psk km;     /* MAF: KmId and Km; identity empty: our certificate is shown */
};

/* Zn; naf_zn_ask takes realms from conf->routes and our names from conf->diameter. */
struct m2m_ask_zn {
    struct rt_dia *dia; /* NULL: BSFs are not asked */
    const struct naf_conf *conf;
    const struct naf_service *service; /* fqdn: the target's; gsid: of the USS whose uid is the Enrolee-ID;
                                          uicc_keys: Ks_int_NAF is wanted for clients in a UICC */
};

/* Everything lives until `closed` was called. */
struct m2m_ask_conf {
    const struct m2m_target *target;
    const struct m2m_ask_source *sources; /* one for each MEF and MAF of target->sources */
    size_t sources_n;
    gba_view cert_pem, key_pem;     /* ours, shown to MEFs and MAFs; empty: none */
    struct m2m_status_desk *status; /* of their certificates; closed after this; NULL: nobody is asked */
    struct m2m_ask_zn zn;
    uint32_t timeout_ms;  /* of one question, connecting included; 0: 3000 */
    uint32_t max_waiting; /* handshakes that wait; further ones: E_TARGET_BUSY; 0: 1000 */
};

/* E_TLS_CONF, E_ADDRESS, E_MEMORY.  No connection is made yet. */
GBA_MUST_USE gba_rc m2m_ask_open(struct rt_loop *loop, const struct m2m_ask_conf *conf, struct m2m_ask **out);

/* The key of an identity; shared (valid during the call, wiped after it) when rc is OK. */
typedef void m2m_ask_fn(void *arg, gba_rc rc, const struct m2m_shared *shared);

/* Somebody shows this identity with this suite; fn is called exactly once, perhaps
 * before this returns. */
void m2m_ask_key(struct m2m_ask *ask, gba_view identity, uint16_t suite, m2m_ask_fn *fn, void *arg);

/* Answer a handshake's question with what came: the key, whom the session is bound to
 * (m2m_target_who), and its end, one second before the key's (TS-0001 11.3.2). */
void m2m_ask_answer(struct rt_tls_ask *handshake, gba_rc rc, const struct m2m_shared *shared);

/* Waiting questions end with E_PEER_GONE (those on Zn when the Diameter node closes,
 * which must be before); frees itself on the loop. */
void m2m_ask_close(struct m2m_ask *ask);
