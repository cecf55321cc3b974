/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers that go and come back: how long a node takes, and what it does with those
 * that do so all the time or demand three watchdogs.  Every case has a node of its own.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/system/dia_world.h"

enum {
    BACK_MS = 5000,  /* a peer that is back is served within this */
    AGAIN_MS = 1600, /* one second between attempts to connect, and some for a busy machine */
    FLAPS = 60,
    BURST = 40,
    LOG_MAX = 1 << 20,
};

static struct t_world *const w = &t_world;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Gone without a word: the other side gets a reset. */
static void vanish(struct t_peer *p)
{
    struct linger at_once = {1, 0};
    if (p->fd >= 0)
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    t_peer_close(p);
}

/* p asks until it is answered; false when that takes longer than ms. */
static bool is_back(struct t_peer *p, int ms)
{
    int64_t end = now_ms() + ms;
    while (now_ms() < end) {
        t_peer_close(p);
        if (t_peer_connect(p, w->port, 1000) && t_peer_open(p, 1000) && t_world_serves(p))
            return true;
        poll(NULL, 0, 20);
    }
    return false;
}

static bool log_has(const char *path, const char *what)
{
    char *text = calloc(1, LOG_MAX);
    FILE *file = fopen(path, "r");
    bool found = text && file && fread(text, 1, LOG_MAX - 1, file) > 0 && strstr(text, what);
    if (file)
        fclose(file);
    free(text);
    return found;
}

/* ---- given up ---- */

static void put_foreign_cer(struct t_peer *p, gba_writer *out)
{
    t_dia_begin(out, (struct t_dia_header){T_DIA_REQUEST, T_CER, 0, 7, 7});
    t_avp_text(out, 264, 0, p->host);
    t_avp_text(out, 296, 0, p->realm);
    t_avp(out, 257, 0, GBA_LIT("\0\1\177\0\0\1"));
    t_avp_u32(out, 266, 0, 0);
    t_avp_text(out, 269, 0, "foreign");
    t_avp_u32(out, 258, 0, 4711);
    t_dia_end(out);
}

/* Anybody who may connect can say that he is hss.test and has no application for us: libfdcore
 * gives hss.test up for that. */
static void a_peer_given_up_is_started_again(void)
{
    static char log[] = "/tmp/dia-life.XXXXXX";
    t_world_prepare();
    t_world_add_hss();
    close(mkstemp(log));
    w->node.log = log;
    close(w->listener);
    w->listener = -1;
    t_world_start();
    struct t_peer impostor = t_peer_of("hss.test", "test");
    gba_writer out = gba_writer_of(w->octets, sizeof w->octets);
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&impostor, w->port, T_WAIT_MS));
    put_foreign_cer(&impostor, &out);
    CU_ASSERT_TRUE(t_world_send(&impostor, &out));
    CU_ASSERT_TRUE(t_world_closed(&impostor, T_WAIT_MS));
    CU_ASSERT_EQUAL(t_dia_find_u32(GBA_ARRAY(impostor.message), T_RESULT_CODE, 0), 5010);
    t_peer_close(&impostor);
    int64_t start = now_ms();
    w->listener = t_peer_listen(&w->hss_port);
    t_world_meet_hss();
    CU_ASSERT_TRUE(now_ms() - start < BACK_MS);
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
    CU_ASSERT_TRUE(log_has(log, "dia.peer-restarted"));
    unlink(log);
}

/* ---- those who come back all the time ---- */

/* In a process of its own: connects, asks, does not read, vanishes. */
static void flap(void)
{
    struct t_peer *p = &w->one;
    for (int i = 0; i < FLAPS; i++) {
        if (t_peer_connect(p, w->port, 500) && t_peer_open(p, 300))
            for (int k = 0; k < BURST; k++) {
                gba_writer out = gba_writer_of(w->octets, sizeof w->octets);
                t_dia_request(p, &out, T_MAR, "test");
                t_dia_end(&out);
                if (!t_peer_send(p, gba_writer_view(&out)))
                    break;
            }
        if (i % 2)
            vanish(p);
        else
            t_peer_close(p);
    }
    _exit(0);
}

static pid_t start_flapping(void)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        flap();
    return pid;
}

/* The node lives, another peer is served all the time, and in the end this one too. */
static void a_flapping_peer_harms_itself_only(void)
{
    int64_t worst = 0;
    unsigned served = 0, missed = 0;
    t_world_prepare();
    t_world_start();
    t_world_connect(&w->two);
    pid_t pid = start_flapping();
    CU_ASSERT_TRUE_FATAL(pid > 0);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        int64_t start = now_ms();
        missed += !t_world_serves(&w->two);
        served++;
        worst = now_ms() - start > worst ? now_ms() - start : worst;
    }
    printf("# %u requests of the other peer, %u in vain, the longest %ld ms\n", served, missed, (long)worst);
    CU_ASSERT_EQUAL(missed, 0);
    CU_ASSERT_TRUE(worst < 1500);
    CU_ASSERT_TRUE(t_node_alive(&w->node));
    CU_ASSERT_TRUE(is_back(&w->one, BACK_MS));
    t_world_stop();
}

/* The one we connect to: each time within the configured time, and requests end. */
static void a_flapping_server_is_met_again(void)
{
    t_world_start_with_hss();
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_TRUE(t_node_tell(&w->node, "ask 20 2000"));
        t_world_request();
        vanish(&w->hss);
        int64_t start = now_ms();
        t_world_hears("asked ok=0 ");
        t_world_meet_hss();
        CU_ASSERT_TRUE(now_ms() - start < AGAIN_MS);
    }
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

/* ---- three watchdogs, RFC 3539 3.4.1 ---- */

static void send_watchdog(struct t_peer *p)
{
    gba_writer out = gba_writer_of(w->octets, sizeof w->octets);
    t_dia_begin(&out, (struct t_dia_header){T_DIA_REQUEST, T_DWR, 0, 70, 70});
    t_avp_text(&out, 264, 0, p->host);
    t_avp_text(&out, 296, 0, p->realm);
    t_dia_end(&out);
    CU_ASSERT_TRUE_FATAL(t_world_send(p, &out));
}

/* p wants three answers of its own and gives none before. */
static void demand_three(struct t_peer *p)
{
    gba_view message;
    p->mute = true;
    for (int i = 0; i < 3; i++) {
        send_watchdog(p);
        do {
            CU_ASSERT_EQUAL_FATAL(t_peer_receive(p, &message, T_WAIT_MS), T_GOT);
        } while (t_dia_header_of(message).flags & T_DIA_REQUEST);
        CU_ASSERT_EQUAL(t_dia_header_of(message).cmd, T_DWR);
    }
    p->mute = false;
}

static void three_watchdogs_of_a_client(void)
{
    t_world_prepare();
    t_world_start();
    t_world_connect(&w->one);
    vanish(&w->one);
    int64_t start = now_ms();
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->port, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_peer_open(&w->one, T_WAIT_MS));
    demand_three(&w->one);
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(now_ms() - start < BACK_MS);
    t_world_stop();
}

static void three_watchdogs_of_a_server(void)
{
    t_world_start_with_hss();
    vanish(&w->hss);
    int64_t start = now_ms();
    CU_ASSERT_TRUE_FATAL(t_peer_accept(&w->hss, w->listener, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_peer_welcome(&w->hss, T_WAIT_MS));
    demand_three(&w->hss);
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 1"));
    CU_ASSERT_TRUE(t_world_asks());
    CU_ASSERT_TRUE(now_ms() - start < BACK_MS);
    t_world_stop();
}

/* ---- quickly back ---- */

/* The next connection comes while the former one is being taken down. */
static void back_at_once(void)
{
    t_world_prepare();
    t_world_start();
    t_world_connect(&w->one);
    for (int i = 0; i < 20; i++) {
        t_peer_close(&w->one);
        CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->port, T_WAIT_MS));
        CU_ASSERT_TRUE_FATAL(t_peer_open(&w->one, T_WAIT_MS));
        CU_ASSERT_TRUE(t_world_serves(&w->one));
    }
    t_world_stop();
}

/* A server that takes the connection and says nothing is tried anew soon. */
static void a_silent_server_is_tried_again(void)
{
    t_world_prepare();
    t_world_add_hss();
    t_world_start();
    CU_ASSERT_TRUE_FATAL(t_peer_accept(&w->hss, w->listener, T_WAIT_MS));
    int64_t start = now_ms();
    struct t_peer again = t_peer_of("hss.test", "test");
    CU_ASSERT_TRUE(t_peer_accept(&again, w->listener, T_WAIT_MS));
    CU_ASSERT_TRUE(now_ms() - start < 6500);
    t_peer_close(&again);
    t_world_meet_hss();
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"a peer given up is started again", a_peer_given_up_is_started_again},
        {"a flapping peer harms itself only", a_flapping_peer_harms_itself_only},
        {"a flapping server is met again", a_flapping_server_is_met_again},
        {"a silent server is tried again", a_silent_server_is_tried_again},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"three watchdogs of a client", three_watchdogs_of_a_client},
        {"three watchdogs of a server", three_watchdogs_of_a_server},
        {"back at once", back_at_once},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"life: hostile", NULL, NULL, NULL, NULL, hostile},
        {"life: good", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
