/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the system tests of the Diameter port share: a child process "node.test"
 * with the port, and peers of our own: "one.test" and "two.test" connect to it,
 * it connects to "hss.test".
 */
#pragma once

#include "tests/lib/dia_node.h"
#include "tests/lib/dia_peer.h"
#include "tests/lib/tap.h"

enum { T_WAIT_MS = 8000, T_RESULT_CODE = 268 };

struct t_world {
    struct rt_dia_conf conf;
    struct gba_conf_peer peers[3];
    uint16_t port, tls_port, hss_port;
    int listener; /* of hss.test; -1: none */
    struct t_node node;
    struct t_peer one, two, hss;
    uint8_t octets[4096]; /* for the message being built */
};

extern struct t_world t_world;

void t_set(gba_text *t, const char *s);
void t_set_port(gba_text *t, const char *host, uint16_t port);

/* A configuration that listens, and knows one.test and two.test. */
void t_world_prepare(void);
/* hss.test too, which listens. */
void t_world_add_hss(void);

/* Start the node, or fail the case. */
void t_world_start(void);
/* prepare, add_hss, start, and the node is connected to hss. */
void t_world_start_with_hss(void);
/* Wait for the node to connect (again). */
void t_world_meet_hss(void);

/* Close everything; the node must have ended in good order. */
void t_world_stop(void);

/* p connects, exchanges capabilities and is open, or the case fails. */
void t_world_connect(struct t_peer *p);

/* One exchange: p asks, the node answers 2001. */
bool t_world_serves(struct t_peer *p);

/* Send what was built into t_world.octets. */
bool t_world_send(struct t_peer *p, gba_writer *out);

/* Is p's connection closed by the node within ms? */
bool t_world_closed(struct t_peer *p, int ms);

/* hss receives the node's next request. */
gba_view t_world_request(void);
/* hss answers it with 2001. */
void t_world_answer(gba_view request);

/* Tell the node to ask, let hss answer, hear that all went well. */
bool t_world_asks(void);

/* Hear a reply that begins with want. */
void t_world_hears(const char *want);
