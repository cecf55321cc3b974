/* SPDX-License-Identifier: Apache-2.0 */
/* What the owners of sockets with TLS (rt/httpd, rt/httpc, rt/dtls) have in common. */
#pragma once

#include "rt/tls.h"

/* All that a TLS connection over TCP has for its peer, to the end of out. */
void rt_tls_take_all(struct rt_tls *tls, struct rt_buf *out);

/* All that it has decrypted, to the end of out. */
void rt_tls_read_all(struct rt_tls *tls, struct rt_buf *out);

/* The TCP connection below is being closed, for this reason: a handshake fails with
 * it, an open connection sends close_notify as far as the kernel takes it at once. */
void rt_tls_farewell(struct rt_tls *tls, uv_tcp_t *tcp, gba_rc rc);
