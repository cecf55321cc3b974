/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/ask_src.h"

#include <stdlib.h>

#include "m2m/mef.h"
#include "m2m/prim.h"
#include "m2m/res.h"
#include "rt/httpc.h"

enum { CONNECTIONS = 4, ANSWER_MAX = 64 * 1024, HEAD_MAX = 8192 };

/* The mandatory suites of TS-0003 10.2.2 and 10.2.3. */
static const char suites_psk[] = "PSK-AES128-CBC-SHA256";
static const char suites_cert[] = "ECDHE-ECDSA-AES128-SHA256";

struct m2m_ask_src {
    struct rt_loop *loop;
    const struct m2m_ask_conf *conf;
    const struct m2m_ask_source *from;
    struct rt_tls_ctx *ctx;
    struct rt_tls_hooks hooks;
    struct rt_httpc *client;
    size_t n_waiting;
    uint64_t n_asked; /* numbers requests */
    bool closing;
};

struct fetch {
    struct m2m_ask_src *src;
    bool maf;
    m2m_ask_src_fn *fn;
    void *arg;
};

static void settle(struct m2m_ask_src *src)
{
    if (!src->closing || src->n_waiting > 0)
        return;
    if (src->ctx)
        rt_tls_ctx_free(src->ctx);
    free(src);
}

/* ---- proofs ---- */

/* A certificate that is judged, perhaps once more when a responder has answered. */
struct judging {
    struct m2m_ask_src *src;
    struct rt_tls_ask *ask;
};

static gba_rc judge(void *arg, const struct m2m_shown *shown)
{
    const struct m2m_ask_src *src = ((struct judging *)arg)->src;
    return m2m_cert_check(&src->from->expect, shown, gba_env_now_s(rt_loop_env(src->loop)));
}

static void on_judged(void *arg, gba_rc rc)
{
    struct judging judging = *(struct judging *)arg;
    struct m2m_ask_src *src = judging.src;
    free(arg);
    rt_tls_answer(judging.ask,
                  &(struct rt_tls_answer){.rc = rc, .who = gba_text_view(&src->from->source.fqdn)});
    src->n_waiting--;
    settle(src);
}

static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    struct m2m_ask_src *src = arg;
    struct m2m_shown seen = {
        .raw = shown->raw, .chain = shown->chain, .n = shown->n, .staple = shown->staple};
    struct judging *judging = calloc(1, sizeof *judging);
    if (!judging) {
        rt_tls_answer(ask, &(struct rt_tls_answer){.rc = GBA_E_MEMORY});
        return;
    }
    *judging = (struct judging){src, ask};
    src->n_waiting++;
    m2m_status_ask(src->conf->status, &seen, &(struct m2m_status_asker){judge, on_judged, judging});
}

static gba_rc on_psk(void *arg, gba_view hint, uint16_t suite, struct rt_tls_psk *out)
{
    const struct m2m_ask_src *src = arg;
    (void)hint;
    (void)suite;
    *out = src->from->km;
    return GBA_OK;
}

/* ---- answers ---- */

static gba_rc read_mef(const struct gba_http_msg *rsp, struct m2m_shared *got)
{
    struct m2m_mef_given given = {0};
    GBA_ENSURE(rsp->status < 400 || rsp->status >= 500, GBA_E_TARGET_REFUSED);
    GBA_ENSURE(rsp->status == 200, GBA_E_MEF_ANSWER);
    gba_rc rc = m2m_mef_given_parse(rsp->body, &given);
    gba_copy(got->key, GBA_ARRAY(given.key.b));
    got->n = sizeof given.key.b;
    got->peer = given.enrolee;
    got->until_s = given.until_s;
    got->e2e = given.e2e;
    got->e2e_params = given.e2e_params;
    gba_wipe(&given);
    return rc;
}

/* The source is told as an entity, or as the credential it proved itself with. */
static gba_rc take_source(const gba_text *cr, struct m2m_shared *got)
{
    unsigned type;
    gba_text value;
    gba_view text = gba_text_view(cr);
    if (m2m_id_parse(text, &got->peer) == GBA_OK && got->peer.kind != M2M_ID_FQDN)
        return GBA_OK;
    got->peer.text.n = 0;
    got->cred = *cr;
    return m2m_cred_parse(text, &type, &value);
}

static gba_rc take_key_reg(const struct m2m_res *res, struct m2m_shared *got)
{
    const unsigned needed = M2M_HAS_KV | M2M_HAS_ET | M2M_HAS_SUID;
    GBA_ENSURE(res->ty == M2M_TY_SYMM_KEY_REG && (res->has & needed) == needed, GBA_E_M2M_ANSWER);
    gba_copy(got->key, GBA_ARRAY(res->kv.b));
    got->n = sizeof res->kv.b;
    got->until_s = res->et;
    got->suid = res->suid;
    if ((res->has & M2M_HAS_CR) != 0)
        GBA_ENSURE(take_source(&res->cr, got) == GBA_OK, GBA_E_M2M_ANSWER);
    return GBA_OK;
}

static gba_rc read_maf(const struct gba_http_msg *http, struct m2m_shared *got)
{
    struct m2m_response rsp;
    struct m2m_res res = {0};
    GBA_TRY(m2m_response_of_http(http, &rsp));
    if (rsp.rsc != M2M_RSC_OK)
        return rsp.rsc >= M2M_RSC_INTERNAL ? GBA_E_M2M_ANSWER : GBA_E_TARGET_REFUSED;
    gba_rc rc = m2m_res_parse(rsp.body, &res);
    rc = rc == GBA_OK ? take_key_reg(&res, got) : GBA_E_M2M_ANSWER;
    gba_wipe(&res);
    return rc;
}

static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct fetch fetch = *(struct fetch *)arg;
    struct m2m_shared got = {0};
    free(arg);
    if (rc == GBA_OK)
        rc = fetch.maf ? read_maf(rsp, &got) : read_mef(rsp, &got);
    fetch.fn(fetch.arg, rc, &got);
    gba_wipe(&got);
    fetch.src->n_waiting--;
    settle(fetch.src);
}

/* ---- questions ---- */

static gba_view put_path(const struct m2m_target_order *order, gba_writer *w)
{
    size_t at = w->n;
    if (order->kind == M2M_TARGET_FETCH_MAF) {
        gba_view id = gba_text_view(&order->id);
        gba_put_str(w, M2M_RES_BASE "/");
        gba_put_view(w, gba_view_sub(id, 0, gba_view_find(id, '@')));
    } else {
        gba_put_str(w, "/fetchCredentials/");
        gba_put_view(w, gba_text_view(&order->id));
        if (order->suid != 0) {
            gba_put_u8(w, '/');
            gba_put_dec(w, order->suid);
        }
    }
    return gba_view_sub(gba_writer_view(w), at, w->n);
}

static gba_rc request(struct m2m_ask_src *src, const struct m2m_target_order *order, struct fetch *fetch)
{
    uint8_t room[1024], number[24];
    gba_writer w = gba_writer_of(room, sizeof room), rqi = gba_writer_of(number, sizeof number);
    struct gba_http_msg http;
    gba_put_dec(&rqi, ++src->n_asked);
    struct m2m_request req = {
        .op = M2M_RETRIEVE,
        .to = put_path(order, &w),
        .from = gba_text_view(&src->conf->target->self.text),
        .rqi = gba_writer_view(&rqi),
        .rvi = GBA_LIT("3"),
    };
    m2m_request_to_http(&req, &w, &http);
    GBA_TRY(gba_http_field_add(&http, GBA_LIT("Host"), gba_text_view(&src->from->source.fqdn)));
    GBA_TRY(gba_writer_end(&w));
    src->n_waiting++;
    rt_httpc_request(src->client, &http, on_answer, fetch);
    return GBA_OK;
}

void m2m_ask_src_fetch(struct m2m_ask_src *src, const struct m2m_target_order *order, m2m_ask_src_fn *fn,
                       void *arg)
{
    struct m2m_shared nothing = {0};
    struct fetch *fetch = calloc(1, sizeof *fetch);
    gba_rc rc = fetch ? GBA_OK : GBA_E_MEMORY;
    if (rc == GBA_OK) {
        *fetch = (struct fetch){src, order->kind == M2M_TARGET_FETCH_MAF, fn, arg};
        rc = request(src, order, fetch);
    }
    if (rc == GBA_OK)
        return;
    free(fetch);
    fn(arg, rc, &nothing);
}

/* ---- life ---- */

static gba_rc open_tls(struct m2m_ask_src *src)
{
    bool psk = src->from->km.identity.n > 0;
    struct rt_tls_ctx_conf conf = {.suites = psk ? suites_psk : suites_cert};
    if (!psk) {
        conf.cert_pem = src->conf->cert_pem;
        conf.key_pem = src->conf->key_pem;
    }
    src->hooks = (struct rt_tls_hooks){.arg = src, .cert = on_cert, .psk_client = psk ? on_psk : NULL};
    return rt_tls_ctx_new(&conf, &src->ctx);
}

static gba_rc open_client(struct m2m_ask_src *src)
{
    return rt_httpc_open(src->loop,
                         &(struct rt_httpc_conf){
                             .server = src->from->address,
                             .max_conns = CONNECTIONS,
                             .max_queue = src->conf->max_waiting,
                             .max_head = HEAD_MAX,
                             .max_body = ANSWER_MAX,
                             .connect_ms = src->conf->timeout_ms,
                             .answer_ms = src->conf->timeout_ms,
                             .tls = src->ctx,
                             .tls_hooks = &src->hooks,
                             .tls_name = src->from->source.fqdn,
                         },
                         &src->client);
}

gba_rc m2m_ask_src_open(struct rt_loop *loop, const struct m2m_ask_conf *conf,
                        const struct m2m_ask_source *from, struct m2m_ask_src **out)
{
    struct m2m_ask_src *src = calloc(1, sizeof *src);
    *out = NULL;
    GBA_ENSURE(src != NULL, GBA_E_MEMORY);
    src->loop = loop;
    src->conf = conf;
    src->from = from;
    gba_rc rc = open_tls(src);
    if (rc == GBA_OK)
        rc = open_client(src);
    if (rc == GBA_OK)
        *out = src;
    else
        m2m_ask_src_close(src);
    return rc;
}

void m2m_ask_src_close(struct m2m_ask_src *src)
{
    if (!src)
        return;
    src->closing = true;
    if (src->client)
        rt_httpc_close(src->client);
    settle(src);
}
