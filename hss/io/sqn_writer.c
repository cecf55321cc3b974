/* SPDX-License-Identifier: Apache-2.0 */
#include "hss/io/sqn_writer.h"

#include <stdlib.h>

struct batch {
    struct hss_sqn_put *puts;
    size_t n;
};

struct hss_sqn_writer {
    uv_work_t work;
    struct rt_loop *loop;
    struct hss_sqn_file *file; /* NULL until open succeeded */
    uv_after_work_cb on_written;
    hss_sqn_stored_fn *fn;
    void *arg;
    struct batch running, next;
    size_t *place; /* of a subscriber in next, from 1; 0: not in */
    bool busy, closing;
    gba_rc rc; /* of the write that ran */
};

static void destroy(struct hss_sqn_writer *writer)
{
    hss_sqn_file_close(writer->file);
    free(writer->running.puts);
    free(writer->next.puts);
    free(writer->place);
    free(writer);
}

/* On libuv's thread. */
static void write_batch(uv_work_t *work)
{
    struct hss_sqn_writer *writer = work->data;
    writer->rc = hss_sqn_file_put(writer->file, writer->running.puts, writer->running.n);
}

static void start_batch(struct hss_sqn_writer *writer)
{
    struct batch batch = writer->next;
    writer->next = (struct batch){writer->running.puts, 0};
    writer->running = batch;
    for (size_t i = 0; i < batch.n; i++)
        writer->place[batch.puts[i].i] = 0;
    writer->busy = true;
    (void)uv_queue_work(rt_loop_uv(writer->loop), &writer->work, write_batch, writer->on_written);
}

static void on_written(uv_work_t *work, int status)
{
    struct hss_sqn_writer *writer = work->data;
    gba_rc rc = status == 0 ? writer->rc : GBA_E_FILE;
    for (size_t i = 0; i < writer->running.n && !writer->closing; i++)
        writer->fn(writer->arg, writer->running.puts[i].i, writer->running.puts[i].limit, rc);
    writer->busy = false;
    if (writer->closing)
        destroy(writer);
    else if (writer->next.n > 0)
        start_batch(writer);
}

gba_rc hss_sqn_writer_open(struct rt_loop *loop, struct hss_sqn_file *file, hss_sqn_stored_fn *fn, void *arg,
                           struct hss_sqn_writer **out)
{
    size_t n = hss_sqn_file_count(file);
    struct hss_sqn_writer *writer = calloc(1, sizeof *writer);
    GBA_ENSURE(writer != NULL, GBA_E_MEMORY);
    *writer = (struct hss_sqn_writer){.loop = loop, .fn = fn, .arg = arg, .on_written = on_written};
    writer->work.data = writer;
    writer->running.puts = calloc(n + 1, sizeof *writer->running.puts);
    writer->next.puts = calloc(n + 1, sizeof *writer->next.puts);
    writer->place = calloc(n + 1, sizeof *writer->place);
    if (!writer->running.puts || !writer->next.puts || !writer->place) {
        destroy(writer);
        return GBA_E_MEMORY;
    }
    writer->file = file;
    *out = writer;
    return GBA_OK;
}

void hss_sqn_writer_ask(struct hss_sqn_writer *writer, uint32_t i, uint64_t limit)
{
    struct batch *next = &writer->next;
    if (writer->place[i] == 0)
        writer->place[i] = ++next->n;
    next->puts[writer->place[i] - 1] = (struct hss_sqn_put){i, limit};
    if (!writer->busy)
        start_batch(writer);
}

void hss_sqn_writer_close(struct hss_sqn_writer *writer)
{
    writer->closing = true;
    if (!writer->busy)
        destroy(writer);
}
