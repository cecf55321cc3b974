/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/zh_fd.h"

#include <stdlib.h>

#include "rt/log.h"

struct waiting {
    bsf_zh_fn *fn;
    void *arg;
};

/* The device learns little of what went wrong; the operator all. */
static void log_trouble(gba_rc rc, const struct dia_maa *maa)
{
    if (rc != GBA_OK)
        rt_log(RT_LOG_WARN, "zh.no-answer", RT_REASON(rc));
    else if (maa->result.experimental || maa->result.code != DIA_SUCCESS)
        rt_log(RT_LOG_NOTICE, "zh.refused", RT_NUM("code", maa->result.code),
               RT_NUM("experimental", maa->result.experimental), RT_STR("hss", maa->origin_host));
}

static void on_answer(void *arg, gba_rc rc, struct msg *answer)
{
    struct waiting waiting = *(struct waiting *)arg;
    struct dia_maa maa = {.has_vector = false};
    free(arg);
    if (rc == GBA_OK)
        rc = dia_maa_decode(answer, &maa);
    log_trouble(rc, &maa);
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
