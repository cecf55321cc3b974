/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/status.h"

#include <stdlib.h>

#include "gba/crypto/hash.h"
#include "gba/crypto/x509.h"
#include "m2m/io/status_int.h"
#include "rt/log.h"

enum { KNOWN_MAX = 1024, WAITING_MAX = 1000, TIMEOUT_MS = 3000, EVERY_MS = 10 * 1000, KEY = 32 };

/* Somebody who waits for an answer, with a copy of what the peer showed. */
struct waiter {
    STAILQ_ENTRY(waiter) entry;
    struct m2m_status_asker asker;
    struct m2m_shown shown;
    gba_view chain[M2M_CHAIN_MAX];
    uint8_t octets[];
};

/* Of one certificate: a response that counts until then, or none: nobody is asked until then. */
struct m2m_status_known {
    TAILQ_ENTRY(m2m_status_known) entry;
    struct m2m_status_desk *desk;
    uint8_t key[KEY];
    gba_text url;
    uint8_t *response;
    size_t n;
    int64_t until_ms;
    bool asking;
    STAILQ_HEAD(, waiter) waiters;
};

static int64_t now_ms(const struct m2m_status_desk *desk)
{
    return rt_loop_env(desk->loop)->now_ms;
}

/* ---- what is known ---- */

static void forget(struct m2m_status_desk *desk, struct m2m_status_known *known)
{
    TAILQ_REMOVE(&desk->known, known, entry);
    desk->n_known--;
    free(known->response);
    free(known);
}

static void make_room(struct m2m_status_desk *desk)
{
    struct m2m_status_known *last;
    TAILQ_FOREACH_REVERSE(last, &desk->known, m2m_status_known_list, entry)
    {
        if (!last->asking) {
            forget(desk, last);
            return;
        }
    }
}

static struct m2m_status_known *find_known(struct m2m_status_desk *desk, const uint8_t key[KEY])
{
    struct m2m_status_known *known;
    TAILQ_FOREACH(known, &desk->known, entry)
    {
        if (gba_view_eq(GBA_ARRAY(known->key), gba_view_of(key, KEY))) {
            TAILQ_REMOVE(&desk->known, known, entry);
            TAILQ_INSERT_HEAD(&desk->known, known, entry);
            return known;
        }
    }
    if (desk->n_known >= KNOWN_MAX)
        make_room(desk);
    known = calloc(1, sizeof *known);
    if (!known)
        return NULL;
    known->desk = desk;
    gba_copy(known->key, gba_view_of(key, KEY));
    STAILQ_INIT(&known->waiters);
    TAILQ_INSERT_HEAD(&desk->known, known, entry);
    desk->n_known++;
    return known;
}

static void keep(struct m2m_status_known *known, gba_view response)
{
    int64_t until_s = 0;
    free(known->response);
    known->n = 0;
    known->until_ms = 0;
    known->response = malloc(response.n);
    if (!known->response || gba_x509_ocsp_until(response, &until_s) != GBA_OK)
        return;
    gba_copy(known->response, response);
    known->n = response.n;
    known->until_ms = until_s * 1000;
}

static void keep_nothing(struct m2m_status_known *known, gba_rc why)
{
    free(known->response);
    known->response = NULL;
    known->n = 0;
    known->until_ms = now_ms(known->desk) + M2M_STATUS_RETRY_MS;
    rt_log(RT_LOG_WARN, "status.responder-failed", RT_REASON(why), RT_STR("url", gba_text_view(&known->url)));
}

/* ---- answers ---- */

/* Judge once more with a response.  It is worth keeping when the verdict rests on it. */
static gba_rc judge_with(struct waiter *waiter, gba_view response, bool *useful)
{
    struct m2m_ocsp_question missing = {.n = 0};
    if (response.n > 0)
        waiter->shown.staple = response;
    waiter->shown.missing = &missing;
    gba_rc rc = waiter->asker.judge(waiter->asker.arg, &waiter->shown);
    *useful = response.n > 0 && missing.n == 0 && (rc == GBA_OK || rc == GBA_E_CERT_REVOKED);
    return rc;
}

/* Whoever asks meanwhile is answered too. */
static void answer_all(struct m2m_status_known *known, gba_rc rc, gba_view response)
{
    bool kept = false, useful;
    while (!STAILQ_EMPTY(&known->waiters)) {
        struct waiter *waiter = STAILQ_FIRST(&known->waiters);
        STAILQ_REMOVE_HEAD(&known->waiters, entry);
        gba_rc verdict = judge_with(waiter, response, &useful);
        if (useful && !kept)
            keep(known, response);
        kept = kept || useful;
        waiter->asker.done(waiter->asker.arg, verdict);
        known->desk->n_waiting--;
        free(waiter);
    }
    if (!kept)
        keep_nothing(known, rc == GBA_OK ? GBA_E_CERT_STATUS : rc);
}

static void on_response(void *arg, gba_rc rc, gba_view response)
{
    struct m2m_status_known *known = arg;
    struct m2m_status_desk *desk = known->desk;
    answer_all(known, rc, response);
    known->asking = false;
    desk->n_asking--;
    m2m_status_settle(desk);
}

/* ---- questions ---- */

static struct waiter *new_waiter(const struct m2m_shown *shown, const struct m2m_status_asker *asker)
{
    size_t n = shown->staple.n;
    for (size_t i = 0; i < shown->n; i++)
        n += shown->chain[i].n;
    struct waiter *waiter = shown->n <= M2M_CHAIN_MAX ? calloc(1, sizeof *waiter + n) : NULL;
    if (!waiter)
        return NULL;
    gba_writer w = gba_writer_of(waiter->octets, n);
    waiter->asker = *asker;
    waiter->shown = (struct m2m_shown){.raw = shown->raw, .chain = waiter->chain, .n = shown->n};
    for (size_t i = 0; i < shown->n; i++) {
        waiter->chain[i] = gba_view_of(w.p + w.n, shown->chain[i].n);
        gba_put_view(&w, shown->chain[i]);
    }
    waiter->shown.staple = gba_view_of(w.p + w.n, shown->staple.n);
    gba_put_view(&w, shown->staple);
    return waiter;
}

/* false: nobody can be asked, and the first verdict counts. */
static bool wait_for(struct m2m_status_known *known, const struct m2m_ocsp_question *missing,
                     const struct m2m_shown *shown, const struct m2m_status_asker *asker)
{
    struct m2m_status_desk *desk = known->desk;
    struct waiter *waiter = desk->n_waiting < WAITING_MAX ? new_waiter(shown, asker) : NULL;
    if (!waiter)
        return false;
    STAILQ_INSERT_TAIL(&known->waiters, waiter, entry);
    desk->n_waiting++;
    if (known->asking)
        return true;
    known->asking = true;
    known->url = desk->conf.responder.n > 0 ? desk->conf.responder : missing->url;
    desk->n_asking++;
    m2m_ocsp_http_ask(desk->http, gba_text_view(&known->url), gba_view_of(missing->request, missing->n),
                      on_response, known);
    return true;
}

/* With what is known: true when *rc is the verdict. */
static bool known_already(const struct m2m_status_known *known, const struct m2m_shown *shown,
                          const struct m2m_status_asker *asker, gba_rc *rc)
{
    struct m2m_ocsp_question missing = {.n = 0};
    struct m2m_shown more = *shown;
    if (known->asking || now_ms(known->desk) >= known->until_ms)
        return false;
    if (known->n == 0)
        return true;
    more.staple = gba_view_of(known->response, known->n);
    more.missing = &missing;
    *rc = asker->judge(asker->arg, &more);
    return missing.n == 0;
}

/* The verdict without waiting; false: it will come. */
static bool verdict_now(struct m2m_status_desk *desk, const struct m2m_shown *shown,
                        const struct m2m_status_asker *asker, gba_rc *rc)
{
    uint8_t key[GBA_HASH_MAX];
    struct m2m_ocsp_question missing = {.addressed = desk && desk->conf.responder.n == 0};
    struct m2m_shown first = *shown;
    first.missing = desk ? &missing : NULL;
    *rc = asker->judge(asker->arg, &first);
    bool fine = *rc == GBA_OK || *rc == GBA_E_CERT_STATUS;
    if (!desk || desk->closing || !fine || missing.n == 0)
        return true;
    gba_view request = gba_view_of(missing.request, missing.n);
    if (gba_hash_parts(GBA_HASH_SHA256, &request, 1, key) != GBA_OK)
        return true;
    struct m2m_status_known *known = find_known(desk, key);
    return !known || known_already(known, shown, asker, rc) || !wait_for(known, &missing, shown, asker);
}

void m2m_status_ask(struct m2m_status_desk *desk, const struct m2m_shown *shown,
                    const struct m2m_status_asker *asker)
{
    gba_rc rc;
    if (verdict_now(desk, shown, asker, &rc))
        asker->done(asker->arg, rc);
}

/* ---- life ---- */

static void on_timer(void *arg)
{
    struct m2m_status_desk *desk = arg;
    m2m_status_files_look(desk);
    m2m_status_stapled_look(desk);
    desk->timer = rt_timer_start(desk->loop, desk->conf.every_ms, on_timer, desk);
}

gba_rc m2m_status_open(struct rt_loop *loop, const struct m2m_status_conf *conf, struct m2m_status_desk **out)
{
    struct m2m_status_desk *desk = calloc(1, sizeof *desk);
    *out = NULL;
    GBA_ENSURE(desk, GBA_E_MEMORY);
    desk->loop = loop;
    desk->conf = *conf;
    if (desk->conf.timeout_ms == 0)
        desk->conf.timeout_ms = TIMEOUT_MS;
    if (desk->conf.every_ms == 0)
        desk->conf.every_ms = EVERY_MS;
    TAILQ_INIT(&desk->known);
    gba_rc rc = m2m_ocsp_http_open(loop, desk->conf.timeout_ms, &desk->http);
    if (rc != GBA_OK) {
        free(desk);
        return rc;
    }
    desk->timer = rt_timer_start(loop, desk->conf.every_ms, on_timer, desk);
    *out = desk;
    return GBA_OK;
}

void m2m_status_settle(struct m2m_status_desk *desk)
{
    if (!desk->closing || desk->n_asking > 0)
        return;
    while (!TAILQ_EMPTY(&desk->known))
        forget(desk, TAILQ_FIRST(&desk->known));
    m2m_status_stapled_free(desk);
    free(desk);
}

void m2m_status_close(struct m2m_status_desk *desk)
{
    if (!desk)
        return;
    desk->closing = true;
    desk->n_asking++; /* not freed under our feet */
    rt_timer_cancel(desk->timer);
    m2m_ocsp_http_close(desk->http);
    m2m_status_files_free(desk);
    desk->n_asking--;
    m2m_status_settle(desk);
}
