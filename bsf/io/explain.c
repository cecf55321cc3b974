/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/explain.h"

#include "bsf/policy.h"
#include "gba/base/stamp.h"
#include "rt/log.h"

enum { REFUSALS_SHOWN = 16 };

static void put_time(struct gba_json_out *o, const char *name, int64_t unix_s)
{
    uint8_t room[24];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_datetime(&w, unix_s);
    gba_json_text(o, name, gba_writer_view(&w));
}

static void put_identity(struct gba_json_out *o, const char *name, gba_view identity)
{
    uint8_t room[GBA_TEXT_MAX + 8];
    gba_writer w = gba_writer_of(room, sizeof room);
    rt_log_identity(identity, &w);
    gba_json_text(o, name, gba_writer_view(&w));
}

/* Values of GBA-Type. */
static gba_view type_name(uint32_t type)
{
    static const char *const names[] = {"3g", "2g", "digest"};
    return gba_view_cstr(type < sizeof names / sizeof *names ? names[type] : "other");
}

void bsf_explain_session(struct gba_json_out *o, const struct bsf_lookup_session *session)
{
    uint8_t room[32];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_json_begin(o, NULL, '{');
    gba_json_text(o, "btid", gba_text_view(&session->btid));
    gba_json_text(o, "session", bsf_seen_session(gba_text_view(&session->btid), &w));
    put_identity(o, "impi", gba_text_view(&session->impi));
    put_time(o, "created", session->created_s);
    put_time(o, "expires", session->expiry_s);
    gba_json_text(o, "mode", session->mode == BSF_U ? GBA_LIT("gba-u") : GBA_LIT("gba-me"));
    gba_json_text(o, "type", type_name(session->gba_type));
    gba_json_bool(o, "tmpi", session->tmpi);
    gba_json_end(o, '}');
}

/* ---- what was refused lately ---- */

static void put_refusals(struct gba_json_out *o, const struct bsf_seen *seen, gba_view whose)
{
    const struct bsf_seen_refusal *refusals[REFUSALS_SHOWN];
    size_t n = bsf_seen_refusals(seen, whose, refusals, REFUSALS_SHOWN);
    for (size_t i = 0; i < n; i++) {
        uint8_t octets[6], room[12];
        gba_writer run = gba_writer_of(octets, sizeof octets), hex = gba_writer_of(room, sizeof room);
        gba_put_u48(&run, refusals[i]->run);
        gba_put_hex(&hex, gba_writer_view(&run));
        gba_json_begin(o, NULL, '{');
        put_time(o, "at", refusals[i]->at_s);
        gba_json_text(o, "where", gba_view_cstr(refusals[i]->where));
        gba_json_text(o, "reason", gba_view_cstr(gba_rc_token(refusals[i]->reason)));
        gba_json_text(o, "text", gba_view_cstr(gba_rc_text(refusals[i]->reason)));
        gba_json_text(o, "run", gba_writer_view(&hex));
        gba_json_end(o, '}');
    }
}

static void put_all_refusals(struct gba_json_out *o, const struct bsf_explain *about)
{
    gba_json_begin(o, "refusals", '[');
    put_refusals(o, about->seen, about->ask->name);
    for (size_t i = 0; i < about->lookup->n; i++) {
        const struct bsf_lookup_session *session = &about->lookup->sessions[i];
        if (!gba_view_eq(gba_text_view(&session->btid), about->ask->name))
            put_refusals(o, about->seen, gba_text_view(&session->btid));
        else if (i == 0)
            put_refusals(o, about->seen, gba_text_view(&session->impi));
    }
    gba_json_end(o, ']');
}

/* ---- what it may, and who is asked for it ---- */

static gba_view impi_of(const struct bsf_explain *about)
{
    if (about->lookup->n > 0)
        return gba_text_view(&about->lookup->sessions[0].impi);
    return gba_impi_check(about->ask->name) == GBA_OK ? about->ask->name : gba_view_cstr(NULL);
}

static void put_limits(struct gba_json_out *o, const struct bsf_explain *about, gba_view impi)
{
    const struct bsf_conf_limit *limit = &about->conf->ub.limits.identity;
    gba_json_begin(o, "limits", '{');
    gba_json_bool(o, "limited", limit->burst > 0);
    if (limit->burst > 0) {
        gba_json_integer(o, "vectorsLeft", bsf_ub_http_vectors_left(about->ub, impi));
        gba_json_integer(o, "burst", limit->burst);
        gba_json_integer(o, "perMinute", limit->rate);
    }
    gba_json_end(o, '}');
}

static void put_route(struct gba_json_out *o, const struct bsf_explain *about, gba_view impi)
{
    const struct bsf_conf_zh_route *route = bsf_zh_route_of(about->conf, impi);
    bool one = about->conf->zh.routes.n == 0;
    const gba_text *host = &about->conf->zh.host;
    gba_json_begin(o, "route", '{');
    if (one || route)
        gba_json_text(o, "realm", gba_text_view(one ? &about->conf->zh.realm : &route->realm));
    gba_json_begin(o, "hosts", '[');
    if (one && host->n > 0)
        gba_json_text(o, NULL, gba_text_view(host));
    for (size_t i = 0; !one && route && i < route->hosts.n; i++)
        gba_json_text(o, NULL, gba_text_view(&bsf_conf_zh_host_at(route, i)->identity));
    gba_json_end(o, ']');
    gba_json_end(o, '}');
}

/* ---- which rules of zn ---- */

static gba_rc naf_of(const struct m2m_admin_ask *ask, gba_nafid *naf, gba_text *ua)
{
    GBA_TRY(m2m_admin_query(ask, "naf", &naf->fqdn));
    GBA_TRY(m2m_admin_query(ask, "ua", ua));
    if (naf->fqdn.n == 0)
        return ua->n == 0 ? GBA_OK : GBA_E_ADMIN_QUERY;
    GBA_ENSURE(gba_is_fqdn(gba_text_view(&naf->fqdn)), GBA_E_NAFID);
    if (ua->n == 0)
        GBA_TRY(gba_text_set(ua, GBA_LIT("http")));
    return gba_uaid_parse(gba_text_view(ua), &naf->ua);
}

gba_rc bsf_explain_check(const struct m2m_admin_ask *ask)
{
    gba_nafid naf;
    gba_text ua;
    return naf_of(ask, &naf, &ua);
}

/* What becomes of the peer and origin that this rule is for, with the certificate and route it wants. */
static void put_rule(struct gba_json_out *o, const struct bsf_conf *conf, size_t i, const gba_nafid *naf)
{
    const struct bsf_conf_rule *rule = bsf_conf_rule_at(conf, i), *fits = NULL;
    gba_view origin = gba_text_view(rule->origin.n > 0 ? &rule->origin : &rule->peer);
    struct bsf_policy_ask ask = {
        .peer = gba_text_view(&rule->peer), .origin = origin, .via = origin, .in_cert = true, .naf = naf};
    gba_rc rc = bsf_policy_find(conf, &ask, &fits);
    gba_json_begin(o, NULL, '{');
    gba_json_integer(o, "rule", (int64_t)i + 1);
    gba_json_text(o, "peer", gba_text_view(&rule->peer));
    gba_json_text(o, "origin", origin);
    gba_json_bool(o, "allowed", rc == GBA_OK);
    gba_json_text(o, "reason", gba_view_cstr(gba_rc_token(rc)));
    for (size_t k = 0; fits && k <= i; k++) {
        if (bsf_conf_rule_at(conf, k) == fits)
            gba_json_integer(o, "by", (int64_t)k + 1);
    }
    if (fits) {
        gba_json_bool(o, "nafInCert", fits->naf_in_cert);
        gba_json_bool(o, "routeRecord", fits->route_record);
        gba_json_bool(o, "impi", fits->impi);
        gba_json_bool(o, "ussRequired", fits->uss_required);
        gba_json_integer(o, "keyLifetime", fits->key_lifetime_s);
    }
    gba_json_end(o, '}');
}

static gba_rc put_naf(struct gba_json_out *o, const struct bsf_explain *about)
{
    gba_nafid naf;
    gba_text ua;
    GBA_TRY(naf_of(about->ask, &naf, &ua));
    if (naf.fqdn.n == 0)
        return GBA_OK;
    gba_json_begin(o, "naf", '{');
    gba_json_text(o, "fqdn", gba_text_view(&naf.fqdn));
    gba_json_text(o, "ua", gba_text_view(&ua));
    gba_json_begin(o, "rules", '[');
    for (size_t i = 0; i < about->conf->zn.n; i++)
        put_rule(o, about->conf, i, &naf);
    gba_json_end(o, ']');
    gba_json_end(o, '}');
    return GBA_OK;
}

gba_rc bsf_explain(const struct bsf_explain *about)
{
    struct gba_json_out o = {.w = about->ask->out};
    gba_json_begin(&o, NULL, '{');
    put_identity(&o, "name", about->ask->name);
    gba_json_begin(&o, "sessions", '[');
    for (size_t i = 0; i < about->lookup->n; i++)
        bsf_explain_session(&o, &about->lookup->sessions[i]);
    gba_json_end(&o, ']');
    put_all_refusals(&o, about);
    gba_view impi = impi_of(about);
    if (impi.n > 0) {
        put_limits(&o, about, impi);
        put_route(&o, about, impi);
    }
    GBA_TRY(put_naf(&o, about));
    gba_json_end(&o, '}');
    return GBA_OK;
}
