/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/admin_bsf.h"

#include <stdlib.h>

#include "bsf/io/explain.h"
#include "rt/audit.h"
#include "rt/live.h"

struct bsf_admin {
    struct rt_daemon *daemon;
    struct bsf_role *role;
};

/* A question that the store must be asked for; freed when it is answered. */
struct errand {
    struct bsf_admin *admin;
    struct m2m_admin_later *later;
    const struct bsf_conf *conf; /* held */
    gba_rc (*show)(struct errand *e);
    bsf_store_fn *on_deleted;
    bool one; /* of a B-TID, not of a subscriber */
    size_t revoked;
    struct bsf_lookup lookup;
};

static void end(struct errand *e, gba_rc rc)
{
    rt_live_drop(rt_daemon_live(e->admin->daemon), e->conf);
    m2m_admin_answer(e->later, rc);
    gba_wipe(&e->lookup);
    free(e);
}

/* ---- showing ---- */

static gba_rc show_one(struct errand *e)
{
    struct gba_json_out o = {.w = m2m_admin_ask_of(e->later)->out};
    bsf_explain_session(&o, &e->lookup.sessions[0]);
    return GBA_OK;
}

static gba_rc show_all(struct errand *e)
{
    struct gba_json_out o = {.w = m2m_admin_ask_of(e->later)->out};
    gba_json_begin(&o, NULL, '[');
    for (size_t i = 0; i < e->lookup.n; i++)
        bsf_explain_session(&o, &e->lookup.sessions[i]);
    gba_json_end(&o, ']');
    return GBA_OK;
}

static gba_rc show_explained(struct errand *e)
{
    const struct m2m_admin_ask *ask = m2m_admin_ask_of(e->later);
    const struct bsf_explain about = {e->conf, &e->admin->role->seen, &e->lookup, ask, e->admin->role->ub};
    return bsf_explain(&about);
}

static void on_looked_up(void *arg, gba_rc rc)
{
    struct errand *e = arg;
    end(e, rc == GBA_OK ? e->show(e) : rc);
}

/* An unknown B-TID may be an IMPI; a name that is neither is explained too. */
static void on_explained(void *arg, gba_rc rc)
{
    struct errand *e = arg;
    if (gba_rc_class(rc) == GBA_CLASS_ABSENT && e->one) {
        e->one = false;
        bsf_lookup_all(&e->lookup, m2m_admin_ask_of(e->later)->name);
        return;
    }
    end(e, rc == GBA_OK ? show_explained(e) : rc);
}

/* ---- revoking ---- */

static gba_rc show_revoked(struct errand *e)
{
    struct gba_json_out o = {.w = m2m_admin_ask_of(e->later)->out};
    gba_json_begin(&o, NULL, '{');
    gba_json_integer(&o, "revoked", (int64_t)e->revoked);
    gba_json_end(&o, '}');
    return GBA_OK;
}

static void tell_revoked(const struct bsf_lookup_session *session)
{
    uint8_t room[32];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view name = bsf_seen_session(gba_text_view(&session->btid), &w);
    rt_log(RT_LOG_NOTICE, "session.revoked", RT_STR("session", name),
           RT_ID("impi", gba_text_view(&session->impi)));
    rt_audit_note("session.revoked", RT_STR("session", name), RT_ID("impi", gba_text_view(&session->impi)));
}

static void revoke_next(struct errand *e)
{
    const struct bsf_store *store = &e->admin->role->store;
    if (e->revoked == e->lookup.n)
        end(e, show_revoked(e));
    else
        store->del(store->self, &e->lookup.sessions[e->revoked].key, e->on_deleted, e);
}

static void on_deleted(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    struct errand *e = arg;
    (void)found;
    (void)n;
    if (rc != GBA_OK) {
        end(e, rc);
        return;
    }
    tell_revoked(&e->lookup.sessions[e->revoked++]);
    revoke_next(e);
}

static void on_doomed(void *arg, gba_rc rc)
{
    struct errand *e = arg;
    e->on_deleted = on_deleted;
    if (rc == GBA_OK)
        revoke_next(e);
    else
        end(e, rc);
}

/* ---- asking ---- */

static gba_rc begin(struct bsf_admin *admin, const struct m2m_admin_ask *ask, bsf_lookup_fn *fn,
                    struct errand **out)
{
    struct errand *e = calloc(1, sizeof *e);
    GBA_ENSURE(e, GBA_E_MEMORY);
    e->admin = admin;
    e->conf = rt_live_hold(rt_daemon_live(admin->daemon));
    e->later = m2m_admin_later(ask);
    bsf_lookup_begin(&e->lookup,
                     &(struct bsf_lookup_parts){&admin->role->store, e->conf, &admin->role->ring, fn, e});
    *out = e;
    return GBA_OK;
}

static gba_rc get_session(void *arg, const struct m2m_admin_ask *ask)
{
    struct errand *e;
    GBA_TRY(begin(arg, ask, on_looked_up, &e));
    e->show = show_one;
    bsf_lookup_one(&e->lookup, ask->name);
    return GBA_OK;
}

static gba_rc get_sessions_of(void *arg, const struct m2m_admin_ask *ask)
{
    struct errand *e;
    GBA_TRY(begin(arg, ask, on_looked_up, &e));
    e->show = show_all;
    bsf_lookup_all(&e->lookup, ask->name);
    return GBA_OK;
}

static gba_rc delete_session(void *arg, const struct m2m_admin_ask *ask)
{
    struct errand *e;
    GBA_TRY(begin(arg, ask, on_doomed, &e));
    bsf_lookup_one(&e->lookup, ask->name);
    return GBA_OK;
}

static gba_rc delete_sessions_of(void *arg, const struct m2m_admin_ask *ask)
{
    struct errand *e;
    GBA_TRY(begin(arg, ask, on_doomed, &e));
    bsf_lookup_all(&e->lookup, ask->name);
    return GBA_OK;
}

static gba_rc explain(void *arg, const struct m2m_admin_ask *ask)
{
    struct errand *e;
    GBA_TRY(bsf_explain_check(ask));
    GBA_TRY(begin(arg, ask, on_explained, &e));
    e->one = true;
    bsf_lookup_one(&e->lookup, ask->name);
    return GBA_OK;
}

/* ---- what needs no store ---- */

static gba_rc count_sessions(void *arg, const struct m2m_admin_ask *ask)
{
    const struct bsf_admin *admin = arg;
    const struct bsf_store *store = &admin->role->store;
    struct gba_json_out o = {.w = ask->out};
    gba_json_begin(&o, NULL, '{');
    gba_json_integer(&o, "count", (int64_t)store->count(store->self));
    gba_json_bool(&o, "ready", store->ready(store->self));
    gba_json_end(&o, '}');
    return GBA_OK;
}

static gba_rc challenges(void *arg, const struct m2m_admin_ask *ask)
{
    const struct bsf_admin *admin = arg;
    const struct bsf_conf *conf = rt_live_now(rt_daemon_live(admin->daemon));
    struct gba_json_out o = {.w = ask->out};
    gba_json_begin(&o, NULL, '{');
    gba_json_integer(&o, "waiting", (int64_t)bsf_ub_http_challenges(admin->role->ub));
    gba_json_integer(&o, "max", conf->ub.max_challenges);
    gba_json_integer(&o, "lifetime", conf->ub.challenge_s);
    gba_json_end(&o, '}');
    return GBA_OK;
}

struct peers {
    struct gba_json_out o;
    int64_t mono_ms;
};

static void on_peer(void *arg, const struct rt_dia_peer *peer)
{
    struct peers *peers = arg;
    struct gba_json_out *o = &peers->o;
    gba_json_begin(o, NULL, '{');
    gba_json_text(o, "peer", peer->identity);
    gba_json_bool(o, "open", peer->open);
    gba_json_text(o, "state", gba_view_cstr(peer->state));
    gba_json_integer(o, "seconds", (peers->mono_ms - (int64_t)peer->changed_ms) / 1000);
    gba_json_bool(o, "connects", peer->connects);
    gba_json_bool(o, "tls", peer->tls);
    gba_json_integer(o, "opened", (int64_t)peer->opened);
    gba_json_integer(o, "requestsIn", (int64_t)peer->requests_in);
    gba_json_integer(o, "answersOut", (int64_t)peer->answers_out);
    gba_json_integer(o, "requestsOut", (int64_t)peer->requests_out);
    gba_json_integer(o, "answersIn", (int64_t)peer->answers_in);
    gba_json_end(o, '}');
}

static gba_rc list_peers(void *arg, const struct m2m_admin_ask *ask)
{
    const struct bsf_admin *admin = arg;
    struct peers peers = {{.w = ask->out}, ask->env->mono_ms};
    gba_json_begin(&peers.o, NULL, '[');
    rt_dia_each_peer(admin->role->dia, on_peer, &peers);
    gba_json_end(&peers.o, ']');
    return GBA_OK;
}

static const struct m2m_admin_route routes[] = {
    {"GET", "/v1/sessions", count_sessions},
    {"GET", "/v1/sessions/*", get_session},
    {"DELETE", "/v1/sessions/*", delete_session},
    {"GET", "/v1/subscribers/*/sessions", get_sessions_of},
    {"DELETE", "/v1/subscribers/*/sessions", delete_sessions_of},
    {"GET", "/v1/challenges", challenges},
    {"GET", "/v1/peers", list_peers},
    {"GET", "/v1/explain/*", explain},
    {0},
};

gba_rc bsf_admin_mount(struct m2m_admin *admin, struct rt_daemon *daemon, struct bsf_role *role,
                       struct bsf_admin **out)
{
    struct bsf_admin *self = calloc(1, sizeof *self);
    GBA_ENSURE(self, GBA_E_MEMORY);
    *self = (struct bsf_admin){daemon, role};
    m2m_admin_add(admin, routes, self);
    *out = self;
    return GBA_OK;
}

void bsf_admin_free(struct bsf_admin *admin)
{
    free(admin);
}
