/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fdiam_int.h"

#include <stdlib.h>

#include "rt/log.h"

enum { LOOK_SOON_MS = 5, LOOK_SELDOM_MS = 320, UNKNOWN = -1, GIVEN_UP_LOOKS = 2 };

gba_rc dia_peers_init(struct rt_dia *dia, const struct rt_dia_conf *conf)
{
    dia->peers = calloc(conf->n_peers + 1, sizeof *dia->peers);
    GBA_ENSURE(dia->peers, GBA_E_MEMORY);
    dia->n_peers = conf->n_peers;
    for (size_t i = 0; i < conf->n_peers; i++) {
        dia->peers[i].identity = conf->peers[i].identity;
        dia->peers[i].tls = conf->peers[i].tls;
        dia->peers[i].relay = conf->peers[i].relay;
        dia->peers[i].connects = conf->peers[i].address.n == 0;
        dia->peers[i].state = UNKNOWN;
        dia->peers[i].changed_ms = uv_now(rt_loop_uv(dia->loop));
    }
    return GBA_OK;
}

void dia_peers_free(struct rt_dia *dia)
{
    for (size_t i = 0; i < dia->n_peers; i++)
        free(dia->peers[i].names);
    free(dia->peers);
    dia->peers = NULL;
    dia->n_peers = 0;
}

struct dia_peer_state *dia_peer_named(const struct rt_dia *dia, gba_view identity)
{
    for (size_t i = 0; i < dia->n_peers; i++)
        if (gba_view_eq_nocase(identity, gba_text_view(&dia->peers[i].identity)))
            return &dia->peers[i];
    return NULL;
}

/* ---- looking ---- */

/* False when freeDiameter is busy with its list: the loop does not wait for it. */
static bool note_peers(struct rt_dia *dia)
{
    if (pthread_rwlock_tryrdlock(&fd_g_peers_rw) != 0)
        return false;
    for (size_t i = 0; i < dia->n_peers; i++)
        dia->peers[i].state = UNKNOWN;
    for (struct fd_list *li = fd_g_peers.next; li != &fd_g_peers; li = li->next) {
        struct peer_hdr *hdr = (struct peer_hdr *)li;
        struct dia_peer_state *peer =
            dia_peer_named(dia, gba_view_of(hdr->info.pi_diamid, hdr->info.pi_diamidlen));
        if (peer)
            peer->state = fd_peer_get_state(hdr);
    }
    pthread_rwlock_unlock(&fd_g_peers_rw);
    return true;
}

static void tell_changes(struct rt_dia *dia)
{
    for (size_t i = 0; i < dia->n_peers; i++) {
        struct dia_peer_state *peer = &dia->peers[i];
        bool open = peer->state == STATE_OPEN;
        if (open == peer->open)
            continue;
        peer->open = open;
        peer->opened += open;
        peer->changed_ms = uv_now(rt_loop_uv(dia->loop));
        gba_view name = gba_text_view(&peer->identity);
        rt_log(RT_LOG_NOTICE, open ? "dia.peer-open" : "dia.peer-closed", RT_STR("peer", name));
    }
}

/* Whom we connect to must come back.  Its former thread may not quite have ended at the first
 * look; of those who connect to us libfdcore starts the thread itself. */
static void revive(struct rt_dia *dia)
{
    for (size_t i = 0; i < dia->n_peers; i++) {
        struct dia_peer_state *peer = &dia->peers[i];
        peer->given_up = peer->state == STATE_ZOMBIE && !peer->connects ? peer->given_up + 1 : 0;
        if (peer->given_up > GIVEN_UP_LOOKS)
            dia_psm_revive(gba_text_view(&peer->identity));
    }
}

/* No hook tells when a peer becomes open (that is later than the connection)
 * or closes in order, so look: often after an event, seldom in quiet times. */
static void on_look(void *arg)
{
    struct rt_dia *dia = arg;
    dia->look_timer = NULL;
    if (dia->closing)
        return;
    if (note_peers(dia)) {
        tell_changes(dia);
        revive(dia);
    }
    dia->look_ms = dia->look_ms < LOOK_SELDOM_MS ? 2 * dia->look_ms : LOOK_SELDOM_MS;
    dia->look_timer = rt_timer_start(dia->loop, dia->look_ms, on_look, dia);
}

static void on_event(void *arg)
{
    struct rt_dia *dia = arg;
    if (dia->closing)
        return;
    rt_timer_cancel(dia->look_timer);
    dia->look_ms = LOOK_SOON_MS;
    dia->look_timer = rt_timer_start(dia->loop, dia->look_ms, on_look, dia);
}

/* After closing freeDiameter's threads may go on, while the loop is gone. */
void dia_look_soon(struct rt_dia *dia)
{
    pthread_mutex_lock(&dia->in_lock);
    if (!dia->in_shut)
        rt_post(dia->loop, on_event, dia);
    pthread_mutex_unlock(&dia->in_lock);
}

/* ---- telling ---- */

void dia_peer_count(struct rt_dia *dia, struct peer_hdr *peer, struct msg *msg, bool in)
{
    struct msg_hdr *hdr = NULL;
    if (!peer || !msg || fd_msg_hdr(msg, &hdr) != 0 || hdr->msg_appl == 0)
        return;
    gba_view name = gba_view_of(peer->info.pi_diamid, peer->info.pi_diamidlen);
    struct dia_peer_state *state = dia_peer_named(dia, name);
    if (!state)
        return;
    bool is_request = hdr->msg_flags & CMD_FLAG_REQUEST;
    _Atomic uint64_t *count = in ? (is_request ? &state->requests_in : &state->answers_in)
                                 : (is_request ? &state->requests_out : &state->answers_out);
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static const char *word_of(const struct dia_peer_state *peer)
{
    switch (peer->state) {
    case STATE_OPEN:
        return "open";
    case STATE_OPEN_NEW:
    case STATE_OPEN_HANDSHAKE:
    case STATE_WAITCEA:
        return "opening";
    case STATE_WAITCNXACK:
    case STATE_WAITCNXACK_ELEC:
        return "connecting";
    case STATE_CLOSING:
    case STATE_CLOSING_GRACE:
        return "closing";
    case STATE_SUSPECT:
        return "suspect";
    case STATE_REOPEN:
        return "reopening";
    default:
        return "closed";
    }
}

void rt_dia_each_peer(const struct rt_dia *dia, rt_dia_peer_fn *fn, void *arg)
{
    for (size_t i = 0; i < dia->n_peers; i++) {
        const struct dia_peer_state *peer = &dia->peers[i];
        struct rt_dia_peer told = {
            .identity = gba_text_view(&peer->identity),
            .tls = peer->tls,
            .connects = peer->connects,
            .open = peer->open,
            .state = word_of(peer),
            .changed_ms = peer->changed_ms,
            .opened = peer->opened,
            .requests_in = atomic_load_explicit(&peer->requests_in, memory_order_relaxed),
            .answers_in = atomic_load_explicit(&peer->answers_in, memory_order_relaxed),
            .requests_out = atomic_load_explicit(&peer->requests_out, memory_order_relaxed),
            .answers_out = atomic_load_explicit(&peer->answers_out, memory_order_relaxed),
        };
        fn(arg, &told);
    }
}
