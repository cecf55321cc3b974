/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/coap_client.h"

#include "gba/base/secret.h"
#include "rt/log.h"

/* RFC 7252 4.8: ACK_TIMEOUT, what ACK_RANDOM_FACTOR adds at most, MAX_RETRANSMIT */
enum { ACK_MS = 2000, ACK_RANDOM_MS = 1000, RETRANSMIT_MAX = 4, TOKEN_N = 4 };

/* ---- ends ---- */

void m2m_coap_client_stop(struct m2m_coap_client *client)
{
    rt_timer_cancel(client->again);
    rt_timer_cancel(client->over);
    client->again = client->over = NULL;
    client->fn = NULL;
    gba_wipe_bytes(client->request, client->request_n); /* it may hold a token */
    client->request_n = 0;
}

static void finish(struct m2m_coap_client *client, gba_rc rc, const struct m2m_response *rsp)
{
    m2m_coap_answer_fn *fn = client->fn;
    m2m_coap_client_stop(client);
    fn(client->arg, rc, rc == GBA_OK ? rsp : NULL);
}

/* ---- sending ---- */

static void on_over(void *arg)
{
    struct m2m_coap_client *client = arg;
    client->over = NULL;
    finish(client, GBA_E_TIMEOUT, NULL);
}

/*= RFC 7252 4.2: each time after twice the time */
static void on_again(void *arg)
{
    struct m2m_coap_client *client = arg;
    client->again = NULL;
    gba_rc rc = client->sent++ <= RETRANSMIT_MAX
                    ? rt_dtls_send(client->dtls, gba_view_of(client->request, client->request_n))
                    : GBA_E_TIMEOUT;
    client->wait_ms *= 2;
    if (rc == GBA_OK)
        client->again = rt_timer_start(client->loop, client->wait_ms, on_again, client);
    if (!client->again)
        finish(client, rc == GBA_OK ? GBA_E_MEMORY : rc, NULL);
}

/*= RFC 7252 4.4, 5.3.1: the next id, a token that cannot be guessed */
static void begin(struct m2m_coap_client *client)
{
    const gba_env *env = rt_loop_env(client->loop);
    struct m2m_coap_head *head = &client->head;
    uint16_t spread;
    if (!client->begun)
        gba_env_random(env, &head->id, sizeof head->id);
    client->begun = true;
    *head = (struct m2m_coap_head){
        .type = M2M_COAP_CON, .request = true, .id = (uint16_t)(head->id + 1), .token_n = TOKEN_N};
    gba_env_random(env, head->token, TOKEN_N);
    gba_env_random(env, &spread, sizeof spread);
    client->wait_ms = ACK_MS + spread % ACK_RANDOM_MS;
    client->sent = 1;
}

static gba_rc start(struct m2m_coap_client *client, const struct m2m_coap_asking *asking)
{
    gba_writer w = gba_writer_of(client->request, sizeof client->request);
    begin(client);
    m2m_coap_request(&client->head, asking->req, &w);
    client->request_n = w.n;
    GBA_TRY(gba_writer_end(&w));
    GBA_TRY(rt_dtls_send(client->dtls, gba_writer_view(&w)));
    client->again = rt_timer_start(client->loop, client->wait_ms, on_again, client);
    client->over = rt_timer_start(client->loop, asking->timeout_ms, on_over, client);
    return client->again && client->over ? GBA_OK : GBA_E_MEMORY;
}

gba_rc m2m_coap_ask(struct m2m_coap_client *client, struct rt_dtls *dtls,
                    const struct m2m_coap_asking *asking)
{
    client->dtls = dtls;
    gba_rc rc = start(client, asking);
    if (rc != GBA_OK) {
        m2m_coap_client_stop(client);
        return rc;
    }
    client->fn = asking->fn;
    client->arg = asking->arg;
    return GBA_OK;
}

/* ---- answers ---- */

static void send_empty(struct m2m_coap_client *client, const struct m2m_coap_head *head,
                       enum m2m_coap_type type)
{
    uint8_t octets[4];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    m2m_coap_empty(head, type, &w);
    gba_rc rc = rt_dtls_send(client->dtls, gba_writer_view(&w));
    if (rc != GBA_OK)
        rt_log(RT_LOG_DEBUG, "coap.not-acknowledged", RT_REASON(rc));
}

/* Is this the answer?  In an acknowledgement id and token must be those of the request, by itself
 * the token (RFC 7252 5.3.2). */
static bool answers(const struct m2m_coap_client *client, const struct m2m_coap_head *head)
{
    const struct m2m_coap_head *asked = &client->head;
    gba_view token = gba_view_of(head->token, head->token_n);
    return client->fn && head->answer && (head->type != M2M_COAP_ACK || head->id == asked->id) &&
           gba_view_eq(token, gba_view_of(asked->token, asked->token_n));
}

/* Of our last request, and there is no answer in it. */
static void on_empty(struct m2m_coap_client *client, enum m2m_coap_type type)
{
    if (type == M2M_COAP_RST) {
        finish(client, GBA_E_COAP_RESET, NULL);
    } else { /* it arrived: the answer comes by itself (RFC 7252 5.2.2) */
        rt_timer_cancel(client->again);
        client->again = NULL;
    }
}

void m2m_coap_client_data(struct m2m_coap_client *client, gba_view octets)
{
    gba_writer room = gba_writer_of(client->room, sizeof client->room);
    struct m2m_coap_head head;
    struct m2m_response rsp;
    gba_rc rc = m2m_coap_read_answer(octets, &room, &head, &rsp);
    bool ours = answers(client, &head);
    bool confirmable = head.type == M2M_COAP_CON;
    if (confirmable)
        send_empty(client, &head, ours ? M2M_COAP_ACK : M2M_COAP_RST);
    if (ours)
        finish(client, rc, &rsp);
    else if (client->fn && head.empty && !confirmable && head.id == client->head.id)
        on_empty(client, head.type);
    gba_wipe_bytes(client->room, room.n);
}
