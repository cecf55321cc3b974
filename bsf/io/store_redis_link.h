/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to the Redis that may be written to: found by its address or by asking
 * Sentinels, proven to be a master, kept open, and found again when it is lost.
 *
 * Commands wait for a connection only as long as one command may take; once it has
 * been gone for longer they fail at once, so a dead server costs nobody time.
 */
#pragma once

#include <sys/queue.h>

#include "bsf/io/store_redis_greet.h"
#include "bsf/io/store_redis_tls.h"

struct bsf_redis_link;

/* A command and whom it belongs to.  Owned by the submitter until done is called. */
struct bsf_redis_cmd {
    TAILQ_ENTRY(bsf_redis_cmd) entry;
    const gba_view *args; /* live as long; of a script: its arguments */
    size_t n;
    int script; /* enum bsf_redis_script, or -1: args are a command */
    bool again; /* no harm when it is done twice */
    bool whole; /* the server did not know the script: send its text (set here) */
    int64_t deadline_ms;

    /* Exactly once: OK and the reply, which may be an error; E_STORE: it was not done, or
     * nobody knows.  Never called from within bsf_redis_link_submit. */
    void (*done)(struct bsf_redis_cmd *cmd, gba_rc rc, const struct bsf_redis_reply *reply);
};

/* Read from files; views live during bsf_redis_link_open. */
struct bsf_redis_secrets {
    gba_view password, sentinel_password; /* empty: none */
    struct bsf_redis_pems pems;           /* ca empty: no TLS */
};

/* Begins to connect.  conf lives longer.  E_ADDRESS, E_TLS_CONF, E_MEMORY. */
GBA_MUST_USE gba_rc bsf_redis_link_open(struct rt_loop *loop, const struct bsf_conf_redis *conf,
                                        const struct bsf_redis_secrets *secrets, struct bsf_redis_link **out);

/* E_STORE when there is no connection and was none lately, or too many wait: done is not called then. */
GBA_MUST_USE gba_rc bsf_redis_link_submit(struct bsf_redis_link *link, struct bsf_redis_cmd *cmd);

bool bsf_redis_link_ready(const struct bsf_redis_link *link);

/* What the connection leads to is not what it should be: look for the master anew. */
void bsf_redis_link_distrust(struct bsf_redis_link *link, gba_rc rc);

/* All commands are done with E_STORE.  Frees itself on the loop. */
void bsf_redis_link_close(struct bsf_redis_link *link);
