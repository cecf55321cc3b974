/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where libfdcore's peers need help to come back.  The linker exports the functions
 * of its names, so that libfdcore calls them (see fdiam_fifo.c):
 *
 * - it waits a random time of up to 5 s before it connects again, and 10 s after a
 *   failed handshake; here it is the time that is configured, and at most OPENING_S;
 * - it refuses, or forgets, a connection that comes before the former one of that
 *   peer is quite gone; here the new one waits for that;
 * - a peer that we connect to is given up for good when somebody with its name
 *   connects who shares no application with us, or in a certain moment of a broken
 *   connection; here it is started again.
 */
#include "rt/fdiam_int.h"

#include <dlfcn.h>
#include <errno.h>
#include <time.h>

#include "rt/log.h"

enum {
    WATCHDOG_LEAST_S = 6, /* a shorter time is one between attempts to connect */
    OPENING_S = 4,        /* for connection and capabilities */
    BUSY_S = 30,          /* after CEA says DIAMETER_TOO_BUSY; libfdcore: 300 */
    STEP_MS = 5,
    STEPS_MAX = 200,      /* how long a new connection waits for the former one's end: 1 s */
    WAITING_MAX = 2,      /* of the threads that accept connections */
};

struct fd_peer;
struct cnxctx;
void fd_psm_next_timeout(struct fd_peer *peer, int add_random, int delay);
int fd_peer_handle_newCER(struct msg **cer, struct cnxctx **cnx);
int fd_psm_begin(struct fd_peer *peer);
int fd_psm_terminate(struct fd_peer *peer, const char *reason);

static void (*real_next_timeout)(struct fd_peer *, int, int);
static int (*real_handle_cer)(struct msg **, struct cnxctx **);
static int (*real_get_state)(struct peer_hdr *);
static struct rt_dia *the_node;

/* ---- how long a peer waits for what comes next ---- */

static bool is_shut(struct rt_dia *dia)
{
    pthread_mutex_lock(&dia->in_lock);
    bool shut = dia->in_shut;
    pthread_mutex_unlock(&dia->in_lock);
    return shut;
}

/* A peer that closes the connection instead of answering our last DPR would be connected to anew. */
void fd_psm_next_timeout(struct fd_peer *peer, int add_random, int delay)
{
    int state = real_get_state((struct peer_hdr *)peer);
    if ((state == STATE_CLOSED || state == STATE_WAITCNXACK || state == STATE_WAITCEA) && is_shut(the_node))
        (void)fd_psm_terminate(peer, "REBOOTING");
    if (add_random && delay < WATCHDOG_LEAST_S)
        add_random = 0;
    else if ((state == STATE_WAITCNXACK || state == STATE_WAITCEA) && delay > OPENING_S)
        delay = OPENING_S;
    else if (state == STATE_CLOSED && !add_random && delay > BUSY_S)
        delay = BUSY_S;
    real_next_timeout(peer, add_random, delay);
}

/* ---- a connection that comes before the former one is gone ---- */

/* A peer that connects to us has a thread while it is connected; "closed" is when that begins or ends. */
static bool is_leaving(const struct rt_dia *dia, gba_view name)
{
    struct peer_hdr *hdr = NULL;
    const struct dia_peer_state *peer = dia_peer_named(dia, name);
    /* The library's signature lacks the const, it changes nothing. */
    if (!peer || fd_peer_getbyid((DiamId_t)(uintptr_t)name.p, name.n, 1, &hdr) != 0 || !hdr)
        return false;
    switch (real_get_state(hdr)) {
    case STATE_CLOSED:
        return peer->connects;
    case STATE_OPEN:
    case STATE_OPEN_NEW:
    case STATE_REOPEN:
    case STATE_SUSPECT:
    case STATE_CLOSING:
    case STATE_CLOSING_GRACE:
        return true;
    default:
        return false;
    }
}

int fd_peer_handle_newCER(struct msg **cer, struct cnxctx **cnx)
{
    static atomic_uint waiting;
    const struct timespec step = {0, STEP_MS * 1000000};
    gba_view name = dia_guard_origin(*cer);
    if (atomic_fetch_add(&waiting, 1) < WAITING_MAX)
        for (unsigned i = 0; i < STEPS_MAX && is_leaving(the_node, name); i++)
            nanosleep(&step, NULL);
    atomic_fetch_sub(&waiting, 1);
    return real_handle_cer(cer, cnx);
}

/* ---- a peer that was given up ---- */

static _Thread_local const struct peer_hdr *reviving;

/* libfdcore starts the thread of a new peer only. */
int fd_peer_get_state(struct peer_hdr *peer)
{
    return peer && peer == reviving ? STATE_NEW : real_get_state(peer);
}

void dia_psm_revive(gba_view identity)
{
    if (pthread_rwlock_trywrlock(&fd_g_peers_rw) != 0)
        return; /* the next look tries again */
    for (struct fd_list *li = fd_g_peers.next; li != &fd_g_peers; li = li->next) {
        struct peer_hdr *hdr = (struct peer_hdr *)li;
        if (!gba_view_eq_nocase(identity, gba_view_of(hdr->info.pi_diamid, hdr->info.pi_diamidlen)) ||
            real_get_state(hdr) != STATE_ZOMBIE)
            continue;
        reviving = hdr;
        int failed = fd_psm_begin((struct fd_peer *)hdr);
        reviving = NULL;
        rt_log(RT_LOG_WARN, "dia.peer-restarted", RT_STR("peer", identity), RT_NUM("failed", failed));
    }
    pthread_rwlock_unlock(&fd_g_peers_rw);
}

gba_rc dia_psm_init(struct rt_dia *dia)
{
    int (*used)(struct peer_hdr *);
    the_node = dia;
    *(void **)&real_next_timeout = dlsym(RTLD_NEXT, "fd_psm_next_timeout");
    *(void **)&real_handle_cer = dlsym(RTLD_NEXT, "fd_peer_handle_newCER");
    *(void **)&real_get_state = dlsym(RTLD_NEXT, "fd_peer_get_state");
    *(void **)&used = dlsym(RTLD_DEFAULT, "fd_peer_get_state");
    bool ours = real_next_timeout && real_handle_cer && real_get_state && used == fd_peer_get_state;
    return ours ? GBA_OK : GBA_E_DIA_CONFIG;
}
