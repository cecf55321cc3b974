/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/enrol_cmd.h"

#include <stdio.h>

#include "ue/io/enrol.h"
#include "ue/io/out.h"

/* ---- what is printed ---- */

/* The keys of GBA are those of its suites, and can be told when Ks is here. */
static void show_naf_keys(struct ue_enrol *e, const struct m2m_link *link)
{
    static const struct {
        uint16_t suite;
        const char *name;
    } suites[] = {{0x00ae, "key-00ae"}, {0xc0a8, "key-c0a8"}};
    const struct ue_keys *keys = &e->run->keys;
    gba_text fqdn;
    if (keys->mode != UE_MODE_ME || !gba_text_eq(&keys->btid, &link->id) ||
        m2m_id_fqdn(&link->target, &fqdn) != GBA_OK)
        return;
    if (m2m_id_eq(&link->target, &e->who.target.id))
        fqdn = e->who.target.fqdn;
    ue_out_key_hex("ke", GBA_ARRAY(keys->ks.b));
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        gba_nafid naf = {.fqdn = fqdn, .ua = gba_uaid_tls(suites[i].suite)};
        gba_ks_naf ks_naf;
        if (ue_keys_derive(keys, &naf, &ks_naf) == GBA_OK)
            ue_out_key_hex(suites[i].name, GBA_ARRAY(ks_naf.b));
        gba_wipe(&ks_naf);
    }
}

static void show_keys(struct ue_enrol *e, const struct m2m_link *link)
{
    if (link->from == M2M_FROM_GBA) {
        show_naf_keys(e, link);
        return;
    }
    if (link->from == M2M_FROM_PPSK || link->from == M2M_FROM_CERT)
        ue_out_key_hex("ke", GBA_ARRAY(link->ke.b));
    ue_out_key_hex("key", gba_view_of(link->key, link->key_n));
}

static void put_link(const struct ue_enrol *e, const struct m2m_link *link)
{
    ue_out_text("target", gba_text_view(&link->target.text));
    ue_out_text("state", gba_view_cstr(m2m_enrol_state(ue_enrol_check(e, link))));
    ue_out_text("from", gba_view_cstr(m2m_link_from_name(link->from)));
    ue_out_text("use", gba_view_cstr(m2m_key_use_name(link->use)));
    if (link->suid > 0)
        ue_out_number("suid", link->suid);
    ue_out_text("keyid", gba_text_view(&link->id));
    if (link->alias.n > 0)
        ue_out_text("alias", gba_text_view(&link->alias));
    ue_out_time("made", link->made_s);
    if (link->until_s != INT64_MAX)
        ue_out_time("expires", link->until_s);
}

static void put_kept(struct ue_enrol *e, const char *how)
{
    ue_out_begin(true);
    ue_out_text("enrolee", gba_text_view(&e->who.id.text));
    ue_out_text("result", gba_view_cstr(how));
    put_link(e, ue_enrol_link(e));
    ue_out_end();
}

/* ---- commands ---- */

static gba_rc enrol(struct ue_enrol *e, const struct ue_args *args)
{
    GBA_TRY(ue_enrol_make(e, args->fresh));
    put_kept(e, e->reused ? "kept" : "enrolled");
    return GBA_OK;
}

static void status(struct ue_enrol *e, enum ue_enrol_end *end)
{
    const struct m2m_link *link = ue_enrol_link(e);
    gba_rc rc = ue_enrol_check(e, link);
    ue_out_begin(rc == GBA_OK);
    ue_out_text("enrolee", gba_text_view(&e->who.id.text));
    if (link) {
        put_link(e, link);
    } else {
        ue_out_text("target", gba_text_view(&e->who.target.id.text));
        ue_out_text("state", gba_view_cstr(m2m_enrol_state(rc)));
    }
    if (rc != GBA_OK)
        ue_out_text("reason", gba_view_cstr(gba_rc_token(rc)));
    ue_out_end();
    *end = rc == GBA_OK ? UE_END_GOOD : UE_END_NO_KEY;
}

static void keys(struct ue_enrol *e, const struct ue_args *args)
{
    for (size_t i = 0; i < e->ring.n; i++) {
        ue_out_begin(true);
        put_link(e, &e->ring.links[i]);
        if (args->show_keys)
            show_keys(e, &e->ring.links[i]);
        ue_out_end();
    }
}

/* The answer of the associate. */
struct answered {
    const struct ue_args *args;
    gba_rc rc;
    unsigned status;
};

static void on_answer(void *arg, const struct gba_http_msg *rsp)
{
    struct answered *a = arg;
    struct ue_run_answer answer = {.response = rsp, .proven = true};
    a->status = rsp->status;
    a->rc = ue_out_answer(&answer, a->args->output_file);
}

static gba_rc connect_to(struct ue_enrol *e, const struct ue_args *args, enum ue_enrol_end *end)
{
    struct answered a = {args, GBA_OK, 0};
    snprintf(e->run->what, sizeof e->run->what, "enrolee.maf.fqdn is missing");
    GBA_ENSURE(args->via != M2M_SAEF_KC || e->who.maf.id.text.n > 0, GBA_E_CONFIG);
    GBA_TRY(ue_enrol_connect(e, args->via, on_answer, &a));
    *end = a.status >= 400 ? UE_END_ERROR_STATUS : UE_END_GOOD;
    return a.rc;
}

static gba_rc import(struct ue_enrol *e, const struct ue_args *args)
{
    GBA_TRY(ue_enrol_import(e, args->words[0], args->words[1]));
    put_kept(e, "imported");
    return GBA_OK;
}

static gba_rc forget(struct ue_enrol *e)
{
    GBA_TRY(ue_enrol_forget(e));
    ue_out_begin(true);
    ue_out_text("target", gba_text_view(&e->who.target.id.text));
    ue_out_text("result", GBA_LIT("forgotten"));
    ue_out_end();
    return GBA_OK;
}

static gba_rc e2e(struct ue_enrol *e, const struct ue_args *args)
{
    uint8_t salt[64];
    gba_view digits = gba_view_cstr(args->words[1]);
    struct m2m_e2e out;
    snprintf(e->run->what, sizeof e->run->what, "salt");
    GBA_ENSURE(digits.n / 2 <= sizeof salt, GBA_E_HEX);
    GBA_TRY(gba_hex_parse(digits, salt, digits.n / 2));
    GBA_TRY(ue_enrol_e2e(e, gba_view_of(salt, digits.n / 2), &out));
    ue_out_begin(true);
    ue_out_text("target", gba_text_view(&e->who.target.id.text));
    ue_out_key_hex("ke2e_master", GBA_ARRAY(out.master.b));
    ue_out_key_hex("message_auth", GBA_ARRAY(out.message_auth.b));
    ue_out_key_hex("message_conf", GBA_ARRAY(out.message_conf.b));
    ue_out_key_hex("attribute_auth", GBA_ARRAY(out.attribute_auth.b));
    ue_out_key_hex("attribute_conf", GBA_ARRAY(out.attribute_conf.b));
    ue_out_end();
    gba_wipe(&out);
    return GBA_OK;
}

static gba_rc carry_out(struct ue_enrol *e, const struct ue_args *args, enum ue_enrol_end *end)
{
    GBA_TRY(ue_enrol_load(e));
    switch (args->command) {
    case UE_ENROL:
        return enrol(e, args);
    case UE_ENROL_STATUS:
        status(e, end);
        return GBA_OK;
    case UE_ENROL_KEYS:
        keys(e, args);
        return GBA_OK;
    case UE_CONNECT:
        return connect_to(e, args, end);
    case UE_IMPORT:
        return import(e, args);
    case UE_FORGET:
        return forget(e);
    case UE_E2E:
        return e2e(e, args);
    default:
        return GBA_E_BUG;
    }
}

gba_rc ue_enrol_command(struct ue_run *run, const struct ue_args *args, enum ue_enrol_end *end)
{
    static struct ue_enrol e;
    e = (struct ue_enrol){.run = run};
    gba_rc rc = carry_out(&e, args, end);
    ue_enrol_close(&e);
    return rc;
}
