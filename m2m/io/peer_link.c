/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/peer_link.h"

#include <stdlib.h>

#include "m2m/io/front.h"
#include "rt/log.h"

enum { ROOM = 16 * 1024 };

static int64_t now_s(const struct m2m_peer_link *link)
{
    return gba_env_now_s(rt_loop_env(link->loop));
}

/* One second more, because an association ends that much before its credential. */
static int64_t bounded(const struct m2m_peer_link *link, int64_t until_s)
{
    int64_t contract_s = now_s(link) + (int64_t)link->association_s + 1;
    return link->association_s > 0 && contract_s < until_s ? contract_s : until_s;
}

/* ---- handshakes ---- */

static gba_rc keep(struct rt_tls *tls, const struct m2m_assoc *assoc)
{
    if (!tls)
        return GBA_OK;
    struct m2m_assoc *copy = calloc(1, sizeof *copy);
    GBA_ENSURE(copy != NULL, GBA_E_MEMORY);
    *copy = *assoc;
    rt_tls_keep(tls, copy, free);
    return GBA_OK;
}

struct handshake {
    struct m2m_peer_link *link;
    struct rt_tls_ask *ask;
};

static void on_key(void *arg, gba_rc rc, const struct m2m_shared *shared)
{
    struct handshake handshake = *(struct handshake *)arg;
    struct m2m_shared key = *shared;
    struct m2m_assoc assoc;
    free(arg);
    key.until_s = bounded(handshake.link, shared->until_s);
    if (rc == GBA_OK)
        rc = m2m_assoc_of_key(&key, &assoc);
    if (rc == GBA_OK)
        rc = keep(rt_tls_of(handshake.ask), &assoc);
    m2m_ask_answer(handshake.ask, rc, &key);
    gba_wipe(&key);
}

static void on_psk(void *arg, struct rt_tls_ask *ask, gba_view identity, uint16_t suite)
{
    struct m2m_peer_link *link = arg;
    struct handshake *handshake = calloc(1, sizeof *handshake);
    if (!handshake) {
        rt_tls_answer(ask, &(struct rt_tls_answer){.rc = GBA_E_MEMORY});
        return;
    }
    *handshake = (struct handshake){link, ask};
    m2m_ask_key(link->ask, identity, suite, on_key, handshake);
}

/* A handshake whose certificate is judged. */
struct judging {
    struct handshake handshake;
    struct m2m_assoc assoc;
};

static gba_rc judge(void *arg, const struct m2m_shown *shown)
{
    struct judging *judging = arg;
    const struct m2m_peer_link *link = judging->handshake.link;
    return m2m_assoc_of_cert(&link->parties, shown, now_s(link), &judging->assoc);
}

static void on_judged(void *arg, gba_rc rc)
{
    struct judging *judging = arg;
    struct m2m_assoc *assoc = &judging->assoc;
    struct rt_tls_ask *ask = judging->handshake.ask;
    assoc->until_s = bounded(judging->handshake.link, assoc->until_s);
    if (rc == GBA_OK)
        rc = keep(rt_tls_of(ask), assoc);
    rt_tls_answer(ask, &(struct rt_tls_answer){
                           .rc = rc,
                           .who = gba_text_view(&assoc->who),
                           .until_ms = assoc->until_s < INT64_MAX / 1000 ? (assoc->until_s - 1) * 1000 : 0,
                       });
    free(judging);
}

static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    struct m2m_peer_link *link = arg;
    struct m2m_shown seen = m2m_front_shown(shown);
    struct judging *judging = calloc(1, sizeof *judging);
    if (!judging) {
        rt_tls_answer(ask, &(struct rt_tls_answer){.rc = GBA_E_MEMORY});
        return;
    }
    judging->handshake = (struct handshake){link, ask};
    m2m_status_ask(link->status, &seen, &(struct m2m_status_asker){judge, on_judged, judging});
}

static gba_rc on_open(void *arg, struct rt_tls *tls)
{
    struct m2m_peer_link *link = arg;
    const struct m2m_assoc *assoc = rt_tls_kept(tls);
    GBA_ENSURE(assoc != NULL, GBA_E_REG_ASSOCIATION);
    rt_log(RT_LOG_INFO, "peer.associated", RT_ID("peer", gba_text_view(&assoc->who)),
           RT_CSTR("use", m2m_assoc_use_name(assoc->use)),
           RT_ID("credential", gba_text_view(&assoc->credential)),
           RT_CSTR("over", rt_tls_peer(tls)->dtls ? "dtls" : "tls"));
    rt_reasons_add(&link->reasons, GBA_OK);
    return GBA_OK;
}

static void on_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    struct m2m_peer_link *link = arg;
    const struct rt_tls_peer *shown = rt_tls_peer(tls);
    rt_log(RT_LOG_NOTICE, "peer.refused", RT_REASON(rc), RT_ID("identity", gba_text_view(&shown->identity)),
           RT_CSTR("over", shown->dtls ? "dtls" : "tls"));
    rt_reasons_add(&link->reasons, rc);
}

struct rt_tls_hooks m2m_peer_hooks(struct m2m_peer_link *link)
{
    return (struct rt_tls_hooks){
        .arg = link, .psk = on_psk, .cert = on_cert, .open = on_open, .refused = on_refused};
}

/* ---- requests ---- */

/* Over this association (NULL: none); what became of reading the request stands in *rsp. */
static void serve(struct m2m_peer_link *link, const struct m2m_peer_ask *ask, gba_writer *room,
                  struct m2m_response *rsp)
{
    if (rsp->reason == GBA_OK)
        m2m_peer_serve(&link->peer, rt_loop_env(link->loop), ask, room, rsp);
    if (rsp->reason != GBA_OK)
        rt_log(RT_LOG_NOTICE, "peer.request-refused", RT_REASON(rsp->reason), RT_NUM("rsc", rsp->rsc),
               RT_ID("peer", ask->assoc ? gba_text_view(&ask->assoc->who) : GBA_LIT("")));
    rt_reasons_add(&link->reasons, rsp->reason);
}

static void serve_http(struct m2m_peer_link *link, const struct m2m_assoc *assoc, struct rt_http_tx *tx,
                       const struct gba_http_msg *http)
{
    uint8_t memory[ROOM], small[64];
    gba_writer room = gba_writer_of(memory, sizeof memory), scratch = gba_writer_of(small, sizeof small);
    struct m2m_request req;
    gba_rc rc = m2m_request_of_http(http, &room, &req);
    struct m2m_response rsp = m2m_answer_of(rc, &req);
    struct gba_http_msg answer;
    serve(link, &(struct m2m_peer_ask){assoc, &req}, &room, &rsp);
    m2m_response_to_http(&rsp, &scratch, &answer);
    rt_http_reply(tx, &answer);
}

void m2m_peer_on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct rt_tls *tls = rt_http_tls(tx);
    serve_http(arg, tls ? rt_tls_kept(tls) : NULL, tx, req);
}

void m2m_peer_on_open_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    serve_http(arg, NULL, tx, req);
}

static void serve_coap(void *arg, struct rt_tls *tls, const struct m2m_request *req, gba_writer *room,
                       struct m2m_response *rsp)
{
    serve(arg, &(struct m2m_peer_ask){rt_tls_kept(tls), req}, room, rsp);
}

void m2m_peer_link_init(struct m2m_peer_link *link, struct rt_loop *loop)
{
    link->loop = link->coap.loop = loop;
    link->coap.fn = serve_coap;
    link->coap.arg = link;
    link->coap.counts = &link->reasons;
}
