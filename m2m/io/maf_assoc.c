/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/maf_assoc.h"

#include <stdlib.h>

#include "m2m/io/front.h"
#include "rt/log.h"

/* A handshake whose key was asked for. */
struct waiting {
    struct rt_tls_ask *handshake;
};

static gba_rc remember(struct rt_tls_ask *handshake, const gba_text *credential)
{
    struct rt_tls *tls = rt_tls_of(handshake);
    struct m2m_maf_session *session;
    if (!tls)
        return GBA_OK;
    session = calloc(1, sizeof *session);
    GBA_ENSURE(session, GBA_E_MEMORY);
    if (credential)
        session->credential = *credential;
    rt_tls_keep(tls, session, free);
    return GBA_OK;
}

/* ---- keys ---- */

static void on_key(void *arg, gba_rc rc, const struct m2m_shared *shared)
{
    struct rt_tls_ask *handshake = ((struct waiting *)arg)->handshake;
    free(arg);
    if (rc == GBA_OK)
        rc = remember(handshake, &shared->id);
    m2m_ask_answer(handshake, rc, shared);
}

/*= TS-0003 8.8.2.2, 8.3.1.2: whose key this is may have to be asked elsewhere */
static void on_psk(void *arg, struct rt_tls_ask *handshake, gba_view identity, uint16_t suite)
{
    const struct m2m_maf_assoc *assoc = arg;
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (!waiting) {
        rt_tls_answer(handshake, &(struct rt_tls_answer){.rc = GBA_E_MEMORY});
        return;
    }
    waiting->handshake = handshake;
    m2m_ask_key(assoc->ask, identity, suite, on_key, waiting);
}

/* ---- certificates ---- */

/* A handshake whose certificate is judged. */
struct judging {
    const struct m2m_maf_assoc *assoc;
    struct rt_tls_ask *handshake;
    const struct m2m_party *client;
    int64_t until_s;
};

static gba_rc judge(void *arg, const struct m2m_shown *shown)
{
    struct judging *judging = arg;
    const struct m2m_maf_assoc *assoc = judging->assoc;
    judging->client = m2m_party_find(assoc->clients, assoc->clients_n, shown);
    GBA_ENSURE(judging->client, GBA_E_TARGET_CERT);
    GBA_TRY(m2m_cert_check(&judging->client->expect, shown, gba_env_now_s(rt_loop_env(assoc->loop))));
    return m2m_cert_until(shown, &judging->until_s);
}

static void on_verdict(void *arg, gba_rc rc)
{
    struct judging judging = *(struct judging *)arg;
    struct rt_tls_answer answer = {.rc = rc};
    free(arg);
    if (rc == GBA_OK) {
        answer.rc = remember(judging.handshake, NULL);
        answer.who = gba_text_view(&judging.client->id.text);
        answer.until_ms = judging.until_s < INT64_MAX / 1000 ? judging.until_s * 1000 : 0;
    }
    rt_tls_answer(judging.handshake, &answer);
}

/*= TS-0003 8.1.2.5, 8.8.2.2: whether it was revoked may have to be asked elsewhere */
static void on_cert(void *arg, struct rt_tls_ask *handshake, const struct rt_tls_shown *shown)
{
    const struct m2m_maf_assoc *assoc = arg;
    const struct m2m_shown cert = m2m_front_shown(shown);
    struct judging *judging = calloc(1, sizeof *judging);
    if (!judging) {
        rt_tls_answer(handshake, &(struct rt_tls_answer){.rc = GBA_E_MEMORY});
        return;
    }
    *judging = (struct judging){.assoc = assoc, .handshake = handshake};
    m2m_status_ask(assoc->status, &cert, &(struct m2m_status_asker){judge, on_verdict, judging});
}

/* ---- what became of it ---- */

static gba_rc on_open(void *arg, struct rt_tls *tls)
{
    struct m2m_maf_assoc *assoc = arg;
    const struct rt_tls_peer *peer = rt_tls_peer(tls);
    const struct m2m_maf_session *session = m2m_maf_session_of(tls);
    rt_reasons_add(&assoc->counts, GBA_OK);
    rt_log(RT_LOG_INFO, "maf.associated", RT_ID("client", gba_text_view(&peer->who)),
           RT_CSTR("by", peer->raw ? "raw-key" : peer->identity.n > 0 ? "key" : "certificate"),
           RT_ID("key", gba_text_view(&session->credential)), RT_NUM("suite", peer->suite),
           RT_CSTR("over", peer->dtls ? "dtls" : "tls"),
           RT_NUM("until", peer->until_ms / 1000));
    return GBA_OK;
}

static void on_refused(void *arg, struct rt_tls *tls, gba_rc rc)
{
    struct m2m_maf_assoc *assoc = arg;
    const struct rt_tls_peer *peer = rt_tls_peer(tls);
    rt_reasons_add(&assoc->counts, rc);
    rt_log(RT_LOG_NOTICE, "maf.not-associated", RT_REASON(rc), RT_ID("key", gba_text_view(&peer->identity)),
           RT_CSTR("over", peer->dtls ? "dtls" : "tls"));
}

void m2m_maf_assoc_init(struct m2m_maf_assoc *assoc)
{
    assoc->hooks = (struct rt_tls_hooks){
        .arg = assoc,
        .psk = on_psk,
        .cert = on_cert,
        .open = on_open,
        .refused = on_refused,
    };
}

struct m2m_maf_session *m2m_maf_session_of(const struct rt_tls *tls)
{
    return rt_tls_kept(tls);
}
