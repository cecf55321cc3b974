/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_redis_wire.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

gba_rc bsf_redis_command(const gba_view *args, size_t n, struct rt_buf *out)
{
    const char *texts[BSF_REDIS_ARGS];
    size_t lengths[BSF_REDIS_ARGS];
    char *command = NULL;
    GBA_ENSURE(n <= BSF_REDIS_ARGS, GBA_E_TOO_LONG);
    for (size_t i = 0; i < n; i++) {
        texts[i] = args[i].n > 0 ? (const char *)args[i].p : "";
        lengths[i] = args[i].n;
    }
    int length = redisFormatCommandArgv(&command, (int)n, texts, lengths);
    GBA_ENSURE(length > 0, GBA_E_MEMORY);
    gba_rc rc = rt_buf_append(out, gba_view_of(command, (size_t)length));
    redisFreeCommand(command);
    return rc;
}

/* ---- replies ---- */

struct bsf_redis_reader {
    redisReader *hiredis;
    struct bsf_redis_reply reply;
    size_t promised; /* members of the arrays that began */
    bool taken;      /* the reply was handed out: the next one begins anew */
};

static struct bsf_redis_reply *reply_of(const redisReadTask *task)
{
    return &((struct bsf_redis_reader *)task->privdata)->reply;
}

/* What these return is only a mark that all is well: NULL ends the reading. */
static void *add(struct bsf_redis_reply *reply, enum bsf_redis_kind kind, int64_t number)
{
    if (reply->n >= BSF_REDIS_ITEMS)
        return NULL;
    struct bsf_redis_item *item = &reply->items[reply->n++];
    *item = (struct bsf_redis_item){.kind = kind, .number = number};
    return item;
}

static void *add_text(const redisReadTask *task, char *p, size_t n)
{
    struct bsf_redis_reply *reply = reply_of(task);
    bool error = task->type == REDIS_REPLY_ERROR;
    if (n > BSF_REDIS_REPLY - reply->octets.n)
        return NULL;
    struct bsf_redis_item *item = add(reply, error ? BSF_REDIS_ERROR : BSF_REDIS_TEXT, 0);
    if (!item)
        return NULL;
    item->at = reply->octets.n;
    item->n = n;
    return rt_buf_append(&reply->octets, gba_view_of(p, n)) == GBA_OK ? item : NULL;
}

/* All members must find a place, so a length that is a lie costs nothing. */
static void *add_array(const redisReadTask *task, int n)
{
    struct bsf_redis_reader *reader = task->privdata;
    if (n < 0 || (size_t)n >= BSF_REDIS_ITEMS - reader->promised)
        return NULL;
    reader->promised += (size_t)n;
    return add(&reader->reply, BSF_REDIS_ARRAY, n);
}

static void *add_number(const redisReadTask *task, long long number)
{
    return add(reply_of(task), BSF_REDIS_NUMBER, number);
}

static void *add_nil(const redisReadTask *task)
{
    return add(reply_of(task), BSF_REDIS_NIL, 0);
}

static void drop(void *item)
{
    (void)item;
}

static redisReplyObjectFunctions functions = {add_text, add_array, add_number, add_nil, drop};

gba_rc bsf_redis_reader_new(struct bsf_redis_reader **out)
{
    struct bsf_redis_reader *reader = calloc(1, sizeof *reader);
    GBA_ENSURE(reader, GBA_E_MEMORY);
    reader->hiredis = redisReaderCreateWithFunctions(&functions);
    if (!reader->hiredis) {
        free(reader);
        return GBA_E_MEMORY;
    }
    reader->hiredis->privdata = reader;
    *out = reader;
    return GBA_OK;
}

gba_rc bsf_redis_reader_feed(struct bsf_redis_reader *reader, gba_view octets)
{
    GBA_ENSURE(reader->hiredis->err == 0, GBA_E_REDIS_REPLY);
    int done = redisReaderFeed(reader->hiredis, (const char *)octets.p, octets.n);
    return done == REDIS_OK ? GBA_OK : GBA_E_MEMORY;
}

gba_rc bsf_redis_reader_next(struct bsf_redis_reader *reader, const struct bsf_redis_reply **out)
{
    void *done = NULL;
    *out = NULL;
    if (reader->taken) {
        reader->taken = false;
        reader->reply.n = reader->promised = 0;
        rt_buf_free(&reader->reply.octets);
    }
    GBA_ENSURE(redisReaderGetReply(reader->hiredis, &done) == REDIS_OK, GBA_E_REDIS_REPLY);
    if (done) {
        reader->taken = true;
        *out = &reader->reply;
        return GBA_OK;
    }
    bool bounded = reader->hiredis->len - reader->hiredis->pos <= BSF_REDIS_REPLY;
    return bounded ? GBA_OK : GBA_E_REDIS_REPLY;
}

void bsf_redis_reader_free(struct bsf_redis_reader *reader)
{
    if (!reader)
        return;
    redisReaderFree(reader->hiredis);
    rt_buf_free(&reader->reply.octets);
    free(reader);
}

gba_view bsf_redis_text(const struct bsf_redis_reply *reply, size_t i)
{
    if (i >= reply->n || (reply->items[i].kind != BSF_REDIS_TEXT && reply->items[i].kind != BSF_REDIS_ERROR))
        return gba_view_of(NULL, 0);
    return gba_view_sub(rt_buf_view(&reply->octets), reply->items[i].at, reply->items[i].n);
}

gba_view bsf_redis_error(const struct bsf_redis_reply *reply)
{
    const gba_view none = {NULL, 0};
    if (reply->items[0].kind != BSF_REDIS_ERROR)
        return none;
    gba_view text = bsf_redis_text(reply, 0);
    gba_view word = gba_view_sub(text, 0, gba_view_find(text, ' '));
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < 'A' || word.p[i] > 'Z')
            return none;
    }
    return word.n > 0 && word.n <= 16 ? word : none;
}
