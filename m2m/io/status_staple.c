/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gba/crypto/x509.h"
#include "m2m/io/status_int.h"
#include "rt/log.h"

enum { SOONEST_MS = 60 * 1000, LATEST_MS = 3600 * 1000 };

struct m2m_status_stapled {
    SLIST_ENTRY(m2m_status_stapled) entry;
    struct m2m_status_desk *desk;
    struct m2m_status_own own;
    gba_view chain[GBA_X509_CHAIN_MAX];
    size_t n;
    struct m2m_ocsp_question question;
    int64_t until_ms; /* of what is stapled */
    int64_t due_ms;   /* then the responder is asked */
    bool asking;
    uint8_t octets[];
};

static void staple(const struct m2m_status_stapled *stapled, gba_view response)
{
    if (stapled->own.tls)
        rt_tls_ctx_staple(stapled->own.tls, response);
    if (stapled->own.dtls)
        rt_tls_ctx_staple(stapled->own.dtls, response);
}

/* Half-way to the end of the response, so that a responder may be down for a while. */
static int64_t half_way(const struct m2m_status_stapled *stapled, int64_t now_ms)
{
    int64_t half = (stapled->until_ms - now_ms) / 2;
    return now_ms + (half < SOONEST_MS ? SOONEST_MS : half > LATEST_MS ? LATEST_MS : half);
}

static gba_rc check_response(const struct m2m_status_stapled *stapled, gba_view response, int64_t now_ms)
{
    return gba_x509_ocsp_check(stapled->chain, stapled->n, gba_view_of(NULL, 0), response, now_ms / 1000);
}

/* What is over, or says that we are revoked, is not stapled any more. */
static void take_failure(struct m2m_status_stapled *stapled, gba_rc rc, int64_t now_ms)
{
    rt_log(RT_LOG_WARN, "status.own-unknown", RT_REASON(rc),
           RT_STR("url", gba_text_view(&stapled->question.url)));
    if (rc == GBA_E_CERT_REVOKED || now_ms >= stapled->until_ms)
        staple(stapled, gba_view_of(NULL, 0));
    stapled->due_ms = now_ms + M2M_STATUS_RETRY_MS;
}

static void take_response(struct m2m_status_stapled *stapled, gba_view response, int64_t now_ms)
{
    int64_t until_s = 0;
    gba_rc rc = check_response(stapled, response, now_ms);
    if (rc == GBA_OK)
        rc = gba_x509_ocsp_until(response, &until_s);
    if (rc != GBA_OK) {
        take_failure(stapled, rc, now_ms);
        return;
    }
    staple(stapled, response);
    stapled->until_ms = until_s * 1000;
    stapled->due_ms = half_way(stapled, now_ms);
}

static void on_response(void *arg, gba_rc rc, gba_view response)
{
    struct m2m_status_stapled *stapled = arg;
    struct m2m_status_desk *desk = stapled->desk;
    int64_t now_ms = rt_loop_env(desk->loop)->now_ms;
    if (rc == GBA_OK && !desk->closing)
        take_response(stapled, response, now_ms);
    else if (!desk->closing)
        take_failure(stapled, rc, now_ms);
    stapled->asking = false;
    desk->n_asking--;
    m2m_status_settle(desk);
}

static void ask(struct m2m_status_stapled *stapled)
{
    const struct m2m_ocsp_question *q = &stapled->question;
    stapled->asking = true;
    stapled->desk->n_asking++;
    m2m_ocsp_http_ask(stapled->desk->http, gba_text_view(&q->url), gba_view_of(q->request, q->n), on_response,
                      stapled);
}

void m2m_status_stapled_look(struct m2m_status_desk *desk)
{
    struct m2m_status_stapled *stapled;
    SLIST_FOREACH(stapled, &desk->stapled, entry)
    {
        if (!stapled->asking && rt_loop_env(desk->loop)->now_ms >= stapled->due_ms)
            ask(stapled);
    }
}

/* The DER is shorter than its PEM. */
static gba_rc prepare(struct m2m_status_stapled *stapled, size_t room)
{
    gba_writer w = gba_writer_of(stapled->octets, room);
    GBA_TRY(gba_x509_chain_of_pem(stapled->own.cert_pem, &w, stapled->chain, &stapled->n));
    struct m2m_shown shown = {.chain = stapled->chain, .n = stapled->n};
    GBA_TRY(m2m_cert_ocsp_ask(&shown, gba_view_of(NULL, 0), &stapled->question));
    if (stapled->desk->conf.responder.n > 0)
        stapled->question.url = stapled->desk->conf.responder;
    return stapled->question.url.n > 0 ? GBA_OK : GBA_E_ABSENT;
}

gba_rc m2m_status_staple(struct m2m_status_desk *desk, const struct m2m_status_own *own)
{
    struct m2m_status_stapled *stapled = calloc(1, sizeof *stapled + own->cert_pem.n);
    GBA_ENSURE(stapled, GBA_E_MEMORY);
    stapled->desk = desk;
    stapled->own = *own;
    gba_rc rc = prepare(stapled, own->cert_pem.n);
    if (rc == GBA_E_ABSENT && stapled->question.url.n > 0)
        rt_log(RT_LOG_WARN, "status.own-issuer-missing",
               RT_STR("url", gba_text_view(&stapled->question.url)));
    if (rc != GBA_OK) {
        free(stapled);
        return rc;
    }
    stapled->own.cert_pem = gba_view_of(NULL, 0);
    SLIST_INSERT_HEAD(&desk->stapled, stapled, entry);
    ask(stapled);
    return GBA_OK;
}

void m2m_status_stapled_free(struct m2m_status_desk *desk)
{
    while (!SLIST_EMPTY(&desk->stapled)) {
        struct m2m_status_stapled *stapled = SLIST_FIRST(&desk->stapled);
        SLIST_REMOVE_HEAD(&desk->stapled, entry);
        free(stapled);
    }
}
