/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/node.h"

#include "rt/log.h"

gba_rc rt_node_start(struct rt_loop *loop, const struct gba_conf_diameter *conf, const uint32_t *apps,
                     size_t n_apps, struct rt_dia **out)
{
    struct rt_dia_conf node = rt_dia_conf_of(conf, apps, n_apps);
    gba_text why = {0};
    gba_rc rc = rt_dia_open(loop, &node, out, &why);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "dia.start-failed", RT_REASON(rc), RT_STR("why", gba_text_view(&why)));
    return rc;
}
