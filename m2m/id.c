/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/id.h"

#include <utf8proc.h>

#include "gba/wire/chars.h"
#include "gba/wire/names.h"

/* ---- Unicode ---- */

/* A character of three octets becomes 18 at most; one more place for the end. */
enum { POINTS_MAX = GBA_TEXT_MAX / 3 * 18 + 1 };

/*= TS-0003 10.3.2: identifiers are normalised before anything is derived from them */
gba_rc m2m_nfkc(gba_view text, gba_writer *w)
{
    const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    utf8proc_int32_t points[POINTS_MAX];
    GBA_ENSURE(text.n <= GBA_TEXT_MAX, GBA_E_M2M_ID);
    utf8proc_ssize_t n = utf8proc_decompose(text.p, (utf8proc_ssize_t)text.n, points, POINTS_MAX - 1, how);
    GBA_ENSURE(n >= 0 && n < POINTS_MAX, GBA_E_M2M_ID);
    n = utf8proc_reencode(points, n, how);
    GBA_ENSURE(n >= 0, GBA_E_M2M_ID);
    gba_put_view(w, gba_view_of(points, (size_t)n));
    return gba_writer_end(w);
}

static gba_rc normalised(gba_view text, gba_text *out)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(m2m_nfkc(text, &w) == GBA_OK, GBA_E_M2M_ID);
    GBA_ENSURE(gba_text_set(out, gba_writer_view(&w)) == GBA_OK, GBA_E_M2M_ID);
    return GBA_OK;
}

/* ---- entities ---- */

static bool has_letter(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (gba_char_is_alnum(v.p[i]) && !gba_char_is_digit(v.p[i]))
            return true;
    }
    return false;
}

/* With a dot, and no number as top level domain: neither "S98821" nor "127.0.0.1". */
static bool is_host(gba_view name)
{
    size_t dot = gba_view_find_last(name, '.');
    return dot < name.n && gba_is_fqdn(name) && has_letter(gba_view_sub(name, dot, name.n));
}

/* Unreserved characters of RFC 3986 2.3; what paths resolve away is no name. */
static bool is_segment(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (!gba_char_is_alnum(c) && c != '-' && c != '.' && c != '_' && c != '~')
            return false;
    }
    return v.n > 0 && !gba_view_eq(v, GBA_LIT(".")) && !gba_view_eq(v, GBA_LIT(".."));
}

/*= TS-0001 7.2: what is behind "//sp.example/": a CSE-ID, "S..." assigned by the service
 * provider, or "cse/C..." assigned by a CSE */
static gba_rc kind_of_path(gba_view path, enum m2m_id_kind *kind)
{
    gba_view cse, stem;
    bool two = gba_view_split(path, '/', &cse, &stem);
    GBA_ENSURE(is_segment(cse), GBA_E_M2M_ID);
    *kind = two || cse.p[0] == 'S' ? M2M_ID_AE : M2M_ID_CSE;
    GBA_ENSURE(!two || (is_segment(stem) && stem.p[0] == 'C'), GBA_E_M2M_ID);
    return GBA_OK;
}

static void lower(gba_text *text, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++) {
        if (text->s[i] >= 'A' && text->s[i] <= 'Z')
            text->s[i] = (char)(text->s[i] + ('a' - 'A'));
    }
}

/* text is normalised. */
static gba_rc classify(struct m2m_id *id)
{
    gba_view text = gba_text_view(&id->text), host = text, path;
    id->kind = M2M_ID_FQDN;
    if (gba_view_starts(text, GBA_LIT("//"))) {
        GBA_ENSURE(gba_view_split(gba_view_sub(text, 2, text.n), '/', &host, &path), GBA_E_M2M_ID);
        GBA_TRY(kind_of_path(path, &id->kind));
    }
    GBA_ENSURE(is_host(host), GBA_E_M2M_ID);
    lower(&id->text, id->kind == M2M_ID_FQDN ? 0 : 2, host.n);
    return GBA_OK;
}

gba_rc m2m_id_parse(gba_view text, struct m2m_id *id)
{
    struct m2m_id parsed;
    GBA_TRY(normalised(text, &parsed.text));
    GBA_TRY(classify(&parsed));
    *id = parsed;
    return GBA_OK;
}

gba_rc m2m_id_absolute(gba_view text, gba_view sp_id, struct m2m_id *id)
{
    uint8_t room[2 * GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    if (gba_view_starts(text, GBA_LIT("//")) || !gba_view_starts(text, GBA_LIT("/")))
        return m2m_id_parse(text, id);
    GBA_ENSURE(gba_view_starts(sp_id, GBA_LIT("//")) && is_host(gba_view_sub(sp_id, 2, sp_id.n)),
               GBA_E_M2M_ID);
    gba_put_view(&w, sp_id);
    gba_put_view(&w, text);
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_M2M_ID);
    return m2m_id_parse(gba_writer_view(&w), id);
}

bool m2m_id_eq(const struct m2m_id *a, const struct m2m_id *b)
{
    return gba_text_eq(&a->text, &b->text);
}

gba_view m2m_id_host(const struct m2m_id *id)
{
    gba_view host = gba_text_view(&id->text), path;
    if (gba_view_starts(host, GBA_LIT("//")))
        (void)gba_view_split(gba_view_sub(host, 2, host.n), '/', &host, &path);
    return host;
}

bool m2m_id_is_uri(const struct m2m_id *ae, gba_view uri)
{
    gba_view text = gba_text_view(&ae->text);
    size_t host_end = 2 + m2m_id_host(ae).n;
    if (gba_view_eq_nocase(gba_view_sub(uri, 0, 4), GBA_LIT("m2m:")))
        uri = gba_view_sub(uri, 4, uri.n);
    return ae->kind == M2M_ID_AE &&
           gba_view_eq_nocase(gba_view_sub(uri, 0, host_end), gba_view_sub(text, 0, host_end)) &&
           gba_view_eq(gba_view_sub(uri, host_end, uri.n), gba_view_sub(text, host_end, text.n));
}

/* ---- names of keys ---- */

gba_rc m2m_keyid_make(const m2m_rel *rel, gba_view fqdn, gba_text *id)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(is_host(fqdn), GBA_E_M2M_KEYID);
    gba_put_hex(&w, GBA_ARRAY(rel->b));
    for (size_t i = 0; i < w.n; i++)
        room[i] = room[i] >= 'a' ? (uint8_t)(room[i] - ('a' - 'A')) : room[i];
    gba_put_u8(&w, '@');
    gba_put_view(&w, fqdn);
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_M2M_KEYID);
    GBA_TRY(gba_text_set(id, gba_writer_view(&w)));
    lower(id, 2 * M2M_REL_N, fqdn.n + 1);
    return GBA_OK;
}

gba_rc m2m_keyid_parse(gba_view text, m2m_rel *rel, gba_text *fqdn, gba_text *canonical)
{
    gba_view hex, host;
    m2m_rel parsed;
    GBA_ENSURE(gba_view_split(text, '@', &hex, &host), GBA_E_M2M_KEYID);
    GBA_ENSURE(gba_hex_parse(hex, parsed.b, sizeof parsed.b) == GBA_OK, GBA_E_M2M_KEYID);
    GBA_TRY(m2m_keyid_make(&parsed, host, canonical));
    *rel = parsed;
    return gba_text_set(fqdn, gba_view_sub(gba_text_view(canonical), hex.n + 1, host.n));
}

static bool is_key_char(uint8_t c)
{
    return gba_char_is_alnum(c) || c == '.' || c == '_' || c == '-';
}

gba_rc m2m_key_name_parse(gba_view text, bool nocase, gba_text *canonical)
{
    gba_view left, host;
    GBA_ENSURE(text.n <= GBA_TEXT_MAX && gba_view_split(text, '@', &left, &host), GBA_E_M2M_KEYID);
    GBA_ENSURE(left.n > 0 && is_host(host), GBA_E_M2M_KEYID);
    for (size_t i = 0; i < left.n; i++)
        GBA_ENSURE(is_key_char(left.p[i]), GBA_E_M2M_KEYID);
    GBA_TRY(gba_text_set(canonical, text));
    lower(canonical, nocase ? 0 : left.n, nocase ? text.n : host.n + 1);
    return GBA_OK;
}

/* ---- Security Usage Identifier ---- */

bool m2m_suid_known(unsigned suid)
{
    return (suid >= 10 && suid <= 15) || (suid >= 21 && suid <= 25) || (suid >= 32 && suid <= 35) ||
           (suid >= 40 && suid <= 45);
}

/* ---- Credential-ID ---- */

/*= TS-0003 12.3.2.1 */
static bool cred_type_known(unsigned type)
{
    return (type >= 10 && type <= 16) || (type >= 30 && type <= 34) || (type >= 41 && type <= 45) ||
           (type >= 51 && type <= 55);
}

gba_rc m2m_cred_make(unsigned type, gba_view value, gba_text *cred)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(cred_type_known(type) && value.n > 0, GBA_E_M2M_CRED);
    gba_put_dec(&w, type);
    gba_put_u8(&w, '-');
    for (size_t i = 0; i < value.n; i++) {
        static const char digits[] = "0123456789ABCDEF";
        uint8_t c = value.p[i];
        if (is_key_char(c) || c == '@') {
            gba_put_u8(&w, c);
            continue;
        }
        gba_put_u8(&w, '%');
        gba_put_u8(&w, (uint8_t)digits[c >> 4]);
        gba_put_u8(&w, (uint8_t)digits[c & 15]);
    }
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_M2M_CRED);
    return gba_text_set(cred, gba_writer_view(&w));
}

static gba_rc cred_decode(gba_view text, gba_text *value)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '%') {
            GBA_ENSURE(gba_hex_parse(gba_view_sub(text, i + 1, 2), &c, 1) == GBA_OK, GBA_E_M2M_CRED);
            i += 2;
        }
        gba_put_u8(&w, c);
    }
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_M2M_CRED);
    GBA_ENSURE(gba_text_set(value, gba_writer_view(&w)) == GBA_OK, GBA_E_M2M_CRED);
    return GBA_OK;
}

/* One credential has one text: what is not what we would write is refused. */
gba_rc m2m_cred_parse(gba_view text, unsigned *type, gba_text *value)
{
    gba_view head, rest;
    gba_text parsed, again;
    uint64_t number;
    GBA_ENSURE(gba_view_split(text, '-', &head, &rest), GBA_E_M2M_CRED);
    GBA_ENSURE(gba_dec_parse(head, 99, &number) == GBA_OK, GBA_E_M2M_CRED);
    GBA_TRY(cred_decode(rest, &parsed));
    GBA_TRY(m2m_cred_make((unsigned)number, gba_text_view(&parsed), &again));
    GBA_ENSURE(gba_view_eq(gba_text_view(&again), text), GBA_E_M2M_CRED);
    *type = (unsigned)number;
    *value = parsed;
    return GBA_OK;
}
