/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Diameter port with real connections.  A child process runs the port;
 * a peer of our own plays the other side, as rudely as the case needs.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/dia_node.h"
#include "tests/lib/dia_peer.h"
#include "tests/lib/tap.h"

enum { SHORT_MS = 300, WAIT_MS = 8000 };

static uint8_t octets[4096];

static void set(gba_text *t, const char *s)
{
    CU_ASSERT_EQUAL_FATAL(gba_text_set(t, gba_view_cstr(s)), GBA_OK);
}

static const uint32_t apps[] = {DIA_APP_ZH, DIA_APP_ZN};

/* A node "node.test" that listens, and peers that connect to it. */
struct world {
    struct rt_dia_conf conf;
    struct gba_conf_peer peers[3];
    uint16_t port, hss_port;
    struct t_node node;
    int listener; /* of the peer "hss.test" that the node connects to */
};

static struct world w;
static struct t_peer one, two;

static void set_address(gba_text *t, uint16_t port)
{
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    set(t, address);
}

static void prepare(void)
{
    memset(&w, 0, sizeof w);
    w.listener = -1;
    w.port = t_free_port();
    set(&w.conf.identity, "node.test");
    set(&w.conf.realm, "test");
    set_address(&w.conf.listen, w.port);
    set(&w.peers[0].identity, "one.test");
    set(&w.peers[1].identity, "two.test");
    w.conf.peers = w.peers;
    w.conf.n_peers = 2;
    w.conf.watchdog_s = 6;
    w.conf.max_waiting = 4000;
    w.conf.apps = apps;
    w.conf.n_apps = 2;
    one = t_peer_of("one.test", "test");
    two = t_peer_of("two.test", "test");
}

/* Let the node connect to hss.test, which is `one` with another name. */
static void prepare_hss(void)
{
    prepare();
    w.listener = t_peer_listen(&w.hss_port);
    set(&w.peers[2].identity, "hss.test");
    set_address(&w.peers[2].address, w.hss_port);
    w.conf.n_peers = 3;
    one = t_peer_of("hss.test", "test");
}

static void start(void)
{
    bool up = t_node_start(&w.node, &w.conf);
    if (!up)
        printf("# %s\n", w.node.reply);
    CU_ASSERT_TRUE_FATAL(up);
}

static void start_with_hss(void)
{
    prepare_hss();
    start();
    CU_ASSERT_TRUE_FATAL(t_peer_accept(&one, w.listener, WAIT_MS) && t_peer_welcome(&one, WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_node_until(&w.node, WAIT_MS, "peers", "peers 1"));
}

static void stop(void)
{
    t_peer_close(&one);
    t_peer_close(&two);
    if (w.listener >= 0)
        close(w.listener);
    CU_ASSERT_EQUAL(t_node_stop(&w.node), 0);
}

static void connect_peer(struct t_peer *p)
{
    CU_ASSERT_TRUE_FATAL(t_peer_connect(p, w.port, WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_peer_open(p, WAIT_MS));
}

/* One good exchange: p asks, the node answers 2001. */
static bool is_served(struct t_peer *p)
{
    gba_view answer;
    gba_writer out = gba_writer_of(octets, sizeof octets);
    t_dia_request(p, &out, T_MAR, "test");
    t_dia_end(&out);
    return t_peer_send(p, gba_writer_view(&out)) && t_peer_receive(p, &answer, WAIT_MS) == T_GOT &&
           t_dia_header_of(answer).cmd == T_MAR && t_dia_find_u32(answer, 268, 0) == 2001;
}

/* ---- serving ---- */

static void serves_two_peers(void)
{
    prepare();
    start();
    connect_peer(&one);
    connect_peer(&two);
    CU_ASSERT_TRUE(t_node_until(&w.node, WAIT_MS, "peers", "peers 2"));
    CU_ASSERT_TRUE(is_served(&one));
    CU_ASSERT_TRUE(is_served(&two));
    CU_ASSERT_TRUE(t_node_say(&w.node, WAIT_MS, "served"));
    CU_ASSERT_STRING_EQUAL(w.node.reply, "served 2");
    stop();
}

/* Answer the next request of the node with 2001. */
static void answer_one(struct t_peer *p)
{
    gba_view req;
    gba_writer out = gba_writer_of(octets, sizeof octets);
    CU_ASSERT_EQUAL_FATAL(t_peer_receive(p, &req, WAIT_MS), T_GOT);
    t_dia_answer(p, &out, req, 2001);
    t_dia_end(&out);
    CU_ASSERT_TRUE(t_peer_send(p, gba_writer_view(&out)));
}

static void asks_and_is_answered(void)
{
    start_with_hss();
    CU_ASSERT_TRUE(send(w.node.fd, "ask 1 2000", 10, 0) > 0);
    answer_one(&one);
    CU_ASSERT_TRUE(t_node_say(&w.node, WAIT_MS, "peers"));
    printf("# %s\n", w.node.reply);
    stop();
}

int main(void)
{
    CU_TestInfo good[] = {
        {"two peers are served", serves_two_peers},
        {"a request is answered", asks_and_is_answered},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
