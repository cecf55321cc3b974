/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/card_profile.h"
#include "tests/lib/vectors.h"
#include "uicc/gba_u.h"
#include "uicc/soft.h"
#include "uicc/soft_state.h"
#include "uicc/usim.h"

#define SELECT_USIM "00a4040407a0000000871002"
#define SELECT_ISIM "00a4040407a0000000871004"
#define RAND1 "23553cbe9637a89d218ae64dae47bf35"

static struct uicc_soft card, twin;
static uint8_t answer[UICC_RESPONSE_MAX];

static void make(const struct uicc_conf *conf, bool t0)
{
    T_OK(uicc_soft_init(&card, conf, t0));
}

static void make_default(void)
{
    struct uicc_conf conf = t_profile();
    make(&conf, false);
}

static gba_view say(const char *hex)
{
    gba_writer w = gba_writer_of(answer, sizeof answer);
    uicc_soft_transmit(&card, t_hex(hex), &w);
    return gba_writer_view(&w);
}

#define SAYS(command, want) T_BYTES(say(command), t_hex(want))

/* ---- hostile first ---- */

static void cut_commands(void)
{
    make_default();
    static const char *const bad[] = {
        "", "00", "00a4", "00a400", "00a40004023f", "00a4000400003f00", "008800812210"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        SAYS(bad[i], "6700");
    SAYS("00a40004023f00", "6112");
}

/* AUTHENTICATE with every number of octets: never more than a status word, never a change. */
static void cut_authenticate(void)
{
    gba_view full = t_hex("dd10" RAND1 "1055f328b43577b9b98c7f3f0d723fb244");
    make_default();
    SAYS(SELECT_USIM, "6120");
    for (size_t n = 1; n < full.n; n++) {
        uint8_t octets[64];
        gba_writer w = gba_writer_of(octets, sizeof octets), out = gba_writer_of(answer, sizeof answer);
        gba_put_view(&w, t_hex("00880084"));
        gba_put_u8(&w, (uint8_t)n);
        gba_put_view(&w, gba_view_sub(full, 0, n));
        uicc_soft_transmit(&card, gba_writer_view(&w), &out);
        T_BYTES(gba_writer_view(&out), t_hex("6a80"));
    }
    CU_ASSERT_FALSE(card.changed);
}

static void unknown_commands(void)
{
    make_default();
    SAYS("00ff0000", "6d00");
    SAYS("a0a40000023f00", "6e00");
    SAYS("01a40004023f00", "6881");
    SAYS("80a40004023f00", "6d00");
    SAYS("00a40904047fff6f07", "6a86");
    SAYS("00a40000023f00", "6a86");
    SAYS("00a40004013f", "6700");
}

static void nothing_selected(void)
{
    make_default();
    SAYS("00b0000000", "6986");
    SAYS("00b2010400", "6986");
    SAYS("00d600000101", "6986");
    SAYS("00c0000000", "6985");
    SAYS("00880081"
         "2210" RAND1 "10" RAND1,
         "6985");
    SAYS("00a40004026f07", "6a82");
    SAYS("00a40004027fff", "6a82");
    SAYS("00a4040407a0000000879999", "6a82");
    SAYS("00a4040404a0000000", "6a82");
}

static void wrong_structure(void)
{
    make_default();
    say(SELECT_USIM);
    say("00a40004026fda");
    SAYS("00b0000000", "6981");
    SAYS("00dc010402aabb", "6982");
    SAYS("00b2000400", "6a83");
    SAYS("00b2030400", "6a83");
    SAYS("00b2010200", "6a86");
    SAYS("00b2010c00", "6a82");
    say("00a40004026f07");
    SAYS("00b2010400", "6981");
    SAYS("00b0000900", "6b00");
    SAYS("00b08f0000", "6a82");
    SAYS("00d6000001ff", "6982");
    say("00a40004026fd6");
    SAYS("00d6012b02aabb", "6700");
}

static void authenticate_refuses(void)
{
    make_default();
    say(SELECT_USIM);
    SAYS("00880181"
         "2210" RAND1 "10" RAND1,
         "6a86");
    SAYS("00880080"
         "1110" RAND1,
         "9864");
    SAYS("00880082"
         "01aa",
         "9864");
    SAYS("00880085"
         "01aa",
         "6a86");
    SAYS("00880084"
         "01aa",
         "6a80");
    SAYS("00880084"
         "02de01",
         "6a80");
    SAYS("00880084"
         "09de05010000000201aa",
         "6a80");
    SAYS("00880081"
         "2310" RAND1 "10" RAND1 "00",
         "6a80");
    SAYS("00880081", "6a80");
    CU_ASSERT_FALSE(card.changed);
}

static void no_gba_service(void)
{
    struct uicc_conf conf = t_profile();
    conf.gba = false;
    make(&conf, false);
    say(SELECT_USIM);
    SAYS("00a40004026fd6", "6a82");
    SAYS("00880084"
         "23dd10" RAND1 "10" RAND1,
         "9864");
}

static void gsm_refuses(void)
{
    struct uicc_conf conf = t_profile();
    conf.gsm = true;
    make(&conf, false);
    say(SELECT_USIM);
    SAYS("00880080"
         "10" RAND1,
         "6a80");
    SAYS("00880080"
         "1210" RAND1 "00",
         "6a80");
    say(SELECT_ISIM);
    SAYS("00880080"
         "1110" RAND1,
         "9864");
}

static void pin_protects(void)
{
    struct uicc_conf conf = t_profile();
    T_OK(gba_text_set(&conf.pin, GBA_LIT("1234")));
    make(&conf, false);
    say(SELECT_USIM);
    say("00a40004026f07");
    SAYS("00b0000000", "6982");
    SAYS("00880081"
         "2210" RAND1 "1055f328b43577b9b94a9ffac354dfafb3",
         "6982");
    SAYS("00200002", "6a88");
    SAYS("00200101", "6a86");
    SAYS("00200001"
         "0431323334",
         "6700");
    SAYS("00200001", "63c3");
    SAYS("00200001"
         "0839393939ffffffff",
         "63c2");
    CU_ASSERT_TRUE(card.changed);
    SAYS("00200001"
         "0831323334ffffffff",
         "9000");
    SAYS("00200001", "9000");
    SAYS("00b0000000", "0809101010325476989000");
    uicc_soft_reset(&card);
    SAYS("00200001", "63c3");
    for (int i = 0; i < 3; i++)
        say("00200001"
            "0839393939ffffffff");
    SAYS("00200001", "6983");
    SAYS("00200001"
         "0831323334ffffffff",
         "6983");
}

static void bad_profiles(void)
{
    struct uicc_conf conf = t_profile();
    conf.opc.n = 0;
    T_RC(uicc_soft_init(&card, &conf, false), GBA_E_ALGORITHM);
    conf = t_profile();
    T_OK(gba_text_set(&conf.imsi, GBA_LIT("00101012345678a")));
    T_RC(uicc_soft_init(&card, &conf, false), GBA_E_CARD_CONTENT);
    conf = t_profile();
    T_OK(gba_text_set(&conf.pin, GBA_LIT("12")));
    T_RC(uicc_soft_init(&card, &conf, false), GBA_E_PIN_FORM);
    conf = t_profile();
    conf.gbanl_records = 200;
    T_RC(uicc_soft_init(&card, &conf, false), GBA_E_SPACE);
    CU_ASSERT_EQUAL(card.key.k.b[0], 0);
}

static unsigned faults;

static void count_fault(void *ctx, const char *key, const char *text)
{
    (void)text;
    faults++;
    CU_ASSERT_STRING_EQUAL(key, ctx);
}

static void check_complains(const struct uicc_conf *conf, const char *key, unsigned n)
{
    struct gba_conf_sink sink = {count_fault, (void *)(uintptr_t)key};
    faults = 0;
    uicc_conf_check(conf, &sink);
    CU_ASSERT_EQUAL(faults, n);
}

static void profile_checks(void)
{
    struct uicc_conf good = t_profile(), conf = good;
    check_complains(&good, "", 0);
    conf.opc.n = 0;
    check_complains(&conf, "opc", 1);
    conf = good;
    conf.op = t_opt_hex(RAND1);
    check_complains(&conf, "opc", 1);
    conf = good;
    conf.k.n = 32;
    check_complains(&conf, "k", 1);
    conf = good;
    conf.usim_aid = conf.isim_aid;
    check_complains(&conf, "usim_aid", 1);
    conf = good;
    conf.isim_aid.n = conf.usim_aid.n = 0;
    check_complains(&conf, "usim_aid", 1);
    conf = good;
    T_OK(gba_text_set(&conf.impi, GBA_LIT("nobody")));
    check_complains(&conf, "impi", 1);
    conf = good;
    T_OK(gba_text_set(&conf.pin, GBA_LIT("12a4")));
    check_complains(&conf, "pin", 1);
    conf = good;
    conf.algorithm = GBA_AKA_TUAK;
    conf.opc.n = 0;
    check_complains(&conf, "topc", 1);
}

/* ---- AUTHENTICATE ---- */

static void check_ks_int_naf(struct vec *v)
{
    T_BYTES(GBA_ARRAY(card.app[UICC_SOFT_USIM].ks_int_naf[0].b), vec_hex(v, "ks_int_naf"));
}

/*= TS 31.102 7.1.1.3, 7.1.2.1, 7.1.2.3 */
static void vectors(void)
{
    for (struct vec *v = vec_open("uicc.vec"); vec_next(v);) {
        struct uicc_conf conf = t_profile();
        gba_writer w = gba_writer_of(answer, sizeof answer), skipped = gba_writer_of(answer, sizeof answer);
        gba_copy(conf.sqn.b, vec_hex(v, "sqn"));
        make(&conf, false);
        say(SELECT_USIM);
        if (vec_has(v, "before"))
            uicc_soft_transmit(&card, vec_hex(v, "before"), &skipped);
        uicc_soft_transmit(&card, vec_hex(v, "command"), &w);
        T_BYTES(gba_writer_view(&w), vec_hex(v, "response"));
        if (vec_has(v, "ks_int_naf"))
            check_ks_int_naf(v);
    }
}

/*= TS 31.102 7.1.2.1 case 3, TS 33.102 6.8.1.2: SRES and Kc of Milenage set 1 */
static void gsm_context(void)
{
    struct uicc_conf conf = t_profile();
    conf.gsm = true;
    make(&conf, false);
    say(SELECT_USIM);
    SAYS("00880080"
         "1110" RAND1 "00",
         "0446f8416a08eae4be823af9a08b9000");
    CU_ASSERT_FALSE(card.changed);
}

static void tuak_card(void)
{
    struct uicc_conf conf = t_profile();
    gba_aka_vector av;
    gba_aka_key key;
    gba_rand rand = {{0x42}};
    uint8_t octets[64];
    gba_writer w = gba_writer_of(octets, sizeof octets), out = gba_writer_of(answer, sizeof answer);
    conf.algorithm = GBA_AKA_TUAK;
    conf.opc.n = 0;
    conf.k = t_opt_hex("abababababababababababababababab");
    conf.top = t_opt_hex("5555555555555555555555555555555555555555555555555555555555555555");
    conf.tuak_res_length = 16;
    make(&conf, false);
    T_OK(uicc_conf_key(&conf, &key));
    T_BYTES(GBA_ARRAY(card.key.topc.b),
            t_hex("bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"));
    T_OK(gba_aka_generate(&key, &rand, 0xff9bb4d0b607, (gba_amf){{0, 0}}, &av));
    say(SELECT_ISIM);
    gba_put_view(&w, t_hex("0088008122"
                           "10"));
    gba_put_view(&w, GBA_ARRAY(rand.b));
    gba_put_u8(&w, 16);
    gba_put_view(&w, GBA_ARRAY(av.autn.b));
    gba_put_u8(&w, 0);
    uicc_soft_transmit(&card, gba_writer_view(&w), &out);
    CU_ASSERT_EQUAL_FATAL(out.n, 1 + 17 + 17 + 17 + 2);
    T_BYTES(gba_view_of(answer + 2, 16), gba_view_of(av.xres.b, 16));
    T_BYTES(gba_view_of(answer + 19, 16), GBA_ARRAY(av.ck.b));
}

#define BOOTSTRAP "0088008423dd10" RAND1 "1055f328b43577b9b98c7f3f0d723fb24400"
#define NAF_A                                                                                                \
    "06610100000002"                                                                                         \
    "0161"
#define NAF_B                                                                                                \
    "06620100000002"                                                                                         \
    "0161"
#define NAF_C                                                                                                \
    "06630100000002"                                                                                         \
    "0161"
#define DERIVE(naf) "008800840ade" naf "00"

static gba_view record(unsigned number)
{
    static const char *const reads[] = {"00b20104ff", "00b20204ff"};
    say("00a40004026fda");
    return say(reads[number - 1]);
}

/*= TS 33.220 G.2: The profile has two records: the third NAF takes that of the one used longest ago. */
static void gbanl_lru(void)
{
    make_default();
    say(SELECT_USIM);
    CU_ASSERT_EQUAL(say(BOOTSTRAP).n, 12);
    CU_ASSERT_EQUAL(record(1).p[0], 0xff);
    CU_ASSERT_EQUAL(say(DERIVE(NAF_A)).n, 36);
    CU_ASSERT_EQUAL(say(DERIVE(NAF_B)).n, 36);
    CU_ASSERT_EQUAL(say(DERIVE(NAF_A)).n, 36);
    CU_ASSERT_EQUAL(record(1).p[2], 'a');
    CU_ASSERT_EQUAL(record(2).p[2], 'b');
    CU_ASSERT_EQUAL(say(DERIVE(NAF_C)).n, 36);
    CU_ASSERT_EQUAL(record(1).p[2], 'a');
    CU_ASSERT_EQUAL(record(2).p[2], 'c');
}

/* A challenge in the GBA context that the network would make with this SQN. */
static gba_view bootstrap_with(uint64_t sqn)
{
    struct uicc_conf conf = t_profile();
    gba_aka_key key;
    gba_aka_vector av;
    gba_autn star;
    gba_rand rand = {{0x77}};
    uint8_t octets[64];
    gba_writer w = gba_writer_of(octets, sizeof octets), out = gba_writer_of(answer, sizeof answer);
    T_OK(uicc_conf_key(&conf, &key));
    T_OK(gba_aka_generate(&key, &rand, sqn, (gba_amf){{0, 0}}, &av));
    T_OK(gba_aka_autn_star(&av.autn, &av.ik, &star));
    gba_put_view(&w, t_hex("0088008423dd10"));
    gba_put_view(&w, GBA_ARRAY(rand.b));
    gba_put_u8(&w, 16);
    gba_put_view(&w, GBA_ARRAY(star.b));
    gba_put_u8(&w, 0);
    uicc_soft_transmit(&card, gba_writer_view(&w), &out);
    return gba_writer_view(&out);
}

/* A new run writes the new RAND and takes the old B-TID away. */
static void gbabp_begins_anew(void)
{
    make_default();
    say(SELECT_USIM);
    say(BOOTSTRAP);
    say("00a40004026fd6");
    SAYS("00b0000013", "10" RAND1 "ffff9000");
    SAYS("00d60011"
         "0401610162",
         "9000");
    SAYS("00b0000015", "10" RAND1 "016101629000");
    CU_ASSERT_EQUAL(bootstrap_with(0xff9bb4d0b628).n, 12);
    say("00a40004026fd6");
    SAYS("00b0000015", "1077000000000000000000000000000000ffffffff9000");
}

static void keys_belong_to_their_application(void)
{
    make_default();
    say(SELECT_USIM);
    say(BOOTSTRAP);
    say(SELECT_ISIM);
    SAYS(DERIVE(NAF_A), "6985");
    say(SELECT_USIM);
    CU_ASSERT_EQUAL(say(DERIVE(NAF_A)).n, 36);
}

/* 215 octets of NAF_Id and 58 of B-TID: AUTHENTICATE can carry them, a record cannot. */
static void derivation_does_not_fit(void)
{
    uint8_t octets[UICC_APDU_MAX];
    gba_writer update = gba_writer_of(octets, sizeof octets), out = gba_writer_of(answer, sizeof answer);
    make_default();
    say(SELECT_USIM);
    say(BOOTSTRAP);
    say("00a40004026fd6");
    gba_put_view(&update, t_hex("00d600113b3a"));
    gba_put_fill(&update, 'a', 58);
    uicc_soft_transmit(&card, gba_writer_view(&update), &out);
    T_BYTES(gba_writer_view(&out), t_hex("9000"));
    gba_writer derive = gba_writer_of(octets, sizeof octets);
    gba_put_view(&derive, t_hex("00880084fdded7"));
    gba_put_fill(&derive, 'a', 215);
    gba_put_u8(&derive, 35);
    gba_put_fill(&derive, 'b', 35);
    out.n = 0;
    uicc_soft_transmit(&card, gba_writer_view(&derive), &out);
    T_BYTES(gba_writer_view(&out), t_hex("9866"));
}

/* ---- protocols and state ---- */

static void t0_and_t1(void)
{
    struct uicc_conf conf = t_profile();
    make(&conf, true);
    SAYS("00a40004022f00", "6111");
    SAYS("00c0000000", "6c11");
    CU_ASSERT_EQUAL(say("00c0000011").n, 19);
    SAYS("00c0000011", "6985");
    SAYS("00b2010400", "6c26");
    say(SELECT_USIM);
    say("00a40004026fad");
    SAYS("00b0000000", "6c04");
    SAYS("00b0000004", "000000029000");
    SAYS("00b0000302", "6c01");
    make(&conf, false);
    CU_ASSERT_EQUAL(say("00a40004022f0000").n, 19);
    CU_ASSERT_EQUAL(say("00b2010400").n, 40);
    say(SELECT_USIM);
    say("00a40004026fad");
    SAYS("00b0000000", "000000029000");
}

static void status_tells_directory(void)
{
    make_default();
    SAYS("80f2000c", "9000");
    T_BYTES(gba_view_sub(say("80f2000000"), 0, 10), t_hex("62108202782183023f00"));
    say(SELECT_ISIM);
    CU_ASSERT_TRUE(gba_view_contains(say("80f2000000"), t_hex("8410a0000000871004")));
    SAYS("80f2030000", "6a86");
}

/*= TS 102 221 11.1.1.4.3: a directory, a linear fixed file of two records, a transparent one */
static void file_descriptors(void)
{
    make_default();
    CU_ASSERT_TRUE(gba_view_starts(say("00a40004023f0000"), t_hex("6210" "82027821" "83023f00")));
    SAYS("00a40004022f0000", "620f" "82054221002602" "83022f00" "8002004c" "9000");
    SAYS(SELECT_USIM, "6120");
    SAYS("00a40004026f0700", "620c" "82024121" "83026f07" "80020009" "9000");
}

static void state_survives(void)
{
    static uint8_t state[UICC_SOFT_STATE_MAX];
    struct uicc_conf conf = t_profile();
    uint8_t octets[UICC_RESPONSE_MAX];
    gba_writer w = gba_writer_of(state, sizeof state), again = gba_writer_of(octets, sizeof octets);
    make_default();
    say(SELECT_USIM);
    say(BOOTSTRAP);
    gba_view derived = say(DERIVE(NAF_A));
    uicc_soft_save(&card, &w);
    T_OK(gba_writer_end(&w));
    T_OK(uicc_soft_init(&twin, &conf, false));
    T_OK(uicc_soft_load(&twin, gba_writer_view(&w)));
    CU_ASSERT_EQUAL(twin.sqn.seq[7], 0xff9bb4d0b607 >> 5);
    T_BYTES(GBA_ARRAY(twin.app[UICC_SOFT_USIM].ks.b), GBA_ARRAY(card.app[UICC_SOFT_USIM].ks.b));
    uicc_soft_transmit(&twin, t_hex(SELECT_USIM), &again);
    again.n = 0;
    uicc_soft_transmit(&twin, t_hex(DERIVE(NAF_A)), &again);
    T_BYTES(gba_writer_view(&again), derived);
}

static void state_refuses(void)
{
    static uint8_t state[UICC_SOFT_STATE_MAX];
    struct uicc_conf conf = t_profile();
    gba_writer w = gba_writer_of(state, sizeof state);
    make_default();
    uicc_soft_save(&card, &w);
    for (size_t n = 0; n < w.n; n += 7) {
        T_OK(uicc_soft_init(&twin, &conf, false));
        T_RC(uicc_soft_load(&twin, gba_view_of(state, n)), GBA_E_CARD_STATE);
    }
    state[w.n] = 0;
    T_OK(uicc_soft_init(&twin, &conf, false));
    T_RC(uicc_soft_load(&twin, gba_view_of(state, w.n + 1)), GBA_E_CARD_STATE);
    conf.gbabp_size = 100;
    T_OK(uicc_soft_init(&twin, &conf, false));
    T_RC(uicc_soft_load(&twin, gba_writer_view(&w)), GBA_E_CARD_STATE);
    state[0] ^= 1;
    conf = t_profile();
    T_OK(uicc_soft_init(&twin, &conf, false));
    T_RC(uicc_soft_load(&twin, gba_writer_view(&w)), GBA_E_CARD_STATE);
}

static void out_of_step(void)
{
    make_default();
    say(SELECT_USIM);
    uicc_soft_desync(&card, 1000);
    CU_ASSERT_TRUE(card.changed);
    CU_ASSERT_EQUAL(say(BOOTSTRAP).p[0], UICC_TAG_SYNC);
    uicc_soft_desync(&card, UINT32_MAX);
    for (int i = 0; i < 3000; i++)
        uicc_soft_desync(&card, UINT32_MAX);
    CU_ASSERT_EQUAL(gba_sqn_ms_highest(&card.sqn), GBA_SQN_MAX);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"commands that are cut", cut_commands},
        {"AUTHENTICATE cut at every octet", cut_authenticate},
        {"unknown classes and instructions", unknown_commands},
        {"nothing selected", nothing_selected},
        {"the wrong kind of file", wrong_structure},
        {"AUTHENTICATE", authenticate_refuses},
        {"GBA without the service", no_gba_service},
        {"GSM context", gsm_refuses},
        {"PIN", pin_protects},
        {"profiles that make no card", bad_profiles},
        {"profile check", profile_checks},
        {"state that is damaged or another's", state_refuses},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"AUTHENTICATE vectors", vectors},
        {"GSM context", gsm_context},
        {"TUAK", tuak_card},
        {"EF_GBANL forgets the least recently used", gbanl_lru},
        {"EF_GBABP", gbabp_begins_anew},
        {"keys belong to their application", keys_belong_to_their_application},
        {"NAF_Id and B-TID too long for a record", derivation_does_not_fit},
        {"T=0 and T=1", t0_and_t1},
        {"STATUS", status_tells_directory},
        {"file descriptors", file_descriptors},
        {"state survives", state_survives},
        {"out of step", out_of_step},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
