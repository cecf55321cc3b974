/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the Diameter port: what its files share.
 *
 *   fdiam.c        node life
 *   fdiam_peers.c  peers as the loop sees them
 *   fdiam_conf.c   freeDiameter's configuration, generated and given to it
 *   fdiam_fifo.c   the queues between freeDiameter's threads
 *   fdiam_cert.c   what the certificates of peers say
 *   fdiam_psm.c    how peers come back
 *   fdiam_guard.c  hooks, who may connect, freeDiameter's log lines
 *   fdiam_req.c    requests: pending ones with their timers, hand-over both ways
 *
 * Threads: "loop" is the loop's thread, "fd" is any thread of freeDiameter.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include "rt/fdiam.h"
#include "rt/reasons.h"

enum { DIA_MAX_HANDLERS = 8 };

/* One message on its way between threads. */
struct dia_item {
    struct msg *msg;    /* NULL with a ticket: the request failed with rc */
    uint64_t ticket;    /* which request of ours; 0: somebody else's request, or our answer */
    uint64_t due_ms;    /* by the loop; until when an answer is held */
    gba_rc rc;
};

/* Grows; emptied by taking the whole. */
struct dia_batch {
    struct dia_item *items;
    size_t n, cap;
};

/* A request of ours that waits for its answer.  Slots are linked by index, in
 * order of due_ms or as free ones; 0 ends a list. */
struct dia_slot {
    rt_dia_answer_fn *fn;
    void *arg;
    uint64_t due_ms;
    uint64_t run;        /* of the log: of whoever asks */
    uint32_t generation; /* a ticket of an earlier use no longer fits */
    uint32_t prev, next;
};

struct dia_handler {
    uint32_t app, cmd;
    rt_dia_request_fn *fn;
    void *arg;
};

struct dia_peer_state {
    gba_text identity;
    bool tls, relay;
    bool connects;      /* it connects to us, we have no address */
    bool open;          /* loop */
    int state;          /* loop: enum peer_state at the last look; -1: freeDiameter does not know it */
    uint64_t opened;    /* loop: how often it became open */
    uint64_t changed_ms; /* loop: monotonic, when `open` changed last */
    unsigned given_up;   /* loop: looks that found it given up */
    gba_text *names;     /* dNSNames of its certificate, under cert_lock; NULL: none */
    size_t n_names;
    /* application messages; any thread */
    _Atomic uint64_t requests_in, answers_in, requests_out, answers_out;
};

struct rt_dia {
    struct rt_loop *loop;
    uint32_t max_waiting;
    struct session *anchor;

    /* set before threads start, constant afterwards */
    struct dia_peer_state *peers;
    size_t n_peers;

    /* loop */
    struct dia_handler handlers[DIA_MAX_HANDLERS];
    size_t n_handlers;
    struct dia_slot *slots; /* [1 .. max_waiting]; [0] is the end of lists */
    uint32_t free_slots, first_due, last_due;
    struct rt_timer *due_timer, *look_timer, *anchor_timer;
    uint64_t due_timer_ms; /* when due_timer fires */
    uint32_t look_ms;      /* until the next look at the peers */
    bool closing;
    struct dia_batch in_taken;
    struct dia_batch held;        /* answers that wait for their peer to be open */
    struct rt_timer *held_timer;

    /* fd and loop, under in_lock */
    pthread_mutex_t in_lock;
    struct dia_batch in;
    bool in_shut;

    pthread_mutex_t cert_lock;

    struct rt_reasons refused; /* any thread */
};

/* ---- fdiam_conf.c ---- */

/* Check conf, generate freeDiameter's configuration and have it parsed. */
GBA_MUST_USE gba_rc dia_conf_load(const struct rt_dia_conf *conf, gba_text *why);

/* After loading: listen on exactly the configured address, advertise the applications. */
GBA_MUST_USE gba_rc dia_conf_apply(const struct rt_dia_conf *conf, gba_text *why);

/* ---- fdiam_guard.c ---- */

/* Route freeDiameter's log; before fd_core_initialize. */
GBA_MUST_USE gba_rc dia_guard_log(void);

/* Count and log a refusal that no handler hears of; from any thread. */
void dia_refused(struct rt_dia *dia, const char *event, gba_rc rc, gba_view peer);

/* freeDiameter's first complaint while starting; empty when there is none. */
gba_view dia_guard_complaint(void);

/* From now on lines of freeDiameter may hold what peers sent: log no values. */
void dia_guard_started(void);

/* End the core; nothing else does. */
void dia_guard_end_core(void);

/* Hooks, who may connect, certificate names; between parsing and start. */
GBA_MUST_USE gba_rc dia_guard_arm(struct rt_dia *dia);

/* Count and log an answer that refuses a request before any handler has seen it. */
void dia_guard_refused(struct rt_dia *dia, struct msg *answer);

/* Origin-Host of a message that came in, or absent. */
gba_view dia_guard_origin(struct msg *msg);

/* ---- fdiam_fifo.c ---- */

/* Before libfdcore makes its queues.  E_DIA_CONFIG: it does not use ours. */
GBA_MUST_USE gba_rc dia_fifo_init(struct rt_dia *dia);

/* What becomes of an item that this thread posts to a full queue: it waits for room, or is
 * refused (EAGAIN); then it is a message, and what of those is left is discarded with the queue.
 * Returns what was in force. */
enum dia_fifo_full { DIA_FIFO_WAIT, DIA_FIFO_FAIL };
enum dia_fifo_full dia_fifo_when_full(enum dia_fifo_full what);

/* ---- fdiam_cert.c ---- */

/* fd: is the certificate that the other side showed for this name? */
bool dia_cert_fits(gnutls_session_t session, const gba_text *identity);

/* fd: a peer is connected: remember whom its certificate names. */
void dia_cert_note(struct rt_dia *dia, const struct peer_info *info);

/* ---- fdiam_psm.c ---- */

/* Before libfdcore makes its peers.  E_DIA_CONFIG: it does not use our functions. */
GBA_MUST_USE gba_rc dia_psm_init(struct rt_dia *dia);

/* Loop: start a peer again that libfdcore has given up. */
void dia_psm_revive(gba_view identity);

/* ---- fdiam_req.c ---- */

GBA_MUST_USE gba_rc dia_req_init(struct rt_dia *dia);
/* Once freeDiameter has ended.  A post may still come: locks stay. */
void dia_req_free(struct rt_dia *dia);

/* Take requests of the applications from freeDiameter. */
GBA_MUST_USE gba_rc dia_req_start(struct rt_dia *dia);

/* Complete what waits; nothing is sent any more. */
void dia_req_close(struct rt_dia *dia);

/* fd: hand an item to the loop; false when closed (msg is the caller's still). */
bool dia_req_post(struct rt_dia *dia, struct dia_item item);

/* fd: msg is being discarded: when a request of ours hangs on it, that one failed. */
void dia_req_dropped(struct rt_dia *dia, struct msg *msg);

/* ---- fdiam_peers.c ---- */

/* Remember the configured peers; nothing is open. */
GBA_MUST_USE gba_rc dia_peers_init(struct rt_dia *dia, const struct rt_dia_conf *conf);
void dia_peers_free(struct rt_dia *dia);

/* The configured peer of this name, or NULL; any thread. */
struct dia_peer_state *dia_peer_named(const struct rt_dia *dia, gba_view identity);

/* fd: something changed with a peer, look soon. */
void dia_look_soon(struct rt_dia *dia);

/* fd: an application message came from a peer, or went to it. */
void dia_peer_count(struct rt_dia *dia, struct peer_hdr *peer, struct msg *msg, bool in);
