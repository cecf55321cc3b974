/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_redis_link.h"

#include <stdlib.h>

#include "gba/base/secret.h"
#include "rt/addr.h"
#include "rt/log.h"

enum { BACK_OFF_MS = 50, BACK_OFF_MAX_MS = 1000, SAY_MS = 10000 };

enum phase {
    WAITING,
    ASKING,
    GREETING,
    READY
}; /* for the next attempt, at a Sentinel, at a server, in use */

TAILQ_HEAD(cmds, bsf_redis_cmd);

struct bsf_redis_link {
    struct rt_loop *loop;
    const struct bsf_conf_redis *conf;
    struct bsf_redis_tls *tls; /* NULL: plain */
    struct bsf_redis_conn_user user;
    struct bsf_redis_conn *conn;
    size_t n_conns; /* not freed */
    enum phase phase;
    struct bsf_redis_greet greet;
    gba_text address;         /* of conn */
    size_t next;              /* server or Sentinel to try */
    unsigned failures;        /* since the last command that was done */
    struct rt_timer *timer;   /* of the attempt, or until the next one */
    rt_timer_fn *on_timer;    /* the next attempt */
    struct rt_timer *overdue; /* of the oldest command */
    struct cmds waiting, sent;
    size_t n_cmds;
    int64_t lost_ms, said_ms; /* monotonic */
    gba_rc said;
    bool closing;
};

static int64_t now(const struct bsf_redis_link *link)
{
    return rt_loop_env(link->loop)->mono_ms;
}

static void release(struct bsf_redis_link *link)
{
    if (!link->closing || link->n_conns > 0)
        return;
    bsf_redis_tls_free(link->tls);
    rt_buf_free(&link->greet.password);
    rt_buf_free(&link->greet.sentinel_password);
    gba_wipe(link);
    free(link);
}

/* ---- commands ---- */

static void finish(struct bsf_redis_link *link, struct bsf_redis_cmd *cmd,
                   const struct bsf_redis_reply *reply)
{
    link->n_cmds--;
    cmd->done(cmd, reply ? GBA_OK : GBA_E_STORE, reply);
}

static void finish_all(struct bsf_redis_link *link, struct cmds *cmds)
{
    while (!TAILQ_EMPTY(cmds)) {
        struct bsf_redis_cmd *cmd = TAILQ_FIRST(cmds);
        TAILQ_REMOVE(cmds, cmd, entry);
        finish(link, cmd, NULL);
    }
}

/* Those that are overdue, from the front. */
static void finish_overdue(struct bsf_redis_link *link, struct cmds *cmds)
{
    struct cmds late = TAILQ_HEAD_INITIALIZER(late);
    struct bsf_redis_cmd *cmd = TAILQ_FIRST(cmds);
    while (cmd && cmd->deadline_ms <= now(link)) {
        TAILQ_REMOVE(cmds, cmd, entry);
        TAILQ_INSERT_TAIL(&late, cmd, entry);
        cmd = TAILQ_FIRST(cmds);
    }
    finish_all(link, &late);
}

/* EVALSHA hash 0 arguments..., or with the text of the script. */
static gba_rc send_cmd(struct bsf_redis_link *link, struct bsf_redis_cmd *cmd)
{
    gba_view args[BSF_REDIS_ARGS];
    size_t n = 0;
    GBA_ENSURE(cmd->n + 3 <= BSF_REDIS_ARGS, GBA_E_TOO_LONG);
    if (cmd->script >= 0) {
        args[n++] = cmd->whole ? GBA_LIT("EVAL") : GBA_LIT("EVALSHA");
        args[n++] = cmd->whole ? gba_view_cstr(bsf_redis_script(cmd->script))
                               : gba_view_of(link->greet.sha[cmd->script], BSF_REDIS_SHA);
        args[n++] = GBA_LIT("0");
    }
    for (size_t i = 0; i < cmd->n; i++)
        args[n++] = cmd->args[i];
    return bsf_redis_conn_send(link->conn, args, n);
}

static void send_waiting(struct bsf_redis_link *link)
{
    struct cmds unsent = TAILQ_HEAD_INITIALIZER(unsent);
    while (!TAILQ_EMPTY(&link->waiting)) {
        struct bsf_redis_cmd *cmd = TAILQ_FIRST(&link->waiting);
        TAILQ_REMOVE(&link->waiting, cmd, entry);
        if (send_cmd(link, cmd) == GBA_OK)
            TAILQ_INSERT_TAIL(&link->sent, cmd, entry);
        else
            TAILQ_INSERT_TAIL(&unsent, cmd, entry);
    }
    finish_all(link, &unsent);
}

/* The connection is lost: what may be done twice waits for the next one, the others end. */
static void sort_sent(struct bsf_redis_link *link)
{
    struct cmds again = TAILQ_HEAD_INITIALIZER(again), lost = TAILQ_HEAD_INITIALIZER(lost);
    while (!TAILQ_EMPTY(&link->sent)) {
        struct bsf_redis_cmd *cmd = TAILQ_FIRST(&link->sent);
        bool keep = cmd->again && cmd->deadline_ms > now(link);
        TAILQ_REMOVE(&link->sent, cmd, entry);
        TAILQ_INSERT_TAIL(keep ? &again : &lost, cmd, entry);
    }
    TAILQ_CONCAT(&again, &link->waiting, entry);
    TAILQ_CONCAT(&link->waiting, &again, entry);
    finish_all(link, &lost);
}

/* ---- losing and finding ---- */

/* The same again and again is said now and then. */
static void say_failure(struct bsf_redis_link *link, gba_rc rc)
{
    if (rc == link->said && link->phase != READY && now(link) < link->said_ms + SAY_MS)
        return;
    link->said = rc;
    link->said_ms = now(link);
    rt_log(RT_LOG_WARN, "redis.unavailable", RT_REASON(rc), RT_STR("address", gba_text_view(&link->address)),
           RT_STR("at", link->phase == ASKING ? GBA_LIT("sentinel") : GBA_LIT("server")),
           RT_STR("said", gba_text_view(&link->greet.word)));
}

/* Nodes that lost the same server do not all come back at the same moment. */
static uint64_t back_off(struct bsf_redis_link *link)
{
    size_t candidates = link->conf->sentinels.n > 0 ? link->conf->sentinels.n : link->conf->servers.n;
    uint64_t round = (link->failures - 1) / candidates;
    uint64_t ms = round < 5 ? (uint64_t)BACK_OFF_MS << round : BACK_OFF_MAX_MS;
    uint16_t dice;
    gba_env_random(rt_loop_env(link->loop), &dice, sizeof dice);
    return ms / 2 + dice * ms / 65536;
}

static void drop(struct bsf_redis_link *link, gba_rc rc)
{
    struct bsf_redis_conn *conn = link->conn;
    if (link->closing)
        return;
    say_failure(link, rc);
    link->failures++;
    link->lost_ms = link->phase == READY ? now(link) : link->lost_ms;
    link->next += link->phase != READY;
    link->phase = WAITING;
    link->conn = NULL;
    rt_timer_cancel(link->timer);
    link->timer = rt_timer_start(link->loop, back_off(link), link->on_timer, link);
    if (conn)
        bsf_redis_conn_close(conn);
    sort_sent(link);
}

static void on_attempt_late(void *arg)
{
    struct bsf_redis_link *link = arg;
    link->timer = NULL;
    drop(link, GBA_E_TIMEOUT);
}

/* What is overdue at a server says that it hangs: whoever comes next shall not wait for it too. */
static void on_overdue(void *arg)
{
    struct bsf_redis_link *link = arg;
    struct bsf_redis_cmd *first = TAILQ_FIRST(&link->sent);
    link->overdue = NULL;
    if (first && first->deadline_ms <= now(link))
        drop(link, GBA_E_TIMEOUT);
    finish_overdue(link, &link->waiting);
    first = TAILQ_FIRST(&link->sent) ? TAILQ_FIRST(&link->sent) : TAILQ_FIRST(&link->waiting);
    if (first && !link->overdue) {
        int64_t left = first->deadline_ms - now(link);
        link->overdue = rt_timer_start(link->loop, left > 0 ? (uint64_t)left : 1, on_overdue, link);
    }
}

/* ---- the connection ---- */

static void on_open(void *arg)
{
    struct bsf_redis_link *link = arg;
    gba_rc rc = link->phase == ASKING ? bsf_redis_greet_sentinel(&link->greet, link->conn)
                                      : bsf_redis_greet_server(&link->greet, link->conn);
    if (rc != GBA_OK)
        drop(link, rc);
}

static void on_gone(void *arg, gba_rc rc)
{
    drop(arg, rc);
}

static void on_freed(void *arg)
{
    struct bsf_redis_link *link = arg;
    link->n_conns--;
    release(link);
}

/* To conf's address; the phase tells what for. */
static void connect_to(struct bsf_redis_link *link, const gba_text *address, enum phase phase)
{
    struct bsf_redis_conn_conf conf = {
        .loop = link->loop,
        .tls = link->tls ? bsf_redis_tls_ctx(link->tls) : NULL,
        .tls_hooks = link->tls ? bsf_redis_tls_hooks(link->tls) : NULL,
        .tls_name = link->conf->tls.name,
        .user = &link->user,
    };
    link->phase = phase;
    link->address = *address;
    link->greet.word.n = 0;
    link->timer = rt_timer_start(link->loop, link->conf->timeout_ms, on_attempt_late, link);
    gba_rc rc = link->timer ? rt_addr_parse(gba_text_view(address), &conf.address) : GBA_E_MEMORY;
    if (rc == GBA_OK)
        rc = bsf_redis_conn_new(&conf, &link->conn);
    link->n_conns += rc == GBA_OK;
    if (rc != GBA_OK)
        drop(link, rc);
}

static void on_ready(struct bsf_redis_link *link)
{
    link->phase = READY;
    link->said = GBA_OK;
    rt_timer_cancel(link->timer);
    link->timer = NULL;
    rt_log(RT_LOG_NOTICE, "redis.connected", RT_STR("address", gba_text_view(&link->address)));
    send_waiting(link);
}

static void on_master_told(struct bsf_redis_link *link)
{
    gba_text master = link->greet.master;
    struct bsf_redis_conn *conn = link->conn;
    link->conn = NULL;
    rt_timer_cancel(link->timer);
    bsf_redis_conn_close(conn);
    connect_to(link, &master, GREETING);
}

static void on_greeting(struct bsf_redis_link *link, const struct bsf_redis_reply *reply)
{
    gba_rc rc = bsf_redis_greet_reply(&link->greet, reply);
    if (rc != GBA_OK)
        drop(link, rc);
    else if (link->greet.at == link->greet.n && link->phase == ASKING)
        on_master_told(link);
    else if (link->greet.at == link->greet.n)
        on_ready(link);
}

/* A server that is no master any more, or asks for what we have said. */
static bool is_over(const struct bsf_redis_reply *reply)
{
    static const char *const words[] = {"READONLY", "LOADING", "MASTERDOWN", "NOAUTH"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bsf_redis_is_error(reply, words[i]))
            return true;
    }
    return false;
}

static void on_answer(struct bsf_redis_link *link, const struct bsf_redis_reply *reply)
{
    struct bsf_redis_cmd *cmd = TAILQ_FIRST(&link->sent);
    if (!cmd) {
        drop(link, GBA_E_REDIS_REPLY);
        return;
    }
    TAILQ_REMOVE(&link->sent, cmd, entry);
    if (is_over(reply)) { /* so it was not done */
        TAILQ_INSERT_HEAD(&link->waiting, cmd, entry);
        drop(link, GBA_E_REDIS_ROLE);
        return;
    }
    if (bsf_redis_is_error(reply, "NOSCRIPT") && !cmd->whole) {
        cmd->whole = true;
        if (send_cmd(link, cmd) == GBA_OK) {
            TAILQ_INSERT_TAIL(&link->sent, cmd, entry);
            return;
        }
        reply = NULL;
    }
    link->failures = 0;
    finish(link, cmd, reply);
}

static void on_reply(void *arg, const struct bsf_redis_reply *reply)
{
    struct bsf_redis_link *link = arg;
    if (link->phase == READY)
        on_answer(link, reply);
    else
        on_greeting(link, reply);
}

static void attempt(void *arg)
{
    struct bsf_redis_link *link = arg;
    bool ask = link->conf->sentinels.n > 0;
    const struct gba_opt_list *list = ask ? &link->conf->sentinels : &link->conf->servers;
    const gba_text *addresses = list->items;
    link->timer = NULL;
    connect_to(link, &addresses[link->next % list->n], ask ? ASKING : GREETING);
}

/* ---- for the store ---- */

static gba_rc open_tls(struct bsf_redis_link *link, const struct bsf_redis_pems *pems)
{
    if (pems->ca.n == 0)
        return GBA_OK;
    return bsf_redis_tls_new(link->loop, pems, &link->conf->tls.name, &link->tls);
}

gba_rc bsf_redis_link_open(struct rt_loop *loop, const struct bsf_conf_redis *conf,
                           const struct bsf_redis_secrets *secrets, struct bsf_redis_link **out)
{
    struct bsf_redis_link *link = calloc(1, sizeof *link);
    GBA_ENSURE(link, GBA_E_MEMORY);
    link->loop = loop;
    link->conf = link->greet.conf = conf;
    link->user = (struct bsf_redis_conn_user){link, on_open, on_reply, on_gone, on_freed};
    link->on_timer = attempt;
    link->lost_ms = now(link);
    TAILQ_INIT(&link->waiting);
    TAILQ_INIT(&link->sent);
    gba_rc rc = rt_buf_append(&link->greet.password, secrets->password);
    if (rc == GBA_OK)
        rc = rt_buf_append(&link->greet.sentinel_password, secrets->sentinel_password);
    if (rc == GBA_OK)
        rc = open_tls(link, &secrets->pems);
    link->timer = rt_timer_start(loop, 0, attempt, link);
    if (rc == GBA_OK && link->timer) {
        *out = link;
        return GBA_OK;
    }
    bsf_redis_link_close(link);
    return rc == GBA_OK ? GBA_E_MEMORY : rc;
}

gba_rc bsf_redis_link_submit(struct bsf_redis_link *link, struct bsf_redis_cmd *cmd)
{
    int64_t time = now(link);
    bool lost = link->phase != READY && time >= link->lost_ms + link->conf->timeout_ms;
    GBA_ENSURE(!lost && !link->closing && link->n_cmds < link->conf->max_waiting, GBA_E_STORE);
    if (!link->overdue)
        link->overdue = rt_timer_start(link->loop, link->conf->timeout_ms, on_overdue, link);
    GBA_ENSURE(link->overdue, GBA_E_STORE);
    cmd->deadline_ms = time + link->conf->timeout_ms;
    cmd->whole = false;
    if (link->phase == READY)
        GBA_ENSURE(send_cmd(link, cmd) == GBA_OK, GBA_E_STORE);
    if (link->phase == READY)
        TAILQ_INSERT_TAIL(&link->sent, cmd, entry);
    else
        TAILQ_INSERT_TAIL(&link->waiting, cmd, entry);
    link->n_cmds++;
    return GBA_OK;
}

bool bsf_redis_link_ready(const struct bsf_redis_link *link)
{
    return link->phase == READY;
}

void bsf_redis_link_distrust(struct bsf_redis_link *link, gba_rc rc)
{
    if (link->phase == READY)
        drop(link, rc);
}

void bsf_redis_link_close(struct bsf_redis_link *link)
{
    struct bsf_redis_conn *conn = link->conn;
    link->closing = true;
    rt_timer_cancel(link->timer);
    rt_timer_cancel(link->overdue);
    finish_all(link, &link->sent);
    finish_all(link, &link->waiting);
    if (conn)
        bsf_redis_conn_close(conn);
    release(link);
}
