/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests over DTLS, as MEF, MAF and peer have them: CoAP, each answered at once and
 * in its acknowledgement.  A repeated request (same message id, RFC 7252 4.5) gets the
 * answer of before and is not served again; what is no request is reset.
 */
#pragma once

#include "m2m/prim.h"
#include "rt/dtls.h"
#include "rt/reasons.h"

enum { M2M_COAP_ROOM = 64 * 1024, M2M_COAP_DATAGRAM_MAX = 16 * 1024 };

/* Serve a request of this association.  *rsp says already what became of reading it (m2m_answer_of):
 * unless its reason is OK it stays as it is, to be logged and counted.  What the answer consists of is
 * written to room; room is wiped afterwards. */
typedef void m2m_coap_fn(void *arg, struct rt_tls *tls, const struct m2m_request *req, gba_writer *room,
                         struct m2m_response *rsp);

/* Lives as long as the loop; the first four members are the caller's. */
struct m2m_coap_server {
    struct rt_loop *loop;
    m2m_coap_fn *fn;
    void *arg;
    struct rt_reasons *counts; /* of what is no request */
    uint8_t room[M2M_COAP_ROOM], datagram[M2M_COAP_DATAGRAM_MAX];
};

/* An rt_dtls_fn: arg is the server. */
void m2m_coap_serve(void *arg, struct rt_dtls *session, gba_view octets);
