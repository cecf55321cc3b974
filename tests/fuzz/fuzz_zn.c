/* SPDX-License-Identifier: Apache-2.0 */
/* Reaches dia_bir_decode, dia_bia_decode and, for requests, dia_bia_encode and dia_error_encode. */
#include "diameter-dict/zh.h"
#include "diameter-dict/zn.h"
#include "tests/lib/dia.h"
#include "tests/lib/fuzz.h"

#include <stdlib.h>

static void answer(struct msg *request, const struct dia_bir *bir, gba_rc rc, const struct dia_fault *fault)
{
    const struct dia_route origin = {.origin_host = GBA_LIT("bsf.example"),
                                     .origin_realm = GBA_LIT("example")};
    struct dia_bia bia = {
        .result = {false, DIA_SUCCESS},
        .origin_host = origin.origin_host,
        .origin_realm = origin.origin_realm,
        .uss_list = bir->naf_id,
        .has_me_key = true,
        .has_expiry = true,
    };
    struct msg *msg = request;
    gba_rc done = rc == GBA_OK ? dia_bia_encode(&msg, &bia) : dia_error_encode(&msg, &origin, fault);
    /* whatever the request was, its answer must be one that can be sent */
    if (done == GBA_OK && t_dia_octets(msg).n % 4 != 0)
        abort();
    t_dia_free(msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dia_bir bir;
    struct dia_bia bia;
    struct dia_fault fault = {{false, 0}, 0};
    struct msg *msg;
    t_dia_init();
    msg = t_dia_parse(gba_view_of(data, size), NULL);
    if (!msg)
        return 0;
    if (dia_bia_decode(msg, &bia) == GBA_OK && bia.gba_type > 2)
        abort();
    gba_rc rc = dia_bir_decode(msg, &bir, &fault);
    if (bir.n_gsids > DIA_BIR_MAX_GSIDS || (rc != GBA_OK && fault.result.code == 0))
        abort();
    if (data[4] & T_REQUEST)
        answer(msg, &bir, rc, &fault);
    else
        t_dia_free(msg);
    return 0;
}
