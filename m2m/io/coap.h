/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP binding of primitives (TS-0008, RFC 7252), one datagram in and one out.
 *
 * libcoap reads messages and writes options; its sockets, sessions and timers stay
 * unused, because they want to own the connection that rt/dtls owns.  A server that
 * answers at once needs none of them: the answer travels in the acknowledgement, and
 * a repeated request (same message id) gets the answer of before.  There is no
 * block-wise transfer (RFC 7959): request and answer fit one record.
 */
#pragma once

#include "m2m/prim.h"

enum { M2M_COAP_TOKEN_MAX = 8 };

/* What an answer needs to know of its request. */
struct m2m_coap_head {
    bool confirmable; /* CON: it wants an acknowledgement */
    bool request;     /* else it is nothing but a ping or an answer: E_COAP */
    uint16_t id;
    uint8_t token[M2M_COAP_TOKEN_MAX];
    size_t token_n;
};

/* From a datagram; everything in *out points into room.  E_COAP: it is no request, and is
 * answered with m2m_coap_reset when it is confirmable.  After other failures it is answered
 * with m2m_coap_answer: E_COAP_OPTION (a critical option that is not known, or a
 * block), E_M2M_METHOD, E_M2M_TARGET, E_M2M_TYPE, E_M2M_HEADER, E_SPACE. */
GBA_MUST_USE gba_rc m2m_coap_read(gba_view datagram, gba_writer *room, struct m2m_coap_head *head,
                                  struct m2m_request *out);

/* The answer as a datagram. */
void m2m_coap_answer(const struct m2m_coap_head *head, const struct m2m_response *rsp, gba_writer *w);

/* "Reset": that was nothing for us (RFC 7252 4.2). */
void m2m_coap_reset(const struct m2m_coap_head *head, gba_writer *w);
