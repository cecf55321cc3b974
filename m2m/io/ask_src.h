/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One MEF or MAF that is asked for keys: its connections, our proof to it and its to
 * us, the question and the reading of the answer (TS-0003 8.3.2.1, 8.8.2.8).
 */
#pragma once

#include "m2m/io/ask.h"

struct m2m_ask_src;

/* conf and from live as long.  E_TLS_CONF, E_ADDRESS, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_ask_src_open(struct rt_loop *loop, const struct m2m_ask_conf *conf,
                                     const struct m2m_ask_source *from, struct m2m_ask_src **out);

/* What came: key, peer and end, wiped after the call; or why nothing did:
 * E_TARGET_REFUSED, E_MEF_ANSWER, E_M2M_ANSWER, E_CONNECT, E_TIMEOUT, E_TLS_*, E_CERT_*... */
typedef void m2m_ask_src_fn(void *arg, gba_rc rc, const struct m2m_shared *got);

/* Ask for what was ordered of this source; fn is called exactly once, later. */
void m2m_ask_src_fetch(struct m2m_ask_src *src, const struct m2m_target_order *order, m2m_ask_src_fn *fn,
                       void *arg);

/* Questions that wait get E_PEER_GONE from the loop; frees itself behind the last. NULL is ignored. */
void m2m_ask_src_close(struct m2m_ask_src *src);
