/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/lib/dia_node.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "diameter-dict/zh.h"
#include "diameter-dict/zn.h"
#include "rt/addr.h"
#include "rt/fdiam_int.h"
#include "rt/log.h"

enum { ASKED_MAX = 100000, FDS_MAX = 256 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the child ---- */

static struct {
    struct rt_loop *loop;
    struct rt_dia *dia;
    const struct rt_dia_conf *conf;
    int fd;
    uv_poll_t poll;
    bool hold;
    unsigned served;
    char name[64]; /* asked of each sender's certificate */
    bool certified;
    unsigned asked, completed, twice;
    unsigned counts[GBA_RC_COUNT];
    uint8_t done[ASKED_MAX];
    int64_t started;
} child;

static void say(const char *text)
{
    if (send(child.fd, text, strlen(text) + 1, MSG_NOSIGNAL) < 0)
        _exit(3);
}

static void say_number(const char *word, long n)
{
    char text[64];
    snprintf(text, sizeof text, "%s %ld", word, n);
    say(text);
}

static struct dia_route own_route(void)
{
    return (struct dia_route){.origin_host = gba_text_view(&child.conf->identity),
                              .origin_realm = gba_text_view(&child.conf->realm)};
}

static void on_request(void *arg, struct msg *req)
{
    struct dia_route origin = own_route();
    struct dia_fault fault = {.result = {.experimental = false, .code = DIA_SUCCESS}};
    (void)arg;
    child.served++;
    child.certified = rt_dia_peer_certified(child.dia, req, gba_view_cstr(child.name));
    if (child.hold)
        return; /* kept for good: its peer never hears of it */
    if (dia_error_encode(&req, &origin, &fault) != GBA_OK)
        _exit(4);
    rt_dia_answer(child.dia, req);
}

static void report(void)
{
    char text[256];
    snprintf(text, sizeof text, "asked ok=%u time=%u drop=%u nopeer=%u busy=%u gone=%u twice=%u ms=%ld",
             child.counts[GBA_OK], child.counts[GBA_E_DIA_TIMEOUT], child.counts[GBA_E_DIA_DROPPED],
             child.counts[GBA_E_DIA_UNDELIVERABLE], child.counts[GBA_E_DIA_BUSY],
             child.counts[GBA_E_PEER_GONE], child.twice, (long)(now_ms() - child.started));
    say(text);
}

static void on_answer(void *arg, gba_rc rc, struct msg *answer)
{
    size_t which = (size_t)((uint8_t *)arg - child.done);
    if ((rc == GBA_OK) != (answer != NULL))
        _exit(5);
    if (child.done[which]++)
        child.twice++;
    child.counts[rc]++;
    if (++child.completed == child.asked)
        report();
}

static void ask(unsigned n, unsigned ms)
{
    if (n > ASKED_MAX)
        _exit(6);
    memset(child.counts, 0, sizeof child.counts);
    memset(child.done, 0, sizeof child.done);
    child.asked = n;
    child.completed = child.twice = 0;
    child.started = now_ms();
    for (unsigned i = 0; i < n; i++) {
        struct dia_mar mar = {.route = own_route(), .impi = GBA_LIT("001010000000001@test")};
        struct msg *msg;
        mar.route.dest_realm = GBA_LIT("test");
        mar.route.dest_host = GBA_LIT("hss.test");
        if (dia_mar_encode(&mar, &msg) != GBA_OK)
            _exit(7);
        rt_dia_request(child.dia, msg, ms, on_answer, child.done + i);
    }
}

/* ---- what the kernel says of our sockets ---- */

static bool tcp_option(int fd, int level, int option, int *value)
{
    socklen_t n = sizeof *value;
    int protocol = 0;
    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n) == 0 && protocol == IPPROTO_TCP &&
           getsockopt(fd, level, option, value, &n) == 0;
}

/* How many peers the loop knows as open. */
static void tell_peers(void)
{
    long n = 0;
    for (size_t i = 0; i < child.dia->n_peers; i++)
        n += child.dia->peers[i].open;
    say_number("peers", n);
}

static void put_peer(void *arg, const struct rt_dia_peer *peer)
{
    gba_writer *w = arg;
    const uint64_t counts[] = {peer->opened, peer->requests_in, peer->answers_out, peer->requests_out,
                               peer->answers_in};
    gba_put_u8(w, ' ');
    gba_put_view(w, peer->identity);
    gba_put_u8(w, '=');
    gba_put_str(w, peer->state);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        gba_put_u8(w, ',');
        gba_put_dec(w, counts[i]);
    }
}

/* What the port tells of its peers. */
static void tell_known(void)
{
    char text[256];
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    gba_put_str(&w, "knows");
    rt_dia_each_peer(child.dia, put_peer, &w);
    text[w.n] = '\0';
    say(text);
}

static void tell_listening(void)
{
    char text[256];
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    gba_put_str(&w, "listens");
    for (int fd = 3; fd < FDS_MAX; fd++) {
        struct sockaddr_storage at;
        socklen_t n = sizeof at;
        int on = 0;
        if (!tcp_option(fd, SOL_SOCKET, SO_ACCEPTCONN, &on) || !on)
            continue;
        getsockname(fd, (struct sockaddr *)&at, &n);
        gba_put_u8(&w, ' ');
        rt_addr_format((struct sockaddr *)&at, &w);
    }
    text[w.n] = '\0';
    say(text);
}

static void tell_delayed(int want)
{
    int found = 0, delayed = 0;
    for (int fd = 3; fd < FDS_MAX; fd++) {
        int listens = 0, nodelay = 0;
        if (!tcp_option(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens) || listens)
            continue;
        tcp_option(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay);
        found++;
        delayed += nodelay == 0;
    }
    say_number("delayed", found == want ? delayed : -1);
}

/* When a session ends, as libfdproto dumps it. */
static time_t end_of(struct session *session)
{
    char *buf = NULL;
    size_t len = 0;
    struct tm when = {0};
    const char *text = fd_sess_dump(&buf, &len, NULL, session, 0);
    const char *at = text ? strstr(text, " to:") : NULL;
    if (!at || !strptime(at + 4, "%D,%T", &when))
        _exit(11);
    free(buf);
    return timegm(&when);
}

/* By how many days the anchor ends before a session that begins now. */
static void tell_anchor(void)
{
    struct session *session = NULL;
    if (fd_sess_new(&session, fd_g_config->cnf_diamid, fd_g_config->cnf_diamid_len, NULL, 0) != 0)
        _exit(12);
    time_t ends = end_of(session);
    fd_sess_destroy(&session);
    say_number("anchor", child.dia->anchor ? (long)((ends - end_of(child.dia->anchor) + 43200) / 86400) : -1);
}

static void close_node(unsigned ms)
{
    int64_t start = now_ms();
    rt_dia_close(child.dia, ms);
    say_number("closed", (long)(now_ms() - start));
    uv_close((uv_handle_t *)&child.poll, NULL);
    rt_loop_stop(child.loop);
}

static void obey(const char *command)
{
    unsigned n = 0, ms = 0;
    if (sscanf(command, "ask %u %u", &n, &ms) == 2)
        ask(n, ms);
    else if (sscanf(command, "close %u", &ms) == 1)
        close_node(ms);
    else if (sscanf(command, "hold %u", &n) == 1) {
        child.hold = n;
        say("hold");
    } else if (sscanf(command, "nap %u", &ms) == 1) {
        poll(NULL, 0, (int)ms);
        say("nap");
    } else if (sscanf(command, "name %63s", child.name) == 1)
        say("name");
    else if (strcmp(command, "certified") == 0)
        say_number("certified", child.certified);
    else if (sscanf(command, "delayed %u", &n) == 1)
        tell_delayed((int)n);
    else if (strcmp(command, "anchor") == 0)
        tell_anchor();
    else if (strcmp(command, "listens") == 0)
        tell_listening();
    else if (strcmp(command, "peers") == 0)
        tell_peers();
    else if (strcmp(command, "knows") == 0)
        tell_known();
    else if (strcmp(command, "served") == 0)
        say_number("served", child.served);
    else
        _exit(8);
}

static void on_command(uv_poll_t *handle, int status, int events)
{
    char command[128];
    (void)handle, (void)events;
    ssize_t n = recv(child.fd, command, sizeof command - 1, MSG_DONTWAIT);
    if (n == 0 || status < 0)
        _exit(0); /* the test is over */
    if (n > 0) {
        command[n] = '\0';
        obey(command);
    }
}

static void open_log(const char *path)
{
    int to = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : STDERR_FILENO;
    rt_log_init(&(struct rt_log_conf){
        .program = "dia-node", .level = path ? RT_LOG_DEBUG : RT_LOG_ERROR, .fd = to});
}

static int child_main(const struct rt_dia_conf *conf, int fd)
{
    gba_text why;
    child.fd = fd;
    child.conf = conf;
    if (rt_loop_new(&child.loop) != GBA_OK)
        return 9;
    gba_rc rc = rt_dia_open(child.loop, conf, &child.dia, &why);
    if (rc != GBA_OK) {
        char text[512];
        snprintf(text, sizeof text, "failed %s %s", gba_rc_token(rc), why.s);
        say(text);
        _exit(1);
    }
    if (rt_dia_on_request(child.dia, DIA_APP_ZH, DIA_CMD_MA, on_request, NULL) != GBA_OK ||
        rt_dia_on_request(child.dia, DIA_APP_ZN, DIA_CMD_BI, on_request, NULL) != GBA_OK)
        return 10;
    uv_poll_init(rt_loop_uv(child.loop), &child.poll, fd);
    uv_poll_start(&child.poll, UV_READABLE, on_command);
    say("up");
    rt_loop_run(child.loop);
    rt_loop_free(child.loop);
    return 0;
}

/* ---- the test's side ---- */

bool t_node_hear(struct t_node *node, int ms)
{
    struct pollfd on = {.fd = node->fd, .events = POLLIN};
    node->reply[0] = '\0';
    if (poll(&on, 1, ms) != 1)
        return false;
    ssize_t n = recv(node->fd, node->reply, sizeof node->reply - 1, 0);
    node->reply[n > 0 ? n : 0] = '\0';
    return n > 0;
}

bool t_node_start(struct t_node *node, const struct rt_dia_conf *conf)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    fflush(NULL);
    node->pid = fork();
    if (node->pid == 0) {
        int control = dup2(pair[1], 3);
        close_range(4, ~0U, 0); /* the test's own sockets */
        open_log(node->log);
        exit(child_main(conf, control));
    }
    close(pair[1]);
    node->fd = pair[0];
    return node->pid > 0 && t_node_hear(node, 10000) && strcmp(node->reply, "up") == 0;
}

bool t_node_tell(struct t_node *node, const char *command)
{
    return send(node->fd, command, strlen(command), MSG_NOSIGNAL) > 0;
}

bool t_node_say(struct t_node *node, int ms, const char *command)
{
    return t_node_tell(node, command) && t_node_hear(node, ms);
}

bool t_node_until(struct t_node *node, int ms, const char *command, const char *want)
{
    int64_t end = now_ms() + ms;
    while (t_node_say(node, ms, command)) {
        if (strcmp(node->reply, want) == 0)
            return true;
        if (now_ms() >= end) {
            printf("# heard \"%s\", not \"%s\"\n", node->reply, want);
            return false;
        }
        poll(NULL, 0, 10);
    }
    return false;
}

bool t_node_alive(struct t_node *node)
{
    return node->pid > 0 && waitpid(node->pid, NULL, WNOHANG) == 0;
}

static bool wait_exit(struct t_node *node, int ms, int *status)
{
    int64_t end = now_ms() + ms;
    while (waitpid(node->pid, status, WNOHANG) == 0) {
        if (now_ms() >= end)
            return false;
        poll(NULL, 0, 5);
    }
    return true;
}

int t_node_stop(struct t_node *node)
{
    int status = 0;
    if (node->pid <= 0)
        return -1;
    t_node_say(node, 5000, "close 2000");
    bool ended = wait_exit(node, 5000, &status);
    if (!ended) {
        kill(node->pid, SIGKILL);
        waitpid(node->pid, &status, 0);
    }
    close(node->fd);
    return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
