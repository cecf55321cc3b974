/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/coap_server.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "m2m/io/coap.h"
#include "rt/log.h"

/* RFC 7252 4.8.2: EXCHANGE_LIFETIME.  Requests that came since may come late once more: a client
 * that has one on its way at a time (NSTART 1) sent few. */
enum { EXCHANGE_MS = 247 * 1000, ANSWERS = 4 };

/* ---- answers that were given ---- */

struct answer {
    int64_t at_ms;
    uint16_t id;
    size_t n;
    uint8_t *octets; /* NULL: none */
};

/* What is kept with a session. */
struct answers {
    struct answer one[ANSWERS];
    size_t next;
};

static void forget(struct answer *answer)
{
    if (answer->octets)
        gba_wipe_bytes(answer->octets, answer->n);
    free(answer->octets);
    *answer = (struct answer){.octets = NULL};
}

static void forget_all(void *data)
{
    struct answers *answers = data;
    for (size_t i = 0; i < ANSWERS; i++)
        forget(&answers->one[i]);
    free(answers);
}

static struct answers *answers_of(struct rt_dtls *session)
{
    struct answers *answers = rt_dtls_kept(session);
    if (answers)
        return answers;
    answers = calloc(1, sizeof *answers);
    if (answers)
        rt_dtls_keep(session, answers, forget_all);
    return answers;
}

/* One request and what becomes of it. */
struct exchange {
    struct m2m_coap_server *server;
    struct rt_dtls *dtls;
    int64_t now_ms;
    struct m2m_coap_head head;
    struct m2m_request req;
    struct m2m_response rsp;
};

static const struct answer *given(const struct exchange *x)
{
    const struct answers *answers = rt_dtls_kept(x->dtls);
    for (size_t i = 0; answers && i < ANSWERS; i++) {
        const struct answer *one = &answers->one[i];
        if (one->octets && one->id == x->head.id && x->now_ms - one->at_ms < EXCHANGE_MS)
            return one;
    }
    return NULL;
}

/* Without memory the same request would be served anew. */
static void keep(const struct exchange *x, gba_view octets)
{
    struct answers *answers = answers_of(x->dtls);
    uint8_t *copy = answers ? malloc(octets.n) : NULL;
    if (!copy)
        return;
    struct answer *one = &answers->one[answers->next];
    answers->next = (answers->next + 1) % ANSWERS;
    forget(one);
    gba_copy(copy, octets);
    *one = (struct answer){x->now_ms, x->head.id, octets.n, copy};
}

/* ---- sending ---- */

static gba_rc try_answer(const struct exchange *x)
{
    struct m2m_coap_server *server = x->server;
    gba_writer w = gba_writer_of(server->datagram, sizeof server->datagram);
    m2m_coap_answer(&x->head, &x->rsp, &w);
    gba_rc rc = gba_writer_end(&w);
    if (rc == GBA_OK)
        rc = rt_dtls_send(x->dtls, gba_writer_view(&w));
    if (rc == GBA_OK)
        keep(x, gba_writer_view(&w));
    gba_wipe_bytes(server->datagram, w.n);
    return rc;
}

/* What does not fit a record cannot be told: there is no block-wise transfer. */
static void send_answer(struct exchange *x)
{
    gba_rc rc = try_answer(x);
    if (rc == GBA_E_TOO_LONG || rc == GBA_E_SPACE) {
        x->rsp = m2m_answer_of(rc, &x->req);
        rc = try_answer(x);
    }
    if (rc != GBA_OK)
        rt_log(RT_LOG_NOTICE, "coap.not-answered", RT_REASON(rc), RT_STR("peer", rt_dtls_peer(x->dtls)));
}

/* No request: a ping is answered with a reset, as is an answer that nobody waits for. */
static void reset(const struct exchange *x)
{
    uint8_t octets[4];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    rt_reasons_add(x->server->counts, GBA_E_COAP);
    m2m_coap_empty(&x->head, M2M_COAP_RST, &w);
    gba_rc rc = x->head.type == M2M_COAP_CON ? rt_dtls_send(x->dtls, gba_writer_view(&w)) : GBA_OK;
    rt_log(RT_LOG_DEBUG, "coap.no-request", RT_REASON(rc), RT_STR("peer", rt_dtls_peer(x->dtls)));
}

static void repeat(const struct exchange *x, const struct answer *answer)
{
    gba_rc rc = rt_dtls_send(x->dtls, gba_view_of(answer->octets, answer->n));
    rt_log(RT_LOG_DEBUG, "coap.repeated", RT_REASON(rc), RT_STR("peer", rt_dtls_peer(x->dtls)));
}

void m2m_coap_serve(void *arg, struct rt_dtls *session, gba_view octets)
{
    struct m2m_coap_server *server = arg;
    struct exchange x = {
        .server = server, .dtls = session, .now_ms = rt_loop_env(server->loop)->now_ms};
    gba_writer room = gba_writer_of(server->room, sizeof server->room);
    gba_rc rc = m2m_coap_read(octets, &room, &x.head, &x.req);
    const struct answer *before = given(&x);
    if (!x.head.request) {
        reset(&x);
    } else if (before) {
        repeat(&x, before);
    } else {
        x.rsp = m2m_answer_of(rc, &x.req);
        server->fn(server->arg, rt_dtls_tls(session), &x.req, &room, &x.rsp);
        send_answer(&x);
    }
    gba_wipe_bytes(server->room, room.n);
}
