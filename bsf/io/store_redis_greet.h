/* SPDX-License-Identifier: Apache-2.0 */
/* What is said first on a connection: to a Sentinel, who the master is; to a server, who
 * we are, whether it is a master, and the scripts. */
#pragma once

#include "bsf/conf.h"
#include "bsf/io/store_redis_conn.h"
#include "bsf/io/store_redis_script.h"

enum { BSF_REDIS_SHA = 40, BSF_REDIS_STEPS = 3 + BSF_REDIS_SCRIPTS };

struct bsf_redis_greet {
    const struct bsf_conf_redis *conf;
    struct rt_buf password, sentinel_password; /* wiped by the owner; empty: none */
    int steps[BSF_REDIS_STEPS];                /* what was asked for, in order */
    size_t n, at;                              /* at == n: done */
    char sha[BSF_REDIS_SCRIPTS][BSF_REDIS_SHA];
    gba_text master; /* ADDRESS:PORT that the Sentinel told */
    gba_text word;   /* of the last refusal: "WRONGPASS"; empty: none */
};

/* Send it.  E_MEMORY. */
GBA_MUST_USE gba_rc bsf_redis_greet_sentinel(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn);
GBA_MUST_USE gba_rc bsf_redis_greet_server(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn);

/* The next reply.  E_REDIS_REFUSED (user, password, rights), E_REDIS_ROLE (no master),
 * E_REDIS_MASTER (the Sentinel does not know it), E_REDIS_ANSWER (anything else: it loads its
 * data, the database does not exist, ...). */
GBA_MUST_USE gba_rc bsf_redis_greet_reply(struct bsf_redis_greet *greet, const struct bsf_redis_reply *reply);

/* Is this the reply of a master to ROLE? */
bool bsf_redis_is_master(const struct bsf_redis_reply *reply);

/* Is it an error with this word? */
bool bsf_redis_is_error(const struct bsf_redis_reply *reply, const char *word);
