/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diameter: freeDiameter's core embedded behind a small port.
 *
 * One node a process, one life a process (a libfdcore limit).  freeDiameter
 * keeps its own threads; messages cross to the loop's thread and are decoded
 * and answered there.  Its queues are ours
 * (rt/fdiam_fifo.c), so that sending never blocks the loop.  All guards against its faults are on: structural
 * check of every received message, repaired Result-Code of answers, completion
 * of dropped answers, no message dump in logs, the session anchor, TCP_NODELAY,
 * loopback endpoints, and the comparison of a TLS peer's certificate with its
 * Origin-Host.
 */
#pragma once

#include "diameter-dict/result.h"
#include "gba/base/conf.h"
#include "rt/loop.h"
#include "rt/reasons.h"

struct msg;
struct rt_dia;

/* A node's configuration, and what this program speaks. */
struct rt_dia_conf {
    gba_text identity, realm;
    gba_text listen;      /* ADDRESS:PORT; empty: do not listen */
    gba_text listen_tls;  /* ADDRESS:PORT; empty: do not listen with TLS */
    struct gba_conf_tls tls;
    const struct gba_conf_peer *peers; /* who may connect, and whom to connect to */
    size_t n_peers;
    uint32_t watchdog_s;  /* TwTimer, at least 6 */
    uint32_t reconnect_s; /* TcTimer, 1 to 5; 0: 1 */
    bool sctp;            /* beside TCP */
    uint32_t max_waiting; /* requests of ours without an answer; beyond: E_DIA_BUSY */
    const uint32_t *apps; /* applications to advertise (vendor 3GPP) */
    size_t n_apps;
};

/* The `diameter` section of a daemon's configuration as the above; it points
 * into the section. */
struct rt_dia_conf rt_dia_conf_of(const struct gba_conf_diameter *section, const uint32_t *apps,
                                  size_t n_apps);

/* Start the node; freeDiameter's configuration is generated, never a file of
 * the user's.  After a failure the process cannot try again.  E_DIA_CONFIG,
 * E_LISTEN, E_MEMORY; *why tells what. */
GBA_MUST_USE gba_rc rt_dia_open(struct rt_loop *loop, const struct rt_dia_conf *conf, struct rt_dia **out,
                                gba_text *why);

/* A request came in: answer it with rt_dia_answer, now or later, exactly once. */
typedef void rt_dia_request_fn(void *arg, struct msg *req);

/* Register before peers can send (right after open). */
GBA_MUST_USE gba_rc rt_dia_on_request(struct rt_dia *dia, uint32_t app, uint32_t cmd, rt_dia_request_fn *fn,
                                      void *arg);

/* Send an answer (built from the request). Takes the message. */
void rt_dia_answer(struct rt_dia *dia, struct msg *answer);

/* rc OK and the answer (freed after the call), or E_DIA_TIMEOUT, E_DIA_DROPPED,
 * E_DIA_UNDELIVERABLE, E_DIA_BUSY, E_PEER_GONE on close. */
typedef void rt_dia_answer_fn(void *arg, gba_rc rc, struct msg *answer);

/* Send a request; takes the message. fn is called exactly once, later, within
 * timeout_ms whatever freeDiameter and the peer do. */
void rt_dia_request(struct rt_dia *dia, struct msg *req, uint32_t timeout_ms, rt_dia_answer_fn *fn,
                    void *arg);

/* Who sent this request: the connected peer's DiameterIdentity (not Origin-Host). */
gba_view rt_dia_peer_of(const struct msg *req);

/* What is known of a configured peer. */
struct rt_dia_peer {
    gba_view identity;
    bool tls, connects; /* as configured; it connects to us */
    bool open;
    const char *state;   /* "open", or one word for what keeps it from that */
    uint64_t changed_ms; /* monotonic: when it was opened or closed last */
    uint64_t opened;     /* how often it became open */
    uint64_t requests_in, answers_out, requests_out, answers_in; /* messages of applications */
};

/* Tell fn of every configured peer, in the configuration's order; on the loop's thread. */
typedef void rt_dia_peer_fn(void *arg, const struct rt_dia_peer *peer);
void rt_dia_each_peer(const struct rt_dia *dia, rt_dia_peer_fn *fn, void *arg);

/* Does the certificate that the sender of this request showed in TLS have this name as a
 * dNSName?  Letter for letter but case; no wildcard matches.  On the loop's thread. */
bool rt_dia_peer_certified(struct rt_dia *dia, const struct msg *req, gba_view name);

/* Messages and peers that no handler heard of, by reason. */
const struct rt_reasons *rt_dia_refused(const struct rt_dia *dia);

/* One line a reason (dia.count): messages and peers that no handler heard of. */
void rt_dia_log_counters(const struct rt_dia *dia);

/* Complete what waits with E_PEER_GONE, then stop the node within at most
 * `ms` milliseconds; returns anyway (the process is about to end).  Not from
 * within a callback of the port.  Requests that are not answered by then are
 * gone: do not touch them. */
void rt_dia_close(struct rt_dia *dia, uint32_t ms);
