/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of m2m/io/status*.c share; for nobody else. */
#pragma once

#include <sys/queue.h>

#include "m2m/io/ocsp_http.h"
#include "m2m/io/status.h"

enum { M2M_STATUS_RETRY_MS = 30 * 1000 };

struct m2m_status_known; /* what is known of one certificate */
struct m2m_status_file;  /* a watched file */
struct m2m_status_stapled;

struct m2m_status_desk {
    struct rt_loop *loop;
    struct m2m_status_conf conf;
    struct m2m_ocsp_http *http;
    TAILQ_HEAD(m2m_status_known_list, m2m_status_known) known; /* last used first */
    size_t n_known, n_waiting;
    SLIST_HEAD(, m2m_status_file) files;
    SLIST_HEAD(, m2m_status_stapled) stapled;
    struct rt_timer *timer; /* looks at files and stapled */
    size_t n_asking;        /* questions on their way */
    bool closing;
};

/* Free the desk when it is closing and nothing is on its way. */
void m2m_status_settle(struct m2m_status_desk *desk);

/* What the timer does: files that changed, responses that are due. */
void m2m_status_files_look(struct m2m_status_desk *desk);
void m2m_status_stapled_look(struct m2m_status_desk *desk);

void m2m_status_files_free(struct m2m_status_desk *desk);
void m2m_status_stapled_free(struct m2m_status_desk *desk);
