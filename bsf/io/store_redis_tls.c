/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_redis_tls.h"

#include <stdlib.h>

#include "gba/crypto/x509.h"

static const char suites[] =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305";

struct bsf_redis_tls {
    struct rt_loop *loop;
    struct rt_tls_ctx *ctx;
    struct rt_tls_hooks hooks;
    struct rt_buf ca;
    gba_text name;
};

static gba_rc on_name(void *self, enum gba_x509_name kind, gba_view name)
{
    const struct bsf_redis_tls *tls = self;
    bool same = kind == GBA_X509_DNS && gba_view_eq_nocase(name, gba_text_view(&tls->name));
    return same ? GBA_E_TRAILING : GBA_OK; /* found: no need to look at others */
}

static gba_rc judge(struct bsf_redis_tls *tls, const struct rt_tls_shown *shown)
{
    const struct gba_x509_path path = {
        .chain = shown->chain,
        .n = shown->n,
        .anchors = rt_buf_view(&tls->ca),
        .now_s = gba_env_now_s(rt_loop_env(tls->loop)),
    };
    GBA_ENSURE(!shown->raw && shown->n > 0, GBA_E_CERT);
    GBA_TRY(gba_x509_path_check(&path));
    gba_rc rc = gba_x509_names(shown->chain[0], on_name, tls);
    GBA_ENSURE(rc != GBA_OK, GBA_E_CERT_NAME);
    return rc == GBA_E_TRAILING ? GBA_OK : rc;
}

static void on_cert(void *arg, struct rt_tls_ask *ask, const struct rt_tls_shown *shown)
{
    struct bsf_redis_tls *tls = arg;
    rt_tls_answer(ask, &(struct rt_tls_answer){.rc = judge(tls, shown), .who = gba_text_view(&tls->name)});
}

gba_rc bsf_redis_tls_new(struct rt_loop *loop, const struct bsf_redis_pems *pems, const gba_text *name,
                         struct bsf_redis_tls **out)
{
    struct bsf_redis_tls *tls = calloc(1, sizeof *tls);
    GBA_ENSURE(tls, GBA_E_MEMORY);
    const struct rt_tls_ctx_conf conf = {.suites = suites, .cert_pem = pems->cert, .key_pem = pems->key};
    tls->loop = loop;
    tls->name = *name;
    tls->hooks = (struct rt_tls_hooks){.arg = tls, .cert = on_cert};
    gba_rc rc = gba_x509_anchors_check(pems->ca);
    if (rc == GBA_OK)
        rc = rt_buf_append(&tls->ca, pems->ca);
    if (rc == GBA_OK)
        rc = rt_tls_ctx_new(&conf, &tls->ctx);
    *out = tls;
    if (rc != GBA_OK) {
        bsf_redis_tls_free(tls);
        *out = NULL;
    }
    return rc;
}

struct rt_tls_ctx *bsf_redis_tls_ctx(struct bsf_redis_tls *tls)
{
    return tls->ctx;
}

const struct rt_tls_hooks *bsf_redis_tls_hooks(const struct bsf_redis_tls *tls)
{
    return &tls->hooks;
}

void bsf_redis_tls_free(struct bsf_redis_tls *tls)
{
    if (!tls)
        return;
    if (tls->ctx)
        rt_tls_ctx_free(tls->ctx);
    rt_buf_free(&tls->ca);
    free(tls);
}
