/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of certificates, kept current: revocation lists read again when their
 * files change, OCSP responses fetched and kept, the response we staple ourselves.
 *
 * Policy.  A responder is asked only about a certificate that is trusted but for its
 * status, once for all who wait, and its answer is kept until its nextUpdate.  Without
 * a usable answer in time the certificate is refused when `status` is "ocsp" and
 * accepted when it is "if-known"; that responder is asked about it again after half a
 * minute.  A list that cannot be read leaves the last good one.
 */
#pragma once

#include "m2m/party.h"
#include "rt/tls.h"

struct m2m_status_desk;

struct m2m_status_conf {
    gba_text responder;  /* http URL that is asked instead of those in certificates; empty: those */
    uint32_t timeout_ms; /* of a question; 0: 3000 */
    uint32_t every_ms;   /* how often files are looked at; 0: 10000 */
};

/* E_MEMORY. */
GBA_MUST_USE gba_rc m2m_status_open(struct rt_loop *loop, const struct m2m_status_conf *conf,
                                    struct m2m_status_desk **out);

/* Who asks: judge gives its verdict by passing `shown` on to m2m_cert_check, and is called
 * once or twice with more or less in it (views during the call); done is then called exactly
 * once with the last verdict. */
struct m2m_status_asker {
    gba_rc (*judge)(void *arg, const struct m2m_shown *shown);
    void (*done)(void *arg, gba_rc rc);
    void *arg;
};

/* done is called now, or when a responder has answered.  Without a desk (NULL) the first verdict counts. */
void m2m_status_ask(struct m2m_status_desk *desk, const struct m2m_shown *shown,
                    const struct m2m_status_asker *asker);

/* Keep *crls the content of this PEM file; until close it points to what the desk owns, and is
 * absent afterwards.  An empty path is none.  E_FILE, E_SPACE, E_CERT (logged), E_MEMORY. */
GBA_MUST_USE gba_rc m2m_status_watch(struct m2m_status_desk *desk, const gba_text *path, gba_view *crls);

/* The lists of everybody in a list of struct m2m_conf_party; parties has the same order. */
GBA_MUST_USE gba_rc m2m_status_watch_parties(struct m2m_status_desk *desk, const struct gba_opt_list *list,
                                             struct m2m_party *parties);

/* Keep a fresh response stapled for our certificate: PEM with its chain, its issuer among it. */
struct m2m_status_own {
    struct rt_tls_ctx *tls, *dtls; /* either may be NULL; both outlive the desk */
    gba_view cert_pem;
};

/* E_ABSENT: it has no OCSP address, or its issuer is not in the file.  E_CERT, E_SPACE, E_MEMORY. */
GBA_MUST_USE gba_rc m2m_status_staple(struct m2m_status_desk *desk, const struct m2m_status_own *own);

/* Whoever waits gets the verdict without an answer; frees itself on the loop.  NULL is ignored. */
void m2m_status_close(struct m2m_status_desk *desk);
