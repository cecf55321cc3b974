/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_redis.h"

#include <stdlib.h>

#include "bsf/io/store_redis_link.h"
#include "gba/base/secret.h"
#include "m2m/io/files.h"
#include "m2m/io/secret_file.h"
#include "rt/log.h"

enum { ARGS = 8, NUMBER = 20, PULSE_MS = 1000, SAY_MS = 10000, PASSWORD_MAX = 512 };

#define TTL_MAX_MS INT64_C(3155760000000) /* 100 years: the server adds the time of day */

struct store {
    struct rt_loop *loop;
    const struct bsf_conf_redis *conf;
    struct bsf_redis_link *link;
    struct rt_timer *pulse;
    TAILQ_HEAD(, bsf_redis_cmd) failed; /* to be told from the loop */
    uint32_t max_records;
    size_t n_live;     /* as the server told last */
    unsigned n_pulses; /* commands of our own that wait */
    int64_t said_ms;
    gba_text said; /* the last word of refusal that was logged */
    bool posted, closing;
};

struct op {
    struct bsf_redis_cmd cmd; /* first, so that it is both */
    struct store *s;
    bsf_store_fn *fn;
    void *arg;
    gba_view args[ARGS];
    gba_writer w; /* into octets */
    uint8_t octets[];
};

/* ---- commands ---- */

static void add(struct op *op, gba_view v)
{
    op->args[op->cmd.n++] = v;
}

/* What was written since `at` becomes an argument. */
static void add_written(struct op *op, size_t at)
{
    add(op, gba_view_sub(gba_writer_view(&op->w), at, op->w.n - at));
}

static void add_key(struct op *op, const bsf_store_key *key)
{
    size_t at = op->w.n;
    gba_put_hex(&op->w, GBA_ARRAY(key->b));
    add_written(op, at);
}

static void add_number(struct op *op, uint64_t number)
{
    size_t at = op->w.n;
    gba_put_dec(&op->w, number);
    add_written(op, at);
}

static void op_free(struct op *op)
{
    gba_wipe_bytes(op->octets, op->w.n);
    free(op);
}

/* ---- answers ---- */

/* What the server refuses now and again is said now and then. */
static void say_refusal(struct store *s, gba_view word)
{
    int64_t now = rt_loop_env(s->loop)->mono_ms;
    if (gba_view_eq(word, gba_text_view(&s->said)) && now < s->said_ms + SAY_MS)
        return;
    if (gba_text_set(&s->said, word) != GBA_OK)
        s->said.n = 0;
    s->said_ms = now;
    rt_log(RT_LOG_WARN, "redis.refused", RT_REASON(GBA_E_REDIS_ANSWER), RT_STR("said", word));
}

static gba_rc refusal(struct store *s, const struct bsf_redis_reply *reply)
{
    if (bsf_redis_is_error(reply, "FULL") || bsf_redis_is_error(reply, "OOM"))
        return GBA_E_STORE_FULL;
    say_refusal(s, bsf_redis_error(reply));
    return GBA_E_STORE;
}

/* How many live stands alone, or alone in an array. */
static void take_count(struct store *s, const struct bsf_redis_reply *reply)
{
    const struct bsf_redis_item *item = &reply->items[reply->n == 2];
    if (reply->n <= 2 && item->kind == BSF_REDIS_NUMBER && item->number >= 0)
        s->n_live = (size_t)item->number;
}

static gba_rc read_record(gba_view key, gba_view whole, struct bsf_stored *out)
{
    uint8_t expiry[8];
    gba_view hex = gba_view_sub(whole, 2 * BSF_REDIS_HEX, BSF_REDIS_EXPIRY);
    GBA_ENSURE(whole.n >= BSF_REDIS_HEAD, GBA_E_REDIS_REPLY);
    GBA_TRY(gba_hex_parse(key, out->key.b, sizeof out->key.b));
    GBA_TRY(gba_hex_parse(hex, expiry, sizeof expiry));
    gba_reader r = gba_reader_of(GBA_ARRAY(expiry));
    out->expiry_ms = (int64_t)gba_get_u64(&r);
    out->record = gba_view_sub(whole, BSF_REDIS_HEAD, whole.n);
    return GBA_OK;
}

/* Key and record by turns. */
static gba_rc read_records(struct store *s, const struct bsf_redis_reply *reply, struct bsf_stored *found,
                           size_t *n)
{
    int64_t now_ms = rt_loop_env(s->loop)->now_ms;
    for (size_t i = 1; i + 1 < reply->n && *n < BSF_STORE_KEEP_MAX; i += 2) {
        GBA_TRY(read_record(bsf_redis_text(reply, i), bsf_redis_text(reply, i + 1), &found[*n]));
        *n += found[*n].expiry_ms > now_ms;
    }
    return *n > 0 ? GBA_OK : GBA_E_ABSENT;
}

static gba_rc read_reply(struct op *op, const struct bsf_redis_reply *reply, struct bsf_stored *found,
                         size_t *n)
{
    struct store *s = op->s;
    bool finds = op->cmd.script == BSF_REDIS_GET || op->cmd.script == BSF_REDIS_OF;
    enum bsf_redis_kind kind = reply->items[0].kind;
    if (kind == BSF_REDIS_ERROR)
        return refusal(s, reply);
    GBA_ENSURE(kind == (finds ? BSF_REDIS_ARRAY : BSF_REDIS_NUMBER), GBA_E_REDIS_REPLY);
    take_count(s, reply);
    return finds ? read_records(s, reply, found, n) : GBA_OK;
}

static void on_done(struct bsf_redis_cmd *cmd, gba_rc rc, const struct bsf_redis_reply *reply)
{
    struct op *op = (struct op *)cmd;
    struct bsf_stored found[BSF_STORE_KEEP_MAX];
    size_t n = 0;
    if (rc == GBA_OK)
        rc = read_reply(op, reply, found, &n);
    if (rc != GBA_OK && gba_rc_class(rc) != GBA_CLASS_ABSENT && gba_rc_class(rc) != GBA_CLASS_LIMIT) {
        if (rc == GBA_E_REDIS_REPLY || rc == GBA_E_HEX)
            say_refusal(op->s, GBA_LIT("a record that is none"));
        rc = GBA_E_STORE;
    }
    op->fn(op->arg, rc, found, rc == GBA_OK ? n : 0);
    op_free(op);
}

/* NULL without memory. */
static struct op *make_op(struct store *s, int script, size_t room)
{
    struct op *op = malloc(sizeof *op + room);
    if (!op)
        return NULL;
    *op = (struct op){.s = s};
    op->cmd = (struct bsf_redis_cmd){.args = op->args, .script = script, .again = true, .done = on_done};
    op->w = gba_writer_of(op->octets, room);
    if (script >= 0)
        add(op, gba_text_view(&s->conf->prefix));
    return op;
}

/* NULL without memory: then fn was called. */
static struct op *new_op(struct store *s, int script, size_t room, bsf_store_fn *fn, void *arg)
{
    struct op *op = make_op(s, script, room);
    if (!op) {
        fn(arg, GBA_E_MEMORY, NULL, 0);
        return NULL;
    }
    op->fn = fn;
    op->arg = arg;
    return op;
}

/* ---- failures at once are told later ---- */

static void fail_all(struct store *s)
{
    TAILQ_HEAD(, bsf_redis_cmd) failed = TAILQ_HEAD_INITIALIZER(failed);
    TAILQ_CONCAT(&failed, &s->failed, entry);
    while (!TAILQ_EMPTY(&failed)) {
        struct bsf_redis_cmd *cmd = TAILQ_FIRST(&failed);
        TAILQ_REMOVE(&failed, cmd, entry);
        cmd->done(cmd, GBA_E_STORE, NULL);
    }
}

static void on_post(void *arg)
{
    struct store *s = arg;
    s->posted = false;
    fail_all(s);
    if (s->closing)
        free(s);
}

static void submit(struct op *op)
{
    struct store *s = op->s;
    if (gba_writer_end(&op->w) == GBA_OK && bsf_redis_link_submit(s->link, &op->cmd) == GBA_OK)
        return;
    TAILQ_INSERT_TAIL(&s->failed, &op->cmd, entry);
    if (!s->posted)
        s->posted = rt_post(s->loop, on_post, s);
    if (!s->posted)
        fail_all(s); /* the loop has ended */
}

/* ---- the port ---- */

/* The whole record, as bsf/io/store_redis_script.h has it. */
static void add_record(struct op *op, const struct bsf_store_put *put)
{
    size_t at = op->w.n;
    if (put->has_alias)
        gba_put_hex(&op->w, GBA_ARRAY(put->alias.b));
    else
        gba_put_fill(&op->w, '-', BSF_REDIS_HEX);
    gba_put_hex(&op->w, GBA_ARRAY(put->owner.b));
    uint8_t expiry[8];
    gba_writer w = gba_writer_of(expiry, sizeof expiry);
    gba_put_u64(&w, (uint64_t)put->expiry_ms);
    gba_put_hex(&op->w, GBA_ARRAY(expiry));
    gba_put_view(&op->w, put->record);
    add_written(op, at);
}

static void store_del(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    struct op *op = new_op(self, BSF_REDIS_DEL, BSF_REDIS_HEX, fn, arg);
    if (!op)
        return;
    add_key(op, key);
    submit(op);
}

/* Lifetimes, not times, so that the server's clock may differ from ours. */
static void store_put(void *self, const struct bsf_store_put *put, bsf_store_fn *fn, void *arg)
{
    struct store *s = self;
    int64_t ttl_ms = put->expiry_ms - rt_loop_env(s->loop)->now_ms;
    if (ttl_ms <= 0) {
        store_del(self, &put->key, fn, arg);
        return;
    }
    size_t room = 3 * BSF_REDIS_HEX + 3 * NUMBER + BSF_REDIS_HEAD + put->record.n;
    struct op *op = new_op(s, BSF_REDIS_PUT, room, fn, arg);
    if (!op)
        return;
    add_key(op, &put->key);
    if (put->has_alias)
        add_key(op, &put->alias);
    else
        add(op, GBA_LIT(""));
    add_key(op, &put->owner);
    add_number(op, put->keep);
    add_number(op, ttl_ms < TTL_MAX_MS ? (uint64_t)ttl_ms : TTL_MAX_MS);
    add_number(op, s->max_records);
    add_record(op, put);
    op->cmd.again = false;
    submit(op);
}

static void find(struct store *s, int script, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    struct op *op = new_op(s, script, BSF_REDIS_HEX, fn, arg);
    if (!op)
        return;
    add_key(op, key);
    submit(op);
}

static void store_get(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg)
{
    find(self, BSF_REDIS_GET, key, fn, arg);
}

static void store_of(void *self, const bsf_store_key *owner, bsf_store_fn *fn, void *arg)
{
    find(self, BSF_REDIS_OF, owner, fn, arg);
}

static size_t store_count(void *self)
{
    return ((struct store *)self)->n_live;
}

static bool store_ready(void *self)
{
    return bsf_redis_link_ready(((struct store *)self)->link);
}

static void store_close(void *self)
{
    struct store *s = self;
    s->closing = true;
    rt_timer_cancel(s->pulse);
    bsf_redis_link_close(s->link);
    fail_all(s);
    if (!s->posted)
        free(s);
}

/* ---- now and then: is it the master still, and how many live ---- */

static void on_counted(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct store *s = arg;
    (void)rc;
    (void)found;
    (void)n;
    s->n_pulses--;
}

static void on_role(struct bsf_redis_cmd *cmd, gba_rc rc, const struct bsf_redis_reply *reply)
{
    struct op *op = (struct op *)cmd;
    struct store *s = op->s;
    op_free(op);
    s->n_pulses--;
    if (rc == GBA_OK && !bsf_redis_is_master(reply))
        bsf_redis_link_distrust(s->link, GBA_E_REDIS_ROLE);
}

static void on_pulse(void *arg)
{
    struct store *s = arg;
    bool idle = s->n_pulses == 0 && bsf_redis_link_ready(s->link);
    struct op *role = idle ? make_op(s, -1, 0) : NULL;
    struct op *count = role ? make_op(s, BSF_REDIS_COUNT, 0) : NULL;
    s->pulse = rt_timer_start(s->loop, PULSE_MS, on_pulse, s);
    if (!count) {
        free(role);
        return;
    }
    add(role, GBA_LIT("ROLE"));
    role->cmd.done = on_role;
    count->fn = on_counted;
    count->arg = s;
    s->n_pulses = 2;
    submit(role);
    submit(count);
}

/* ---- open ---- */

static gba_rc read_password(const gba_text *path, gba_writer *w, gba_view *out)
{
    gba_text why;
    gba_rc rc = path->n > 0 ? m2m_secret_file_read(path->s, w, &why) : GBA_OK;
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "redis.password", RT_REASON(rc), RT_STR("why", gba_text_view(&why)));
    *out = gba_writer_view(w);
    while (out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
        out->n--;
    return rc;
}

static gba_rc read_pems(struct m2m_files *files, const struct bsf_conf_redis_tls *conf,
                        struct bsf_redis_pems *pems)
{
    GBA_TRY(m2m_files_read(files, &conf->ca, &pems->ca));
    GBA_TRY(m2m_files_read(files, &conf->cert, &pems->cert));
    return m2m_files_read(files, &conf->key, &pems->key);
}

static gba_rc open_link(struct store *s)
{
    uint8_t room[PASSWORD_MAX], sentinel_room[PASSWORD_MAX];
    gba_writer w = gba_writer_of(room, sizeof room),
               sentinel = gba_writer_of(sentinel_room, sizeof sentinel_room);
    struct bsf_redis_secrets secrets = {0};
    struct m2m_files files = {0};
    gba_rc rc = read_password(&s->conf->password_file, &w, &secrets.password);
    if (rc == GBA_OK)
        rc = read_password(&s->conf->sentinel_password_file, &sentinel, &secrets.sentinel_password);
    if (rc == GBA_OK)
        rc = read_pems(&files, &s->conf->tls, &secrets.pems);
    if (rc == GBA_OK)
        rc = bsf_redis_link_open(s->loop, s->conf, &secrets, &s->link);
    m2m_files_free(&files);
    gba_wipe(&room);
    gba_wipe(&sentinel_room);
    return rc;
}

gba_rc bsf_store_redis_open(struct rt_loop *loop, const struct bsf_conf_redis *conf, uint32_t max_records,
                            struct bsf_store *out)
{
    struct store *s = calloc(1, sizeof *s);
    GBA_ENSURE(s, GBA_E_MEMORY);
    s->loop = loop;
    s->conf = conf;
    s->max_records = max_records;
    TAILQ_INIT(&s->failed);
    gba_rc rc = open_link(s);
    if (rc != GBA_OK) {
        rt_log(RT_LOG_ERROR, "redis.open", RT_REASON(rc));
        free(s);
        return rc;
    }
    s->pulse = rt_timer_start(loop, PULSE_MS, on_pulse, s);
    *out = (struct bsf_store){s,         store_put,   store_get,   store_of,
                              store_del, store_count, store_ready, store_close};
    return GBA_OK;
}
