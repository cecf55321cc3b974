/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many MAR/MAA round trips freeDiameter itself manages on this machine: one
 * process answers in the dispatch callback, another keeps N requests in flight,
 * over TCP on 127.0.0.1.  Nothing of ours is in the way but the codecs; the figure
 * is the ceiling that bootstraps are compared with.  Prints a line for people and
 * one of JSON.
 *
 * Of the guards of rt/fdiam only those are on that matter for speed: no-op hooks
 * (else libfdcore formats every message), TCP_NODELAY, and the session that keeps
 * the expiry thread from waking for each message.
 */
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include "bench/stats.h"
#include "diameter-dict/dict.h"
#include "diameter-dict/zh.h"

#define REALM "bench.example"
#define SERVER "hss." REALM
#define CLIENT "bsf." REALM

enum { GUSS_OCTETS = 1024, WARM_UP_MS = 500, START_MS = 10000 };

struct args {
    uint32_t seconds, in_flight;
    uint16_t port;
    int ready[2]; /* pipe: the server listens */
    char dir[64];
};

static void die(const char *what)
{
    fprintf(stderr, "raw_mar: %s\n", what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void nap(int ms)
{
    (void)poll(NULL, 0, ms);
}

/* ---- a node ---- */

/* "TCP,soc#7" is how libfdcore tells the socket of a connection. */
static void set_no_delay(struct peer_hdr *peer)
{
    char text[128];
    int on = 1;
    if (fd_peer_cnx_proto_info(peer, text, sizeof text) != 0)
        return;
    const char *number = strstr(text, "soc#");
    if (number)
        setsockopt((int)strtol(number + 4, NULL, 10), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void on_hook(enum fd_hook_type type, struct msg *msg, struct peer_hdr *peer, void *other,
                    struct fd_hook_permsgdata *data, void *arg)
{
    (void)msg, (void)other, (void)data, (void)arg;
    if (type == HOOK_PEER_CONNECT_SUCCESS && peer)
        set_no_delay(peer);
}

static void add_hooks(void)
{
    struct fd_hook_hdl *handle;
    uint32_t mask =
        HOOK_MASK(HOOK_MESSAGE_RECEIVED, HOOK_MESSAGE_LOCAL, HOOK_MESSAGE_SENDING, HOOK_MESSAGE_SENT,
                  HOOK_MESSAGE_FAILOVER, HOOK_MESSAGE_PARSING_ERROR, HOOK_MESSAGE_PARSING_ERROR2,
                  HOOK_MESSAGE_ROUTING_ERROR, HOOK_MESSAGE_ROUTING_FORWARD, HOOK_MESSAGE_ROUTING_LOCAL,
                  HOOK_MESSAGE_DROPPED, HOOK_PEER_CONNECT_SUCCESS);
    if (fd_hook_register(mask, on_hook, NULL, NULL, &handle) != 0)
        die("hooks are refused");
}

/* A session that ends before all others is always first in the list of expiries. */
static void add_anchor(void)
{
    struct session *anchor = NULL;
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 86400;
    if (fd_sess_new(&anchor, fd_g_config->cnf_diamid, fd_g_config->cnf_diamid_len, (uint8_t *)"anchor", 6) !=
            0 ||
        fd_sess_settimeout(anchor, &end) != 0)
        die("no session anchor");
}

static struct dict_object *zh(void)
{
    static const application_id_t id = DIA_APP_ZH;
    struct dict_object *app = NULL;
    if (fd_dict_search(fd_g_config->cnf_dict, DICT_APPLICATION, APPLICATION_BY_ID, &id, &app, ENOENT) != 0)
        die("no Zh in the dictionary");
    return app;
}

static void advertise_zh(void)
{
    static const vendor_id_t id = DIA_VENDOR_3GPP;
    struct dict_object *vendor = NULL;
    if (fd_dict_search(fd_g_config->cnf_dict, DICT_VENDOR, VENDOR_BY_ID, &id, &vendor, ENOENT) != 0 ||
        fd_disp_app_support(zh(), vendor, 1, 0) != 0)
        die("Zh cannot be advertised");
}

/* libfdcore reads its configuration from a file only. */
static void write_conf(const char *path, const char *identity, uint16_t listen_on, uint16_t connect_to)
{
    FILE *f = fopen(path, "w");
    if (!f)
        die("the configuration cannot be written");
    fprintf(f,
            "Identity = \"%s\"; Realm = \"" REALM "\";\nPort = %u; SecPort = 0; No_SCTP; No_IPv6; NoRelay;\n",
            identity, listen_on);
    if (connect_to)
        fprintf(f, "ConnectPeer = \"" SERVER "\" { No_TLS; ConnectTo = \"127.0.0.1\"; Port = %u; };\n",
                connect_to);
    if (fclose(f) != 0)
        die("the configuration cannot be written");
}

static void node_prepare(const struct args *args, const char *identity, uint16_t listen_on,
                         uint16_t connect_to)
{
    char path[128];
    const char *what = "";
    fd_g_debug_lvl = FD_LOG_FATAL;
    snprintf(path, sizeof path, "%s/%s.conf", args->dir, identity);
    write_conf(path, identity, listen_on, connect_to);
    if (fd_core_initialize() != 0 || fd_core_parseconf(path) != 0)
        die("freeDiameter refuses its configuration");
    (void)unlink(path);
    if (dia_dict_load(fd_g_config->cnf_dict, &what) != GBA_OK)
        die(what);
    advertise_zh();
    add_hooks();
    add_anchor();
}

/* ListenOn is ignored for loopback addresses; this is how it is done. */
static void stay_on_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd_ep_add_merge(&fd_g_config->cnf_endpoints, (sSA *)&address, sizeof address,
                        EP_FL_CONF | EP_ACCEPTALL) != 0)
        die("no loopback endpoint");
}

static void node_start(void)
{
    stay_on_loopback();
    if (fd_core_start() != 0 || fd_core_waitstartcomplete() != 0)
        die("freeDiameter does not start");
}

/* ---- server ---- */

static uint8_t guss[GUSS_OCTETS];

static int answer_mar(struct msg **msg, struct avp *avp, struct session *session, void *opaque,
                      enum disp_action *act)
{
    static const struct dia_maa maa = {
        .result = {false, DIA_SUCCESS},
        .origin_host = {(const uint8_t *)SERVER, sizeof SERVER - 1},
        .origin_realm = {(const uint8_t *)REALM, sizeof REALM - 1},
        .has_vector = true,
        .vector.xres.n = 8,
        .guss = {guss, sizeof guss},
    };
    (void)avp, (void)session, (void)opaque;
    *act = DISP_ACT_SEND;
    return dia_maa_encode(msg, &maa) == GBA_OK ? 0 : EINVAL;
}

static int accept_peer(struct peer_info *info, int *auth, int (**cb2)(struct peer_info *))
{
    (void)cb2;
    info->config.pic_flags.sec = PI_SEC_NONE;
    *auth = 1;
    return 0;
}

static void serve(const struct args *args)
{
    struct disp_when when = {0};
    struct disp_hdl *handle;
    memset(guss, 'x', sizeof guss);
    node_prepare(args, SERVER, args->port, 0);
    when.app = zh();
    when.command = dia_dict_cmd(DIA_CMD_MAR);
    if (fd_disp_register(answer_mar, DISP_HOW_CC, &when, NULL, &handle) != 0 ||
        fd_peer_validate_register(accept_peer) != 0)
        die("the server cannot be set up");
    node_start();
    /* the client tries once, and then only after half a minute again */
    if (write(args->ready[1], "", 1) != 1)
        die("nobody waits for the server");
    for (;;)
        pause();
}

/* ---- client ---- */

static struct {
    pthread_mutex_t lock; /* stats and counting */
    struct load_stats stats;
    bool counting;
    sem_t free; /* requests that may still be sent */
} client = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_answer(void *data, struct msg **msg)
{
    uint64_t us = (now_ns() - (uint64_t)(uintptr_t)data) / 1000;
    struct dia_maa maa;
    gba_rc rc = dia_maa_decode(*msg, &maa);
    if (rc == GBA_OK && !maa.has_vector)
        rc = GBA_E_DIA_UNDELIVERABLE;
    gba_wipe(&maa.vector);
    fd_msg_free(*msg);
    *msg = NULL;
    pthread_mutex_lock(&client.lock);
    if (client.counting)
        load_stats_add(&client.stats, rc, us);
    pthread_mutex_unlock(&client.lock);
    sem_post(&client.free);
}

static void send_mar(void)
{
    static const struct dia_mar mar = {
        .route =
            {
                .origin_host = {(const uint8_t *)CLIENT, sizeof CLIENT - 1},
                .origin_realm = {(const uint8_t *)REALM, sizeof REALM - 1},
                .dest_realm = {(const uint8_t *)REALM, sizeof REALM - 1},
                .dest_host = {(const uint8_t *)SERVER, sizeof SERVER - 1},
            },
        .impi = {(const uint8_t *)"001010123456789@ims.mnc001.mcc001.3gppnetwork.org", 49},
    };
    struct msg *msg = NULL;
    if (dia_mar_encode(&mar, &msg) != GBA_OK ||
        fd_msg_send(&msg, on_answer, (void *)(uintptr_t)now_ns()) != 0)
        die("a request cannot be sent");
}

static bool peer_open(void)
{
    struct peer_hdr *peer = NULL;
    if (fd_peer_getbyid((DiamId_t)SERVER, sizeof SERVER - 1, 0, &peer) != 0 || !peer)
        return false;
    return fd_peer_get_state(peer) == STATE_OPEN;
}

/* Keep the requests in flight until the time is over. */
static void send_until(uint64_t end_ns)
{
    while (now_ns() < end_ns) {
        struct timespec patience;
        clock_gettime(CLOCK_REALTIME, &patience);
        patience.tv_sec++;
        if (sem_timedwait(&client.free, &patience) == 0)
            send_mar();
    }
}

static void count(bool on)
{
    pthread_mutex_lock(&client.lock);
    client.counting = on;
    *(on ? &client.stats.started_ns : &client.stats.ended_ns) = now_ns();
    pthread_mutex_unlock(&client.lock);
}

static int ask(const struct args *args)
{
    node_prepare(args, CLIENT, 0, args->port);
    node_start();
    for (int waited = 0; !peer_open(); waited += 20) {
        if (waited > START_MS)
            die("the server cannot be reached");
        nap(20);
    }
    sem_init(&client.free, 0, args->in_flight);
    send_until(now_ns() + WARM_UP_MS * UINT64_C(1000000));
    count(true);
    send_until(now_ns() + args->seconds * UINT64_C(1000000000));
    count(false);
    load_stats_print(&client.stats, "raw-mar", args->in_flight, false);
    load_stats_print(&client.stats, "raw-mar", args->in_flight, true);
    fflush(stdout);
    return client.stats.n > 0 && load_stats_failed(&client.stats) == 0 ? 0 : 1;
}

/* ---- both ---- */

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || bind(s, (struct sockaddr *)&address, n) != 0 ||
        getsockname(s, (struct sockaddr *)&address, &n) != 0)
        die("no free port");
    close(s);
    return ntohs(address.sin_port);
}

/* Fork before libfdcore has threads: each child is a node of its own. */
static pid_t start(const struct args *args, bool server)
{
    pid_t parent = getpid(), child = fork();
    if (child < 0)
        die("cannot fork");
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    if (server)
        serve(args);
    /* freeDiameter's orderly end takes long and measures nothing */
    _exit(ask(args));
}

static bool await(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

static uint32_t number(const char *text, uint32_t max)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*end != '\0' || n < 1 || n > max) {
        fprintf(stderr, "raw_mar: %s: expected a number from 1 to %u\n", text, max);
        exit(2);
    }
    return (uint32_t)n;
}

static void parse(int argc, char **argv, struct args *args)
{
    static const struct option options[] = {
        {"seconds", required_argument, NULL, 's'},
        {"in-flight", required_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    for (int c = getopt_long(argc, argv, "", options, NULL); c != -1;
         c = getopt_long(argc, argv, "", options, NULL)) {
        switch (c) {
        case 's':
            args->seconds = number(optarg, 3600);
            break;
        case 'n':
            args->in_flight = number(optarg, 100000);
            break;
        default:
            fprintf(stderr, "usage: raw_mar [--seconds N] [--in-flight N]\n");
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct args args = {.seconds = 3, .in_flight = 100, .dir = "/tmp/raw_mar.XXXXXX"};
    int status = 1;
    parse(argc, argv, &args);
    if (!mkdtemp(args.dir))
        die("no temporary folder");
    args.port = free_port();
    if (pipe(args.ready) != 0)
        die("no pipe");
    pid_t server = start(&args, true);
    if (await(args.ready[0], START_MS))
        (void)waitpid(start(&args, false), &status, 0);
    else
        fprintf(stderr, "raw_mar: the server does not start\n");
    kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    (void)rmdir(args.dir);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
