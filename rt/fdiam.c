/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fdiam_int.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "diameter-dict/dict.h"
#include "rt/log.h"

enum {
    ANCHOR_LIFE_S = 20 * 86400, /* sessions live 31 days: the anchor always ends first */
    ANCHOR_RENEW_MS = 86400000,
    MARKER_MS = 1100, /* freeDiameter's threads look up once a second */
};

/* libfdcore keeps one node a process, and one life of it. */
static struct rt_dia node = {
    .in_lock = PTHREAD_MUTEX_INITIALIZER,
    .cert_lock = PTHREAD_MUTEX_INITIALIZER,
};
static bool node_used;
static gba_text node_why;

static gba_rc refuse(gba_rc rc, const char *text)
{
    if (gba_text_set(&node_why, gba_view_cstr(text)) != GBA_OK)
        return GBA_E_BUG;
    return rc;
}

const struct rt_reasons *rt_dia_refused(const struct rt_dia *dia)
{
    return &dia->refused;
}

void rt_dia_log_counters(const struct rt_dia *dia)
{
    rt_reasons_log(&dia->refused, "dia.count");
}

/* ---- the session anchor ---- */

/* freeDiameter's session thread waits on the memory of the session that ends
 * first, which another thread may free.  A session of our own that always ends
 * first and is never freed keeps that memory valid. */
static int renew_anchor(struct rt_dia *dia)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ANCHOR_LIFE_S;
    return fd_sess_settimeout(dia->anchor, &until);
}

static void on_renew(void *arg)
{
    struct rt_dia *dia = arg;
    if (renew_anchor(dia) != 0)
        rt_log(RT_LOG_ERROR, "dia.anchor-failed", RT_CSTR("text", "the session anchor cannot be renewed"));
    dia->anchor_timer = rt_timer_start(dia->loop, ANCHOR_RENEW_MS, on_renew, dia);
}

static gba_rc drop_anchor(struct rt_dia *dia)
{
    uint8_t name[] = "anchor";
    if (fd_sess_new(&dia->anchor, fd_g_config->cnf_diamid, fd_g_config->cnf_diamid_len, name,
                    sizeof name - 1) != 0 ||
        renew_anchor(dia) != 0)
        return refuse(GBA_E_DIA_CONFIG, "the session anchor cannot be made");
    return GBA_OK;
}

/* ---- open ---- */

static gba_rc load_dictionary(void)
{
    const char *what = NULL;
    gba_rc rc = dia_dict_load(fd_g_config->cnf_dict, &what);
    return rc == GBA_OK ? GBA_OK : refuse(rc, what ? what : "the dictionary cannot be loaded");
}

static gba_rc start_core(void)
{
    /* Binding its sockets is all that can fail here. */
    if (fd_core_start() != 0 || fd_core_waitstartcomplete() != 0)
        return refuse(GBA_E_LISTEN, "the Diameter address cannot be listened on");
    return GBA_OK;
}

static gba_rc build(struct rt_dia *dia, const struct rt_dia_conf *conf)
{
    GBA_TRY(dia_guard_log());
    if (dia_fifo_init(dia) != GBA_OK || dia_psm_init(dia) != GBA_OK)
        return refuse(GBA_E_DIA_CONFIG, "the program was linked without its own queues for freeDiameter");
    if (fd_core_initialize() != 0)
        return refuse(GBA_E_DIA_CONFIG, "freeDiameter does not start");
    GBA_TRY(load_dictionary());
    GBA_TRY(dia_conf_load(conf, &node_why));
    GBA_TRY(dia_peers_init(dia, conf));
    GBA_TRY(dia_req_init(dia));
    GBA_TRY(dia_guard_arm(dia));
    GBA_TRY(dia_conf_apply(conf, &node_why));
    GBA_TRY(drop_anchor(dia));
    GBA_TRY(dia_req_start(dia));
    dia_guard_started();
    return start_core();
}

gba_rc rt_dia_open(struct rt_loop *loop, const struct rt_dia_conf *conf, struct rt_dia **out, gba_text *why)
{
    sigset_t all, before;
    gba_rc rc = refuse(GBA_E_DIA_CONFIG, "one Diameter node a process, and it is opened once");
    if (!node_used) {
        node_used = true;
        node_why.n = 0;
        node.loop = loop;
        node.max_waiting = conf->max_waiting;
        /* freeDiameter's threads inherit this: signals are the loop's. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        rc = build(&node, conf);
        if (rc != GBA_OK)
            dia_req_close(&node); /* what of freeDiameter runs must not use the loop */
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    *why = node_why;
    GBA_TRY(rc);
    node.anchor_timer = rt_timer_start(loop, ANCHOR_RENEW_MS, on_renew, &node);
    dia_look_soon(&node);
    *out = &node;
    return GBA_OK;
}

/* ---- close ---- */

/* libfdcore exports this without a header: routing and dispatching threads end
 * once they are done with the message at hand. */
int fd_rtdisp_cleanstop(void);

static pthread_mutex_t marker_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t marker_moved = PTHREAD_COND_INITIALIZER;
static unsigned markers_back; /* under marker_lock */

static void on_marker(void *arg, struct msg **answer)
{
    (void)arg;
    fd_msg_free(*answer);
    *answer = NULL;
    pthread_mutex_lock(&marker_lock);
    markers_back++;
    pthread_cond_signal(&marker_moved);
    pthread_mutex_unlock(&marker_lock);
}

/* While we close nothing new goes to any peer. */
static int to_nobody(void *arg, struct msg **msg, struct fd_list *candidates)
{
    (void)arg, (void)msg;
    for (struct fd_list *li = candidates->next; li != candidates; li = li->next)
        ((struct rtd_candidate *)li)->score = 10 * FD_SCORE_NO_DELIVERY;
    return 0;
}

static struct timespec clock_in(uint32_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* A request to nobody runs through all queues and back.  Without it in
 * MARKER_MS the threads have looked at their orders by themselves. */
static void pass_marker(unsigned number)
{
    struct msg *msg = NULL;
    struct msg_hdr *hdr = NULL;
    struct timespec until = clock_in(MARKER_MS);
    if (fd_msg_new(dia_dict_cmd(DIA_CMD_MAR), MSGFL_ALLOC_ETEID, &msg) != 0 || fd_msg_hdr(msg, &hdr) != 0)
        return;
    hdr->msg_appl = DIA_APP_ZH;
    if (fd_msg_send(&msg, on_marker, NULL) != 0)
        return;
    pthread_mutex_lock(&marker_lock);
    while (markers_back < number && pthread_cond_timedwait(&marker_moved, &marker_lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&marker_lock);
}

/* First everything sent goes out, then the threads are told to end, then a last
 * message wakes them: none is still at work on a queue when it is taken down. */
static void *stop_main(void *arg)
{
    struct fd_rt_out_hdl *route;
    (void)arg;
    if (fd_rt_out_register(to_nobody, NULL, -1, &route) == 0) {
        pass_marker(1);
        fd_rtdisp_cleanstop();
        pass_marker(2);
    }
    dia_guard_end_core();
    fd_core_wait_shutdown_complete();
    return NULL;
}

/* True when freeDiameter ended in time; a peer that hangs can keep it for 14 s. */
static bool stop_core(struct rt_dia *dia, uint32_t ms)
{
    pthread_t stopper;
    struct timespec until = clock_in(ms);
    if (pthread_create(&stopper, NULL, stop_main, dia) != 0)
        return false;
    if (pthread_timedjoin_np(stopper, NULL, &until) == 0)
        return true;
    pthread_detach(stopper);
    return false;
}

void rt_dia_close(struct rt_dia *dia, uint32_t ms)
{
    dia_req_close(dia);
    rt_timer_cancel(dia->look_timer);
    rt_timer_cancel(dia->anchor_timer);
    dia->look_timer = dia->anchor_timer = NULL;
    if (!stop_core(dia, ms)) {
        rt_log(RT_LOG_WARN, "dia.close-unfinished", RT_CSTR("text", "freeDiameter did not end in time"));
        return; /* its threads still use what is ours */
    }
    dia_req_free(dia);
    dia_peers_free(dia);
}
