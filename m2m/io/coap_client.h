/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP requests over one DTLS session (RFC 7252): one at a time, confirmable, sent
 * again until it is acknowledged or the caller's time is over.  The answer may
 * travel in the acknowledgement or by itself.
 */
#pragma once

#include "m2m/io/coap.h"
#include "rt/dtls.h"

enum { M2M_COAP_REQUEST_MAX = 2048, M2M_COAP_ANSWER_MAX = 64 * 1024 };

/* Called once with the answer, whose views live during the call; NULL when there is none.  E_TIMEOUT,
 * E_COAP_RESET, and for an answer that cannot be used what m2m_coap_read_answer says. */
typedef void m2m_coap_answer_fn(void *arg, gba_rc rc, const struct m2m_response *rsp);

/* Zeroed, with loop set, before the first use; everything else is private. */
struct m2m_coap_client {
    struct rt_loop *loop;
    struct rt_dtls *dtls;
    m2m_coap_answer_fn *fn; /* NULL: nothing is asked */
    void *arg;
    struct m2m_coap_head head; /* of the last request */
    bool begun;                /* its id continues the one before */
    struct rt_timer *again, *over;
    uint32_t wait_ms; /* until it is sent again */
    unsigned sent;    /* how often */
    uint8_t request[M2M_COAP_REQUEST_MAX];
    size_t request_n;
    uint8_t room[M2M_COAP_ANSWER_MAX];
};

/* Ask over this open session.  After a failure fn is not called: E_SPACE, E_TOO_LONG,
 * E_TLS_STATE, E_MEMORY. */
struct m2m_coap_asking {
    const struct m2m_request *req;
    uint32_t timeout_ms;
    m2m_coap_answer_fn *fn;
    void *arg;
};
GBA_MUST_USE gba_rc m2m_coap_ask(struct m2m_coap_client *client, struct rt_dtls *dtls,
                                 const struct m2m_coap_asking *asking);

/* A datagram of the session arrived. */
void m2m_coap_client_data(struct m2m_coap_client *client, gba_view octets);

/* The session is over, or nobody waits any more: fn is not called. */
void m2m_coap_client_stop(struct m2m_coap_client *client);
