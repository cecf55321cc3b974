/* SPDX-License-Identifier: Apache-2.0 */
/* Records of subscribers and finding them. */
#include <stdlib.h>

#include "hss/subs.h"
#include "tests/lib/tap.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"

static struct gba_opt_hex hex(const char *text)
{
    gba_view octets = t_hex(text);
    struct gba_opt_hex out = {.n = octets.n};
    gba_copy(out.b, octets);
    return out;
}

static gba_text text(const char *s)
{
    gba_text t;
    T_OK(gba_text_set(&t, gba_view_cstr(s)));
    return t;
}

static struct hss_sub_conf milenage(void)
{
    return (struct hss_sub_conf){
        .impi = text(IMPI),
        .algorithm = GBA_AKA_MILENAGE,
        .k = hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
        .opc = hex("cd63cb71954a9f4e48a5994e37a02baf"),
        .amf = hex("0000"),
        .sqn = hex("000000000020"),
        .tuak_iterations = 1,
    };
}

static struct hss_sub_conf tuak(void)
{
    struct hss_sub_conf c = milenage();
    c.algorithm = GBA_AKA_TUAK;
    c.k = hex("abababababababababababababababab");
    c.opc.n = 0;
    c.top = hex("5555555555555555555555555555555555555555555555555555555555555555");
    c.tuak_res = HSS_RES_128;
    return c;
}

/* ---- refused ---- */

struct faults {
    unsigned n;
    const char *first_key;
};

static void on_fault(void *ctx, const char *key, const char *what)
{
    struct faults *faults = ctx;
    (void)what;
    if (faults->n++ == 0)
        faults->first_key = key;
}

static void refused(const struct hss_sub_conf *conf, const char *key)
{
    struct faults faults = {0, ""};
    struct hss_sub sub;
    T_RC(hss_sub_make(conf, &(struct gba_conf_sink){on_fault, &faults}, &sub), GBA_E_CONFIG);
    T_STR(gba_view_cstr(faults.first_key), key);
    static const struct hss_sub nothing;
    T_BYTES(GBA_ARRAY(sub.key.k.b), GBA_ARRAY(nothing.key.k.b));
}

static void bad_identities(void)
{
    struct hss_sub_conf c = milenage();
    c.impi = text("nobody");
    refused(&c, "impi");
    c = milenage();
    c.imsi = text("00101");
    refused(&c, "imsi");
    c.imsi = text("00101012345678x");
    refused(&c, "imsi");
}

/*= TS 33.102 annex H */
static void separation_bit(void)
{
    static const char *const bad[] = {"8000", "b9b9", "ffff"};
    for (size_t i = 0; i < 3; i++) {
        struct hss_sub_conf c = milenage();
        c.amf = hex(bad[i]);
        refused(&c, "amf");
    }
}

static void other_credentials(void)
{
    struct hss_triplet_conf triplet = {hex("23553cbe9637a89d218ae64dae47bf35"), hex("46f8416a"), hex("eae4")};
    struct hss_sub_conf c = milenage();
    c.triplets = (struct gba_opt_list){&triplet, 1};
    refused(&c, "triplets");
    c.sim = true;
    refused(&c, "triplets");
    c = milenage();
    c.sip_digest.realm = text("home.example");
    refused(&c, "sip_digest.ha1");
    c.sip_digest.ha1 = hex("0102030405060708090a0b0c0d0e0f1011");
    refused(&c, "sip_digest.ha1");
    c.sip_digest.ha1.n = 16;
    c.sip_digest.password_file = text("password");
    refused(&c, "sip_digest.ha1");
    c = milenage();
    c.k.n = c.opc.n = 0;
    refused(&c, "k");
}

/* Whoever has other credentials needs no K. */
static void without_k(void)
{
    struct hss_sub_conf c = milenage();
    struct faults faults = {0, ""};
    struct hss_sub sub;
    c.k.n = c.opc.n = 0;
    c.sip_digest = (struct hss_digest_conf){.realm = text("home.example"),
                                            .ha1 = hex("0102030405060708090a0b0c0d0e0f10")};
    T_OK(hss_sub_make(&c, &(struct gba_conf_sink){on_fault, &faults}, &sub));
    CU_ASSERT_EQUAL(sub.key.k.n, 0);
    T_BYTES(gba_view_of(sub.ha1.b, sub.ha1.n), gba_view_of(c.sip_digest.ha1.b, 16));
}

static void keys_that_do_not_fit(void)
{
    struct hss_sub_conf c = milenage();
    c.op = hex("cdc202d5123e20f62b6d676ac72cb318");
    refused(&c, "opc");
    c.op.n = c.opc.n = 0;
    refused(&c, "opc");
    c = milenage();
    c.k.n = 32;
    refused(&c, "k");
    c = milenage();
    c.top = tuak().top;
    refused(&c, "top");
    c = tuak();
    c.opc = milenage().opc;
    refused(&c, "opc");
    c = tuak();
    c.topc = c.top;
    refused(&c, "topc");
    c = tuak();
    c.k.n = 24;
    refused(&c, "k");
}

static void two_sources_of_guss(void)
{
    struct hss_sub_conf c = milenage();
    c.guss_file = text("guss.xml");
    c.guss.uicc_type = HSS_GUSS_GBA;
    refused(&c, "guss_file");
}

static void all_faults_are_told(void)
{
    struct faults faults = {0, ""};
    struct hss_sub sub;
    struct hss_sub_conf c = milenage();
    c.impi = text("nobody");
    c.amf = hex("8000");
    c.k.n = 32;
    T_RC(hss_sub_make(&c, &(struct gba_conf_sink){on_fault, &faults}, &sub), GBA_E_CONFIG);
    CU_ASSERT_EQUAL(faults.n, 3);
}

/* ---- accepted ---- */

static void made(const struct hss_sub_conf *conf, struct hss_sub *sub)
{
    struct faults faults = {0, ""};
    T_OK(hss_sub_make(conf, &(struct gba_conf_sink){on_fault, &faults}, sub));
    CU_ASSERT_EQUAL(faults.n, 0);
}

/* TS 35.208 set 1, TS 35.232 set 1 */
static void op_becomes_opc(void)
{
    struct hss_sub sub;
    struct hss_sub_conf c = milenage();
    c.opc.n = 0;
    c.op = hex("cdc202d5123e20f62b6d676ac72cb318");
    made(&c, &sub);
    T_BYTES(GBA_ARRAY(sub.key.opc.b), t_hex("cd63cb71954a9f4e48a5994e37a02baf"));
    CU_ASSERT_EQUAL(sub.sqn.last, 0x20);
    CU_ASSERT_EQUAL(sub.sqn.limit, 0x20);
    c = tuak();
    made(&c, &sub);
    T_BYTES(GBA_ARRAY(sub.key.topc.b),
            t_hex("bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"));
    CU_ASSERT_EQUAL(sub.key.tuak.res_n, 16);
}

static void guss_is_what_a_bsf_reads(void)
{
    static struct gba_uss uss[GBA_GUSS_MAX_USS];
    static uint8_t xml[4096];
    static _Alignas(16) uint8_t room[262144];
    gba_text uid = text("tel:+15550001");
    uint32_t flags[2] = {1, 2};
    struct hss_uss_conf entry = {.id = text("1"), .type = 1, .naf_group = text("A"), .uids = {&uid, 1},
                                 .flags = {flags, 2}, .key_choice = GBA_KEY_UICC};
    struct hss_sub_conf c = milenage();
    c.guss = (struct hss_guss_conf){HSS_GUSS_GBA_U, 86400, {&entry, 1}};
    gba_writer w = gba_writer_of(xml, sizeof xml);
    T_OK(hss_guss_format(&c, uss, &w));
    struct gba_guss guss;
    gba_arena arena = gba_arena_of(room, sizeof room);
    T_OK(gba_guss_parse(gba_writer_view(&w), &arena, &guss));
    T_STR(guss.impi, IMPI);
    CU_ASSERT_EQUAL(guss.uicc_type, GBA_UICC_GBA_U);
    CU_ASSERT_EQUAL(guss.lifetime_s, 86400);
    CU_ASSERT_EQUAL(guss.n_uss, 1);
    T_STR(guss.uss[0].id, "1");
    T_STR(guss.uss[0].naf_group, "A");
    T_STR(guss.uss[0].uids[0], "tel:+15550001");
    CU_ASSERT_EQUAL(guss.uss[0].n_flags, 2);
    CU_ASSERT_EQUAL(guss.uss[0].flags[1], 2);
    CU_ASSERT_EQUAL(guss.uss[0].key_choice, GBA_KEY_UICC);
    w = gba_writer_of(xml, 100);
    T_RC(hss_guss_format(&c, uss, &w), GBA_E_SPACE);
}

static void finding(void)
{
    struct hss_subs subs;
    struct hss_sub sub = {.barred = false};
    uint32_t number = 7;
    gba_text mine = text("sip:a@x.org"), both = text("sip:family@x.org");
    void *memory = calloc(1, hss_subs_memory(2, 4));
    hss_subs_init(&subs, memory, 2, 4, 12345);
    sub.impi = text("a@x.org");
    T_OK(hss_subs_add(&subs, &sub, &number));
    CU_ASSERT_EQUAL(number, 0);
    T_RC(hss_subs_add(&subs, &sub, &number), GBA_E_HSS_TWICE);
    sub.impi = text("b@x.org");
    T_OK(hss_subs_add(&subs, &sub, &number));
    CU_ASSERT_EQUAL(number, 1);
    hss_subs_add_impu(&subs, &mine, 0);
    hss_subs_add_impu(&subs, &mine, 0);
    hss_subs_add_impu(&subs, &both, 0);
    hss_subs_add_impu(&subs, &both, 1);
    const gba_view none = {NULL, 0};
    T_OK(hss_subs_find(&subs, GBA_LIT("a@x.org"), none, &number));
    CU_ASSERT_EQUAL(number, 0);
    T_OK(hss_subs_find(&subs, none, GBA_LIT("sip:a@x.org"), &number));
    CU_ASSERT_EQUAL(number, 0);
    T_OK(hss_subs_find(&subs, GBA_LIT("b@x.org"), GBA_LIT("sip:a@x.org"), &number));
    CU_ASSERT_EQUAL(number, 1);
    T_RC(hss_subs_find(&subs, none, GBA_LIT("sip:family@x.org"), &number), GBA_E_HSS_SHARED);
    T_RC(hss_subs_find(&subs, none, GBA_LIT("sip:c@x.org"), &number), GBA_E_HSS_UNKNOWN);
    T_RC(hss_subs_find(&subs, GBA_LIT("A@x.org"), none, &number), GBA_E_HSS_UNKNOWN);
    T_RC(hss_subs_find(&subs, none, none, &number), GBA_E_HSS_UNKNOWN);
    free(memory);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"bad identities", bad_identities},
        {"separation bit of AMF", separation_bit},
        {"other credentials", other_credentials},
        {"without K", without_k},
        {"keys that do not fit", keys_that_do_not_fit},
        {"two sources of a GUSS", two_sources_of_guss},
        {"all faults are told", all_faults_are_told},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"OP becomes OPc, TOP becomes TOPc", op_becomes_opc},
        {"a GUSS is what a BSF reads", guss_is_what_a_bsf_reads},
        {"finding", finding},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
