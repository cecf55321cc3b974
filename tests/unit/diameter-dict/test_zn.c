/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/zn.h"

#include <stdio.h>

#include "diameter-dict/dict.h"
#include "diameter-dict/zh.h"
#include "tests/lib/dia.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

static int set_up(void)
{
    return t_dia_init() == NULL;
}

static const struct dia_bir good_bir = {
    .route =
        {
            .origin_host = {(const uint8_t *)"naf.example", 11},
            .origin_realm = {(const uint8_t *)"example", 7},
            .dest_realm = {(const uint8_t *)"home.example", 12},
        },
    .btid = {(const uint8_t *)"cmFuZA==@bsf.home.example", 25},
    .naf_id = {(const uint8_t *)"xcap.example\1\0\0\0\2", 17},
    .gsids = {{(const uint8_t *)"1", 1}, {(const uint8_t *)"4", 1}},
    .n_gsids = 2,
    .gba_u_aware = true,
};

static const uint8_t key[64] = {0x4b, 0x65, 0x79};

/* ---- messages of a foreign peer ---- */

struct change {
    const char *what;
    enum t_change how;
    uint32_t code;
    gba_view data;
    gba_rc want;
    uint32_t result, avp;
};

static void check(const struct change *c, bool good)
{
    if (!good)
        printf("# case: %s\n", c->what);
    CU_ASSERT(good);
}

static void head(struct t_avps *list, gba_view origin)
{
    struct t_avps app = {.n = 0};
    t_dia_add_number(&app, 266, 10415);
    t_dia_add_number(&app, 258, 16777220);
    t_dia_add(list, 263, GBA_LIT("naf.example;1;2"));
    t_dia_add(list, 260, t_dia_group(&app));
    t_dia_add(list, 264, origin);
    t_dia_add(list, 296, GBA_LIT("example"));
}

static gba_view raw_bir(const struct change *c)
{
    struct t_avps list = {.n = 0};
    head(&list, GBA_LIT("naf.example"));
    t_dia_add(&list, 283, GBA_LIT("home.example"));
    t_dia_add_3gpp(&list, 403, GBA_LIT("1"));
    t_dia_add_3gpp(&list, 401, good_bir.btid);
    t_dia_add_3gpp(&list, 402, good_bir.naf_id);
    t_dia_add_3gpp(&list, 407, t_hex("00000001"));
    t_dia_change(&list, c->how, c->code, c->data);
    return t_dia_message(T_REQUEST | T_PROXIABLE, DIA_CMD_BI, DIA_APP_ZN, &list);
}

static gba_view raw_bia(const struct change *c)
{
    struct t_avps list = {.n = 0};
    head(&list, GBA_LIT("bsf.example"));
    t_dia_add_number(&list, 268, 2001);
    t_dia_add(&list, 1, GBA_LIT("impi@ims.example"));
    t_dia_add_3gpp(&list, 405, gba_view_of(key, 32));
    if (c->how != T_DROP || c->code != 405) /* without the one: without any */
        t_dia_add_3gpp(&list, 406, gba_view_of(key, 32));
    t_dia_add_3gpp(&list, 404, t_hex("f4865700"));
    t_dia_add_3gpp(&list, 408, t_hex("f4865700"));
    t_dia_add_3gpp(&list, 400, GBA_LIT("<ussList/>"));
    t_dia_add_3gpp(&list, 410, t_hex("00000001"));
    t_dia_change(&list, c->how, c->code, c->data);
    return t_dia_message(T_PROXIABLE, DIA_CMD_BI, DIA_APP_ZN, &list);
}

/* ---- BIR ---- */

static void bir_hostile(void)
{
    static const gba_view none = {NULL, 0};
    const struct change cases[] = {
        {"unchanged", T_SAME, 0, none, GBA_OK, 0, 0},
        {"no Session-Id", T_DROP, 263, none, GBA_E_DIA_MISSING, 5005, 263},
        {"no Vendor-Specific-Application-Id", T_DROP, 260, none, GBA_OK, 0, 0},
        {"no Transaction-Identifier", T_DROP, 401, none, GBA_E_DIA_MISSING, 5005, 401},
        {"empty Transaction-Identifier", T_SET, 401, GBA_LIT(""), GBA_E_DIA_VALUE, 5004, 401},
        {"two Transaction-Identifiers", T_TWICE, 401, none, GBA_E_DIA_REPEATED, 5009, 401},
        {"no NAF-Id", T_DROP, 402, none, GBA_E_DIA_MISSING, 5005, 402},
        {"empty NAF-Id", T_SET, 402, GBA_LIT(""), GBA_E_DIA_VALUE, 5004, 402},
        {"two NAF-Ids", T_TWICE, 402, none, GBA_E_DIA_REPEATED, 5009, 402},
        {"no GBA_U-Awareness-Indicator", T_DROP, 407, none, GBA_OK, 0, 0},
        {"GBA_U-Awareness-Indicator 2", T_SET, 407, GBA_LIT("\0\0\0\2"), GBA_E_DIA_VALUE, 5004, 407},
        {"GBA_U-Awareness-Indicator -1", T_SET, 407, GBA_LIT("\377\377\377\377"), GBA_E_DIA_VALUE, 5004, 407},
        {"GBA_U-Awareness-Indicator of 1 octet", T_SET, 407, GBA_LIT("\1"), GBA_E_DIA_LENGTH, 5014, 407},
        {"two GBA_U-Awareness-Indicators", T_TWICE, 407, none, GBA_E_DIA_REPEATED, 5009, 407},
        {"no GAA-Service-Identifier", T_DROP, 403, none, GBA_OK, 0, 0},
        {"two GAA-Service-Identifiers", T_TWICE, 403, none, GBA_OK, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dia_fault fault = {{false, 0}, 0};
        struct dia_bir bir;
        struct msg *msg = t_dia_parse(raw_bir(&cases[i]), NULL);
        gba_rc rc = dia_bir_decode(msg, &bir, &fault);
        check(&cases[i], rc == cases[i].want && fault.result.code == cases[i].result &&
                             !fault.result.experimental && fault.avp_code == cases[i].avp);
        t_dia_free(msg);
    }
}

static void bir_too_many_gsids(void)
{
    for (size_t n = DIA_BIR_MAX_GSIDS; n <= DIA_BIR_MAX_GSIDS + 1; n++) {
        struct t_avps list = {.n = 0};
        struct dia_fault fault = {{false, 0}, 0};
        struct dia_bir bir;
        head(&list, GBA_LIT("naf.example"));
        t_dia_add_3gpp(&list, 401, good_bir.btid);
        t_dia_add_3gpp(&list, 402, good_bir.naf_id);
        for (size_t i = 0; i < n; i++)
            t_dia_add_3gpp(&list, 403, GBA_LIT("1"));
        struct msg *msg = t_dia_parse(t_dia_message(T_REQUEST, DIA_CMD_BI, DIA_APP_ZN, &list), NULL);
        T_RC(dia_bir_decode(msg, &bir, &fault), n > DIA_BIR_MAX_GSIDS ? GBA_E_DIA_REPEATED : GBA_OK);
        CU_ASSERT(fault.avp_code == (n > DIA_BIR_MAX_GSIDS ? 403 : 0));
        CU_ASSERT(bir.n_gsids == (n > DIA_BIR_MAX_GSIDS ? 0 : n));
        t_dia_free(msg);
    }
}

static struct msg *bir_message(const struct dia_bir *bir)
{
    struct msg *msg = NULL;
    T_OK(dia_bir_encode(bir, &msg));
    return msg ? t_dia_wire(msg) : NULL;
}

static void bir_round_trip(void)
{
    struct dia_fault fault;
    struct dia_bir got;
    struct msg *msg = bir_message(&good_bir);
    T_OK(dia_bir_decode(msg, &got, &fault));
    T_BYTES(got.route.origin_host, good_bir.route.origin_host);
    T_BYTES(got.route.origin_realm, good_bir.route.origin_realm);
    T_BYTES(got.route.dest_realm, good_bir.route.dest_realm);
    CU_ASSERT_PTR_NULL(got.route.dest_host.p);
    T_BYTES(got.btid, good_bir.btid);
    T_BYTES(got.naf_id, good_bir.naf_id);
    CU_ASSERT(got.n_gsids == 2 && got.gba_u_aware);
    T_STR(got.gsids[0], "1");
    T_STR(got.gsids[1], "4");
    t_dia_free(msg);
}

static void bir_shortest(void)
{
    struct dia_bir bir = {.route = good_bir.route, .btid = good_bir.btid, .naf_id = good_bir.naf_id}, got;
    struct dia_fault fault;
    struct msg *msg = bir_message(&bir);
    gba_view v = t_dia_octets(msg);
    T_BYTES(gba_view_sub(v, 4, 8), t_hex("c000013601000004"));
    CU_ASSERT_FALSE(gba_view_contains(v, t_hex("00000197c0")));
    T_OK(dia_bir_decode(msg, &got, &fault));
    CU_ASSERT(got.n_gsids == 0 && !got.gba_u_aware);
    t_dia_free(msg);
}

/* Who handed it on, the last one last; too many are too many. */
static void bir_routes(void)
{
    for (size_t n = 0; n <= DIA_BIR_MAX_ROUTES + 1; n++) {
        struct t_avps list = {.n = 0};
        struct dia_fault fault;
        struct dia_bir bir;
        head(&list, GBA_LIT("naf.example"));
        t_dia_add(&list, 283, GBA_LIT("home.example"));
        for (size_t i = 0; i + 1 < n; i++)
            t_dia_add(&list, 282, GBA_LIT("first.example"));
        t_dia_add_3gpp(&list, 401, good_bir.btid);
        t_dia_add_3gpp(&list, 402, good_bir.naf_id);
        if (n > 0)
            t_dia_add(&list, 282, GBA_LIT("last.example"));
        gba_view raw = t_dia_message(T_REQUEST | T_PROXIABLE, DIA_CMD_BI, DIA_APP_ZN, &list);
        struct msg *msg = t_dia_parse(raw, NULL);
        gba_rc rc = dia_bir_decode(msg, &bir, &fault);
        CU_ASSERT_EQUAL(rc, n > DIA_BIR_MAX_ROUTES ? GBA_E_DIA_REPEATED : GBA_OK);
        CU_ASSERT(rc != GBA_OK || bir.n_routes == n);
        CU_ASSERT(rc != GBA_OK || n == 0 || gba_view_eq(bir.routes[n - 1], GBA_LIT("last.example")));
        t_dia_free(msg);
    }
}

/* ---- BIA ---- */

static void bia_hostile(void)
{
    static const gba_view none = {NULL, 0};
    const struct change cases[] = {
        {"unchanged", T_SAME, 0, none, GBA_OK, 0, 0},
        {"no key", T_DROP, 405, none, GBA_E_DIA_MISSING, 0, 0},
        {"ME-Key-Material of 31 octets", T_SET, 405, gba_view_of(key, 31), GBA_E_DIA_LENGTH, 0, 0},
        {"ME-Key-Material of 64 octets", T_SET, 405, gba_view_of(key, 64), GBA_E_DIA_LENGTH, 0, 0},
        {"two ME-Key-Materials", T_TWICE, 405, none, GBA_E_DIA_REPEATED, 0, 0},
        {"no UICC-Key-Material", T_DROP, 406, none, GBA_OK, 0, 0},
        {"empty UICC-Key-Material", T_SET, 406, GBA_LIT(""), GBA_E_DIA_VALUE, 0, 0},
        {"UICC-Key-Material of 33 octets", T_SET, 406, gba_view_of(key, 33), GBA_E_DIA_LENGTH, 0, 0},
        {"two UICC-Key-Materials", T_TWICE, 406, none, GBA_E_DIA_REPEATED, 0, 0},
        {"Key-ExpiryTime of 5 octets", T_SET, 404, gba_view_of(key, 5), GBA_E_DIA_LENGTH, 0, 0},
        {"empty Key-ExpiryTime", T_SET, 404, GBA_LIT(""), GBA_E_DIA_LENGTH, 0, 0},
        {"no Key-ExpiryTime", T_DROP, 404, none, GBA_OK, 0, 0},
        {"two BootstrapInfoCreationTimes", T_TWICE, 408, none, GBA_E_DIA_REPEATED, 0, 0},
        {"GBA-Type 3", T_SET, 410, GBA_LIT("\0\0\0\3"), GBA_E_DIA_VALUE, 0, 0},
        {"GBA-Type -1", T_SET, 410, GBA_LIT("\377\377\377\377"), GBA_E_DIA_VALUE, 0, 0},
        {"two ussLists", T_TWICE, 400, none, GBA_E_DIA_REPEATED, 0, 0},
        {"two Result-Codes", T_TWICE, 268, none, GBA_E_DIA_REPEATED, 0, 0},
        {"no Result-Code", T_DROP, 268, none, GBA_E_DIA_MISSING, 0, 0},
    };
    static const gba_ks_naf wiped;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dia_bia bia;
        struct msg *msg = t_dia_parse(raw_bia(&cases[i]), NULL);
        gba_rc rc = dia_bia_decode(msg, &bia);
        check(&cases[i], rc == cases[i].want && bia.has_me_key == (rc == GBA_OK));
        check(&cases[i], rc == GBA_OK ||
                             (!bia.has_uicc_key && gba_view_eq(GBA_ARRAY(bia.me_key.b), GBA_ARRAY(wiped.b)) &&
                              gba_view_eq(GBA_ARRAY(bia.uicc_key.b), GBA_ARRAY(wiped.b))));
        t_dia_free(msg);
    }
}

/* A refusal gives no key, even when there is one in the message. */
static void bia_refusal_with_key(void)
{
    const struct change refused = {.how = T_SET, .code = 268, .data = GBA_LIT("\0\0\23\224")};
    struct dia_bia bia;
    struct msg *msg = t_dia_parse(raw_bia(&refused), NULL);
    T_OK(dia_bia_decode(msg, &bia));
    CU_ASSERT(bia.result.code == DIA_UNABLE_TO_COMPLY && !bia.has_me_key && !bia.has_uicc_key);
    CU_ASSERT_PTR_NULL(bia.impi.p);
    t_dia_free(msg);
}

/* A NAF that may have the card's key only. */
static void bia_of_the_card(void)
{
    struct dia_bia got, bia = {.result = {false, DIA_SUCCESS},
                               .origin_host = GBA_LIT("bsf.home.example"),
                               .origin_realm = GBA_LIT("home.example"),
                               .has_uicc_key = true,
                               .uicc_key = {{4, 5, 6}}};
    struct msg *msg = bir_message(&good_bir);
    T_OK(dia_bia_encode(&msg, &bia));
    msg = t_dia_wire(msg);
    T_OK(dia_bia_decode(msg, &got));
    CU_ASSERT(!got.has_me_key && got.has_uicc_key);
    T_BYTES(GBA_ARRAY(got.uicc_key.b), GBA_ARRAY(bia.uicc_key.b));
    t_dia_free(msg);
}

static void bia_round_trip(void)
{
    struct dia_bia bia = {
        .result = {false, DIA_SUCCESS},
        .origin_host = GBA_LIT("bsf.home.example"),
        .origin_realm = GBA_LIT("home.example"),
        .impi = GBA_LIT("impi@ims.example"),
        .has_me_key = true,
        .has_uicc_key = true,
        .me_key = {{1, 2, 3}},
        .uicc_key = {{4, 5, 6}},
        .has_expiry = true,
        .has_creation = true,
        .expiry_s = 1893456000,
        .creation_s = 2085978497, /* after the wrap of 2036 */
        .uss_list = GBA_LIT("<ussList/>"),
        .gba_type = 2,
    };
    struct dia_bia got;
    struct msg *msg = bir_message(&good_bir);
    T_OK(dia_bia_encode(&msg, &bia));
    msg = t_dia_wire(msg);
    T_OK(dia_bia_decode(msg, &got));
    CU_ASSERT(!got.result.experimental && got.result.code == DIA_SUCCESS);
    T_BYTES(got.origin_host, bia.origin_host);
    T_BYTES(got.origin_realm, bia.origin_realm);
    T_BYTES(got.impi, bia.impi);
    T_BYTES(got.uss_list, bia.uss_list);
    CU_ASSERT(got.has_me_key && got.has_uicc_key && got.has_expiry && got.has_creation);
    T_BYTES(GBA_ARRAY(got.me_key.b), GBA_ARRAY(bia.me_key.b));
    T_BYTES(GBA_ARRAY(got.uicc_key.b), GBA_ARRAY(bia.uicc_key.b));
    CU_ASSERT_EQUAL(got.expiry_s, bia.expiry_s);
    CU_ASSERT_EQUAL(got.creation_s, bia.creation_s);
    CU_ASSERT_EQUAL(got.gba_type, 2);
    t_dia_free(msg);
}

/*= TS 29.109 6.2.2.2, 6.2.2.3 */
static void bia_experimental(void)
{
    struct dia_bia bia = {.result = {true, DIA_EXP_TRANSACTION_IDENTIFIER_INVALID},
                          .origin_host = GBA_LIT("bsf.example"),
                          .origin_realm = GBA_LIT("example")};
    struct dia_bia got;
    struct msg *msg = bir_message(&good_bir);
    T_OK(dia_bia_encode(&msg, &bia));
    msg = t_dia_wire(msg);
    T_OK(dia_bia_decode(msg, &got));
    CU_ASSERT(got.result.experimental && got.result.code == 5403 && !got.has_me_key);
    t_dia_free(msg);
}

static struct msg *mar_with(struct vec *v, uint64_t code)
{
    struct dia_mar mar = {.route = good_bir.route, .impi = GBA_LIT("i@example"),
                          .has_guss_stamp = code == 409, .resync = code == 610};
    struct msg *msg = NULL;
    if (mar.has_guss_stamp)
        mar.guss_stamp_s = (int64_t)vec_number(v, "time");
    if (mar.resync) {
        gba_copy(mar.rand.b, gba_view_sub(vec_hex(v, "value"), 0, 16));
        gba_copy(mar.auts.b, gba_view_sub(vec_hex(v, "value"), 16, 30));
    }
    T_OK(dia_mar_encode(&mar, &msg));
    return msg;
}

/*= TS 29.109 6.3.1.11: GBA-Type is absent for 3G GBA */
static void bia_plain(void)
{
    struct dia_bia bia = {.result = {false, DIA_SUCCESS},
                          .origin_host = GBA_LIT("bsf.example"),
                          .origin_realm = GBA_LIT("example"),
                          .has_me_key = true};
    struct dia_bia got;
    struct msg *msg = bir_message(&good_bir);
    T_OK(dia_bia_encode(&msg, &bia));
    CU_ASSERT_FALSE(gba_view_contains(t_dia_octets(msg), t_hex("0000019ac0")));
    msg = t_dia_wire(msg);
    T_OK(dia_bia_decode(msg, &got));
    CU_ASSERT(got.has_me_key && !got.has_uicc_key && !got.has_expiry && !got.has_creation &&
              got.gba_type == 0);
    t_dia_free(msg);
}

/* ---- vectors ---- */

/* The message of ours that has the AVP of the vector in it. */
static struct msg *message_with(struct vec *v, uint64_t code)
{
    struct dia_bia bia = {.result = {false, DIA_SUCCESS},
                          .origin_host = GBA_LIT("b.example"),
                          .origin_realm = GBA_LIT("example"),
                          .has_expiry = true};
    struct dia_bir bir = good_bir;
    struct msg *msg = NULL;
    if (code == 409 || code == 610)
        return mar_with(v, code);
    if (code == 402)
        bir.naf_id = vec_hex(v, "value");
    msg = bir_message(&bir);
    if (code == 404) {
        bia.expiry_s = (int64_t)vec_number(v, "time");
        T_OK(dia_bia_encode(&msg, &bia));
    }
    return msg;
}

static void avp_vectors(void)
{
    for (struct vec *v = vec_open("diameter.vec"); vec_next(v);) {
        struct msg *msg = message_with(v, vec_number(v, "code"));
        if (!gba_view_contains(t_dia_octets(msg), vec_hex(v, "octets")))
            printf("# not in the message: %s\n", vec_name(v));
        CU_ASSERT(gba_view_contains(t_dia_octets(msg), vec_hex(v, "octets")));
        t_dia_free(msg);
    }
}

static CU_TestInfo bir_tests[] = {
    {"hostile", bir_hostile},
    {"too many GSIDs", bir_too_many_gsids},
    {"all fields there and back", bir_round_trip},
    {"shortest", bir_shortest},
    {"Route-Records", bir_routes},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo bia_tests[] = {
    {"hostile", bia_hostile},
    {"a refusal gives no key", bia_refusal_with_key},
    {"all fields there and back", bia_round_trip},
    {"Experimental-Result", bia_experimental},
    {"only the key", bia_plain},
    {"only the key of the card", bia_of_the_card},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo avp_tests[] = {
    {"octets of AVPs", avp_vectors},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"BIR", set_up, NULL, NULL, NULL, bir_tests},
    {"BIA", set_up, NULL, NULL, NULL, bia_tests},
    {"vectors", set_up, NULL, NULL, NULL, avp_tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return tap_run(suites);
}
