/* SPDX-License-Identifier: Apache-2.0 */
/* m2m_request_of_http: what it reads of a request is what is read of the request made
 * from that again. */
#include <stdlib.h>

#include "m2m/prim.h"
#include "tests/lib/fuzz.h"

static uint8_t first[64 * 1024], second[256 * 1024], third[64 * 1024];

static void again(const struct m2m_request *req)
{
    struct m2m_request other;
    struct gba_http_msg http;
    gba_writer scratch = gba_writer_of(second, sizeof second), room = gba_writer_of(third, sizeof third);
    m2m_request_to_http(req, &scratch, &http);
    if (m2m_request_of_http(&http, &room, &other) != GBA_OK)
        abort();
    if (!gba_view_eq(req->to, other.to) || !gba_view_eq(req->from, other.from) || req->op != other.op)
        abort();
    if (req->op == M2M_CREATE && req->ty != other.ty)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gba_http_msg http;
    struct m2m_request req;
    gba_writer room = gba_writer_of(first, sizeof first);
    gba_view in = gba_view_of(data, size);
    size_t used;
    if (size > sizeof first || gba_http_request_parse(in, &http, &used) != GBA_OK)
        return 0;
    http.body = gba_view_sub(in, used, in.n);
    if (m2m_request_of_http(&http, &room, &req) == GBA_OK)
        again(&req);
    return 0;
}
