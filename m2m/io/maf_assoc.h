/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security associations of a MAF: who may have one, and what is remembered of one.
 */
#pragma once

#include "m2m/io/ask.h"
#include "m2m/io/status.h"
#include "m2m/party.h"
#include "rt/reasons.h"

/* What is kept with a connection. */
struct m2m_maf_session {
    gba_text credential; /* name of the key it was proven with; empty: a certificate */
    bool exported;       /* its exported key was registered */
};

/* Lives as long as the loop. */
struct m2m_maf_assoc {
    struct rt_loop *loop;
    struct m2m_ask *ask;
    struct m2m_status_desk *status;
    const struct m2m_party *clients; /* with certificates */
    size_t clients_n;
    struct rt_tls_hooks hooks;  /* for the listeners */
    struct rt_reasons counts;
};

/* Set the hooks; the other members are the caller's. */
void m2m_maf_assoc_init(struct m2m_maf_assoc *assoc);

/* Of an open connection. */
struct m2m_maf_session *m2m_maf_session_of(const struct rt_tls *tls);
