/* SPDX-License-Identifier: Apache-2.0 */
/* Reaches dia_mar_decode, dia_maa_decode and, for requests, dia_maa_encode and dia_error_encode. */
#include "diameter-dict/zh.h"
#include "tests/lib/dia.h"
#include "tests/lib/fuzz.h"

#include <stdlib.h>

static void answer(struct msg *request, const struct dia_mar *mar, gba_rc rc, const struct dia_fault *fault)
{
    const struct dia_route origin = {.origin_host = GBA_LIT("hss.example"),
                                     .origin_realm = GBA_LIT("example")};
    struct dia_maa maa = {
        .result = {false, DIA_SUCCESS},
        .origin_host = origin.origin_host,
        .origin_realm = origin.origin_realm,
        .impi = mar->impi,
        .has_vector = true,
        .vector.xres.n = 8,
    };
    struct msg *msg = request;
    gba_rc done = rc == GBA_OK ? dia_maa_encode(&msg, &maa) : dia_error_encode(&msg, &origin, fault);
    /* whatever the request was, its answer must be one that can be sent */
    if (done == GBA_OK && t_dia_octets(msg).n % 4 != 0)
        abort();
    t_dia_free(msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dia_mar mar;
    struct dia_maa maa;
    struct dia_fault fault = {{false, 0}, 0};
    struct msg *msg;
    t_dia_init();
    msg = t_dia_parse(gba_view_of(data, size), NULL);
    if (!msg)
        return 0;
    if (dia_maa_decode(msg, &maa) == GBA_OK && maa.has_vector && maa.vector.xres.n > sizeof maa.vector.xres.b)
        abort();
    gba_rc rc = dia_mar_decode(msg, &mar, &fault);
    if (rc != GBA_OK && fault.result.code == 0)
        abort();
    if (data[4] & T_REQUEST)
        answer(msg, &mar, rc, &fault);
    else
        t_dia_free(msg);
    return 0;
}
