/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/auth_hdr.h"

#include "gba/wire/chars.h"

enum form { QUOTED, BARE };

/* One parameter: where its value goes and how each kind of field writes it. */
struct param {
    gba_view name;
    size_t offset;
    enum form credentials, challenge;
};

#define NAME(s)                                                                                              \
    {                                                                                                        \
        (const uint8_t *)(s), sizeof(s) - 1                                                                  \
    }
#define AT(member) offsetof(struct gba_auth, member)

/* In the order of the examples of TS 24.109 annex A. */
static const struct param params[] = {
    {NAME("username"), AT(username), QUOTED, QUOTED},
    {NAME("realm"), AT(realm), QUOTED, QUOTED},
    {NAME("nonce"), AT(nonce), QUOTED, QUOTED},
    {NAME("domain"), AT(domain), QUOTED, QUOTED},
    {NAME("uri"), AT(uri), QUOTED, QUOTED},
    {NAME("qop"), AT(qop), BARE, QUOTED},
    {NAME("nc"), AT(nc), BARE, BARE},
    {NAME("cnonce"), AT(cnonce), QUOTED, QUOTED},
    {NAME("response"), AT(response), QUOTED, QUOTED},
    {NAME("opaque"), AT(opaque), QUOTED, QUOTED},
    {NAME("algorithm"), AT(algorithm), BARE, BARE},
    {NAME("stale"), AT(stale), BARE, BARE},
    {NAME("auts"), AT(auts), QUOTED, QUOTED},
    {NAME("rspauth"), AT(rspauth), QUOTED, QUOTED},
    {NAME("nextnonce"), AT(nextnonce), QUOTED, QUOTED},
};

enum { PARAMS = sizeof params / sizeof *params };

static gba_view *slot(struct gba_auth *a, const struct param *p)
{
    return (gba_view *)(void *)((char *)a + p->offset);
}

static const gba_view *slot_of(const struct gba_auth *a, const struct param *p)
{
    return (const gba_view *)(const void *)((const char *)a + p->offset);
}

/* NULL for a parameter nobody here knows. */
static const struct param *param_named(gba_view name)
{
    for (size_t i = 0; i < PARAMS; i++) {
        if (gba_view_eq_nocase(params[i].name, name))
            return &params[i];
    }
    return NULL;
}

/* ---- parse ---- */

static uint8_t peek(const gba_reader *r)
{
    return r->at < r->in.n ? r->in.p[r->at] : 0;
}

static void skip_blanks(gba_reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
}

/* Between parameters: blanks and any number of commas (RFC 9110 5.6.1.2). */
static void skip_separators(gba_reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == ',')
        r->at++;
}

static gba_view get_token(gba_reader *r)
{
    size_t from = r->at;
    while (r->at < r->in.n && gba_char_is_token(r->in.p[r->at]))
        r->at++;
    return gba_view_sub(r->in, from, r->at - from);
}

/* Bare values may hold what base64 and paths need although no token does. */
static gba_view get_bare(gba_reader *r)
{
    size_t from = r->at;
    while (peek(r) > ' ' && peek(r) != ',' && peek(r) != '"' && peek(r) != '\\' && peek(r) < 0x7f)
        r->at++;
    return gba_view_sub(r->in, from, r->at - from);
}

/* The inside of a quoted string, escapes still in it. */
static gba_rc get_quoted(gba_reader *r, gba_view *raw)
{
    size_t from = ++r->at;
    while (r->at < r->in.n && r->in.p[r->at] != '"')
        r->at += r->in.p[r->at] == '\\' ? 2 : 1;
    GBA_ENSURE(r->at < r->in.n, GBA_E_AUTH_SYNTAX);
    *raw = gba_view_sub(r->in, from, r->at - from);
    r->at++;
    return GBA_OK;
}

static bool is_blank_or_fold(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Does the value need no rewriting?  Refuses control characters; blanks and
 * line folds are tolerated in auts, where some devices let their base64
 * encoder break lines. */
static gba_rc check_value(gba_view raw, bool is_auts, bool *plain)
{
    *plain = true;
    for (size_t i = 0; i < raw.n; i++) {
        bool gap = is_auts && is_blank_or_fold(raw.p[i]);
        GBA_ENSURE(gap || (raw.p[i] >= ' ' && raw.p[i] != 0x7f), GBA_E_AUTH_SYNTAX);
        *plain = *plain && !gap && raw.p[i] != '\\';
    }
    return GBA_OK;
}

static gba_rc clean_value(gba_view raw, bool is_auts, gba_arena *arena, gba_view *value)
{
    bool plain = true;
    *value = raw;
    GBA_TRY(check_value(raw, is_auts, &plain));
    if (plain)
        return GBA_OK;
    uint8_t *room = gba_arena_take(arena, raw.n);
    GBA_ENSURE(room != NULL, GBA_E_SPACE);
    gba_writer w = gba_writer_of(room, raw.n);
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\')
            i++; /* the scan for the closing quote made sure that one follows */
        if (!is_auts || !is_blank_or_fold(raw.p[i]))
            gba_put_u8(&w, raw.p[i]);
    }
    *value = gba_writer_view(&w);
    return GBA_OK;
}

/* One name=value. */
static gba_rc get_param(gba_reader *r, gba_arena *arena, struct gba_auth *out)
{
    gba_view raw, value, name = get_token(r);
    const struct param *p = param_named(name);
    skip_blanks(r);
    GBA_ENSURE(name.n > 0 && peek(r) == '=', GBA_E_AUTH_SYNTAX);
    r->at++;
    skip_blanks(r);
    if (peek(r) == '"')
        GBA_TRY(get_quoted(r, &raw));
    else
        raw = get_bare(r);
    skip_blanks(r);
    GBA_ENSURE(r->at == r->in.n || peek(r) == ',', GBA_E_AUTH_SYNTAX);
    GBA_TRY(clean_value(raw, p && p->offset == AT(auts), arena, &value));
    if (!p)
        return GBA_OK;
    GBA_ENSURE(slot(out, p)->p == NULL, GBA_E_AUTH_REPEATED);
    *slot(out, p) = value;
    return GBA_OK;
}

gba_rc gba_auth_info_parse(gba_view field, gba_arena *arena, struct gba_auth *out)
{
    gba_reader r = gba_reader_of(field);
    *out = (struct gba_auth){0};
    skip_separators(&r);
    GBA_ENSURE(r.at < r.in.n, GBA_E_AUTH_SYNTAX);
    while (r.at < r.in.n) {
        GBA_TRY(get_param(&r, arena, out));
        skip_separators(&r);
    }
    return GBA_OK;
}

gba_rc gba_auth_parse(gba_view field, gba_arena *arena, struct gba_auth *out)
{
    gba_reader r = gba_reader_of(field);
    *out = (struct gba_auth){0};
    skip_blanks(&r);
    gba_view scheme = get_token(&r);
    GBA_ENSURE(gba_view_eq_nocase(scheme, GBA_LIT("Digest")), GBA_E_AUTH_SCHEME);
    GBA_ENSURE(peek(&r) == ' ' || peek(&r) == '\t', GBA_E_AUTH_SYNTAX);
    return gba_auth_info_parse(gba_view_sub(field, r.at, field.n - r.at), arena, out);
}

/* ---- format ---- */

static void put_quoted(gba_writer *w, gba_view value)
{
    gba_put_u8(w, '"');
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < ' ' || value.p[i] == 0x7f)
            w->bad = true; /* nothing may break out of the field */
        if (value.p[i] == '"' || value.p[i] == '\\')
            gba_put_u8(w, '\\');
        gba_put_u8(w, value.p[i]);
    }
    gba_put_u8(w, '"');
}

static void put_params(gba_writer *w, const struct gba_auth *a, bool challenge)
{
    bool first = true;
    for (size_t i = 0; i < PARAMS; i++) {
        const gba_view *value = slot_of(a, &params[i]);
        enum form form = challenge ? params[i].challenge : params[i].credentials;
        if (value->p == NULL)
            continue;
        if (!first)
            gba_put_str(w, ", ");
        first = false;
        gba_put_view(w, params[i].name);
        gba_put_u8(w, '=');
        if (form == BARE && gba_view_is_token(*value))
            gba_put_view(w, *value);
        else
            put_quoted(w, *value);
    }
}

void gba_put_credentials(gba_writer *w, const struct gba_auth *a)
{
    gba_put_str(w, "Digest ");
    put_params(w, a, false);
}

void gba_put_challenge(gba_writer *w, const struct gba_auth *a)
{
    gba_put_str(w, "Digest ");
    put_params(w, a, true);
}

void gba_put_auth_info(gba_writer *w, const struct gba_auth *a)
{
    put_params(w, a, false);
}

bool gba_auth_qop_offers(gba_view qop, gba_view token)
{
    gba_view item, rest = qop;
    bool more = true;
    while (more) {
        more = gba_view_split(rest, ',', &item, &rest);
        if (token.n > 0 && gba_view_eq_nocase(gba_view_trim(item), token))
            return true;
    }
    return false;
}
