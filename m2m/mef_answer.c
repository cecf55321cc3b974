/* SPDX-License-Identifier: Apache-2.0 */
/* What the MEF says and hears, as JSON. */
#include "gba/wire/json.h"
#include "m2m/mef.h"
#include "m2m/prim.h"

static void put_time(struct gba_json_out *o, const char *name, int64_t s)
{
    uint8_t room[24];
    gba_writer w = gba_writer_of(room, sizeof room);
    m2m_put_time(&w, s);
    gba_json_text(o, name, gba_writer_view(&w));
}

/* ---- fetchCredentials ---- */

unsigned m2m_mef_status(gba_rc rc)
{
    return rc == GBA_E_MEF_EXPIRED ? 410 : m2m_rsc_http(m2m_rsc_of(rc));
}

/*= TS-0003 8.3.2.1: Status, Credential, EnroleeID, Lifetime */
void m2m_mef_given_put(const struct m2m_mef_given *given, gba_writer *w)
{
    struct gba_json_out o = {w, false};
    gba_json_begin(&o, NULL, '{');
    gba_json_bool(&o, "status", true);
    gba_json_b64(&o, "credential", GBA_ARRAY(given->key.b));
    if (given->enrolee.text.n > 0)
        gba_json_text(&o, "enroleeID", gba_text_view(&given->enrolee.text));
    put_time(&o, "lifetime", given->until_s);
    if (given->e2e)
        gba_json_bool(&o, "e2e", true);
    if (given->e2e && given->e2e_params.n > 0)
        gba_json_text(&o, "e2eParameters", gba_text_view(&given->e2e_params));
    gba_json_end(&o, '}');
}

void m2m_mef_refusal_put(gba_rc why, gba_writer *w)
{
    struct gba_json_out o = {w, false};
    gba_json_begin(&o, NULL, '{');
    gba_json_bool(&o, "status", false);
    gba_json_text(&o, "errorString", gba_view_cstr(gba_rc_text(why)));
    gba_json_end(&o, '}');
}

struct given_reader {
    struct m2m_mef_given *out;
    bool status, credential, lifetime;
};

static gba_rc read_key(gba_view text, m2m_key *key)
{
    gba_writer w = gba_writer_of(key->b, sizeof key->b);
    GBA_TRY(gba_b64_parse(text, &w));
    return w.n == sizeof key->b ? GBA_OK : GBA_E_BASE64;
}

static gba_rc on_given(void *self, gba_view path, const struct gba_json_value *value)
{
    struct given_reader *reader = self;
    struct m2m_mef_given *out = reader->out;
    if (gba_view_eq(path, GBA_LIT("status"))) {
        reader->status = value->kind == GBA_JSON_BOOL && value->truth;
    } else if (gba_view_eq(path, GBA_LIT("credential"))) {
        reader->credential = true;
        return read_key(value->text, &out->key);
    } else if (gba_view_eq(path, GBA_LIT("enroleeID"))) {
        return m2m_id_parse(value->text, &out->enrolee);
    } else if (gba_view_eq(path, GBA_LIT("lifetime"))) {
        reader->lifetime = true;
        return m2m_time_parse(value->text, &out->until_s);
    } else if (gba_view_eq(path, GBA_LIT("e2e"))) {
        out->e2e = value->kind == GBA_JSON_BOOL && value->truth;
    } else if (gba_view_eq(path, GBA_LIT("e2eParameters"))) {
        return gba_text_set(&out->e2e_params, value->text);
    }
    return GBA_OK;
}

gba_rc m2m_mef_given_parse(gba_view json, struct m2m_mef_given *out)
{
    struct given_reader reader = {.out = out};
    *out = (struct m2m_mef_given){.until_s = 0};
    gba_rc rc = gba_json_read(json, on_given, &reader);
    if (rc == GBA_OK && reader.status && reader.credential && reader.lifetime)
        return GBA_OK;
    gba_wipe(out);
    return rc == GBA_E_MEMORY ? rc : GBA_E_MEF_ANSWER;
}

/* ---- enrolment with a token ---- */

struct offer_reader {
    struct m2m_mef_offer *out;
    gba_writer *room;
};

static unsigned framework_bit(gba_view word)
{
    static const struct {
        const char *word;
        enum m2m_framework framework;
    } rows[] = {{"ppsk", M2M_PPSK}, {"cert", M2M_CERT}, {"gba", M2M_GBA}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (gba_view_eq(word, gba_view_cstr(rows[i].word)))
            return 1u << rows[i].framework;
    }
    return 0;
}

static gba_rc on_offer(void *self, gba_view path, const struct gba_json_value *value)
{
    struct offer_reader *reader = self;
    if (gba_view_eq(path, GBA_LIT("enrolmentToken"))) {
        size_t at = reader->room->n;
        gba_put_view(reader->room, value->text);
        GBA_ENSURE(gba_writer_end(reader->room) == GBA_OK, GBA_E_TOKEN);
        reader->out->token = gba_view_sub(gba_writer_view(reader->room), at, value->text.n);
    } else if (gba_view_starts(path, GBA_LIT("rspf/"))) {
        reader->out->frameworks |= framework_bit(value->text);
    }
    return GBA_OK;
}

gba_rc m2m_mef_offer_parse(gba_view json, gba_writer *room, struct m2m_mef_offer *out)
{
    struct offer_reader reader = {out, room};
    *out = (struct m2m_mef_offer){.frameworks = 0};
    GBA_TRY(gba_json_read(json, on_offer, &reader));
    return out->token.n > 0 ? GBA_OK : GBA_E_TOKEN;
}

void m2m_mef_enrolled_put(const struct m2m_mef_enrolled *enrolled, gba_writer *w)
{
    struct gba_json_out o = {w, false};
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "keID", gba_text_view(&enrolled->keid));
    put_time(&o, "expires", enrolled->until_s);
    gba_json_end(&o, '}');
}

void m2m_mef_error_put(gba_rc why, gba_writer *w)
{
    struct gba_json_out o = {w, false};
    gba_json_begin(&o, NULL, '{');
    gba_json_text(&o, "error", gba_view_cstr(gba_rc_token(why)));
    gba_json_end(&o, '}');
}
