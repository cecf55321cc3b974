/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/zh.h"

#include <stdio.h>

#include "tests/lib/dia.h"
#include "tests/lib/tap.h"

enum { MAR_FLAGS = T_REQUEST | T_PROXIABLE, MAA_FLAGS = T_PROXIABLE };

static int set_up(void)
{
    return t_dia_init() == NULL;
}

static const uint8_t counting[64] = {
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
    0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f,
};

static gba_view octets(size_t from, size_t n)
{
    return gba_view_of(counting + from, n);
}

/* ---- messages of a foreign peer ---- */

static gba_view number(uint32_t n)
{
    static uint8_t ring[8][4];
    static unsigned turn;
    gba_writer w = gba_writer_of(ring[turn++ % 8], 4);
    gba_put_u32(&w, n);
    return gba_writer_view(&w);
}

static void head(struct t_avps *list)
{
    struct t_avps app = {.n = 0};
    t_dia_add_number(&app, 266, 10415);
    t_dia_add_number(&app, 258, 16777221);
    t_dia_add(list, 263, GBA_LIT("bsf.example;1;2"));
    t_dia_add(list, 260, t_dia_group(&app));
    t_dia_add_number(list, 277, 1);
}

/* One change somewhere in a good message; in the item when the code is one of its AVPs. */
struct change {
    const char *what;
    enum t_change how;
    uint32_t code;
    gba_view data;
    gba_rc want;
    uint32_t result, avp;
};

static gba_view raw_mar(const struct change *c)
{
    struct t_avps list = {.n = 0}, item = {.n = 0};
    t_dia_add_3gpp(&item, 608, GBA_LIT("Digest-AKAv1-MD5"));
    t_dia_add_3gpp(&item, 610, octets(0, 30));
    t_dia_change(&item, c->how, c->code, c->data);
    head(&list);
    t_dia_add(&list, 264, GBA_LIT("bsf.example"));
    t_dia_add(&list, 296, GBA_LIT("example"));
    t_dia_add(&list, 283, GBA_LIT("hss.example"));
    t_dia_add(&list, 1, GBA_LIT("impi@ims.example"));
    t_dia_add_3gpp(&list, 612, t_dia_group(&item));
    list.of[list.n++] = (struct t_avp){409, T_V, T_3GPP, octets(0, 4)};
    t_dia_change(&list, c->how, c->code, c->data);
    return t_dia_message(MAR_FLAGS, DIA_CMD_MA, DIA_APP_ZH, &list);
}

static gba_view raw_maa(const struct change *c)
{
    struct t_avps list = {.n = 0}, item = {.n = 0};
    t_dia_add_3gpp(&item, 613, number(1));
    t_dia_add_3gpp(&item, 608, GBA_LIT("Digest-AKAv1-MD5"));
    t_dia_add_3gpp(&item, 609, octets(0, 32));
    t_dia_add_3gpp(&item, 610, octets(0, 8));
    t_dia_add_3gpp(&item, 625, octets(16, 16));
    t_dia_add_3gpp(&item, 626, octets(32, 16));
    t_dia_change(&item, c->how, c->code, c->data);
    head(&list);
    t_dia_add_number(&list, 268, 2001);
    t_dia_add(&list, 264, GBA_LIT("hss1.example"));
    t_dia_add(&list, 296, GBA_LIT("example"));
    t_dia_add(&list, 1, GBA_LIT("impi@ims.example"));
    t_dia_add_3gpp(&list, 607, number(1));
    t_dia_add_3gpp(&list, 612, t_dia_group(&item));
    t_dia_add_3gpp(&list, 400, GBA_LIT("<guss/>"));
    t_dia_change(&list, c->how, c->code, c->data);
    return t_dia_message(MAA_FLAGS, DIA_CMD_MA, DIA_APP_ZH, &list);
}

static void check(const struct change *c, bool good)
{
    if (!good)
        printf("# case: %s\n", c->what);
    CU_ASSERT(good);
}

/* ---- hostile MAR ---- */

/*= RFC 6733 7.1.5 */
static void mar_hostile(void)
{
    static const gba_view none = {NULL, 0};
    const struct change cases[] = {
        {"unchanged", T_SAME, 0, none, GBA_OK, 0, 0},
        {"no Session-Id", T_DROP, 263, none, GBA_E_DIA_MISSING, 5005, 263},
        {"two Session-Ids", T_TWICE, 263, none, GBA_E_DIA_REPEATED, 5009, 263},
        {"no Origin-Host", T_DROP, 264, none, GBA_E_DIA_MISSING, 5005, 264},
        {"no Origin-Realm", T_DROP, 296, none, GBA_E_DIA_MISSING, 5005, 296},
        {"two Origin-Hosts", T_TWICE, 264, none, GBA_E_DIA_REPEATED, 5009, 264},
        {"no User-Name", T_DROP, 1, none, GBA_E_DIA_MISSING, 5005, 1},
        {"empty User-Name", T_SET, 1, GBA_LIT(""), GBA_E_DIA_MISSING, 5005, 1},
        {"two User-Names", T_TWICE, 1, none, GBA_E_DIA_REPEATED, 5009, 1},
        {"no SIP-Auth-Data-Item", T_DROP, 612, none, GBA_OK, 0, 0},
        {"two SIP-Auth-Data-Items", T_TWICE, 612, none, GBA_E_DIA_REPEATED, 5009, 612},
        {"two schemes", T_TWICE, 608, none, GBA_E_DIA_REPEATED, 5009, 608},
        {"AUTS one octet short", T_SET, 610, octets(0, 29), GBA_E_DIA_LENGTH, 5014, 610},
        {"AUTS one octet long", T_SET, 610, octets(0, 31), GBA_E_DIA_LENGTH, 5014, 610},
        {"empty SIP-Authorization", T_SET, 610, GBA_LIT(""), GBA_E_DIA_VALUE, 5004, 610},
        {"two SIP-Authorizations", T_TWICE, 610, none, GBA_E_DIA_REPEATED, 5009, 610},
        {"GUSS-Timestamp of 3 octets", T_SET, 409, octets(0, 3), GBA_E_DIA_LENGTH, 5014, 409},
        {"GUSS-Timestamp of 8 octets", T_SET, 409, octets(0, 8), GBA_E_DIA_LENGTH, 5014, 409},
        {"two GUSS-Timestamps", T_TWICE, 409, none, GBA_E_DIA_REPEATED, 5009, 409},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dia_fault fault = {{false, 0}, 0};
        struct dia_mar mar;
        struct msg *msg = t_dia_parse(raw_mar(&cases[i]), NULL);
        gba_rc rc = dia_mar_decode(msg, &mar, &fault);
        check(&cases[i], rc == cases[i].want && fault.result.code == cases[i].result &&
                             !fault.result.experimental && fault.avp_code == cases[i].avp);
        check(&cases[i], rc == GBA_OK || !mar.resync || cases[i].code == 409);
        t_dia_free(msg);
    }
}

/* What the parser gives up on is not taken for absent. */
static void mar_refused_by_the_parser(void)
{
    /* a group with an AVP of 600 octets in 12 */
    const struct change broken = {"broken group", T_SET, 612, t_hex("00000260c0000258000028af"),
                                  GBA_OK,         0,     0};
    struct t_avps list = {.n = 0};
    struct dia_fault fault;
    struct dia_mar mar;
    bool parsed = true;
    struct msg *msg = t_dia_parse(raw_mar(&broken), &parsed);
    CU_ASSERT_FALSE(parsed);
    T_RC(dia_mar_decode(msg, &mar, &fault), GBA_E_DIA_LENGTH);
    CU_ASSERT_EQUAL(fault.avp_code, 612);
    t_dia_free(msg);
    /* an unknown AVP with the M bit before all others */
    t_dia_add(&list, 99999, GBA_LIT("x"));
    head(&list);
    msg = t_dia_parse(t_dia_message(MAR_FLAGS, DIA_CMD_MA, DIA_APP_ZH, &list), &parsed);
    CU_ASSERT_FALSE(parsed);
    T_RC(dia_mar_decode(msg, &mar, &fault), GBA_E_DIA_LENGTH);
    t_dia_free(msg);
}

/* Answer a request that a peer broke on purpose; what comes back must be readable. */
static struct msg *answered(gba_view request)
{
    const struct dia_route origin = {.origin_host = GBA_LIT("hss.example"),
                                     .origin_realm = GBA_LIT("example")};
    struct dia_fault fault = {{false, DIA_UNABLE_TO_COMPLY}, 0};
    struct dia_mar mar;
    struct msg *msg = t_dia_parse(request, NULL);
    CU_ASSERT(dia_mar_decode(msg, &mar, &fault) != GBA_OK);
    T_OK(dia_error_encode(&msg, &origin, &fault));
    return msg;
}

/* platform note A7 (1): the AVP that stops an unguarded libfdproto */
static void mar_session_id_with_vendor_zero(void)
{
    struct t_avps list = {.n = 0};
    list.of[list.n++] = (struct t_avp){263, T_VM, 0, GBA_LIT("x")};
    t_dia_add(&list, 264, GBA_LIT("bsf.example"));
    struct msg *msg = answered(t_dia_message(MAR_FLAGS, DIA_CMD_MA, DIA_APP_ZH, &list));
    CU_ASSERT(t_dia_octets(msg).n > 20);
    t_dia_free(msg);
}

static void mar_unreadable_proxy_info(void)
{
    struct t_avps list = {.n = 0};
    t_dia_add(&list, 99999, GBA_LIT("x"));
    t_dia_add(&list, 284, GBA_LIT("no group at all"));
    struct msg *msg = answered(t_dia_message(MAR_FLAGS, DIA_CMD_MA, DIA_APP_ZH, &list));
    CU_ASSERT_FALSE(gba_view_contains(t_dia_octets(msg), GBA_LIT("no group at all")));
    t_dia_free(msg);
}

/* ---- good MAR ---- */

static const struct dia_mar good_mar = {
    .route =
        {
            .origin_host = {(const uint8_t *)"bsf.home.example", 16},
            .origin_realm = {(const uint8_t *)"home.example", 12},
            .dest_host = {(const uint8_t *)"hss1.hss.example", 16},
            .dest_realm = {(const uint8_t *)"hss.example", 11},
        },
    .impi = {(const uint8_t *)"001010000000001@ims.example", 27},
    .impu = {(const uint8_t *)"sip:a@ims.example", 17},
    .scheme = {(const uint8_t *)"SIP Digest", 10},
    .resync = true,
    .rand = {{1, 2, 3}},
    .auts = {{4, 5, 6}},
    .has_guss_stamp = true,
    .guss_stamp_s = 1893456000,
};

static struct msg *mar_message(const struct dia_mar *mar)
{
    struct msg *msg = NULL;
    T_OK(dia_mar_encode(mar, &msg));
    return msg ? t_dia_wire(msg) : NULL;
}

static void mar_round_trip(void)
{
    struct dia_fault fault;
    struct dia_mar got;
    struct msg *msg = mar_message(&good_mar);
    T_OK(dia_mar_decode(msg, &got, &fault));
    T_BYTES(got.route.origin_host, good_mar.route.origin_host);
    T_BYTES(got.route.origin_realm, good_mar.route.origin_realm);
    T_BYTES(got.route.dest_host, good_mar.route.dest_host);
    T_BYTES(got.route.dest_realm, good_mar.route.dest_realm);
    T_BYTES(got.impi, good_mar.impi);
    T_BYTES(got.impu, good_mar.impu);
    T_BYTES(got.scheme, good_mar.scheme);
    CU_ASSERT(got.resync && got.has_guss_stamp && got.guss_stamp_s == good_mar.guss_stamp_s);
    T_BYTES(GBA_ARRAY(got.rand.b), GBA_ARRAY(good_mar.rand.b));
    T_BYTES(GBA_ARRAY(got.auts.b), GBA_ARRAY(good_mar.auts.b));
    t_dia_free(msg);
}

/*= TS 29.109 4.2: what a normal bootstrapping sends */
static void mar_shortest(void)
{
    struct dia_mar mar = {.route = good_mar.route, .impi = good_mar.impi}, got;
    struct dia_fault fault;
    mar.route.dest_host = (gba_view){NULL, 0};
    struct msg *msg = mar_message(&mar);
    T_OK(dia_mar_decode(msg, &got, &fault));
    T_STR(got.scheme, "Digest-AKAv1-MD5");
    CU_ASSERT(!got.resync && !got.has_guss_stamp);
    CU_ASSERT_PTR_NULL(got.impu.p);
    CU_ASSERT_PTR_NULL(got.route.dest_host.p);
    t_dia_free(msg);
}

static void mar_by_impu_only(void)
{
    struct dia_mar mar = {.route = good_mar.route, .impu = good_mar.impu}, got;
    struct dia_fault fault;
    struct msg *msg = mar_message(&mar);
    T_OK(dia_mar_decode(msg, &got, &fault));
    T_BYTES(got.impu, good_mar.impu);
    CU_ASSERT_PTR_NULL(got.impi.p);
    t_dia_free(msg);
}

/*= RFC 6733 8.8 */
static void mar_octets(void)
{
    struct msg *msg = NULL;
    T_OK(dia_mar_encode(&good_mar, &msg));
    gba_view v = t_dia_octets(msg);
    T_BYTES(gba_view_sub(v, 4, 8), t_hex("c000012f01000005"));
    /* Session-Id comes first and starts with our name */
    T_BYTES(gba_view_sub(v, 20, 4), t_hex("00000107"));
    CU_ASSERT(gba_view_starts(gba_view_sub(v, 28, v.n), GBA_LIT("bsf.home.example;")));
    CU_ASSERT(
        gba_view_contains(v, t_hex("00000104400000200000010a4000000c000028af000001024000000c01000005")));
    CU_ASSERT(gba_view_contains(v, t_hex("000001154000000c00000001")));
    CU_ASSERT(gba_view_contains(v, t_hex("0000019980000010000028aff4865700")));
    CU_ASSERT(gba_view_contains(v, t_hex("00000262c000002a000028af"
                                         "01020300000000000000000000000000"
                                         "0405060000000000000000000000"
                                         "0000")));
    t_dia_free(msg);
}

static void mar_needs_an_origin(void)
{
    struct dia_mar mar = good_mar;
    struct msg *msg = NULL;
    mar.route.origin_host = (gba_view){NULL, 0};
    T_RC(dia_mar_encode(&mar, &msg), GBA_E_DIA_ENCODE);
    CU_ASSERT_PTR_NULL(msg);
    mar.route.origin_host = GBA_LIT("not an identity\xff");
    T_RC(dia_mar_encode(&mar, &msg), GBA_E_DIA_ENCODE);
    CU_ASSERT_PTR_NULL(msg);
}

/* ---- hostile MAA ---- */

static void maa_hostile(void)
{
    static const gba_view none = {NULL, 0};
    const struct change cases[] = {
        {"unchanged", T_SAME, 0, none, GBA_OK, 0, 0},
        {"XRES of 4 octets", T_SET, 610, octets(0, 4), GBA_OK, 0, 0},
        {"XRES of 5 octets", T_SET, 610, octets(0, 5), GBA_OK, 0, 0},
        {"XRES of 16 octets", T_SET, 610, octets(0, 16), GBA_OK, 0, 0},
        {"XRES of 32 octets", T_SET, 610, octets(0, 32), GBA_OK, 0, 0},
        {"XRES of 3 octets", T_SET, 610, octets(0, 3), GBA_E_DIA_LENGTH, 0, 0},
        {"XRES of 33 octets", T_SET, 610, octets(0, 33), GBA_E_DIA_LENGTH, 0, 0},
        {"no XRES", T_DROP, 610, none, GBA_E_DIA_MISSING, 0, 0},
        {"empty XRES", T_SET, 610, GBA_LIT(""), GBA_E_DIA_VALUE, 0, 0},
        {"RAND || AUTN of 31 octets", T_SET, 609, octets(0, 31), GBA_E_DIA_LENGTH, 0, 0},
        {"RAND || AUTN of 33 octets", T_SET, 609, octets(0, 33), GBA_E_DIA_LENGTH, 0, 0},
        {"no RAND || AUTN", T_DROP, 609, none, GBA_E_DIA_MISSING, 0, 0},
        {"two RAND || AUTN", T_TWICE, 609, none, GBA_E_DIA_REPEATED, 0, 0},
        {"no CK", T_DROP, 625, none, GBA_E_DIA_MISSING, 0, 0},
        {"CK of 15 octets", T_SET, 625, octets(0, 15), GBA_E_DIA_LENGTH, 0, 0},
        {"two CKs", T_TWICE, 625, none, GBA_E_DIA_REPEATED, 0, 0},
        {"no IK", T_DROP, 626, none, GBA_E_DIA_MISSING, 0, 0},
        {"IK of 32 octets", T_SET, 626, octets(0, 32), GBA_E_DIA_LENGTH, 0, 0},
        {"no vector", T_DROP, 612, none, GBA_E_DIA_MISSING, 0, 0},
        {"two vectors", T_TWICE, 612, none, GBA_E_DIA_REPEATED, 0, 0},
        {"two GUSS", T_TWICE, 400, none, GBA_E_DIA_REPEATED, 0, 0},
        {"no GUSS", T_DROP, 400, none, GBA_OK, 0, 0},
        {"no User-Name", T_DROP, 1, none, GBA_OK, 0, 0},
        {"no Result-Code", T_DROP, 268, none, GBA_E_DIA_MISSING, 0, 0},
        {"two Result-Codes", T_TWICE, 268, none, GBA_E_DIA_REPEATED, 0, 0},
        {"Result-Code of 2 octets", T_SET, 268, octets(0, 2), GBA_E_DIA_LENGTH, 0, 0},
        {"no Session-Id", T_DROP, 263, none, GBA_OK, 0, 0},
    };
    static const gba_aka_vector wiped;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dia_maa maa;
        struct msg *msg = t_dia_parse(raw_maa(&cases[i]), NULL);
        gba_rc rc = dia_maa_decode(msg, &maa);
        check(&cases[i], rc == cases[i].want && maa.has_vector == (rc == GBA_OK));
        check(&cases[i], rc == GBA_OK || gba_view_eq(gba_view_of(&maa.vector, sizeof wiped),
                                                     gba_view_of(&wiped, sizeof wiped)));
        t_dia_free(msg);
    }
}

static void maa_unknown_avps(void)
{
    const struct change same = {.how = T_SAME};
    struct dia_maa maa;
    bool parsed;
    /* code 1 of vendor 9, and one with neither a known code nor the M bit */
    uint8_t octet_buffer[1024];
    gba_writer w = gba_writer_of(octet_buffer, sizeof octet_buffer);
    gba_put_view(&w, raw_maa(&same));
    gba_put_view(&w, t_hex("0000000180000010000000096e6f742d"
                           "0001869f0000000c78787878"));
    gba_writer length = gba_writer_of(octet_buffer + 1, 3);
    gba_put_u24(&length, (uint32_t)w.n);
    struct msg *msg = t_dia_parse(gba_writer_view(&w), &parsed);
    CU_ASSERT_TRUE(parsed);
    T_OK(dia_maa_decode(msg, &maa));
    T_STR(maa.impi, "impi@ims.example");
    t_dia_free(msg);
}

/* ---- good MAA ---- */

/*= TS 29.229 6.3.13 */
static void maa_round_trip(void)
{
    struct dia_maa maa = {
        .result = {false, DIA_SUCCESS},
        .origin_host = GBA_LIT("hss1.hss.example"),
        .origin_realm = GBA_LIT("hss.example"),
        .impi = good_mar.impi,
        .has_vector = true,
        .vector = {.rand = {{1}}, .autn = {{2}}, .xres = {.b = {3}, .n = 8}, .ck = {{4}}, .ik = {{5}}},
        .guss = GBA_LIT("<guss/>"),
    };
    struct dia_maa got;
    struct msg *msg = mar_message(&good_mar);
    T_OK(dia_maa_encode(&msg, &maa));
    msg = t_dia_wire(msg);
    T_OK(dia_maa_decode(msg, &got));
    CU_ASSERT(!got.result.experimental && got.result.code == DIA_SUCCESS && got.has_vector);
    T_BYTES(got.origin_host, maa.origin_host);
    T_BYTES(got.origin_realm, maa.origin_realm);
    T_BYTES(got.impi, maa.impi);
    T_BYTES(got.guss, maa.guss);
    T_BYTES(GBA_ARRAY(got.vector.rand.b), GBA_ARRAY(maa.vector.rand.b));
    T_BYTES(GBA_ARRAY(got.vector.autn.b), GBA_ARRAY(maa.vector.autn.b));
    T_BYTES(gba_view_of(got.vector.xres.b, got.vector.xres.n), gba_view_of(maa.vector.xres.b, 8));
    T_BYTES(GBA_ARRAY(got.vector.ck.b), GBA_ARRAY(maa.vector.ck.b));
    T_BYTES(GBA_ARRAY(got.vector.ik.b), GBA_ARRAY(maa.vector.ik.b));
    t_dia_free(msg);
}

/* The answer carries the request's identifiers, session and Proxy-Info. */
static void maa_belongs_to_its_request(void)
{
    struct t_avps list = {.n = 0}, proxy = {.n = 0};
    struct dia_maa maa = {.result = {false, DIA_UNABLE_TO_COMPLY},
                          .origin_host = GBA_LIT("h.example"),
                          .origin_realm = GBA_LIT("example")};
    head(&list);
    t_dia_add(&proxy, 280, GBA_LIT("proxy.example"));
    t_dia_add(&proxy, 33, GBA_LIT("state"));
    t_dia_add(&list, 284, t_dia_group(&proxy));
    struct msg *msg = t_dia_parse(t_dia_message(MAR_FLAGS, DIA_CMD_MA, DIA_APP_ZH, &list), NULL);
    T_OK(dia_maa_encode(&msg, &maa));
    gba_view v = t_dia_octets(msg);
    T_BYTES(gba_view_sub(v, 4, 16), t_hex("4000012f010000051111111122222222"));
    T_BYTES(gba_view_sub(v, 28, 15), GBA_LIT("bsf.example;1;2"));
    CU_ASSERT(gba_view_contains(v, GBA_LIT("proxy.example")));
    CU_ASSERT(gba_view_contains(v, t_hex("0000010c4000000c00001394")));
    t_dia_free(msg);
}

static void maa_experimental(void)
{
    struct dia_maa maa = {.result = {true, DIA_EXP_IDENTITY_UNKNOWN},
                          .origin_host = GBA_LIT("h.example"),
                          .origin_realm = GBA_LIT("example")};
    struct dia_maa got;
    struct msg *msg = mar_message(&good_mar);
    T_OK(dia_maa_encode(&msg, &maa));
    gba_view v = t_dia_octets(msg);
    CU_ASSERT((v.p[4] & T_ERROR) == 0);
    CU_ASSERT(
        gba_view_contains(v, t_hex("00000129400000200000010a4000000c000028af0000012a4000000c00001519")));
    msg = t_dia_wire(msg);
    T_OK(dia_maa_decode(msg, &got));
    CU_ASSERT(got.result.experimental && got.result.code == DIA_EXP_IDENTITY_UNKNOWN);
    t_dia_free(msg);
}

static void maa_redirect_round_trip(void)
{
    struct dia_maa maa = {.result = {false, DIA_REDIRECT_INDICATION},
                          .origin_host = GBA_LIT("slf.example"),
                          .origin_realm = GBA_LIT("example"),
                          .redirect_hosts = {GBA_LIT("aaa://hss2.example")},
                          .n_redirects = 1,
                          .redirect_usage = DIA_REDIRECT_ALL_USER,
                          .redirect_cache_s = 300};
    struct dia_maa got;
    struct msg *msg = mar_message(&good_mar);
    T_OK(dia_maa_encode(&msg, &maa));
    CU_ASSERT((t_dia_octets(msg).p[4] & T_ERROR) != 0);
    msg = t_dia_wire(msg);
    T_OK(dia_maa_decode(msg, &got));
    CU_ASSERT_EQUAL_FATAL(got.n_redirects, 1);
    T_BYTES(got.redirect_hosts[0], maa.redirect_hosts[0]);
    CU_ASSERT(got.redirect_usage == DIA_REDIRECT_ALL_USER);
    CU_ASSERT(got.redirect_cache_s == 300);
    t_dia_free(msg);
}

/* ---- error answers ---- */

/*= RFC 6733 7.5: Failed-AVP holds the AVP as sent, or one of zeros */
static void error_failed_avp(void)
{
    static const gba_view none = {NULL, 0};
    const struct change auts = {.how = T_SET, .code = 610, .data = octets(0, 29)};
    const struct change missing = {.how = T_DROP, .code = 1, .data = none};
    const struct change twice = {.how = T_TWICE, .code = 612, .data = none};
    struct msg *msg = answered(raw_mar(&auts));
    gba_view v = t_dia_octets(msg);
    CU_ASSERT(gba_view_contains(v, t_hex("0000010c4000000c00001396")));
    CU_ASSERT(gba_view_contains(v, t_hex("000001174000003400000262c0000029000028af000102030405")));
    t_dia_free(msg);
    msg = answered(raw_mar(&missing));
    CU_ASSERT(gba_view_contains(t_dia_octets(msg), t_hex("00000117400000100000000140000008")));
    t_dia_free(msg);
    msg = answered(raw_mar(&twice));
    CU_ASSERT(gba_view_contains(t_dia_octets(msg), t_hex("000001174000001400000264c000000c000028af")));
    t_dia_free(msg);
}

/*= RFC 6733 7.1.3: only 3xxx has the E bit, and then not the AVPs of the command */
static void error_bit(void)
{
    const struct dia_route origin = {.origin_host = GBA_LIT("hss.example"),
                                     .origin_realm = GBA_LIT("example")};
    const struct dia_fault busy = {{false, DIA_TOO_BUSY}, 0};
    struct msg *msg = mar_message(&good_mar);
    T_OK(dia_error_encode(&msg, &origin, &busy));
    gba_view v = t_dia_octets(msg);
    T_BYTES(gba_view_sub(v, 4, 8), t_hex("6000012f01000005"));
    CU_ASSERT(gba_view_contains(v, t_hex("0000010c4000000c00000bbc")));
    CU_ASSERT_FALSE(gba_view_contains(v, t_hex("00000104")));
    t_dia_free(msg);
}

static CU_TestInfo mar_tests[] = {
    {"hostile", mar_hostile},
    {"refused by the parser", mar_refused_by_the_parser},
    {"Session-Id with V bit and vendor 0", mar_session_id_with_vendor_zero},
    {"unreadable Proxy-Info", mar_unreadable_proxy_info},
    {"needs an origin", mar_needs_an_origin},
    {"all fields there and back", mar_round_trip},
    {"shortest", mar_shortest},
    {"by IMPU only", mar_by_impu_only},
    {"octets", mar_octets},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo maa_tests[] = {
    {"hostile", maa_hostile},
    {"unknown AVPs are passed over", maa_unknown_avps},
    {"all fields there and back", maa_round_trip},
    {"belongs to its request", maa_belongs_to_its_request},
    {"Experimental-Result there and back", maa_experimental},
    {"redirect there and back", maa_redirect_round_trip},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo error_tests[] = {
    {"Failed-AVP", error_failed_avp},
    {"E bit", error_bit},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"MAR", set_up, NULL, NULL, NULL, mar_tests},
    {"MAA", set_up, NULL, NULL, NULL, maa_tests},
    {"error answers", set_up, NULL, NULL, NULL, error_tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return tap_run(suites);
}
