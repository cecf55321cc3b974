/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/conf.h"
#include "tests/lib/conf_sample.h"
#include "tests/lib/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_conf_errors errors = {0};
    struct t_conf conf = {0};
    gba_rc rc = rt_conf_parse("f", gba_view_of(data, size), t_rows, &conf, &errors);
    if ((rc == GBA_E_CONFIG) != (errors.n > 0))
        __builtin_trap(); /* each refusal says why */
    if (rc == GBA_OK && conf.keys.n == 0)
        __builtin_trap();
    rt_conf_free(t_rows, &conf);
    return 0;
}
