/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/enrolee.h"

#include "gba/wire/json.h"

void m2m_enrol_init(struct m2m_enrol *run, const struct m2m_enrolee *conf)
{
    *run = (struct m2m_enrol){.conf = conf, .waiting = M2M_ENROL_DONE};
}

static enum m2m_link_from from_of(enum m2m_framework framework)
{
    static const enum m2m_link_from froms[] = {
        [M2M_PPSK] = M2M_FROM_PPSK, [M2M_CERT] = M2M_FROM_CERT, [M2M_GBA] = M2M_FROM_GBA};
    return froms[framework];
}

/* A KeId names the MEF that it is from. */
static bool same_mef(const struct m2m_enrolee *conf, const struct m2m_link *link)
{
    gba_view left, mef;
    if (conf->framework == M2M_GBA)
        return true;
    return gba_view_split(gba_text_view(&link->id), '@', &left, &mef) &&
           gba_view_eq_nocase(mef, gba_text_view(&conf->mef));
}

/* A key that these instructions would lead to. */
static bool fits(const struct m2m_enrolee *conf, const struct m2m_link *link)
{
    return link->from == from_of(conf->framework) && link->suid == conf->suid && same_mef(conf, link);
}

static struct m2m_enrol_order done(gba_rc reason)
{
    return (struct m2m_enrol_order){.kind = M2M_ENROL_DONE, .reason = reason};
}

static struct m2m_enrol_order start(struct m2m_enrol *run, const gba_env *env,
                                    const struct m2m_enrol_event *event)
{
    const struct m2m_enrolee *conf = run->conf;
    if (conf->target.text.n == 0)
        return done(GBA_E_ENROL_NONE);
    const struct m2m_link *link = m2m_keyring_find(event->ring, &conf->target, false);
    if (conf->framework == M2M_GBA) /* Ks has a life of its own */
        return (struct m2m_enrol_order){.kind = M2M_ENROL_BOOTSTRAP, .fresh = conf->fresh};
    bool wanted = conf->fresh || conf->token; /* a token is there to be presented */
    if (wanted || m2m_link_check(link, gba_env_now_s(env)) != GBA_OK || !fits(conf, link))
        return (struct m2m_enrol_order){.kind = M2M_ENROL_HANDSHAKE};
    run->link = *link;
    return (struct m2m_enrol_order){.kind = M2M_ENROL_DONE, .reason = GBA_OK, .reused = true};
}

static void begin_link(struct m2m_enrol *run, int64_t now_s, int64_t until_s)
{
    const struct m2m_enrolee *conf = run->conf;
    run->link = (struct m2m_link){
        .target = conf->target,
        .from = from_of(conf->framework),
        .use = conf->target.kind == M2M_ID_FQDN ? M2M_USE_KM : M2M_USE_KPSA,
        .suid = conf->suid,
        .made_s = now_s,
        .until_s = until_s,
    };
}

/*= TS-0003 8.3.2.1, 10.3.1-10.3.4, 10.3.7 */
static gba_rc make_keys(struct m2m_enrol *run, const uint8_t *exported)
{
    const struct m2m_enrolee *conf = run->conf;
    struct m2m_link *link = &run->link;
    m2m_key ke, key;
    m2m_rel rel;
    m2m_export_split(exported, &rel, &ke);
    gba_copy(link->ke.b, GBA_ARRAY(ke.b));
    gba_wipe(&ke);
    GBA_TRY(m2m_keyid_make(&rel, gba_text_view(&conf->mef), &link->id));
    gba_rc rc = conf->suid == 0
                    ? m2m_derive(&link->ke, &conf->target, &key)
                    : m2m_derive_usage(&link->ke, conf->suid, gba_text_view(&conf->target_fqdn), &key);
    if (rc == GBA_OK) {
        gba_copy(link->key, GBA_ARRAY(key.b));
        link->key_n = sizeof key.b;
    }
    gba_wipe(&key);
    return rc;
}

static struct m2m_enrol_order handshaken(struct m2m_enrol *run, const gba_env *env,
                                         const struct m2m_enrol_event *event)
{
    begin_link(run, gba_env_now_s(env), gba_env_now_s(env) + run->conf->expiry_s);
    gba_rc rc = make_keys(run, event->exported);
    if (rc != GBA_OK)
        return done(rc);
    return (struct m2m_enrol_order){.kind = run->conf->token ? M2M_ENROL_PRESENT : M2M_ENROL_KEEP};
}

static struct m2m_enrol_order presented(const struct m2m_enrol_event *event)
{
    if (event->status == 403)
        return done(GBA_E_TOKEN);
    if (event->status == 409)
        return done(GBA_E_RSPF);
    if (event->status != 200)
        return done(GBA_E_MEF_ANSWER);
    return (struct m2m_enrol_order){.kind = M2M_ENROL_KEEP};
}

/*= TS-0003 8.3.2.3: Ke is Ks and KeId the B-TID; with a UICC as the secure
 * environment the key is Ks_int_NAF */
static struct m2m_enrol_order bootstrapped(struct m2m_enrol *run, const gba_env *env,
                                           const struct m2m_enrol_event *event)
{
    if (run->conf->client_in_uicc && !event->in_card)
        return done(GBA_E_ENROL_UICC);
    begin_link(run, gba_env_now_s(env), event->until_s);
    gba_rc rc = gba_text_set(&run->link.id, event->btid);
    if (rc != GBA_OK)
        return done(rc);
    return (struct m2m_enrol_order){.kind = M2M_ENROL_KEEP};
}

static enum m2m_enrol_order_kind asked_by(enum m2m_enrol_event_kind event)
{
    static const enum m2m_enrol_order_kind askers[] = {
        [M2M_ENROL_START] = M2M_ENROL_DONE,        [M2M_ENROL_HANDSHAKEN] = M2M_ENROL_HANDSHAKE,
        [M2M_ENROL_PRESENTED] = M2M_ENROL_PRESENT, [M2M_ENROL_BOOTSTRAPPED] = M2M_ENROL_BOOTSTRAP,
        [M2M_ENROL_KEPT] = M2M_ENROL_KEEP,
    };
    return askers[event];
}

static struct m2m_enrol_order answer(struct m2m_enrol *run, const gba_env *env,
                                     const struct m2m_enrol_event *event)
{
    if (run->waiting != asked_by(event->kind))
        return done(GBA_E_BUG);
    if (event->kind == M2M_ENROL_START)
        return start(run, env, event);
    if (event->rc != GBA_OK)
        return done(event->rc);
    if (event->kind == M2M_ENROL_HANDSHAKEN)
        return handshaken(run, env, event);
    if (event->kind == M2M_ENROL_PRESENTED)
        return presented(event);
    return event->kind == M2M_ENROL_BOOTSTRAPPED ? bootstrapped(run, env, event) : done(GBA_OK);
}

void m2m_enrol_step(struct m2m_enrol *run, const gba_env *env, const struct m2m_enrol_event *event,
                    struct m2m_enrol_order *order)
{
    *order = answer(run, env, event);
    run->waiting = order->kind;
    if (order->kind == M2M_ENROL_DONE && order->reason != GBA_OK)
        gba_wipe(&run->link);
}

void m2m_enrol_token_put(const struct m2m_enrolee *conf, gba_view token, gba_writer *w)
{
    struct gba_json_out o = {.w = w};
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "enrolmentToken", token);
    gba_json_begin(&o, "rspf", '[');
    gba_json_text(&o, NULL, gba_view_cstr(m2m_link_from_name(from_of(conf->framework))));
    gba_json_end(&o, ']');
    gba_json_end(&o, '}');
}

const char *m2m_enrol_state(gba_rc checked)
{
    return checked == GBA_OK ? "enrolled" : checked == GBA_E_ENROL_EXPIRED ? "expired" : "unenrolled";
}
