/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Diameter peer for tests that shares nothing with freeDiameter: an own codec
 * and one blocking connection, so it can say what no library would.  All waits
 * are bounded by milliseconds.
 *
 *   struct t_peer p = t_peer_of("hss.test", "test");
 *   t_peer_connect(&p, port, 2000) && t_peer_open(&p, 2000)      the connecting side
 *   t_peer_accept(&p, listener, 2000) && t_peer_welcome(&p, 2000)  the other side
 */
#pragma once

#include "gba/base/bytes.h"

enum {
    T_PEER_BUFFER = 262144,
    T_DIA_REQUEST = 0x80,
    T_DIA_PROXIABLE = 0x40,
    T_DIA_ERROR = 0x20,
    T_AVP_V = 0x80,
    T_AVP_M = 0x40,
    T_CER = 257,
    T_DWR = 280,
    T_DPR = 282,
    T_MAR = 303,
    T_BIR = 310,
};

enum t_got { T_GOT, T_CLOSED, T_NOTHING };

struct t_peer {
    int fd;      /* -1: none */
    void *tls;   /* gnutls_session_t, NULL: plain */
    void *creds;
    const char *host, *realm; /* who it says it is */
    uint32_t ids;             /* of its next request, hop-by-hop and end-to-end */
    bool mute;                /* do not answer DWR */
    size_t have;              /* octets in buffer */
    uint8_t buffer[T_PEER_BUFFER];
    uint8_t message[T_PEER_BUFFER]; /* what t_peer_receive returned last */
};

/* PEM files of the peer. */
struct t_peer_tls {
    const char *cert, *key, *ca;
};

struct t_peer t_peer_of(const char *host, const char *realm);

/* A listening socket on 127.0.0.1; *port 0 asks for a free one and is set. */
int t_peer_listen(uint16_t *port);
/* A port of 127.0.0.1 that is free now. */
uint16_t t_free_port(void);

bool t_peer_connect(struct t_peer *p, uint16_t port, int ms); /* repeated until somebody listens */
bool t_peer_accept(struct t_peer *p, int listener, int ms);
/* Handshake, as the connecting or the other side. */
bool t_peer_tls(struct t_peer *p, const struct t_peer_tls *files, bool connecting);
void t_peer_close(struct t_peer *p);

/* CER sent, CEA with 2001 received; CER received, CEA sent. */
bool t_peer_open(struct t_peer *p, int ms);
bool t_peer_welcome(struct t_peer *p, int ms);

bool t_peer_send(struct t_peer *p, gba_view message);
/* The next message; DWR is answered on the way.  It lives until the next call. */
enum t_got t_peer_receive(struct t_peer *p, gba_view *message, int ms);

/* ---- messages ---- */

struct t_dia_header {
    uint8_t flags;
    uint32_t cmd, app, hop, end;
};

struct t_dia_header t_dia_header_of(gba_view message);

/* begin, AVPs, end: end writes the length. Nothing is checked. */
void t_dia_begin(gba_writer *w, struct t_dia_header header);
void t_dia_end(gba_writer *w);

/* An AVP with M (and V when vendor is not 0). */
void t_avp(gba_writer *w, uint32_t code, uint32_t vendor, gba_view data);
void t_avp_text(gba_writer *w, uint32_t code, uint32_t vendor, const char *data);
void t_avp_u32(gba_writer *w, uint32_t code, uint32_t vendor, uint32_t data);
/* An AVP header that says what it is told to say, then data unpadded. */
void t_avp_odd(gba_writer *w, uint32_t code, uint8_t flags, uint32_t length, gba_view data);
/* A group: what is put until the end goes into it. */
size_t t_group(gba_writer *w, uint32_t code, uint32_t vendor);
void t_group_end(gba_writer *w, size_t at);

/* The first AVP of that kind at the top of a message; absent when there is none. */
gba_view t_dia_find(gba_view message, uint32_t code, uint32_t vendor);
uint32_t t_dia_find_u32(gba_view message, uint32_t code, uint32_t vendor);

/* A whole CER. */
void t_dia_capabilities(struct t_peer *p, gba_writer *w);
/* A whole MAR or BIR without application AVPs for dest, with Session-Id and route. */
void t_dia_request(struct t_peer *p, gba_writer *w, uint32_t cmd, const char *dest_realm);
/* The header, Session-Id and origin of an answer; t_dia_end is the caller's. */
void t_dia_answer(struct t_peer *p, gba_writer *w, gba_view request, uint32_t result);
