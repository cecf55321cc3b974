/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/node.h"

#include "gba/base/text.h"
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

/* ---- metrics ---- */

struct column {
    gba_writer *w;
    const char *name;
    enum { OPEN, OPENED, MESSAGES } kind;
};

static void put_messages(const struct column *column, const struct rt_dia_peer *peer)
{
    const struct {
        const char *direction, *kind;
        uint64_t n;
    } rows[] = {{"in", "request", peer->requests_in},
                {"out", "answer", peer->answers_out},
                {"out", "request", peer->requests_out},
                {"in", "answer", peer->answers_in}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct rt_label labels[] = {{"peer", peer->identity},
                                          {"direction", gba_view_cstr(rows[i].direction)},
                                          {"kind", gba_view_cstr(rows[i].kind)},
                                          {0}};
        rt_metrics_sample(column->w, column->name, labels, rows[i].n);
    }
}

static void on_peer(void *arg, const struct rt_dia_peer *peer)
{
    const struct column *column = arg;
    const struct rt_label labels[] = {{"peer", peer->identity}, {0}};
    if (column->kind == MESSAGES)
        put_messages(column, peer);
    else
        rt_metrics_sample(column->w, column->name, labels, column->kind == OPEN ? peer->open : peer->opened);
}

static void put_column(const struct rt_dia *dia, const struct column *column, const char *type,
                       const char *help)
{
    rt_metrics_family(column->w, column->name, type, help);
    rt_dia_each_peer(dia, on_peer, (void *)(uintptr_t)column);
}

void rt_node_metrics(const struct rt_dia *dia, gba_writer *w)
{
    put_column(dia, &(struct column){w, "keystrap_diameter_peer_open", OPEN}, "gauge",
               "1: the connection with this peer is open.");
    put_column(dia, &(struct column){w, "keystrap_diameter_peer_opened_total", OPENED}, "counter",
               "How often the connection with this peer became open.");
    put_column(dia, &(struct column){w, "keystrap_diameter_messages_total", MESSAGES}, "counter",
               "Messages of applications from and to this peer.");
    rt_metrics_reasons(w, "keystrap_diameter_refused_total",
                       "Diameter messages and peers that were refused before Zh or Zn heard of them.",
                       rt_dia_refused(dia));
}
