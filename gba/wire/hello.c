/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/hello.h"

enum {
    HANDSHAKE = 22,
    CLIENT_HELLO = 1,
    HELLO_VERIFY_REQUEST = 3,
    RECORD_MAX = 16384,
    TLS_MESSAGE_HEAD = 4,
    DTLS_10 = 0xfeff,
    DTLS_12 = 0xfefd,
    EXTENSIONS_MAX = 100,
    SERVER_NAME = 0,
    HOST_NAME = 0,
    CLIENT_CERT_TYPE = 19,
    SERVER_CERT_TYPE = 20,
};

/* ---- extensions ---- */

static gba_view get_vector8(gba_reader *r)
{
    return gba_get_view(r, gba_get_u8(r));
}

static gba_view get_vector16(gba_reader *r)
{
    return gba_get_view(r, gba_get_u16(r));
}

/*= RFC 6066 3: one name of each type */
static gba_rc parse_server_name(gba_view value, gba_view *name)
{
    gba_reader outer = gba_reader_of(value);
    gba_reader r = gba_reader_of(get_vector16(&outer));
    GBA_ENSURE(gba_reader_end(&outer) == GBA_OK, GBA_E_HELLO);
    while (gba_reader_left(&r) > 0) {
        uint8_t type = gba_get_u8(&r);
        gba_view v = get_vector16(&r);
        GBA_ENSURE(!r.bad && v.n > 0 && (type != HOST_NAME || !name->p), GBA_E_HELLO);
        if (type == HOST_NAME)
            *name = v;
    }
    return name->p ? GBA_OK : GBA_E_HELLO;
}

/*= RFC 7250 3 */
static gba_rc parse_cert_types(gba_view value, gba_view *types)
{
    gba_reader r = gba_reader_of(value);
    *types = get_vector8(&r);
    return gba_reader_end(&r) == GBA_OK && types->n > 0 ? GBA_OK : GBA_E_HELLO;
}

static gba_rc parse_extension(uint16_t type, gba_view value, struct gba_hello *out)
{
    switch (type) {
    case SERVER_NAME:
        return parse_server_name(value, &out->server_name);
    case CLIENT_CERT_TYPE:
        return parse_cert_types(value, &out->client_cert_types);
    case SERVER_CERT_TYPE:
        return parse_cert_types(value, &out->server_cert_types);
    default:
        return GBA_OK;
    }
}

static gba_rc parse_extensions(gba_view all, struct gba_hello *out)
{
    uint16_t seen[EXTENSIONS_MAX];
    gba_reader r = gba_reader_of(all);
    for (size_t n = 0; gba_reader_left(&r) > 0; n++) {
        GBA_ENSURE(n < EXTENSIONS_MAX, GBA_E_HELLO);
        seen[n] = gba_get_u16(&r);
        gba_view value = get_vector16(&r);
        GBA_ENSURE(!r.bad, GBA_E_HELLO);
        for (size_t i = 0; i < n; i++)
            GBA_ENSURE(seen[i] != seen[n], GBA_E_HELLO);
        GBA_TRY(parse_extension(seen[n], value, out));
    }
    return r.bad ? GBA_E_HELLO : GBA_OK;
}

/* ---- the message ---- */

static bool has_octet(gba_view v, uint8_t octet)
{
    return gba_view_find(v, octet) < v.n;
}

static gba_rc parse_body(gba_view body, struct gba_hello *out)
{
    gba_reader r = gba_reader_of(body);
    uint16_t version = gba_get_u16(&r);
    out->random = gba_get_view(&r, 32);
    gba_view session = get_vector8(&r);
    if (out->dtls)
        out->cookie = get_vector8(&r);
    out->suites = get_vector16(&r);
    gba_view compressions = get_vector8(&r);
    bool version_ok = out->dtls ? version == DTLS_10 || version == DTLS_12 : version >> 8 == 3;
    GBA_ENSURE(!r.bad && version_ok && session.n <= 32, GBA_E_HELLO);
    GBA_ENSURE(out->suites.n >= 2 && out->suites.n % 2 == 0 && has_octet(compressions, 0), GBA_E_HELLO);
    if (gba_reader_left(&r) == 0)
        return GBA_OK;
    gba_view extensions = get_vector16(&r);
    GBA_ENSURE(gba_reader_end(&r) == GBA_OK, GBA_E_HELLO);
    return parse_extensions(extensions, out);
}

/* ---- records ---- */

/* The message's own length, with its head; 0 while the head is not complete. */
static gba_rc message_length(gba_view message, size_t *n)
{
    gba_reader r = gba_reader_of(message);
    uint8_t type = gba_get_u8(&r);
    size_t length = gba_get_u24(&r);
    GBA_ENSURE(message.n == 0 || type == CLIENT_HELLO, GBA_E_HELLO);
    *n = r.bad ? 0 : TLS_MESSAGE_HEAD + length;
    return *n <= GBA_HELLO_MAX ? GBA_OK : GBA_E_HELLO;
}

/* What there is of the next record's fragment goes to `whole`. */
static gba_rc take_record(gba_reader *r, gba_writer *whole)
{
    gba_view head = gba_get_view(r, 5);
    gba_view known = head.n > 0 ? head : gba_view_sub(r->in, r->at, 2);
    GBA_ENSURE(known.n < 1 || known.p[0] == HANDSHAKE, GBA_E_HELLO);
    GBA_ENSURE(known.n < 2 || known.p[1] == 3, GBA_E_HELLO);
    GBA_ENSURE(!r->bad, GBA_E_HELLO_MORE);
    size_t length = (size_t)head.p[3] << 8 | head.p[4];
    GBA_ENSURE(length > 0 && length <= RECORD_MAX, GBA_E_HELLO);
    size_t have = gba_reader_left(r) < length ? gba_reader_left(r) : length;
    gba_put_view(whole, gba_get_view(r, have));
    GBA_ENSURE(!whole->bad, GBA_E_HELLO);
    return have == length ? GBA_OK : GBA_E_HELLO_MORE;
}

gba_rc gba_hello_tls(gba_view stream, gba_writer *whole, struct gba_hello *out)
{
    size_t n = 0;
    gba_reader r = gba_reader_of(stream);
    *out = (struct gba_hello){0};
    do {
        gba_rc rc = take_record(&r, whole);
        GBA_TRY(message_length(gba_writer_view(whole), &n));
        GBA_TRY(rc);
    } while (n == 0 || whole->n < n);
    GBA_ENSURE(whole->n == n, GBA_E_HELLO); /* nothing follows a ClientHello before its answer */
    return parse_body(gba_view_sub(gba_writer_view(whole), TLS_MESSAGE_HEAD, n), out);
}

gba_rc gba_hello_dtls(gba_view datagram, struct gba_hello *out)
{
    gba_reader outer = gba_reader_of(datagram);
    *out = (struct gba_hello){.dtls = true};
    bool ours = gba_get_u8(&outer) == HANDSHAKE;
    uint16_t version = gba_get_u16(&outer);
    uint16_t epoch = gba_get_u16(&outer);
    out->record_seq = gba_get_u48(&outer);
    gba_reader r = gba_reader_of(get_vector16(&outer));
    GBA_ENSURE(gba_reader_end(&outer) == GBA_OK && ours && epoch == 0, GBA_E_HELLO);
    GBA_ENSURE(version == DTLS_10 || version == DTLS_12, GBA_E_HELLO);
    bool hello = gba_get_u8(&r) == CLIENT_HELLO;
    size_t length = gba_get_u24(&r);
    out->message_seq = gba_get_u16(&r);
    size_t offset = gba_get_u24(&r);
    size_t part = gba_get_u24(&r);
    gba_view body = gba_get_view(&r, length);
    GBA_ENSURE(gba_reader_end(&r) == GBA_OK && hello && offset == 0 && part == length, GBA_E_HELLO);
    return parse_body(body, out);
}

bool gba_hello_offers(const struct gba_hello *hello, uint16_t suite)
{
    gba_reader r = gba_reader_of(hello->suites);
    while (gba_reader_left(&r) > 0) {
        if (gba_get_u16(&r) == suite)
            return true;
    }
    return false;
}

void gba_hello_put_verify(gba_writer *w, const struct gba_hello *hello, gba_view cookie)
{
    uint32_t body = 3 + (uint32_t)cookie.n;
    gba_put_u8(w, HANDSHAKE);
    gba_put_u16(w, DTLS_10); /* RFC 6347 4.2.1: whatever is negotiated later */
    gba_put_u16(w, 0);
    gba_put_u48(w, hello->record_seq); /* RFC 6347 4.2.1: that of the ClientHello */
    gba_put_u16(w, (uint16_t)(12 + body));
    gba_put_u8(w, HELLO_VERIFY_REQUEST);
    gba_put_u24(w, body);
    gba_put_u16(w, hello->message_seq);
    gba_put_u24(w, 0);
    gba_put_u24(w, body);
    gba_put_u16(w, DTLS_10);
    gba_put_u8(w, (uint8_t)cookie.n);
    gba_put_view(w, cookie);
}
