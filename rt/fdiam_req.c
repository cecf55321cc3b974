/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fdiam_int.h"

#include <stdlib.h>
#include <time.h>

#include "diameter-dict/result.h"
#include "rt/log.h"

enum {
    AVP_SESSION_ID = 263,
    BATCH_FIRST = 64,
    REQUESTS_MAX = 8192, /* requests of peers that the loop has not seen yet; beyond: too busy */
    HOLD_MS = 2000,      /* how long an answer waits for its peer to be open */
    HOLD_LOOK_MS = 5,
};

/* ---- batches ---- */

static bool batch_add(struct dia_batch *batch, struct dia_item item)
{
    if (batch->n == batch->cap) {
        size_t cap = batch->cap > 0 ? 2 * batch->cap : BATCH_FIRST;
        struct dia_item *items = reallocarray(batch->items, cap, sizeof *items);
        if (!items)
            return false;
        batch->items = items;
        batch->cap = cap;
    }
    batch->items[batch->n++] = item;
    return true;
}

static void batch_free(struct dia_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++)
        if (batch->items[i].msg)
            fd_msg_free(batch->items[i].msg);
    free(batch->items);
    *batch = (struct dia_batch){0};
}

static struct timespec timespec_of(uint64_t ms)
{
    return (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
}

static void batch_swap(struct dia_batch *a, struct dia_batch *b)
{
    struct dia_batch t = *a;
    *a = *b;
    *b = t;
}

/* ---- slots ---- */

/* Sorted by due_ms; new ones nearly always belong at the end. */
static void due_insert(struct rt_dia *dia, uint32_t index)
{
    struct dia_slot *slots = dia->slots;
    uint32_t before = dia->last_due;
    while (before && slots[before].due_ms > slots[index].due_ms)
        before = slots[before].prev;
    uint32_t after = before ? slots[before].next : dia->first_due;
    slots[index].prev = before;
    slots[index].next = after;
    *(before ? &slots[before].next : &dia->first_due) = index;
    *(after ? &slots[after].prev : &dia->last_due) = index;
}

static void due_remove(struct rt_dia *dia, uint32_t index)
{
    struct dia_slot *slot = &dia->slots[index];
    *(slot->prev ? &dia->slots[slot->prev].next : &dia->first_due) = slot->next;
    *(slot->next ? &dia->slots[slot->next].prev : &dia->last_due) = slot->prev;
}

static uint64_t ticket_of(const struct rt_dia *dia, uint32_t index)
{
    return (uint64_t)dia->slots[index].generation << 32 | index;
}

/* The slot of a ticket, or 0 when that request has been completed before. */
static uint32_t slot_of(const struct rt_dia *dia, uint64_t ticket)
{
    uint32_t index = (uint32_t)ticket;
    bool fits = index >= 1 && index <= dia->max_waiting && dia->slots[index].fn &&
                dia->slots[index].generation == ticket >> 32;
    return fits ? index : 0;
}

/* The one place where a request of ours ends: the slot is free before its owner hears of it. */
static void complete(struct rt_dia *dia, uint32_t index, gba_rc rc, struct msg *answer)
{
    struct dia_slot *slot = &dia->slots[index];
    rt_dia_answer_fn *fn = slot->fn;
    due_remove(dia, index);
    slot->fn = NULL;
    slot->generation++;
    slot->next = dia->free_slots;
    dia->free_slots = index;
    uint64_t before = rt_log_run(slot->run);
    fn(slot->arg, rc, answer);
    rt_log_run(before);
}

/* ---- own timer: freeDiameter may never call back ---- */

/* One timer for the earliest; it is left to fire early when that one was answered. */
static void arm_due_timer(struct rt_dia *dia, rt_timer_fn *on_due)
{
    if (!dia->first_due || dia->closing)
        return;
    uint64_t due = dia->slots[dia->first_due].due_ms;
    if (dia->due_timer && dia->due_timer_ms <= due)
        return;
    uint64_t now = uv_now(rt_loop_uv(dia->loop));
    rt_timer_cancel(dia->due_timer);
    dia->due_timer = rt_timer_start(dia->loop, due > now ? due - now : 0, on_due, dia);
    dia->due_timer_ms = due;
}

static void on_due(void *arg)
{
    struct rt_dia *dia = arg;
    uint64_t now = uv_now(rt_loop_uv(dia->loop));
    dia->due_timer = NULL;
    while (dia->first_due && dia->slots[dia->first_due].due_ms <= now)
        complete(dia, dia->first_due, GBA_E_DIA_TIMEOUT, NULL);
    arm_due_timer(dia, on_due);
}

/* ---- from freeDiameter's threads to the loop ---- */

static void unsupported(struct rt_dia *dia, struct msg *req)
{
    if (fd_msg_new_answer_from_req(fd_g_config->cnf_dict, &req, MSGFL_ANSW_ERROR) != 0 ||
        fd_msg_rescode_set(req, "DIAMETER_COMMAND_UNSUPPORTED", NULL, NULL, 1) != 0) {
        fd_msg_free(req);
        return;
    }
    dia_guard_refused(dia, req);
    rt_dia_answer(dia, req);
}

static void give_request(struct rt_dia *dia, struct msg *req)
{
    struct msg_hdr *hdr = NULL;
    fd_msg_hdr(req, &hdr);
    for (size_t i = 0; i < dia->n_handlers; i++) {
        struct dia_handler *h = &dia->handlers[i];
        if (h->app == hdr->msg_appl && h->cmd == hdr->msg_code) {
            h->fn(h->arg, req);
            return;
        }
    }
    unsupported(dia, req);
}

static void give(struct rt_dia *dia, const struct dia_item *item)
{
    if (item->ticket == 0) {
        give_request(dia, item->msg);
        return;
    }
    uint32_t index = slot_of(dia, item->ticket);
    if (index)
        complete(dia, index, item->rc, item->msg);
    if (item->msg)
        fd_msg_free(item->msg);
}

static void on_posted(void *arg)
{
    struct rt_dia *dia = arg;
    struct dia_batch *batch = &dia->in_taken;
    pthread_mutex_lock(&dia->in_lock);
    batch_swap(&dia->in, batch);
    pthread_mutex_unlock(&dia->in_lock);
    for (size_t i = 0; i < batch->n; i++)
        give(dia, &batch->items[i]);
    batch->n = 0;
}

bool dia_req_post(struct rt_dia *dia, struct dia_item item)
{
    pthread_mutex_lock(&dia->in_lock);
    bool full = item.ticket == 0 && dia->in.n >= REQUESTS_MAX;
    bool taken = !dia->in_shut && !full && batch_add(&dia->in, item);
    if (taken && dia->in.n == 1)
        rt_post(dia->loop, on_posted, dia);
    pthread_mutex_unlock(&dia->in_lock);
    return taken;
}

/* ---- what freeDiameter calls ---- */

static gba_view session_id(struct msg *msg)
{
    struct avp *avp = NULL;
    fd_msg_browse(msg, MSG_BRW_FIRST_CHILD, &avp, NULL);
    for (; avp; fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL)) {
        struct avp_hdr *hdr = NULL;
        if (fd_msg_avp_hdr(avp, &hdr) == 0 && hdr->avp_code == AVP_SESSION_ID &&
            !(hdr->avp_flags & AVP_FLAG_VENDOR) && hdr->avp_value)
            return gba_view_of(hdr->avp_value->os.data, hdr->avp_value->os.len);
    }
    return (gba_view){NULL, 0};
}

/* freeDiameter answers for itself when no peer can take the request: such an
 * answer has no source.  A real one must repeat the request's Session-Id. */
static gba_rc judge(struct msg *answer)
{
    DiamId_t source = NULL;
    struct msg *req = NULL;
    fd_msg_source_get(answer, &source, NULL);
    if (!source)
        return GBA_E_DIA_UNDELIVERABLE;
    fd_msg_answ_getq(answer, &req);
    bool same = req && gba_view_eq(session_id(req), session_id(answer));
    return same ? GBA_OK : GBA_E_DIA_DROPPED;
}

static struct rt_dia *the_node; /* callbacks of requests carry the ticket only */

static void on_answer(void *ticket, struct msg **msg)
{
    struct dia_item item = {.ticket = (uint64_t)(uintptr_t)ticket, .rc = judge(*msg)};
    if (item.rc == GBA_OK)
        item.msg = *msg;
    else
        fd_msg_free(*msg);
    *msg = NULL;
    if (!dia_req_post(the_node, item) && item.msg)
        fd_msg_free(item.msg);
}

/* The loop's own timer tells; here freeDiameter only stops keeping the request
 * for another peer, which would cost the HSS a vector nobody wants. */
static void on_expired(void *ticket, DiamId_t peer, size_t n, struct msg **msg)
{
    (void)ticket, (void)peer, (void)n;
    fd_msg_free(*msg);
    *msg = NULL;
}

void dia_req_dropped(struct rt_dia *dia, struct msg *msg)
{
    struct msg_hdr *hdr = NULL;
    struct msg *req = msg;
    void (*answered)(void *, struct msg **) = NULL;
    void *ticket = NULL;
    if (!msg || fd_msg_hdr(msg, &hdr) != 0)
        return;
    bool is_request = hdr->msg_flags & CMD_FLAG_REQUEST;
    if (!is_request && (fd_msg_answ_getq(msg, &req) != 0 || !req))
        return;
    if (fd_msg_anscb_get(req, &answered, NULL, &ticket) != 0 || answered != on_answer) {
        if (!is_request)
            rt_log(RT_LOG_NOTICE, "dia.answer-lost", RT_REASON(GBA_E_PEER_GONE),
                   RT_STR("peer", rt_dia_peer_of(req)));
        return;
    }
    gba_rc rc = is_request ? GBA_E_DIA_UNDELIVERABLE : GBA_E_DIA_DROPPED;
    dia_req_post(dia, (struct dia_item){.ticket = (uint64_t)(uintptr_t)ticket, .rc = rc});
}

/* Any message of our applications; answers come to on_answer before. */
static int on_message(struct msg **msg, struct avp *avp, struct session *session, void *arg,
                      enum disp_action *action)
{
    struct rt_dia *dia = arg;
    struct msg_hdr *hdr = NULL;
    (void)avp, (void)session;
    *action = DISP_ACT_CONT;
    if (fd_msg_hdr(*msg, &hdr) != 0 || !(hdr->msg_flags & CMD_FLAG_REQUEST))
        return 0;
    if (dia_req_post(dia, (struct dia_item){.msg = *msg})) {
        *msg = NULL;
        return 0;
    }
    dia_refused(dia, "dia.refused", GBA_E_DIA_BUSY, rt_dia_peer_of(*msg));
    *action = DISP_ACT_SEND;
    int failed = fd_msg_new_answer_from_req(fd_g_config->cnf_dict, msg, MSGFL_ANSW_ERROR);
    return failed ? failed : fd_msg_rescode_set(*msg, "DIAMETER_TOO_BUSY", NULL, NULL, 1);
}

/* ---- sending ---- */

/* freeDiameter takes requests from a peer that has its CEA but has not answered
 * the first DWR, and throws away the answers for it. */
static bool peer_is_opening(struct msg *answer)
{
    struct msg *req = NULL;
    struct peer_hdr *peer = NULL;
    DiamId_t id = NULL;
    size_t n = 0;
    if (fd_msg_answ_getq(answer, &req) != 0 || !req || fd_msg_source_get(req, &id, &n) != 0 || !id ||
        fd_peer_getbyid(id, n, 0, &peer) != 0 || !peer)
        return false;
    int state = fd_peer_get_state(peer);
    return state == STATE_OPEN_NEW || state == STATE_REOPEN;
}

/* The library's queue may be full: the loop does not wait. */
static void send_answer(struct msg *answer)
{
    enum dia_fifo_full before = dia_fifo_when_full(DIA_FIFO_FAIL);
    (void)fd_msg_send(&answer, NULL, NULL);
    (void)dia_fifo_when_full(before);
    if (!answer)
        return;
    dia_req_dropped(the_node, answer);
    fd_msg_free(answer);
}

static void on_held(void *arg)
{
    struct rt_dia *dia = arg;
    struct dia_batch *held = &dia->held;
    uint64_t now = uv_now(rt_loop_uv(dia->loop));
    size_t kept = 0;
    for (size_t i = 0; i < held->n; i++) {
        if (now < held->items[i].due_ms && peer_is_opening(held->items[i].msg))
            held->items[kept++] = held->items[i];
        else
            send_answer(held->items[i].msg);
    }
    held->n = kept;
    dia->held_timer = kept > 0 ? rt_timer_start(dia->loop, HOLD_LOOK_MS, on_held, dia) : NULL;
}

static bool hold(struct rt_dia *dia, struct msg *answer)
{
    uint64_t due = uv_now(rt_loop_uv(dia->loop)) + HOLD_MS;
    if (!batch_add(&dia->held, (struct dia_item){.msg = answer, .due_ms = due}))
        return false;
    if (!dia->held_timer)
        dia->held_timer = rt_timer_start(dia->loop, HOLD_LOOK_MS, on_held, dia);
    return true;
}

/* False when freeDiameter does not take it; the message is gone either way. */
static bool send_request(struct rt_dia *dia, struct msg *req, uint64_t ticket, uint32_t timeout_ms)
{
    struct timespec due = timespec_of((uint64_t)rt_loop_env(dia->loop)->now_ms + timeout_ms);
    enum dia_fifo_full before = dia_fifo_when_full(DIA_FIFO_FAIL);
    int failed = fd_msg_send_timeout(&req, on_answer, (void *)(uintptr_t)ticket, on_expired, &due);
    (void)dia_fifo_when_full(before);
    if (req)
        fd_msg_free(req);
    return !failed;
}

/* ---- the port ---- */

gba_rc rt_dia_on_request(struct rt_dia *dia, uint32_t app, uint32_t cmd, rt_dia_request_fn *fn, void *arg)
{
    GBA_ENSURE(dia->n_handlers < DIA_MAX_HANDLERS, GBA_E_BUG);
    dia->handlers[dia->n_handlers++] = (struct dia_handler){app, cmd, fn, arg};
    return GBA_OK;
}

void rt_dia_answer(struct rt_dia *dia, struct msg *answer)
{
    if (dia->closing)
        fd_msg_free(answer);
    else if (!peer_is_opening(answer) || !hold(dia, answer))
        send_answer(answer);
}

struct refusal {
    rt_dia_answer_fn *fn;
    void *arg;
    gba_rc rc;
};

static void on_refusal(void *arg)
{
    struct refusal refusal = *(struct refusal *)arg;
    free(arg);
    refusal.fn(refusal.arg, refusal.rc, NULL);
}

/* Refuse without calling back into the caller. */
static void refuse_later(struct rt_dia *dia, struct refusal what)
{
    struct refusal *copy = calloc(1, sizeof *copy);
    if (!copy)
        abort(); /* a request that is never completed would hang its owner */
    *copy = what;
    if (!rt_post(dia->loop, on_refusal, copy))
        free(copy); /* the loop has ended, and with it whoever waits */
}

void rt_dia_request(struct rt_dia *dia, struct msg *req, uint32_t timeout_ms, rt_dia_answer_fn *fn,
                    void *arg)
{
    uint32_t index = dia->free_slots;
    if (!index || dia->closing) {
        fd_msg_free(req);
        refuse_later(dia, (struct refusal){fn, arg, dia->closing ? GBA_E_PEER_GONE : GBA_E_DIA_BUSY});
        return;
    }
    uint64_t due = uv_now(rt_loop_uv(dia->loop)) + timeout_ms;
    if (!send_request(dia, req, ticket_of(dia, index), timeout_ms)) {
        refuse_later(dia, (struct refusal){fn, arg, GBA_E_DIA_BUSY});
        return;
    }
    struct dia_slot *slot = &dia->slots[index];
    dia->free_slots = slot->next;
    slot->fn = fn;
    slot->arg = arg;
    slot->run = rt_log_run_now();
    slot->due_ms = due;
    due_insert(dia, index);
    arm_due_timer(dia, on_due);
}

gba_view rt_dia_peer_of(const struct msg *req)
{
    DiamId_t id = NULL;
    size_t n = 0;
    /* The library's signature lacks the const, it changes nothing. */
    if (fd_msg_source_get((struct msg *)(uintptr_t)req, &id, &n) != 0 || !id)
        return (gba_view){NULL, 0};
    return gba_view_of(id, n);
}

/* ---- life ---- */

gba_rc dia_req_init(struct rt_dia *dia)
{
    dia->slots = calloc((size_t)dia->max_waiting + 1, sizeof *dia->slots);
    GBA_ENSURE(dia->slots, GBA_E_MEMORY);
    for (uint32_t i = dia->max_waiting; i >= 1; i--) {
        dia->slots[i].next = dia->free_slots;
        dia->free_slots = i;
    }
    return GBA_OK;
}

gba_rc dia_req_start(struct rt_dia *dia)
{
    struct fd_list *apps = &fd_g_config->cnf_apps;
    the_node = dia;
    for (struct fd_list *li = apps->next; li != apps; li = li->next) {
        struct disp_when when = {0};
        application_id_t id = ((struct fd_app *)li)->appid;
        GBA_ENSURE(fd_dict_search(fd_g_config->cnf_dict, DICT_APPLICATION, APPLICATION_BY_ID, &id, &when.app,
                                  ENOENT) == 0 &&
                       fd_disp_register(on_message, DISP_HOW_APPID, &when, dia, NULL) == 0,
                   GBA_E_DIA_CONFIG);
    }
    return GBA_OK;
}

void dia_req_close(struct rt_dia *dia)
{
    dia->closing = true;
    rt_timer_cancel(dia->due_timer);
    rt_timer_cancel(dia->held_timer);
    dia->due_timer = dia->held_timer = NULL;
    pthread_mutex_lock(&dia->in_lock);
    dia->in_shut = true;
    pthread_mutex_unlock(&dia->in_lock);
    while (dia->first_due)
        complete(dia, dia->first_due, GBA_E_PEER_GONE, NULL);
}

void dia_req_free(struct rt_dia *dia)
{
    batch_free(&dia->in);
    batch_free(&dia->in_taken);
    batch_free(&dia->held);
    free(dia->slots);
    dia->slots = NULL;
    dia->free_slots = 0;
}
