/* SPDX-License-Identifier: Apache-2.0 */
/* Reaches m2m_coap_read and m2m_coap_answer; an answer is no request for who reads it. */
#include "m2m/io/coap.h"
#include "tests/lib/fuzz.h"

#include <stdlib.h>

static uint8_t room[64 * 1024], datagram[64 * 1024];

static void answer(const struct m2m_coap_head *head, const struct m2m_request *req, gba_rc rc)
{
    struct m2m_coap_head again;
    struct m2m_request none;
    gba_writer w = gba_writer_of(datagram, sizeof datagram), r = gba_writer_of(room, sizeof room);
    const struct m2m_response rsp = {.rsc = m2m_rsc_of(rc), .reason = rc, .rqi = req->rqi, .rvi = req->rvi,
                                     .location = GBA_LIT("/-/x"), .body = GBA_LIT("{}")};
    m2m_coap_answer(head, &rsp, &w);
    if (gba_writer_end(&w) != GBA_OK || m2m_coap_read(gba_writer_view(&w), &r, &again, &none) != GBA_E_COAP)
        abort();
    if (again.id != head->id || again.token_n != head->token_n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct m2m_coap_head head;
    struct m2m_request req;
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_rc rc = m2m_coap_read(gba_view_of(data, size), &w, &head, &req);
    if (rc == GBA_OK && (req.op < M2M_CREATE || req.op > M2M_DELETE || !head.request))
        abort();
    if (head.request)
        answer(&head, &req, rc);
    return 0;
}
