/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/dia_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct t_world t_world;

static const uint32_t apps[] = {DIA_APP_ZH, DIA_APP_ZN};

void t_set(gba_text *t, const char *s)
{
    CU_ASSERT_EQUAL_FATAL(gba_text_set(t, gba_view_cstr(s)), GBA_OK);
}

void t_set_port(gba_text *t, const char *host, uint16_t port)
{
    char address[80];
    snprintf(address, sizeof address, "%s:%u", host, port);
    t_set(t, address);
}

void t_world_prepare(void)
{
    struct t_world *w = &t_world;
    memset(w, 0, sizeof *w);
    w->listener = -1;
    w->port = t_free_port();
    t_set(&w->conf.identity, "node.test");
    t_set(&w->conf.realm, "test");
    t_set_port(&w->conf.listen, "127.0.0.1", w->port);
    t_set(&w->peers[0].identity, "one.test");
    t_set(&w->peers[1].identity, "two.test");
    w->conf.peers = w->peers;
    w->conf.n_peers = 2;
    w->conf.watchdog_s = 6;
    w->conf.max_waiting = 4000;
    w->conf.apps = apps;
    w->conf.n_apps = 2;
    w->one = t_peer_of("one.test", "test");
    w->two = t_peer_of("two.test", "test");
    w->hss = t_peer_of("hss.test", "test");
}

void t_world_add_hss(void)
{
    t_world.listener = t_peer_listen(&t_world.hss_port);
    t_set(&t_world.peers[2].identity, "hss.test");
    t_set_port(&t_world.peers[2].address, "127.0.0.1", t_world.hss_port);
    t_world.conf.n_peers = 3;
}

void t_world_start(void)
{
    bool up = t_node_start(&t_world.node, &t_world.conf);
    if (!up)
        printf("# %s\n", t_world.node.reply);
    CU_ASSERT_TRUE_FATAL(up);
}

/* The node counts one more peer; p answers watchdogs meanwhile: after a broken
 * connection a node wants three answers first (RFC 3539 3.4.1). */
static void settle(struct t_peer *p, unsigned open)
{
    gba_view message;
    char want[16];
    snprintf(want, sizeof want, "peers %u", open);
    for (int i = 0; i < 200; i++) {
        CU_ASSERT_TRUE_FATAL(t_node_say(&t_world.node, T_WAIT_MS, "peers"));
        if (strcmp(t_world.node.reply, want) == 0)
            return;
        CU_ASSERT_NOT_EQUAL_FATAL(t_peer_receive(p, &message, 20), T_CLOSED);
    }
    CU_FAIL_FATAL("the peer does not open");
}

static unsigned others_open(const struct t_peer *p)
{
    const struct t_peer *all[] = {&t_world.one, &t_world.two, &t_world.hss};
    unsigned n = 0;
    for (size_t i = 0; i < 3; i++)
        n += all[i] != p && all[i]->fd >= 0;
    return n;
}

void t_world_meet_hss(void)
{
    t_peer_close(&t_world.hss);
    CU_ASSERT_TRUE_FATAL(t_peer_accept(&t_world.hss, t_world.listener, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_peer_welcome(&t_world.hss, T_WAIT_MS));
    settle(&t_world.hss, others_open(&t_world.hss) + 1);
}

void t_world_start_with_hss(void)
{
    t_world_prepare();
    t_world_add_hss();
    t_world_start();
    t_world_meet_hss();
}

void t_world_stop(void)
{
    t_peer_close(&t_world.one);
    t_peer_close(&t_world.two);
    t_peer_close(&t_world.hss);
    if (t_world.listener >= 0)
        close(t_world.listener);
    CU_ASSERT_EQUAL(t_node_stop(&t_world.node), 0);
}

void t_world_connect(struct t_peer *p)
{
    CU_ASSERT_TRUE_FATAL(t_peer_connect(p, t_world.port, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_peer_open(p, T_WAIT_MS));
    settle(p, others_open(p) + 1);
}

bool t_world_send(struct t_peer *p, gba_writer *out)
{
    return !out->bad && t_peer_send(p, gba_writer_view(out));
}

bool t_world_serves(struct t_peer *p)
{
    gba_view answer;
    gba_writer out = gba_writer_of(t_world.octets, sizeof t_world.octets);
    t_dia_request(p, &out, T_MAR, "test");
    t_dia_end(&out);
    return t_world_send(p, &out) && t_peer_receive(p, &answer, T_WAIT_MS) == T_GOT &&
           t_dia_header_of(answer).cmd == T_MAR && t_dia_find_u32(answer, T_RESULT_CODE, 0) == 2001;
}

bool t_world_closed(struct t_peer *p, int ms)
{
    gba_view message;
    enum t_got got;
    while ((got = t_peer_receive(p, &message, ms)) == T_GOT)
        continue;
    return got == T_CLOSED;
}

gba_view t_world_request(void)
{
    gba_view req;
    CU_ASSERT_EQUAL_FATAL(t_peer_receive(&t_world.hss, &req, T_WAIT_MS), T_GOT);
    CU_ASSERT_TRUE_FATAL(t_dia_header_of(req).flags & T_DIA_REQUEST);
    return req;
}

void t_world_answer(gba_view request)
{
    gba_writer out = gba_writer_of(t_world.octets, sizeof t_world.octets);
    t_dia_answer(&t_world.hss, &out, request, 2001);
    t_dia_end(&out);
    CU_ASSERT_TRUE(t_world_send(&t_world.hss, &out));
}

void t_world_hears(const char *want)
{
    CU_ASSERT_TRUE_FATAL(t_node_hear(&t_world.node, T_WAIT_MS));
    if (strncmp(t_world.node.reply, want, strlen(want)) != 0) {
        printf("# heard \"%s\", not \"%s\"\n", t_world.node.reply, want);
        CU_FAIL("reply");
    }
}

bool t_world_asks(void)
{
    if (!t_node_tell(&t_world.node, "ask 1 3000"))
        return false;
    t_world_answer(t_world_request());
    return t_node_hear(&t_world.node, T_WAIT_MS) && strncmp(t_world.node.reply, "asked ok=1 ", 11) == 0;
}
