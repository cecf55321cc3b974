/* SPDX-License-Identifier: Apache-2.0 */
/* The body collector of http_msg.h: takes Content-Length and chunked framing off. */
#include "gba/wire/chars.h"
#include "gba/wire/http_msg.h"

enum { CHUNK_LINE_MAX = 256, TRAILER_MAX = 8192 };

/* RFC 9112 7.1, octet by octet outside of the chunk data. */
enum state {
    SIZE_FIRST, /* before the first digit of a chunk size */
    SIZE,       /* inside the size */
    EXTENSION,  /* after the size, up to CR */
    SIZE_LF,    /* LF of the size line */
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST, /* at the start of a trailer line, or of the last line */
    TRAILER,       /* inside a trailer line */
    TRAILER_LF,
    LAST_LF,
};

struct gba_http_body gba_http_body_of(const struct gba_http_msg *m)
{
    struct gba_http_body b = {.framing = m->framing, .left = m->body_n, .state = SIZE_FIRST};
    b.done = m->framing == GBA_HTTP_NO_BODY || (m->framing == GBA_HTTP_LENGTH && m->body_n == 0);
    return b;
}

/* Up to b->left octets of payload. */
static gba_rc feed_data(struct gba_http_body *b, gba_view in, gba_writer *w, size_t *used)
{
    gba_view part = gba_view_sub(in, 0, b->left < in.n ? (size_t)b->left : in.n);
    gba_put_view(w, part);
    GBA_ENSURE(gba_writer_end(w) == GBA_OK, GBA_E_HTTP_BODY_SIZE);
    b->left -= part.n;
    *used = part.n;
    return GBA_OK;
}

/* One more digit of the chunk size, or what ends it. */
static gba_rc size_octet(struct gba_http_body *b, uint8_t c)
{
    bool digit = gba_char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    if (!digit) {
        GBA_ENSURE(b->state == SIZE && (c == '\r' || c == ';' || c == ' ' || c == '\t'), GBA_E_HTTP_FRAMING);
        b->state = c == '\r' ? SIZE_LF : EXTENSION;
        return GBA_OK;
    }
    if (b->state == SIZE_FIRST)
        b->left = b->line_n = 0;
    GBA_ENSURE(b->left <= INT64_MAX / 16 - 1, GBA_E_HTTP_FRAMING);
    b->left = b->left * 16 + (gba_char_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    b->state = SIZE;
    return GBA_OK;
}

/* Inside text that is read over: up to CR, without other control characters. */
static gba_rc skipped_octet(struct gba_http_body *b, uint8_t c, enum state after)
{
    GBA_ENSURE(c == '\r' || gba_char_is_value(c), GBA_E_HTTP_FRAMING);
    if (c == '\r')
        b->state = after;
    return GBA_OK;
}

static gba_rc expect(struct gba_http_body *b, uint8_t c, uint8_t want, enum state after)
{
    GBA_ENSURE(c == want, GBA_E_HTTP_FRAMING);
    b->state = after;
    return GBA_OK;
}

static gba_rc trailer_first_octet(struct gba_http_body *b, uint8_t c)
{
    GBA_ENSURE(c == '\r' || gba_char_is_token(c), GBA_E_HTTP_FRAMING);
    b->state = c == '\r' ? LAST_LF : TRAILER;
    return GBA_OK;
}

static gba_rc size_line_end(struct gba_http_body *b, uint8_t c)
{
    b->line_n = 0;
    return expect(b, c, '\n', b->left > 0 ? DATA : TRAILER_FIRST);
}

static gba_rc framing_octet(struct gba_http_body *b, uint8_t c)
{
    bool trailer = b->state >= TRAILER_FIRST;
    b->line_n++;
    GBA_ENSURE(b->line_n <= (trailer ? TRAILER_MAX : CHUNK_LINE_MAX), GBA_E_HTTP_FRAMING);
    switch ((enum state)b->state) {
    case SIZE_FIRST:
    case SIZE:
        return size_octet(b, c);
    case EXTENSION:
        return skipped_octet(b, c, SIZE_LF);
    case SIZE_LF:
        return size_line_end(b, c);
    case DATA_CR:
        return expect(b, c, '\r', DATA_LF);
    case DATA_LF:
        return expect(b, c, '\n', SIZE_FIRST);
    case TRAILER_FIRST:
        return trailer_first_octet(b, c);
    case TRAILER:
        return skipped_octet(b, c, TRAILER_LF);
    case TRAILER_LF:
        return expect(b, c, '\n', TRAILER_FIRST);
    case LAST_LF:
        b->done = c == '\n';
        return expect(b, c, '\n', LAST_LF);
    case DATA:
        break;
    }
    return GBA_E_BUG;
}

static gba_rc feed_chunked(struct gba_http_body *b, gba_view in, gba_writer *w, size_t *used)
{
    *used = 0;
    while (*used < in.n && !b->done) {
        size_t part = 0;
        if (b->state != DATA) {
            GBA_TRY(framing_octet(b, in.p[(*used)++]));
            continue;
        }
        GBA_TRY(feed_data(b, gba_view_sub(in, *used, in.n), w, &part));
        *used += part;
        if (b->left == 0)
            b->state = DATA_CR;
    }
    return GBA_OK;
}

gba_rc gba_http_body_feed(struct gba_http_body *b, gba_view in, gba_writer *w, size_t *used)
{
    *used = 0;
    if (b->done)
        return GBA_OK;
    if (b->framing == GBA_HTTP_CHUNKED)
        return feed_chunked(b, in, w, used);
    if (b->framing == GBA_HTTP_UNTIL_CLOSE)
        b->left = in.n;
    GBA_TRY(feed_data(b, in, w, used));
    b->done = b->framing == GBA_HTTP_LENGTH && b->left == 0;
    return GBA_OK;
}
