/* SPDX-License-Identifier: Apache-2.0 */
#include "naf/io/zn_fd.h"

#include <stdlib.h>

struct waiting {
    naf_zn_fn *fn;
    void *arg;
};

static void on_answer(void *arg, gba_rc rc, struct msg *answer)
{
    struct waiting waiting = *(struct waiting *)arg;
    struct dia_bia bia = {0};
    free(arg);
    if (rc == GBA_OK)
        rc = dia_bia_decode(answer, &bia);
    waiting.fn(waiting.arg, rc, &bia);
    gba_wipe(&bia);
}

void naf_zn_send(struct rt_dia *dia, const struct dia_bir *bir, uint32_t timeout_ms, naf_zn_fn *fn, void *arg)
{
    struct msg *msg = NULL;
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (!waiting || dia_bir_encode(bir, &msg) != GBA_OK) {
        free(waiting);
        fn(arg, GBA_E_DIA_ENCODE, NULL);
        return;
    }
    *waiting = (struct waiting){fn, arg};
    rt_dia_request(dia, msg, timeout_ms, on_answer, waiting);
}
