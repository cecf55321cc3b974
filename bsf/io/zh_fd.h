/* SPDX-License-Identifier: Apache-2.0 */
/* Zh over Diameter: a MAR goes out, its MAA comes back as plain values. */
#pragma once

#include "diameter-dict/zh.h"
#include "rt/fdiam.h"

/* maa is valid during the call, and only when rc is OK. */
typedef void bsf_zh_fn(void *arg, gba_rc rc, const struct dia_maa *maa);

/* Exactly one call of fn, at once only when nothing could be sent. */
void bsf_zh_send(struct rt_dia *dia, const struct dia_mar *mar, uint32_t timeout_ms, bsf_zh_fn *fn,
                 void *arg);
