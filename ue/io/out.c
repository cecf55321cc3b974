/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/out.h"

#include <jansson.h>
#include <stdio.h>

#include "gba/base/stamp.h"

static bool as_json;
static json_t *current; /* between ue_out_begin and ue_out_end */

void ue_out_json(bool json)
{
    as_json = json;
}

/* ---- pieces ---- */

static json_t *text_json(gba_view v)
{
    return json_stringn(v.n > 0 ? (const char *)v.p : "", v.n);
}

static gba_view datetime(int64_t s, uint8_t room[24])
{
    gba_writer w = gba_writer_of(room, 24);
    gba_put_datetime(&w, s);
    return gba_writer_view(&w);
}

/* Print one value of an object, a line, or put it into JSON. */
static void put(json_t *object, const char *name, gba_view value)
{
    if (as_json)
        json_object_set_new(object, name, text_json(value));
    else
        printf("%-13s %.*s\n", name, (int)value.n, (const char *)value.p);
}

static void flush_json(json_t *object)
{
    if (as_json && json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
        putchar('\n');
    json_decref(object);
}

static json_t *start_json(bool ok)
{
    json_t *object = json_object();
    json_object_set_new(object, "ok", json_boolean(ok));
    return object;
}

/* ---- objects of others ---- */

void ue_out_begin(bool ok)
{
    current = start_json(ok);
}

void ue_out_text(const char *name, gba_view value)
{
    put(current, name, value);
}

void ue_out_time(const char *name, int64_t s)
{
    uint8_t room[24];
    put(current, name, datetime(s, room));
}

void ue_out_number(const char *name, uint64_t value)
{
    uint8_t room[20];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_dec(&w, value);
    put(current, name, gba_writer_view(&w));
}

void ue_out_key_hex(const char *name, gba_view key)
{
    uint8_t room[2 * 256];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_hex(&w, key);
    put(current, name, gba_writer_view(&w));
    gba_wipe_bytes(room, sizeof room);
}

void ue_out_end(void)
{
    flush_json(current);
    current = NULL;
}

/* ---- failure ---- */

void ue_out_failure(const struct ue_run *run, gba_rc rc)
{
    fprintf(stderr, "keystrap-ue: %s: %s%s%s%s [%s]\n", run->what, gba_rc_text(rc),
            run->detail[0] ? " (" : "", run->detail, run->detail[0] ? ")" : "", gba_rc_token(rc));
    if (!as_json)
        return;
    json_t *object = start_json(false);
    put(object, "what", gba_view_cstr(run->what));
    put(object, "why", gba_view_cstr(gba_rc_text(rc)));
    if (run->detail[0])
        put(object, "detail", gba_view_cstr(run->detail));
    put(object, "reason", gba_view_cstr(gba_rc_token(rc)));
    flush_json(object);
}

/* ---- state ---- */

static void put_keys(json_t *object, const struct ue_keys *keys)
{
    uint8_t room[24];
    put(object, "mode", gba_view_cstr(ue_mode_name(keys->mode)));
    if (keys->impi.n == 0)
        return;
    if (keys->app != UICC_APP_AUTO)
        put(object, "app", gba_view_cstr(uicc_app_name(keys->app)));
    put(object, "impi", gba_text_view(&keys->impi));
    if (keys->tmpi.n > 0)
        put(object, "tmpi", gba_text_view(&keys->tmpi));
    if (keys->mode == UE_MODE_NONE)
        return;
    put(object, "btid", gba_text_view(&keys->btid));
    put(object, "created", datetime(keys->created_s, room));
    put(object, "expires", datetime(keys->expires_s, room));
}

void ue_out_status(const struct ue_run *run, gba_rc usable)
{
    json_t *object = start_json(usable == GBA_OK);
    put_keys(object, &run->keys);
    if (usable != GBA_OK)
        put(object, "reason", gba_view_cstr(gba_rc_token(usable)));
    flush_json(object);
}

void ue_out_bootstrapped(const struct ue_run *run)
{
    json_t *object = start_json(true);
    put(object, "bsf", gba_text_view(&run->bsf.authority));
    put_keys(object, &run->keys);
    if (run->resyncs > 0)
        put(object, "resyncs", run->resyncs == 1 ? GBA_LIT("1") : GBA_LIT("2"));
    if (run->store_rc != GBA_OK)
        put(object, "card", gba_view_cstr(gba_rc_token(run->store_rc)));
    flush_json(object);
}

/* ---- key ---- */

void ue_out_key(const struct ue_run *run, const gba_nafid *naf, const gba_ks_naf *ks_naf)
{
    uint8_t ua[10], hex[64], password[44], room[24];
    gba_writer ua_w = gba_writer_of(ua, sizeof ua);
    gba_writer hex_w = gba_writer_of(hex, sizeof hex);
    gba_writer password_w = gba_writer_of(password, sizeof password);
    gba_put_hex(&ua_w, GBA_ARRAY(naf->ua.b));
    gba_put_hex(&hex_w, GBA_ARRAY(ks_naf->b));
    gba_put_b64(&password_w, GBA_ARRAY(ks_naf->b));
    json_t *object = start_json(true);
    put(object, "naf", gba_text_view(&naf->fqdn));
    put(object, "ua", gba_writer_view(&ua_w));
    put(object, "btid", gba_text_view(&run->keys.btid));
    put(object, "expires", datetime(run->keys.expires_s, room));
    put(object, "ks_naf", gba_writer_view(&hex_w));
    put(object, "password", gba_writer_view(&password_w));

    flush_json(object);
    gba_wipe_bytes(hex, sizeof hex);
    gba_wipe_bytes(password, sizeof password);
}

/* ---- answer of a NAF ---- */

static gba_rc write_body(gba_view body, const char *file)
{
    FILE *to = file ? fopen(file, "wb") : stdout;
    GBA_ENSURE(to, GBA_E_FILE);
    bool good = body.n == 0 || fwrite(body.p, 1, body.n, to) == body.n;
    good = (file ? fclose(to) : fflush(to)) == 0 && good;
    return good ? GBA_OK : GBA_E_FILE;
}

static json_t *fields_json(const struct gba_http_msg *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_fields; i++) {
        json_t *field = json_object();
        json_object_set_new(field, "name", text_json(m->fields[i].name));
        json_object_set_new(field, "value", text_json(m->fields[i].value));
        json_array_append_new(list, field);
    }
    return list;
}

/* "body" when it is UTF-8, else nothing: then --output has it. */
gba_rc ue_out_answer(const struct ue_run_answer *answer, const char *file)
{
    const struct gba_http_msg *m = answer->response;
    if (!as_json)
        return write_body(m->body, file);
    json_t *object = start_json(true);
    json_object_set_new(object, "status", json_integer(m->status));
    json_object_set_new(object, "proven", json_boolean(answer->proven));
    json_object_set_new(object, "fields", fields_json(m));
    json_object_set_new(object, "size", json_integer((json_int_t)m->body.n));
    json_t *body = file ? NULL : text_json(m->body);
    if (body)
        json_object_set_new(object, "body", body);
    flush_json(object);
    return file ? write_body(m->body, file) : GBA_OK;
}
