/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/enrol.h"

#include <stdio.h>
#include <unistd.h>

#include "ue/io/state_file.h"

enum { MAX_BODY = 64 * 1024 };

static const struct ue_enrolee_conf *conf_of(const struct ue_enrol *e)
{
    return &e->run->conf->enrolee;
}

/* ---- files ---- */

static gba_rc read_file(struct ue_enrol *e, const gba_text *path, bool secret, gba_view *content)
{
    gba_rc rc = ue_files_read(&e->files, path, secret, content);
    if (rc != GBA_OK) {
        ue_run_trying(e->run, "file ", path->s);
        snprintf(e->run->detail, sizeof e->run->detail, "%s", e->files.why.s);
    }
    return rc;
}

static gba_view first_line(gba_view text)
{
    gba_view line, rest;
    gba_view_split(text, '\n', &line, &rest);
    return gba_view_trim(line);
}

/* 16 to 256 octets as hexadecimal digits. */
static gba_rc read_key(struct ue_enrol *e, const gba_text *path, uint8_t *key, size_t *n)
{
    gba_view text;
    GBA_TRY(read_file(e, path, true, &text));
    text = first_line(text);
    *n = text.n / 2;
    ue_run_trying(e->run, "key file ", path->s);
    GBA_ENSURE(*n >= M2M_KPM_MIN && *n <= M2M_KPM_MAX, GBA_E_HEX);
    return gba_hex_parse(text, key, *n);
}

static gba_rc read_trust(struct ue_enrol *e, const struct m2m_conf_expect *conf, struct m2m_expect *expect)
{
    GBA_TRY(read_file(e, &conf->anchors, false, &expect->anchors));
    return read_file(e, &conf->crls, false, &expect->crls);
}

static gba_rc read_own_cert(struct ue_enrol *e)
{
    const struct ue_enrolee_cert *cert = &conf_of(e)->cert;
    if (e->key.n > 0)
        return GBA_OK;
    GBA_TRY(read_file(e, &cert->cert, false, &e->cert));
    return read_file(e, &cert->key, true, &e->key);
}

/* ---- store ---- */

gba_rc ue_enrol_load(struct ue_enrol *e)
{
    ue_run_trying(e->run, "instructions: ", "enrolee.id is missing");
    GBA_ENSURE(conf_of(e)->id.n > 0, GBA_E_CONFIG);
    GBA_TRY(ue_enrolee_of(conf_of(e), &e->who));
    ue_run_trying(e->run, "store ", conf_of(e)->store.s);
    gba_rc rc = ue_store_read(conf_of(e)->store.s, &e->ring);
    return rc == GBA_E_ABSENT ? GBA_OK : rc;
}

static gba_rc write_store(struct ue_enrol *e)
{
    gba_rc rc = ue_store_write(conf_of(e)->store.s, &e->ring);
    if (rc != GBA_OK)
        ue_run_trying(e->run, "store ", conf_of(e)->store.s);
    return rc;
}

static gba_rc keep(struct ue_enrol *e, const struct m2m_link *link)
{
    gba_env env = ue_run_env();
    GBA_TRY(m2m_keyring_keep(&e->ring, link, gba_env_now_s(&env)));
    return write_store(e);
}

const struct m2m_link *ue_enrol_link(struct ue_enrol *e)
{
    return m2m_keyring_find(&e->ring, &e->who.target.id, false);
}

gba_rc ue_enrol_check(const struct ue_enrol *e, const struct m2m_link *link)
{
    gba_env env = ue_run_env();
    GBA_TRY(m2m_link_check(link, gba_env_now_s(&env)));
    bool bootstrapped = link->from != M2M_FROM_GBA || gba_text_eq(&link->id, &e->run->keys.btid);
    return bootstrapped ? GBA_OK : GBA_E_ENROL_EXPIRED;
}

gba_rc ue_enrol_import(struct ue_enrol *e, const char *key_id, const char *key_file)
{
    gba_env env = ue_run_env();
    gba_text path;
    bool maf = e->who.target.id.kind == M2M_ID_FQDN;
    struct m2m_link link = {
        .target = e->who.target.id,
        .from = M2M_FROM_IMPORT,
        .use = maf ? M2M_USE_KM : M2M_USE_KPSA,
        .made_s = gba_env_now_s(&env),
        .until_s = INT64_MAX,
    };
    ue_run_trying(e->run, "key ", key_id);
    GBA_TRY(m2m_key_name_parse(gba_view_cstr(key_id), maf, &link.id));
    GBA_TRY(gba_text_set(&path, gba_view_cstr(key_file)));
    gba_rc rc = read_key(e, &path, link.key, &link.key_n);
    if (rc == GBA_OK)
        rc = keep(e, &link);
    gba_wipe(&link);
    return rc;
}

gba_rc ue_enrol_forget(struct ue_enrol *e)
{
    ue_run_trying(e->run, "keys for ", e->who.target.id.text.s);
    GBA_ENSURE(m2m_keyring_forget(&e->ring, &e->who.target.id) > 0, GBA_E_ENROL_NONE);
    return write_store(e);
}

gba_rc ue_enrol_e2e(struct ue_enrol *e, gba_view salt, struct m2m_e2e *out)
{
    const struct m2m_link *link = ue_enrol_link(e);
    m2m_key kpsa;
    ue_run_trying(e->run, "end-to-end keys for ", e->who.target.id.text.s);
    GBA_ENSURE(conf_of(e)->e2e, GBA_E_ENROL_E2E);
    GBA_TRY(ue_enrol_check(e, link));
    /*= TS-0003 10.3.6: of Kpsa */
    GBA_ENSURE(link->use == M2M_USE_KPSA && link->key_n == sizeof kpsa.b, GBA_E_ENROL_E2E);
    gba_copy(kpsa.b, gba_view_of(link->key, link->key_n));
    gba_rc rc = m2m_derive_e2e(&kpsa, salt, out);
    gba_wipe(&kpsa);
    return rc;
}

/* ---- connections ---- */

static gba_rc give_kpm(void *arg, uint16_t suite, struct rt_tls_psk *out)
{
    struct ue_enrol *e = arg;
    (void)suite;
    *out = e->kpm;
    return GBA_OK;
}

/*= TS-0003 8.3.2.3: the key of GBA is that of the negotiated suite */
static gba_rc give_naf_key(struct ue_enrol *e, uint16_t suite, struct rt_tls_psk *out)
{
    gba_nafid naf = {.fqdn = e->who.target.fqdn, .ua = gba_uaid_tls(suite)};
    gba_ks_naf key;
    bool uicc = conf_of(e)->client_in_uicc;
    GBA_TRY(ue_enrol_check(e, e->link));
    if (uicc)
        GBA_TRY(m2m_link_identity_uicc(e->link, &out->identity));
    gba_rc rc = uicc ? ue_run_int_key(e->run, &naf, &key) : ue_run_key(e->run, &naf, &key);
    if (rc == GBA_OK) {
        gba_copy(out->key, GBA_ARRAY(key.b));
        out->n = sizeof key.b;
    }
    gba_wipe(&key);
    return rc;
}

static gba_rc give_link(void *arg, uint16_t suite, struct rt_tls_psk *out)
{
    struct ue_enrol *e = arg;
    out->identity = *m2m_link_identity(e->link);
    if (e->link->from == M2M_FROM_GBA)
        return give_naf_key(e, suite, out);
    gba_copy(out->key, gba_view_of(e->link->key, e->link->key_n));
    out->n = e->link->key_n;
    return GBA_OK;
}

/* With the key that psk gives, or with our certificate when it is NULL. */
static gba_rc open_peer(struct ue_enrol *e, gba_view label)
{
    struct ue_peer_conf *conf = &e->peer_conf;
    ue_peer_close(e->peer);
    e->peer = NULL;
    conf->timeout_ms = e->run->conf->timeout_ms;
    conf->max_body = MAX_BODY;
    conf->psk_arg = e;
    if (!conf->psk) {
        GBA_TRY(read_own_cert(e));
        conf->cert_pem = e->cert;
        conf->key_pem = e->key;
        conf->raw = conf_of(e)->cert.raw;
    }
    ue_run_trying(e->run, "handshake with ", conf->name.s);
    GBA_TRY(ue_peer_open(conf, &e->peer));
    return ue_peer_export(e->peer, label, e->exported, sizeof e->exported);
}

static gba_rc open_mef(struct ue_enrol *e)
{
    const struct ue_enrolee_conf *conf = conf_of(e);
    e->peer_conf = (struct ue_peer_conf){.address = e->who.mef.connect,
                                         .name = e->who.mef.host,
                                         .port = e->who.mef.port,
                                         .dtls = conf->transport == UE_TRANSPORT_DTLS};
    if (e->who.instructions.framework == M2M_PPSK) {
        e->kpm.identity = conf->kpm.id;
        GBA_TRY(read_key(e, &conf->kpm.key_file, e->kpm.key, &e->kpm.n));
        e->peer_conf.psk = give_kpm;
    } else {
        GBA_TRY(read_trust(e, &conf->mef.expect, &e->who.mef_expect));
        e->peer_conf.expect = &e->who.mef_expect;
    }
    return open_peer(e, M2M_LABEL_BOOTSTRAP);
}

static gba_rc open_associate(struct ue_enrol *e, const struct m2m_saef_order *order)
{
    const struct ue_enrolee_conf *conf = conf_of(e);
    struct m2m_party *party = order->to_maf ? &e->who.maf : &e->who.target;
    const gba_text *address = order->to_maf ? &conf->maf.address : &conf->target.address;
    e->link = order->link;
    e->peer_conf = (struct ue_peer_conf){
        .address = *address, .name = party->fqdn, .port = 443, .dtls = conf->transport == UE_TRANSPORT_DTLS};
    if (order->link && order->link->from == M2M_FROM_GBA && !e->run->session_open)
        GBA_TRY(ue_run_open_card(e->run));
    if (order->link) {
        e->peer_conf.psk = give_link;
    } else {
        GBA_TRY(
            read_trust(e, order->to_maf ? &conf->maf.expect : &conf->target.party.expect, &party->expect));
        e->peer_conf.expect = &party->expect;
    }
    return open_peer(e, M2M_LABEL_CONNECTION);
}

/* ---- enrolment ---- */

/* While the file is there, its token is due. */
static gba_rc find_token(struct ue_enrol *e)
{
    const gba_text *path = &conf_of(e)->token_file;
    e->who.instructions.token = path->n > 0 && access(path->s, F_OK) == 0;
    if (!e->who.instructions.token)
        return GBA_OK;
    GBA_TRY(read_file(e, path, true, &e->token));
    e->token = first_line(e->token);
    ue_run_trying(e->run, "token file ", path->s);
    return e->token.n == M2M_TOKEN_TEXT_N ? GBA_OK : GBA_E_TOKEN;
}

static void on_presented(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct m2m_enrol_event *event = arg;
    event->rc = rc;
    event->status = rc == GBA_OK ? rsp->status : 0;
}

static void present(struct ue_enrol *e, struct m2m_enrol_event *event)
{
    uint8_t body[256];
    gba_writer w = gba_writer_of(body, sizeof body);
    bool bare = gba_view_eq(e->who.mef.target, GBA_LIT("/"));
    struct gba_http_msg req = {
        .method = GBA_LIT("POST"), .target = bare ? GBA_LIT("/enrol") : e->who.mef.target, .minor = 1};
    ue_run_trying(e->run, "token for ", e->who.mef.host.s);
    m2m_enrol_token_put(&e->who.instructions, e->token, &w);
    req.body = gba_writer_view(&w);
    event->rc = gba_writer_end(&w);
    if (event->rc == GBA_OK)
        event->rc = gba_http_field_add(&req, GBA_LIT("Content-Type"), GBA_LIT("application/json"));
    if (event->rc == GBA_OK)
        ue_peer_request(e->peer, &req, on_presented, event);
    gba_wipe_bytes(body, sizeof body);
}

static void bootstrap(struct ue_enrol *e, bool fresh, struct m2m_enrol_event *event)
{
    struct ue_run *run = e->run;
    event->rc = run->session_open ? GBA_OK : ue_run_open_card(run);
    if (event->rc == GBA_OK)
        event->rc = ue_run_need_keys(run, fresh);
    event->btid = gba_text_view(&run->keys.btid);
    event->until_s = run->keys.expires_s;
    event->in_card = run->keys.mode == UE_MODE_U;
}

static gba_rc keep_enrolled(struct ue_enrol *e, const struct m2m_link *link)
{
    GBA_TRY(keep(e, link));
    if (e->who.instructions.token && unlink(conf_of(e)->token_file.s) != 0) {
        ue_run_trying(e->run, "removing the used token ", conf_of(e)->token_file.s);
        return GBA_E_FILE;
    }
    return GBA_OK;
}

static struct m2m_enrol_event carry_out(struct ue_enrol *e, const struct m2m_enrol_order *order,
                                        const struct m2m_enrol *run)
{
    struct m2m_enrol_event event = {.kind = M2M_ENROL_KEPT};
    switch (order->kind) {
    case M2M_ENROL_HANDSHAKE:
        event.kind = M2M_ENROL_HANDSHAKEN;
        event.rc = open_mef(e);
        event.exported = e->exported;
        break;
    case M2M_ENROL_PRESENT:
        event.kind = M2M_ENROL_PRESENTED;
        present(e, &event);
        break;
    case M2M_ENROL_BOOTSTRAP:
        event.kind = M2M_ENROL_BOOTSTRAPPED;
        bootstrap(e, order->fresh, &event);
        break;
    case M2M_ENROL_KEEP:
    case M2M_ENROL_DONE:
        event.rc = keep_enrolled(e, &run->link);
        break;
    }
    return event;
}

gba_rc ue_enrol_make(struct ue_enrol *e, bool fresh)
{
    struct m2m_enrol_event event = {.kind = M2M_ENROL_START, .rc = GBA_OK, .ring = &e->ring};
    struct m2m_enrol_order order;
    struct m2m_enrol run;
    GBA_TRY(find_token(e));
    e->who.instructions.fresh = fresh;
    m2m_enrol_init(&run, &e->who.instructions);
    gba_env env = ue_run_env();
    m2m_enrol_step(&run, &env, &event, &order);
    while (order.kind != M2M_ENROL_DONE) {
        event = carry_out(e, &order, &run);
        env = ue_run_env();
        m2m_enrol_step(&run, &env, &event, &order);
    }
    e->reused = order.reused;
    gba_wipe(&run);
    return order.reason;
}

/* ---- association ---- */

/* A request on its way: the engine looks at the answer while it lives. */
struct exchange {
    struct m2m_saef *run;
    struct m2m_saef_order *order;
    ue_enrol_fn *fn;
    void *arg;
};

static void on_answer(void *arg, gba_rc rc, const struct gba_http_msg *rsp)
{
    struct exchange *x = arg;
    gba_env env = ue_run_env();
    struct m2m_saef_event event = {.kind = M2M_SAEF_ANSWERED, .rc = rc, .response = rsp};
    m2m_saef_step(x->run, &env, &event, x->order);
    if (x->order->kind == M2M_SAEF_DONE && x->order->reason == GBA_OK)
        x->fn(x->arg, rsp);
}

static void send_request(struct ue_enrol *e, struct exchange *x)
{
    uint8_t room[256];
    gba_writer scratch = gba_writer_of(room, sizeof room);
    struct m2m_request request = x->order->request;
    struct gba_http_msg msg;
    ue_run_trying(e->run, "request to ", e->peer_conf.name.s);
    m2m_request_to_http(&request, &scratch, &msg);
    ue_peer_request(e->peer, &msg, on_answer, x);
}

static void carry_out_saef(struct ue_enrol *e, struct exchange *x)
{
    struct m2m_saef_event event = {.kind = M2M_SAEF_KEPT};
    if (x->order->kind == M2M_SAEF_SEND) {
        send_request(e, x);
        return;
    }
    if (x->order->kind == M2M_SAEF_OPEN) {
        event.kind = M2M_SAEF_OPENED;
        event.rc = open_associate(e, x->order);
        event.exported = e->exported;
    } else {
        event.rc = write_store(e);
    }
    gba_env env = ue_run_env();
    m2m_saef_step(x->run, &env, &event, x->order);
}

gba_rc ue_enrol_connect(struct ue_enrol *e, enum m2m_saef_way way, ue_enrol_fn *fn, void *arg)
{
    const struct ue_enrolee_maf *maf = &conf_of(e)->maf;
    struct m2m_saef_event event = {.kind = M2M_SAEF_START, .rc = GBA_OK};
    struct m2m_saef_conf conf = {
        .way = way,
        .self = e->who.id,
        .target = e->who.target.id,
        .registrar = e->who.registrar,
        .maf = e->who.maf.id,
        .lifetime_s = maf->lifetime_s,
    };
    struct m2m_saef_order order;
    struct m2m_saef run;
    conf.admin = maf->admin.n > 0 ? maf->admin : way == M2M_SAEF_KC ? e->who.maf.fqdn : e->who.target.fqdn;
    conf.maf_by_cert = way == M2M_SAEF_KC && conf_of(e)->cert.key.n > 0 &&
                       !m2m_keyring_find(&e->ring, &e->who.maf.id, false);
    ue_run_trying(e->run, "association with ", e->who.target.id.text.s);
    m2m_saef_init(&run, &conf, &e->ring);
    gba_env env = ue_run_env();
    m2m_saef_step(&run, &env, &event, &order);
    struct exchange x = {&run, &order, fn, arg};
    while (order.kind != M2M_SAEF_DONE)
        carry_out_saef(e, &x);
    gba_wipe(&run);
    return order.reason;
}

void ue_enrol_close(struct ue_enrol *e)
{
    ue_peer_close(e->peer);
    ue_files_drop(&e->files);
    gba_wipe(e);
}
