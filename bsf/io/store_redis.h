/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions in Redis 7, shared by any number of BSFs.  One connection, commands
 * pipelined; what is put is there for all when the put is answered, as far as the
 * server itself does not lose it.
 *
 * Without a connection everything is answered with E_STORE: at once when it has been
 * gone for `timeout`, else at the latest after that.
 */
#pragma once

#include "bsf/conf.h"
#include "bsf/store.h"
#include "rt/loop.h"

/* Reads password and PEM files and begins to connect; it is no failure that the server is
 * not there.  At most max_records sessions of all BSFs together: E_STORE_FULL.  conf lives
 * longer.  What failed is logged.  E_FILE, E_SPACE, E_ADDRESS, E_TLS_CONF, E_CERT, E_MEMORY. */
GBA_MUST_USE gba_rc bsf_store_redis_open(struct rt_loop *loop, const struct bsf_conf_redis *conf,
                                         uint32_t max_records, struct bsf_store *out);
