/* SPDX-License-Identifier: Apache-2.0 */
/* Reaches m2m_coap_read, m2m_coap_read_answer and what writes; a datagram is a request or an answer,
 * never both, and what is written is read as what it was. */
#include "m2m/io/coap.h"
#include "tests/lib/fuzz.h"

#include <stdlib.h>

static uint8_t room[64 * 1024], again_room[64 * 1024], datagram[64 * 1024];

static void need(bool good)
{
    if (!good)
        abort();
}

static void same_head(const struct m2m_coap_head *a, const struct m2m_coap_head *b)
{
    need(a->id == b->id && gba_view_eq(gba_view_of(a->token, a->token_n), gba_view_of(b->token, b->token_n)));
}

static void answer(const struct m2m_coap_head *head, const struct m2m_request *req, gba_rc rc)
{
    struct m2m_coap_head again;
    struct m2m_response got;
    struct m2m_request none;
    gba_writer w = gba_writer_of(datagram, sizeof datagram), r = gba_writer_of(again_room, sizeof again_room);
    struct m2m_response rsp = m2m_answer_of(rc, req);
    rsp.location = GBA_LIT("/-/x");
    rsp.body = GBA_LIT("{}");
    m2m_coap_answer(head, &rsp, &w);
    need(gba_writer_end(&w) == GBA_OK);
    need(m2m_coap_read(gba_writer_view(&w), &r, &again, &none) == GBA_E_COAP);
    same_head(head, &again);
    need(m2m_coap_read_answer(gba_writer_view(&w), &r, &again, &got) == GBA_OK);
    same_head(head, &again);
    need(got.rsc == rsp.rsc && gba_view_eq(got.rqi, rsp.rqi) && gba_view_eq(got.rvi, rsp.rvi) &&
         gba_view_eq(got.location, rsp.location) && gba_view_eq(got.body, rsp.body));
}

static void ask(const struct m2m_coap_head *head, const struct m2m_request *req)
{
    struct m2m_coap_head again;
    struct m2m_request got;
    gba_writer w = gba_writer_of(datagram, sizeof datagram), r = gba_writer_of(again_room, sizeof again_room);
    m2m_coap_request(head, req, &w);
    if (gba_writer_end(&w) != GBA_OK)
        return;
    need(m2m_coap_read(gba_writer_view(&w), &r, &again, &got) == GBA_OK);
    same_head(head, &again);
    need(got.op == req->op && gba_view_eq(got.to, req->to) && gba_view_eq(got.from, req->from) &&
         gba_view_eq(got.rqi, req->rqi) && gba_view_eq(got.body, req->body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct m2m_coap_head head;
    struct m2m_request req;
    struct m2m_response rsp;
    gba_view octets = gba_view_of(data, size);
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_rc rc = m2m_coap_read_answer(octets, &w, &head, &rsp);
    need(rc != GBA_OK || (head.answer && !head.request && rsp.rsc > 0));
    bool answers = head.answer;
    w = gba_writer_of(room, sizeof room);
    rc = m2m_coap_read(octets, &w, &head, &req);
    need(!head.request || !answers);
    need(rc != GBA_OK || (head.request && req.op >= M2M_CREATE && req.op <= M2M_DELETE));
    if (head.request)
        answer(&head, &req, rc);
    if (rc == GBA_OK)
        ask(&head, &req);
    return 0;
}
