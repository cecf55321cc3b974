/* SPDX-License-Identifier: Apache-2.0 */
/* The engine for raw public keys (RFC 7250), on GnuTLS. */
#pragma once

#include "rt/tls_int.h"

extern const struct rt_tls_ops rt_tls_gnu_ops;

/* What the engine keeps for a context: conf's certificate and, for both kinds of
 * end, its key as a raw one; the suites of conf that raw keys can be used with.
 * E_TLS_CONF: there is none of these, or no key.  E_MEMORY. */
GBA_MUST_USE gba_rc rt_tls_gnu_new(struct rt_tls_ctx *ctx, const struct rt_tls_ctx_conf *conf);

/* NULL is ignored. */
void rt_tls_gnu_free(struct rt_tls_gnu *gnu);
