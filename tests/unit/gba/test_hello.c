/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/hello.h"
#include "tests/lib/tap.h"

/* ---- ClientHellos put together from parts ---- */

static uint8_t out[40000], memory[GBA_HELLO_MAX];
static struct gba_hello h;

static const char name_ext[] = "0000 0010 000e 00 000b 6d65662e6578616d706c65"; /* mef.example */
static const char client_types_ext[] = "0013 0003 02 02 00";
static const char server_types_ext[] = "0014 0002 01 00";

struct parts {
    const char *version, *session, *cookie, *suites, *compressions; /* vectors with their lengths */
    const char *extensions[4];
    bool no_extensions;
};

static const struct parts good = {
    "0303", "00", "", "0004 c023 c0ae", "01 00", {name_ext, client_types_ext, server_types_ext, NULL}, false};

static const struct parts good_dtls = {
    "fefd", "00", "00", "0004 c023 c0ae", "01 00", {name_ext, client_types_ext, server_types_ext, NULL},
    false};

static gba_view without_blanks(const char *hex)
{
    static char packed[512];
    size_t n = 0;
    for (; *hex; hex++) {
        if (*hex != ' ')
            packed[n++] = *hex;
    }
    packed[n] = '\0';
    return t_hex(packed);
}

static void put_hex(gba_writer *w, const char *hex)
{
    gba_put_view(w, without_blanks(hex));
}

static void put_body(gba_writer *w, const struct parts *p)
{
    uint8_t extensions[512];
    gba_writer e = gba_writer_of(extensions, sizeof extensions);
    put_hex(w, p->version);
    gba_put_fill(w, 0x5a, 32);
    put_hex(w, p->session);
    put_hex(w, p->cookie);
    put_hex(w, p->suites);
    put_hex(w, p->compressions);
    for (size_t i = 0; i < 4 && p->extensions[i]; i++)
        put_hex(&e, p->extensions[i]);
    if (p->no_extensions)
        return;
    gba_put_u16(w, (uint16_t)e.n);
    gba_put_view(w, gba_writer_view(&e));
}

/* A message with its head. */
static gba_view message(const struct parts *p)
{
    static uint8_t octets[1024];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    gba_put_u32(&w, 0x01000000);
    put_body(&w, p);
    octets[2] = (uint8_t)((w.n - 4) >> 8);
    octets[3] = (uint8_t)(w.n - 4);
    return gba_writer_view(&w);
}

/* In records of at most `cut` octets. */
static gba_view stream(gba_view whole, size_t cut)
{
    gba_writer w = gba_writer_of(out, sizeof out);
    for (size_t at = 0; at < whole.n; at += cut) {
        gba_view part = gba_view_sub(whole, at, cut);
        put_hex(&w, "16 0301");
        gba_put_u16(&w, (uint16_t)part.n);
        gba_put_view(&w, part);
    }
    return gba_writer_view(&w);
}

static gba_rc parse(gba_view octets)
{
    gba_writer whole = gba_writer_of(memory, sizeof memory);
    return gba_hello_tls(octets, &whole, &h);
}

struct datagram {
    const char *version, *epoch;
    uint32_t offset, short_by, extra; /* of the fragment; octets after it */
};

static gba_rc parse_dtls(const struct parts *p, const struct datagram *d)
{
    uint8_t body[1024];
    gba_writer b = gba_writer_of(body, sizeof body), w = gba_writer_of(out, sizeof out);
    put_body(&b, p);
    put_hex(&w, "16");
    put_hex(&w, d->version);
    put_hex(&w, d->epoch);
    gba_put_u48(&w, 7);
    gba_put_u16(&w, (uint16_t)(12 + b.n - d->short_by));
    gba_put_u8(&w, 1);
    gba_put_u24(&w, (uint32_t)b.n);
    gba_put_u16(&w, 1);
    gba_put_u24(&w, d->offset);
    gba_put_u24(&w, (uint32_t)b.n - d->short_by);
    gba_put_view(&w, gba_view_sub(gba_writer_view(&b), 0, b.n - d->short_by));
    gba_put_fill(&w, 0, d->extra);
    return gba_hello_dtls(gba_writer_view(&w), &h);
}

/* ---- hostile first ---- */

static void bodies_refused(void)
{
    static const struct parts bad[] = {
        {"0200", "00", "", "0002 c023", "01 00", {NULL}, true},
        {"fefd", "00", "", "0002 c023", "01 00", {NULL}, true},
        {"0303",
         "21 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
         "",
         "0002 c023",
         "01 00",
         {NULL},
         true},
        {"0303", "00", "", "0000", "01 00", {NULL}, true},
        {"0303", "00", "", "0003 c023c0", "01 00", {NULL}, true},
        {"0303", "00", "", "0004 c023", "01 00", {NULL}, true},
        {"0303", "00", "", "0002 c023", "00", {NULL}, true},
        {"0303", "00", "", "0002 c023", "01 01", {NULL}, true},
        {"0303", "00", "", "0002 c023", "02 00", {NULL}, true},
        {"0303", "00", "", "0002 c023", "01 00 00", {NULL}, true},
        {"0303", "00", "", "0002 c023", "01 00", {"0013"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0013 0003 02 02"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0013 0001 00"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0013 0000"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0013 0003 01 02 00"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {client_types_ext, client_types_ext}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"7777 0000", "7777 0000"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {name_ext, name_ext}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0000 0000"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0000 0002 0000"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0000 0005 0003 00 0000"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0000 0006 0004 01 0001 61"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0000 0007 0004 00 0001 61 00"}, false},
        {"0303", "00", "", "0002 c023", "01 00", {"0000 000a 0008 00 0001 61 00 0001 62"}, false},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse(stream(message(&bad[i]), 1024)), GBA_E_HELLO);
}

static void too_many_extensions(void)
{
    uint8_t octets[1024];
    for (uint16_t n = 100; n <= 101; n++) {
        gba_writer w = gba_writer_of(octets, sizeof octets);
        gba_put_u32(&w, 0x01000000u + 2 + 32 + 1 + 4 + 2 + 2 + 4u * n);
        gba_put_u16(&w, 0x0303);
        gba_put_fill(&w, 0, 32);
        put_hex(&w, "00 0002c023 0100");
        gba_put_u16(&w, (uint16_t)(4 * n));
        for (uint16_t i = 0; i < n; i++)
            gba_put_u32(&w, (0x4000u + i) << 16);
        T_RC(parse(stream(gba_writer_view(&w), 1024)), n == 100 ? GBA_OK : GBA_E_HELLO);
    }
}

static void streams_refused(void)
{
    static const char *const bad[] = {
        "15",
        "16 02",
        "16 0301 0000",
        "16 0301 4001",
        "16 0301 0001 02",
        "16 0301 0004 01 003ffd",
        "47455420", /* GET */
        "80 2e 01 00 02",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse(without_blanks(bad[i])), GBA_E_HELLO);
    T_RC(parse(without_blanks("16 0301 0004 01 003ffc")), GBA_E_HELLO_MORE);
    gba_view two = gba_view_of(out, stream(message(&good), 1024).n);
    out[4]++; /* an octet follows in the record */
    T_RC(parse(gba_view_of(out, two.n + 1)), GBA_E_HELLO);
}

static void datagrams_refused(void)
{
    static const struct datagram bad[] = {
        {"fefd", "0001", 0, 0, 0}, {"0303", "0000", 0, 0, 0}, {"fefd", "0000", 1, 1, 0},
        {"fefd", "0000", 0, 8, 0}, {"fefd", "0000", 0, 0, 1}, {"fefc", "0000", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(parse_dtls(&good_dtls, &bad[i]), GBA_E_HELLO);
    struct parts tls = good;
    T_RC(parse_dtls(&tls, &(struct datagram){"fefd", "0000", 0, 0, 0}), GBA_E_HELLO);
    T_RC(gba_hello_dtls(GBA_LIT(""), &h), GBA_E_HELLO);
}

/* ---- then good ones ---- */

static void check_good(void)
{
    T_STR(h.server_name, "mef.example");
    T_BYTES(h.client_cert_types, t_hex("0200"));
    T_BYTES(h.server_cert_types, t_hex("00"));
    CU_ASSERT_EQUAL(h.random.n, 32);
    CU_ASSERT_TRUE(gba_hello_offers(&h, 0xc023));
    CU_ASSERT_TRUE(gba_hello_offers(&h, 0xc0ae));
    CU_ASSERT_FALSE(gba_hello_offers(&h, 0x23c0));
}

static void streams_in_parts(void)
{
    gba_view whole = message(&good);
    for (size_t cut = 1; cut <= whole.n; cut++) {
        gba_view octets = stream(whole, cut);
        T_OK(parse(octets));
        check_good();
        for (size_t n = 0; n < octets.n && (cut == 1 || cut == whole.n); n++)
            T_RC(parse(gba_view_sub(octets, 0, n)), GBA_E_HELLO_MORE);
    }
}

static void plain_hello(void)
{
    static const struct parts plain = {"0303", "00", "", "0002 00ae", "02 0100", {NULL}, true};
    static const struct parts others = {
        "0301", "01 aa", "", "0002 00ae", "01 00", {"0017 0000", "ff01 0001 00"}, false};
    T_OK(parse(stream(message(&plain), 1024)));
    CU_ASSERT_PTR_NULL(h.server_name.p);
    CU_ASSERT_PTR_NULL(h.client_cert_types.p);
    CU_ASSERT_PTR_NULL(h.server_cert_types.p);
    T_OK(parse(stream(message(&others), 1024)));
    CU_ASSERT_PTR_NULL(h.server_name.p);
}

static void datagram(void)
{
    struct parts p = good_dtls;
    T_OK(parse_dtls(&p, &(struct datagram){"fefd", "0000", 0, 0, 0}));
    check_good();
    CU_ASSERT_EQUAL(h.message_seq, 1);
    CU_ASSERT_EQUAL(h.record_seq, 7);
    CU_ASSERT_EQUAL(h.cookie.n, 0);
    p.cookie = "03 0a0b0c";
    T_OK(parse_dtls(&p, &(struct datagram){"feff", "0000", 0, 0, 0}));
    T_BYTES(h.cookie, t_hex("0a0b0c"));
}

/*= RFC 6347 4.2.1 */
static void verify_request(void)
{
    uint8_t octets[64];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    T_OK(parse_dtls(&good_dtls, &(struct datagram){"fefd", "0000", 0, 0, 0}));
    gba_hello_put_verify(&w, &h, t_hex("0a0b0c0d"));
    T_BYTES(gba_writer_view(&w), t_hex("16feff000000000000000700130300000700010000000000"
                                       "07feff040a0b0c0d"));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"bodies", bodies_refused},
        {"number of extensions", too_many_extensions},
        {"streams", streams_refused},
        {"datagrams", datagrams_refused},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo fine[] = {
        {"streams in parts", streams_in_parts},
        {"without what we look for", plain_hello},
        {"a datagram", datagram},
        {"HelloVerifyRequest", verify_request},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, NULL, NULL, hostile},
        {"good", NULL, NULL, NULL, NULL, fine},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
