/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/opt.h"

#include "gba/base/secret.h"

static void *at(const struct gba_opt *row, void *base)
{
    return (uint8_t *)base + row->offset;
}

static uint64_t limit(const struct gba_opt *row, uint64_t of_type)
{
    return row->max ? row->max : of_type;
}

/* ---- texts and words ---- */

static gba_rc set_text(const struct gba_opt *row, void *base, gba_view value)
{
    gba_text *text = at(row, base);
    gba_text read;
    GBA_ENSURE(value.n >= row->min, GBA_E_TOO_SHORT);
    GBA_ENSURE(value.n <= limit(row, GBA_TEXT_MAX), GBA_E_TOO_LONG);
    GBA_TRY(gba_text_set(&read, value));
    *text = read;
    return GBA_OK;
}

/* The place of value among "a|b|c". */
static gba_rc word_index(const char *words, gba_view value, int *index)
{
    gba_view rest = gba_view_cstr(words), word;
    int i = 0;
    for (bool more = true; more; i++) {
        more = gba_view_split(rest, '|', &word, &rest);
        if (gba_view_eq(word, value)) {
            *index = i;
            return GBA_OK;
        }
    }
    return GBA_E_WORD;
}

static gba_rc set_bool(const struct gba_opt *row, void *base, gba_view value)
{
    bool *flag = at(row, base);
    int i;
    GBA_TRY(word_index("true|false|yes|no|on|off", value, &i));
    *flag = i % 2 == 0;
    return GBA_OK;
}

static gba_rc set_enum(const struct gba_opt *row, void *base, gba_view value)
{
    return word_index(row->words, value, at(row, base));
}

static gba_rc set_hex(const struct gba_opt *row, void *base, gba_view value)
{
    struct gba_opt_hex *hex = at(row, base);
    uint8_t octets[sizeof hex->b];
    size_t n = value.n / 2;
    GBA_ENSURE(n >= row->min, GBA_E_TOO_SHORT);
    GBA_ENSURE(n <= limit(row, sizeof hex->b) && n <= sizeof octets, GBA_E_TOO_LONG);
    gba_rc rc = gba_hex_parse(value, octets, n);
    if (rc == GBA_OK) {
        gba_copy(hex->b, gba_view_of(octets, n));
        hex->n = n;
    }
    gba_wipe(&octets);
    return rc;
}

/* ---- numbers ---- */

static gba_rc store_number(const struct gba_opt *row, void *base, uint64_t number)
{
    uint32_t *out = at(row, base);
    GBA_ENSURE(number >= row->min && number <= limit(row, UINT32_MAX), GBA_E_NUMBER);
    *out = (uint32_t)number;
    return GBA_OK;
}

static gba_rc set_uint(const struct gba_opt *row, void *base, gba_view value)
{
    uint64_t number;
    GBA_TRY(gba_dec_parse(value, UINT32_MAX, &number));
    return store_number(row, base, number);
}

struct unit {
    gba_view name;
    uint64_t factor;
};

static const struct unit second_units[] = {
    {{(const uint8_t *)"s", 1}, 1},
    {{(const uint8_t *)"m", 1}, 60},
    {{(const uint8_t *)"h", 1}, 3600},
    {{(const uint8_t *)"d", 1}, 86400},
    {{NULL, 0}, 0},
};

static const struct unit milli_units[] = {
    {{(const uint8_t *)"ms", 2}, 1},
    {{(const uint8_t *)"s", 1}, 1000},
    {{NULL, 0}, 0},
};

static gba_rc set_duration(const struct gba_opt *row, void *base, gba_view value)
{
    const struct unit *unit = row->type == GBA_OPT_MILLIS ? milli_units : second_units;
    uint64_t number;
    while (unit->name.n > 0 && !gba_view_ends(value, unit->name))
        unit++;
    GBA_ENSURE(unit->name.n > 0, GBA_E_NUMBER);
    GBA_TRY(gba_dec_parse(gba_view_sub(value, 0, value.n - unit->name.n), UINT32_MAX, &number));
    return store_number(row, base, number * unit->factor);
}

/* ---- addresses: the form only, nothing is looked up ---- */

static bool ipv4_ok(gba_view v)
{
    gba_view part;
    uint64_t octet;
    unsigned n = 0;
    for (bool more = true; more; n++) {
        more = gba_view_split(v, '.', &part, &v);
        if (part.n > 3 || gba_dec_parse(part, 255, &octet) != GBA_OK)
            return false;
    }
    return n == 4;
}

static bool ipv6_group_ok(gba_view v)
{
    uint8_t digits[4] = {'0', '0', '0', '0'}, out[2];
    if (v.n == 0 || v.n > sizeof digits)
        return false;
    gba_copy(digits + sizeof digits - v.n, v);
    return gba_hex_parse(GBA_ARRAY(digits), out, sizeof out) == GBA_OK;
}

/* RFC 4291 2.2: groups, at most one "::", and perhaps an IPv4 address at the end. */
static bool ipv6_ok(gba_view v)
{
    gba_view part;
    unsigned groups = 0;
    bool gap = gba_view_starts(v, GBA_LIT("::"));
    if (gap)
        v = gba_view_sub(v, 2, v.n);
    else if (gba_view_starts(v, GBA_LIT(":")))
        return false;
    while (v.n > 0) {
        bool more = gba_view_split(v, ':', &part, &v);
        bool tail4 = !more && ipv4_ok(part);
        bool second_gap = part.n == 0 && gap;
        bool hangs = part.n > 0 && more && v.n == 0;
        if (second_gap || hangs || (part.n > 0 && !tail4 && !ipv6_group_ok(part)))
            return false;
        gap = gap || part.n == 0;
        groups += part.n == 0 ? 0 : tail4 ? 2 : 1;
    }
    return gap ? groups < 8 : groups == 8;
}

static gba_rc set_address(const struct gba_opt *row, void *base, gba_view value)
{
    size_t colon = gba_view_find_last(value, ':');
    gba_view host = gba_view_sub(value, 0, colon);
    uint64_t port;
    GBA_ENSURE(gba_dec_parse(gba_view_sub(value, colon + 1, value.n), 65535, &port) == GBA_OK, GBA_E_ADDRESS);
    bool bracketed = gba_view_starts(host, GBA_LIT("[")) && gba_view_ends(host, GBA_LIT("]"));
    if (bracketed)
        GBA_ENSURE(ipv6_ok(gba_view_sub(host, 1, host.n - 2)), GBA_E_ADDRESS);
    else
        GBA_ENSURE(ipv4_ok(host), GBA_E_ADDRESS);
    return set_text(row, base, value);
}

/* ---- the two that everybody calls ---- */

gba_rc gba_opt_set(const struct gba_opt *row, void *base, gba_view value)
{
    static gba_rc (*const set[])(const struct gba_opt *, void *, gba_view) = {
        [GBA_OPT_TEXT] = set_text,        [GBA_OPT_BOOL] = set_bool,       [GBA_OPT_UINT] = set_uint,
        [GBA_OPT_SECONDS] = set_duration, [GBA_OPT_MILLIS] = set_duration, [GBA_OPT_ENUM] = set_enum,
        [GBA_OPT_ADDRESS] = set_address,  [GBA_OPT_HEX] = set_hex,
    };
    GBA_ENSURE((size_t)row->type < sizeof set / sizeof *set, GBA_E_BUG);
    if (value.n == 0 && row->fallback && row->fallback[0] == '\0')
        return GBA_OK;
    return set[row->type](row, base, value);
}

/* A number in the largest unit that leaves no rest. */
static void put_amount(gba_writer *w, const struct unit *units, uint64_t v)
{
    const struct unit *best = units;
    for (const struct unit *unit = units; unit && unit->name.n > 0; unit++) {
        if (v > 0 && v % unit->factor == 0)
            best = unit;
    }
    gba_put_dec(w, best ? v / best->factor : v);
    if (best)
        gba_put_view(w, best->name);
}

static void put_range(gba_writer *w, const struct gba_opt *row, uint64_t of_type, const struct unit *units)
{
    uint64_t max = limit(row, of_type);
    if (row->min != max) {
        put_amount(w, units, row->min);
        gba_put_str(w, " to ");
    }
    put_amount(w, units, max);
}

static void put_words(gba_writer *w, const char *words)
{
    gba_view rest = gba_view_cstr(words), word;
    bool more = gba_view_split(rest, '|', &word, &rest);
    gba_put_view(w, word);
    while (more) {
        more = gba_view_split(rest, '|', &word, &rest);
        gba_put_str(w, more ? ", " : " or ");
        gba_put_view(w, word);
    }
}

void gba_opt_expects(const struct gba_opt *row, gba_writer *w)
{
    static const struct {
        const char *before, *after;
        uint64_t max; /* 0: there is no range to tell */
        const struct unit *units;
    } say[] = {
        [GBA_OPT_TEXT] = {"a text of ", " octets", GBA_TEXT_MAX, NULL},
        [GBA_OPT_BOOL] = {"true or false", "", 0, NULL},
        [GBA_OPT_UINT] = {"a number from ", "", UINT32_MAX, NULL},
        [GBA_OPT_SECONDS] = {"a duration of ", ", with its unit (s, m, h or d)", UINT32_MAX, second_units},
        [GBA_OPT_MILLIS] = {"a duration of ", ", with its unit (ms or s)", UINT32_MAX, milli_units},
        [GBA_OPT_ENUM] = {"one of ", "", 0, NULL},
        [GBA_OPT_ADDRESS] = {"an address and port as 192.0.2.1:80 or [2001:db8::1]:80", "", 0, NULL},
        [GBA_OPT_HEX] = {"", " octets in hexadecimal digits", sizeof((struct gba_opt_hex *)0)->b, NULL},
        [GBA_OPT_LIST] = {"a list", "", 0, NULL},
        [GBA_OPT_SECTION] = {"a section with keys of its own", "", 0, NULL},
    };
    gba_put_str(w, say[row->type].before);
    if (row->type == GBA_OPT_ENUM)
        put_words(w, row->words);
    if (row->type == GBA_OPT_LIST && row->max) {
        gba_put_str(w, " of ");
        put_range(w, row, 0, NULL);
        gba_put_str(w, " entries");
    }
    if (say[row->type].max)
        put_range(w, row, say[row->type].max, say[row->type].units);
    gba_put_str(w, say[row->type].after);
}
