/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a daemon's operator interface (m2m/io/admin.h), by libcurl. */
#pragma once

#include "gba/base/text.h"

enum { M2M_CTL_ANSWER_MAX = 16 * 1024 * 1024 };

struct m2m_ctl_daemon {
    gba_text address; /* ADDRESS:PORT, loopback */
    uint8_t token[256];
    size_t token_n;   /* wiped by whoever declares it */
};

struct m2m_ctl_request {
    const char *method;
    const char *collection; /* "/v1/enrolees" */
    gba_view name;          /* of the resource; absent: the collection */
    const char *action;     /* "/token"; NULL: none */
    struct m2m_ctl_query {
        const char *name;
        const char *value; /* NULL: leave it out */
    } query[2];
    gba_view body;
    gba_view signature;     /* DER; absent: none */
};

/* Zeroed before; m2m_ctl_answer_free wipes it. */
struct m2m_ctl_answer {
    unsigned status;
    uint8_t *octets;
    size_t n;
};

/* OK with any status; E_CONNECT, E_TIMEOUT, E_PEER_GONE, E_HTTP_BODY_SIZE, E_MEMORY,
 * E_TOO_LONG. */
GBA_MUST_USE gba_rc m2m_ctl_ask(const struct m2m_ctl_daemon *daemon, const struct m2m_ctl_request *req,
                                struct m2m_ctl_answer *answer);

void m2m_ctl_answer_free(struct m2m_ctl_answer *answer);
