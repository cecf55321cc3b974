/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP binding of primitives (TS-0008, RFC 7252): the messages.
 *
 * libcoap reads messages and writes options; its sockets, sessions and timers stay
 * unused, because they want to own the connection that rt/dtls owns.  There is no
 * block-wise transfer (RFC 7959): request and answer fit one record.
 */
#pragma once

#include "m2m/prim.h"

enum { M2M_COAP_TOKEN_MAX = 8 };

/* Types of messages, RFC 7252 3. */
enum m2m_coap_type { M2M_COAP_CON, M2M_COAP_NON, M2M_COAP_ACK, M2M_COAP_RST };

/* What matches answers with requests. */
struct m2m_coap_head {
    enum m2m_coap_type type;
    unsigned code; /* 205 is 2.05 */
    bool empty;    /* neither request nor answer, code 0 */
    bool request;  /* a method, in a message of a type that may carry one */
    bool answer;   /* a response code, likewise */
    uint16_t id;
    uint8_t token[M2M_COAP_TOKEN_MAX];
    size_t token_n;
};

/* From a datagram; everything in *out points into room.  E_COAP: it is no request, and is
 * answered with m2m_coap_empty (RST) when it is confirmable.  After other failures it is answered
 * with m2m_coap_answer: E_COAP_OPTION (a critical option that is not known, or a
 * block), E_M2M_METHOD, E_M2M_TARGET, E_M2M_TYPE, E_M2M_HEADER, E_SPACE. */
GBA_MUST_USE gba_rc m2m_coap_read(gba_view datagram, gba_writer *room, struct m2m_coap_head *head,
                                  struct m2m_request *out);

/* The answer as a datagram: in the acknowledgement of a confirmable request. */
void m2m_coap_answer(const struct m2m_coap_head *head, const struct m2m_response *rsp, gba_writer *w);

/* An empty message about that one (RFC 7252 4.2): RST, it was nothing for us, or ACK. */
void m2m_coap_empty(const struct m2m_coap_head *head, enum m2m_coap_type type, gba_writer *w);

/* The two for clients.  A request as a datagram; of head type, id and token count. */
void m2m_coap_request(const struct m2m_coap_head *head, const struct m2m_request *req, gba_writer *w);

/* From a datagram; everything in *out points into room.  E_COAP: it is no answer (look at head:
 * an empty message, a request, or nothing that can be read: M2M_COAP_RST and not empty).  Else it
 * answers the request of this token, but cannot be used: E_COAP_OPTION, E_M2M_HEADER, E_M2M_TARGET,
 * E_M2M_TYPE, E_SPACE as above; E_M2M_ANSWER: no oneM2M-RSC. */
GBA_MUST_USE gba_rc m2m_coap_read_answer(gba_view datagram, gba_writer *room, struct m2m_coap_head *head,
                                         struct m2m_response *out);
