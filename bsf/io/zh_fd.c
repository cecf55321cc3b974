/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/zh_fd.h"

#include <stdlib.h>

struct waiting {
    bsf_zh_fn *fn;
    void *arg;
};

static void on_answer(void *arg, gba_rc rc, struct msg *answer)
{
    struct waiting waiting = *(struct waiting *)arg;
    struct dia_maa maa = {.has_vector = false};
    free(arg);
    if (rc == GBA_OK)
        rc = dia_maa_decode(answer, &maa);
    waiting.fn(waiting.arg, rc, &maa);
    gba_wipe(&maa);
}

void bsf_zh_send(struct rt_dia *dia, const struct dia_mar *mar, uint32_t timeout_ms, bsf_zh_fn *fn, void *arg)
{
    struct msg *msg = NULL;
    struct waiting *waiting = malloc(sizeof *waiting);
    gba_rc rc = waiting ? dia_mar_encode(mar, &msg) : GBA_E_MEMORY;
    if (rc != GBA_OK) {
        free(waiting);
        fn(arg, rc, NULL);
        return;
    }
    *waiting = (struct waiting){fn, arg};
    rt_dia_request(dia, msg, timeout_ms, on_answer, waiting);
}
