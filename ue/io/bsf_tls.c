/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/bsf_tls.h"

#include "rt/http_out.h"

gba_rc ue_bsf_tls_open(struct ue_bsf_tls *tls, const struct ue_bsf_tls_conf *conf)
{
    ue_bsf_tls_close(tls);
    tls->conf = (struct ue_peer_conf){
        .address = conf->url->connect,
        .name = conf->url->host,
        .port = conf->url->port,
        .timeout_ms = conf->timeout_ms,
        .max_body = conf->max_body,
        .web = true,
    };
    GBA_TRY(ue_files_read(&tls->files, conf->ca, false, &tls->conf.ca_pem));
    return ue_peer_open(&tls->conf, &tls->peer);
}

/* Views of an answer live during the call: keep its octets. */
static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct ue_bsf_tls *tls = arg;
    size_t used = 0;
    rt_buf_free(&tls->octets);
    if (rc == GBA_OK)
        rc = rt_http_out_put(rsp, &tls->octets);
    if (rc == GBA_OK)
        rc = gba_http_response_parse(rt_buf_view(&tls->octets), false, &tls->response, &used);
    tls->response.body = gba_view_sub(rt_buf_view(&tls->octets), used, tls->octets.n);
    tls->rc = rc;
}

gba_rc ue_bsf_tls_send(struct ue_bsf_tls *tls, const struct gba_http_msg *msg,
                       const struct gba_http_msg **response)
{
    ue_peer_request(tls->peer, msg, on_answer, tls);
    *response = tls->rc == GBA_OK ? &tls->response : NULL;
    return tls->rc;
}

gba_rc ue_bsf_tls_export(struct ue_bsf_tls *tls, const gba_text *label, gba_tls_mk *out)
{
    GBA_TRY(ue_peer_renew(tls->peer));
    return ue_peer_export(tls->peer, gba_text_view(label), out->b, sizeof out->b);
}

void ue_bsf_tls_close(struct ue_bsf_tls *tls)
{
    ue_peer_close(tls->peer);
    ue_files_drop(&tls->files);
    rt_buf_free(&tls->octets);
    *tls = (struct ue_bsf_tls){.peer = NULL};
}
