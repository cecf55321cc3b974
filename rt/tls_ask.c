/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <stdlib.h>

#include "gba/base/secret.h"
#include "rt/tls_int.h"

enum { RANDOM_KEY = 32 };

enum kind { ASK_PSK, ASK_PSK_CLIENT, ASK_CERT, ASK_SNI };

/* Lives on the stack of the job that asks. */
struct rt_tls_question {
    enum kind kind;
    bool done;
    gba_rc rc;     /* once done */
    gba_view name; /* identity, hint or server name */
    uint16_t suite;
    const struct rt_tls_shown *shown;
    struct rt_tls_psk *psk; /* where the key goes */
};

struct rt_tls_ask {
    struct rt_tls *tls; /* NULL: gone */
};

/* ---- answers ---- */

static gba_rc take_key(struct rt_tls_question *q, gba_view key)
{
    GBA_ENSURE(key.n > 0, GBA_E_TOO_SHORT);
    GBA_ENSURE(key.n <= sizeof q->psk->key, GBA_E_TOO_LONG);
    gba_copy(q->psk->key, key);
    q->psk->n = key.n;
    return GBA_OK;
}

static gba_rc take_answer(struct rt_tls *tls, const struct rt_tls_answer *answer)
{
    struct rt_tls_peer *peer = &tls->peer;
    GBA_TRY(answer->rc);
    GBA_TRY(gba_text_set(&peer->who, answer->who));
    if (answer->until_ms != 0 && (peer->until_ms == 0 || answer->until_ms < peer->until_ms))
        peer->until_ms = answer->until_ms;
    return tls->question->psk ? take_key(tls->question, answer->psk) : GBA_OK;
}

static void settle(struct rt_tls_question *q, gba_rc rc)
{
    q->rc = rc;
    q->done = true;
}

static void on_answered(void *arg)
{
    struct rt_tls_ask *ask = arg;
    struct rt_tls *tls = ask->tls;
    free(ask);
    if (!tls)
        return;
    tls->ask = NULL;
    rt_tls_resume(tls);
}

void rt_tls_answer(struct rt_tls_ask *ask, const struct rt_tls_answer *answer)
{
    struct rt_tls *tls = ask->tls;
    if (tls)
        settle(tls->question, take_answer(tls, answer));
    if (tls && !tls->driving && rt_post(tls->loop, on_answered, ask))
        return;
    if (tls)
        tls->ask = NULL;
    free(ask);
}

struct rt_tls *rt_tls_of(const struct rt_tls_ask *ask)
{
    return ask->tls;
}

/* ---- questions, on the thread's own stack ---- */

static struct rt_tls_ask *new_ask(struct rt_tls *tls)
{
    struct rt_tls_ask *ask = calloc(1, sizeof *ask);
    if (!ask) {
        settle(tls->question, GBA_E_MEMORY);
        return NULL;
    }
    ask->tls = tls;
    tls->ask = ask;
    return ask;
}

static void put_psk(struct rt_tls *tls, struct rt_tls_question *q)
{
    struct rt_tls_ask *ask = new_ask(tls);
    if (ask)
        tls->hooks->psk(tls->hooks->arg, ask, q->name, q->suite);
}

static void put_cert(struct rt_tls *tls, struct rt_tls_question *q)
{
    struct rt_tls_ask *ask = NULL;
    if (!tls->hooks->cert)
        settle(q, GBA_E_CERT_PATH);
    else if ((ask = new_ask(tls)))
        tls->hooks->cert(tls->hooks->arg, ask, q->shown);
}

static gba_rc use_context(struct rt_tls *tls, struct rt_tls_ctx *ctx)
{
    GBA_ENSURE(ctx && ctx->server && ctx->dtls == tls->first->dtls, GBA_E_TLS_NAME);
    rt_tls_ctx_hold(ctx);
    rt_tls_ctx_free(tls->ctx);
    tls->ctx = ctx;
    return GBA_OK;
}

static void put(struct rt_tls *tls)
{
    const struct rt_tls_hooks *hooks = tls->hooks;
    struct rt_tls_question *q = tls->question;
    switch (q->kind) {
    case ASK_PSK:
        put_psk(tls, q);
        break;
    case ASK_PSK_CLIENT:
        settle(q, hooks->psk_client(hooks->arg, q->name, q->suite, q->psk));
        break;
    case ASK_CERT:
        put_cert(tls, q);
        break;
    case ASK_SNI:
        settle(q, hooks->sni ? use_context(tls, hooks->sni(hooks->arg, q->name)) : GBA_OK);
        break;
    }
}

/* ---- stacks ---- */

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#define WATCHED __has_feature(address_sanitizer)
#else
#define WATCHED 0
#endif

#if WATCHED
#include <sanitizer/common_interface_defs.h>

enum { JOB_STACK = 32768 };

static _Thread_local const void *thread_stack;
static _Thread_local size_t thread_stack_size;

/* AddressSanitizer takes a job's stack for a corrupt one unless it is told. */
static void on_job_stack(void)
{
    void *kept = NULL;
    char here = 0;
    uintptr_t bottom = (uintptr_t)&here - JOB_STACK;
    __sanitizer_start_switch_fiber(&kept, (void *)bottom, 2 * (size_t)JOB_STACK);
    __sanitizer_finish_switch_fiber(kept, &thread_stack, &thread_stack_size);
}

static void on_thread_stack(void)
{
    void *kept = NULL;
    if (!thread_stack)
        return;
    __sanitizer_start_switch_fiber(&kept, thread_stack, thread_stack_size);
    __sanitizer_finish_switch_fiber(kept, NULL, NULL);
}
#else
#define on_job_stack() ((void)0)
#define on_thread_stack() ((void)0)
#endif

/* ---- jobs ---- */

static int job(void *arg)
{
    struct rt_tls *tls = *(struct rt_tls **)arg;
    on_job_stack();
    return (int)tls->ops->step(tls);
}

enum rt_tls_step rt_tls_run(struct rt_tls *tls)
{
    for (;;) {
        int step = RT_TLS_STEP_BROKEN;
        int how = ASYNC_start_job(&tls->job, tls->wait, &step, job, &tls, sizeof tls);
        on_thread_stack();
        if (how != ASYNC_PAUSE)
            return how == ASYNC_FINISH ? (enum rt_tls_step)step : RT_TLS_STEP_BROKEN;
        if (!tls->abandoned)
            put(tls);
        if (!tls->question->done && !tls->abandoned)
            return RT_TLS_STEP_WAITS;
    }
}

void rt_tls_abandon(struct rt_tls *tls)
{
    tls->abandoned = true;
    if (tls->ask)
        tls->ask->tls = NULL;
    tls->ask = NULL;
    if (tls->job && !tls->driving)
        rt_tls_run(tls);
}

/* In the job: wait until the question is settled.  What other connections left
 * in the thread's list of errors meanwhile is not ours. */
static gba_rc ask_and_wait(struct rt_tls *tls, struct rt_tls_question *q)
{
    q->rc = GBA_E_TLS_HANDSHAKE;
    tls->question = q;
    while (!q->done && !tls->abandoned && ASYNC_pause_job())
        on_job_stack();
    tls->question = NULL;
    ERR_clear_error();
    if (q->rc != GBA_OK && tls->refused == GBA_OK && !tls->abandoned)
        tls->refused = q->rc;
    return q->rc;
}

void rt_tls_ask_psk(struct rt_tls *tls, gba_view identity, uint16_t suite, struct rt_tls_psk *out)
{
    struct rt_tls_question q = {.kind = ASK_PSK, .name = identity, .suite = suite, .psk = out};
    gba_rc rc = gba_text_set(&tls->peer.identity, identity);
    if (rc == GBA_OK)
        rc = ask_and_wait(tls, &q);
    else if (tls->refused == GBA_OK)
        tls->refused = rc;
    if (rc == GBA_OK)
        return;
    out->n = RANDOM_KEY;
    gba_env_random(rt_loop_env(tls->loop), out->key, RANDOM_KEY);
}

gba_rc rt_tls_ask_psk_client(struct rt_tls *tls, gba_view hint, uint16_t suite, struct rt_tls_psk *out)
{
    struct rt_tls_question q = {.kind = ASK_PSK_CLIENT, .name = hint, .suite = suite, .psk = out};
    GBA_TRY(ask_and_wait(tls, &q));
    tls->peer.identity = out->identity;
    return GBA_OK;
}

gba_rc rt_tls_ask_cert(struct rt_tls *tls, const struct rt_tls_shown *shown)
{
    struct rt_tls_question q = {.kind = ASK_CERT, .shown = shown};
    return ask_and_wait(tls, &q);
}

gba_rc rt_tls_ask_sni(struct rt_tls *tls, gba_view name)
{
    struct rt_tls_question q = {.kind = ASK_SNI, .name = name};
    if (gba_text_set(&tls->peer.server_name, name) != GBA_OK) {
        tls->refused = GBA_E_TLS_NAME;
        return GBA_E_TLS_NAME;
    }
    return ask_and_wait(tls, &q);
}

/*= RFC 5246 7.2.2, RFC 6066 8: the alert that tells a peer what is wrong with its certificate */
uint8_t rt_tls_alert(const struct rt_tls *tls, gba_rc rc)
{
    switch (rc) {
    case GBA_E_CERT_REVOKED:
        return 44; /* certificate_revoked */
    case GBA_E_CERT_EXPIRED:
        return 45; /* certificate_expired */
    case GBA_E_CERT_PATH:
        return 48; /* unknown_ca */
    case GBA_E_CERT_STATUS:
        return tls->first->server ? 46 : 113; /* certificate_unknown, bad_certificate_status_response */
    default:
        return 42; /* bad_certificate */
    }
}
