/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/stamp.h"

#include "gba/base/text.h"

/* From 1900-01-01 to 1970-01-01. */
static const int64_t epoch_1900 = 2208988800;

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */

struct civil {
    int64_t days; /* since 1970-01-01 */
    unsigned year, month, day, hour, minute, second;
};

/* Days since 1970 of a Gregorian date, years counted from March so that the
 * leap day is the last of its year. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t m = ((int64_t)month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static unsigned month_length(unsigned year, unsigned month)
{
    unsigned next_year = month == 12 ? year + 1 : year;
    unsigned next_month = month == 12 ? 1 : month + 1;
    return (unsigned)(days_of(next_year, next_month, 1) - days_of(year, month, 1));
}

static struct civil civil_of(int64_t s)
{
    struct civil c = {.days = s / 86400, .year = 1970, .month = 1};
    int64_t left = c.days;
    unsigned second = (unsigned)(s % 86400);
    c.year += (unsigned)(left / 366);
    while (days_of(c.year + 1, 1, 1) <= c.days)
        c.year++;
    while (c.month < 12 && days_of(c.year, c.month + 1, 1) <= c.days)
        c.month++;
    c.day = (unsigned)(c.days - days_of(c.year, c.month, 1)) + 1;
    c.hour = second / 3600;
    c.minute = second / 60 % 60;
    c.second = second % 60;
    return c;
}

static gba_rc seconds_of(const struct civil *c, int64_t *s)
{
    GBA_ENSURE(c->year >= 1970 && c->year <= 9999, GBA_E_TIME);
    GBA_ENSURE(c->month >= 1 && c->month <= 12, GBA_E_TIME);
    GBA_ENSURE(c->day >= 1 && c->day <= month_length(c->year, c->month), GBA_E_TIME);
    GBA_ENSURE(c->hour < 24 && c->minute < 60 && c->second <= 60, GBA_E_TIME);
    *s = days_of(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
    return GBA_OK;
}

static void put_clock(gba_writer *w, const struct civil *c)
{
    gba_put_dec_fill(w, c->hour, 2);
    gba_put_u8(w, ':');
    gba_put_dec_fill(w, c->minute, 2);
    gba_put_u8(w, ':');
    gba_put_dec_fill(w, c->second, 2);
}

void gba_put_datetime(gba_writer *w, int64_t s)
{
    struct civil c = civil_of(s);
    gba_put_dec_fill(w, c.year, 4);
    gba_put_u8(w, '-');
    gba_put_dec_fill(w, c.month, 2);
    gba_put_u8(w, '-');
    gba_put_dec_fill(w, c.day, 2);
    gba_put_u8(w, 'T');
    put_clock(w, &c);
    gba_put_u8(w, 'Z');
}

void gba_put_httpdate(gba_writer *w, int64_t s)
{
    struct civil c = civil_of(s);
    gba_put_view(w, gba_view_of(day_names + 3 * (c.days % 7), 3));
    gba_put_str(w, ", ");
    gba_put_dec_fill(w, c.day, 2);
    gba_put_u8(w, ' ');
    gba_put_view(w, gba_view_of(month_names + 3 * (c.month - 1), 3));
    gba_put_u8(w, ' ');
    gba_put_dec_fill(w, c.year, 4);
    gba_put_u8(w, ' ');
    put_clock(w, &c);
    gba_put_str(w, " GMT");
}

/* Exactly `width` digits; a reader error is left for the caller's last check. */
static unsigned get_digits(gba_reader *r, size_t width)
{
    uint64_t number = 0;
    if (gba_dec_parse(gba_get_view(r, width), UINT32_MAX, &number) != GBA_OK)
        r->bad = true;
    return (unsigned)number;
}

static void get_literal(gba_reader *r, gba_view literal)
{
    if (!gba_view_eq(gba_get_view(r, literal.n), literal))
        r->bad = true;
}

static void get_clock(gba_reader *r, struct civil *c)
{
    c->hour = get_digits(r, 2);
    get_literal(r, GBA_LIT(":"));
    c->minute = get_digits(r, 2);
    get_literal(r, GBA_LIT(":"));
    c->second = get_digits(r, 2);
}

static bool next_is_digit(const gba_reader *r)
{
    return gba_reader_left(r) > 0 && r->in.p[r->at] >= '0' && r->in.p[r->at] <= '9';
}

static void skip_fraction(gba_reader *r)
{
    if (gba_reader_left(r) == 0 || r->in.p[r->at] != '.')
        return;
    r->at++;
    if (!next_is_digit(r))
        r->bad = true;
    while (next_is_digit(r))
        r->at++;
}

/* 'Z' or +hh:mm / -hh:mm, as seconds east of UTC. */
static int64_t get_offset(gba_reader *r)
{
    uint8_t sign = gba_get_u8(r);
    if (sign == 'Z')
        return 0;
    if (sign != '+' && sign != '-') {
        r->bad = true;
        return 0;
    }
    int64_t offset = get_digits(r, 2) * 3600;
    get_literal(r, GBA_LIT(":"));
    offset += get_digits(r, 2) * 60;
    return sign == '+' ? offset : -offset;
}

gba_rc gba_datetime_parse(gba_view text, int64_t *s)
{
    gba_reader r = gba_reader_of(text);
    struct civil c = {0};
    c.year = get_digits(&r, 4);
    get_literal(&r, GBA_LIT("-"));
    c.month = get_digits(&r, 2);
    get_literal(&r, GBA_LIT("-"));
    c.day = get_digits(&r, 2);
    get_literal(&r, GBA_LIT("T"));
    get_clock(&r, &c);
    skip_fraction(&r);
    int64_t offset = get_offset(&r);
    int64_t local = 0;
    GBA_ENSURE(gba_reader_end(&r) == GBA_OK, GBA_E_TIME);
    GBA_TRY(seconds_of(&c, &local));
    GBA_ENSURE(local - offset >= 0, GBA_E_TIME);
    *s = local - offset;
    return GBA_OK;
}

static unsigned get_month(gba_reader *r)
{
    gba_view name = gba_get_view(r, 3);
    for (unsigned m = 0; m < 12; m++) {
        if (gba_view_eq(name, gba_view_of(month_names + 3 * m, 3)))
            return m + 1;
    }
    r->bad = true;
    return 1;
}

gba_rc gba_httpdate_parse(gba_view text, int64_t *s)
{
    gba_reader r = gba_reader_of(text);
    struct civil c = {0};
    gba_view day_name = gba_get_view(&r, 3);
    get_literal(&r, GBA_LIT(", "));
    c.day = get_digits(&r, 2);
    get_literal(&r, GBA_LIT(" "));
    c.month = get_month(&r);
    get_literal(&r, GBA_LIT(" "));
    c.year = get_digits(&r, 4);
    get_literal(&r, GBA_LIT(" "));
    get_clock(&r, &c);
    get_literal(&r, GBA_LIT(" GMT"));
    GBA_ENSURE(gba_reader_end(&r) == GBA_OK, GBA_E_TIME);
    int64_t instant = 0;
    GBA_TRY(seconds_of(&c, &instant));
    gba_view right_name = gba_view_of(day_names + 3 * (instant / 86400 % 7), 3);
    GBA_ENSURE(gba_view_eq(day_name, right_name), GBA_E_TIME);
    *s = instant;
    return GBA_OK;
}

uint32_t gba_stamp_to_diameter(int64_t s)
{
    return (uint32_t)(s + epoch_1900);
}

int64_t gba_stamp_from_diameter(uint32_t wire)
{
    int64_t era = wire & 0x80000000U ? 0 : (int64_t)1 << 32;
    return (int64_t)wire + era - epoch_1900;
}
