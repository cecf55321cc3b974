/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/card_profile.h"
#include "gba/crypto/kdf.h"
#include "uicc/session.h"
#include "uicc/soft.h"

/* The soft card behind a thin layer that counts, refuses and breaks. */
struct watched {
    struct uicc_soft soft;
    unsigned begins, ends, verifies;
    uint16_t refuse_gba; /* status word for AUTHENTICATE 84 when not 0 */
    unsigned gone_after; /* commands until the card is gone; 0: never */
};

static struct watched w;
static struct uicc_card card;
static struct uicc_session session;
static uint64_t sqn;

static gba_rc transmit(void *self, gba_view command, gba_writer *rsp)
{
    (void)self;
    CU_ASSERT_EQUAL(w.begins, w.ends + 1);
    if (w.gone_after > 0 && --w.gone_after == 0)
        return GBA_E_CARD_GONE;
    w.verifies += gba_view_starts(command, GBA_LIT("\x00\x20\x00\x01\x08"));
    if (w.refuse_gba && gba_view_starts(command, GBA_LIT("\x00\x88\x00\x84")))
        gba_put_u16(rsp, w.refuse_gba);
    else
        uicc_soft_transmit(&w.soft, command, rsp);
    return GBA_OK;
}

static gba_rc begin(void *self)
{
    (void)self;
    w.begins++;
    return GBA_OK;
}

static void end(void *self)
{
    (void)self;
    w.ends++;
}

static void insert(const struct uicc_conf *conf)
{
    w = (struct watched){.begins = 0};
    T_OK(uicc_soft_init(&w.soft, conf, false));
    card = (struct uicc_card){.transmit = transmit, .begin = begin, .end = end};
    sqn = 0xff9bb4d0b607;
}

static gba_rc open_as(enum uicc_app app, const char *pin)
{
    return uicc_session_open(&session, &card, &(struct uicc_session_conf){app, gba_view_cstr(pin), false, 0});
}

/* The next vector of the network; star: for GBA_U. */
static gba_aka_vector next_vector(bool star)
{
    struct uicc_conf conf = t_profile();
    gba_aka_key key;
    gba_aka_vector av;
    gba_rand rand = {{0x23, (uint8_t)(sqn >> 5)}};
    T_OK(uicc_conf_key(&conf, &key));
    T_OK(gba_aka_generate(&key, &rand, sqn, (gba_amf){{0, 0}}, &av));
    if (star)
        T_OK(gba_aka_autn_star(&av.autn, &av.ik, &av.autn));
    sqn += GBA_SQN_INDS;
    return av;
}

/* ---- hostile first ---- */

static void no_such_application(void)
{
    struct uicc_conf conf = t_profile();
    conf.isim_aid.n = 0;
    insert(&conf);
    T_RC(open_as(UICC_APP_ISIM, NULL), GBA_E_CARD_APP);
    CU_ASSERT_EQUAL(w.begins, w.ends);
    T_OK(open_as(UICC_APP_AUTO, NULL));
    CU_ASSERT_EQUAL(session.app, UICC_APP_USIM);
}

static void empty_isim(void)
{
    struct uicc_conf conf = t_profile();
    conf.impi.n = 0;
    insert(&conf);
    T_RC(open_as(UICC_APP_ISIM, NULL), GBA_E_CARD_CONTENT);
    T_OK(open_as(UICC_APP_AUTO, NULL));
    CU_ASSERT_EQUAL(session.app, UICC_APP_USIM);
    T_STR(gba_text_view(&session.impi), T_IMPI);
}

static void no_mnc_length(void)
{
    struct uicc_conf conf = t_profile();
    conf.mnc_length = 0;
    insert(&conf);
    T_RC(open_as(UICC_APP_USIM, NULL), GBA_E_CARD_MNC);
    T_OK(uicc_session_open(&session, &card, &(struct uicc_session_conf){UICC_APP_USIM, {NULL, 0}, false, 3}));
    T_STR(gba_text_view(&session.bsf), "bsf.mnc010.mcc001.pub.3gppnetwork.org");
}

static void pin_is_needed(void)
{
    struct uicc_conf conf = t_profile();
    T_OK(gba_text_set(&conf.pin, GBA_LIT("1234")));
    insert(&conf);
    T_RC(open_as(UICC_APP_AUTO, NULL), GBA_E_PIN_NEEDED);
    T_RC(open_as(UICC_APP_AUTO, "12x4"), GBA_E_PIN_FORM);
    CU_ASSERT_EQUAL(w.verifies, 0);
    T_RC(open_as(UICC_APP_AUTO, "9999"), GBA_E_PIN_WRONG);
    CU_ASSERT_EQUAL(w.verifies, 1);
    T_RC(open_as(UICC_APP_AUTO, "9999"), GBA_E_PIN_WRONG);
    T_RC(open_as(UICC_APP_AUTO, "1234"), GBA_E_PIN_LAST_TRY);
    CU_ASSERT_EQUAL(w.verifies, 2);
    T_OK(uicc_session_open(&session, &card,
                           &(struct uicc_session_conf){UICC_APP_AUTO, GBA_LIT("1234"), true, 0}));
    CU_ASSERT_EQUAL(w.begins, w.ends);
}

/* The card is pulled at each command in turn: always told so, never left locked. */
static void card_is_pulled(void)
{
    struct uicc_conf conf = t_profile();
    gba_rc rc = GBA_E_CARD_GONE;
    unsigned n = 0;
    while (rc == GBA_E_CARD_GONE && n < 100) {
        insert(&conf);
        w.gone_after = ++n;
        rc = open_as(UICC_APP_ISIM, NULL);
        CU_ASSERT_EQUAL(w.begins, w.ends);
    }
    T_OK(rc);
    CU_ASSERT(n > 10 && n < 100);
}

static void wrong_mac_keeps_the_context(void)
{
    struct uicc_conf conf = t_profile();
    struct uicc_auth auth;
    insert(&conf);
    T_OK(open_as(UICC_APP_USIM, NULL));
    gba_aka_vector av = next_vector(false);
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_CARD_MAC);
    CU_ASSERT_TRUE(session.gba_u);
    CU_ASSERT_EQUAL(auth.res.n, 0);
    session.gba_u = false;
    T_OK(uicc_session_challenge(&session, &av.rand, &av.autn, &auth));
    CU_ASSERT_FALSE(auth.in_card);
}

static void derive_without_ks(void)
{
    struct uicc_conf conf = t_profile();
    gba_ks_naf key = {{1}};
    insert(&conf);
    T_OK(open_as(UICC_APP_ISIM, NULL));
    T_RC(uicc_session_derive(&session, t_hex("610100000002"), &key), GBA_E_CARD_CONDITION);
    CU_ASSERT_EQUAL(key.b[0], 0);
    T_RC(uicc_session_store(&session, GBA_LIT("a@b"), GBA_LIT("2030-01-01T00:00:00Z")), GBA_E_CARD_CONDITION);
}

static void derive_too_long(void)
{
    static uint8_t long_id[250];
    struct uicc_conf conf = t_profile();
    gba_ks_naf key;
    insert(&conf);
    T_OK(open_as(UICC_APP_ISIM, NULL));
    T_RC(uicc_session_derive(&session, GBA_ARRAY(long_id), &key), GBA_E_TOO_LONG);
}

/* ---- good ---- */

/*= TS 23.003 13.3, 16.2 */
static void identities(void)
{
    struct uicc_conf conf = t_profile();
    insert(&conf);
    T_OK(open_as(UICC_APP_AUTO, NULL));
    CU_ASSERT_EQUAL(session.app, UICC_APP_ISIM);
    T_STR(gba_text_view(&session.impi), T_IMPI);
    T_STR(gba_text_view(&session.bsf), T_BSF_ISIM);
    CU_ASSERT_TRUE(session.gba_u);
    T_OK(open_as(UICC_APP_USIM, NULL));
    T_STR(gba_text_view(&session.impi), T_IMPI);
    T_STR(gba_text_view(&session.bsf), T_BSF_USIM);
    T_STR(gba_text_view(&session.imsi), "001010123456789");
    CU_ASSERT_TRUE(session.gba_u);
    CU_ASSERT_EQUAL(w.begins, w.ends);
}

static void without_the_service(void)
{
    struct uicc_conf conf = t_profile();
    struct uicc_auth auth;
    conf.gba = false;
    insert(&conf);
    T_OK(open_as(UICC_APP_AUTO, NULL));
    CU_ASSERT_FALSE(session.gba_u);
    gba_aka_vector av = next_vector(false);
    T_OK(uicc_session_challenge(&session, &av.rand, &av.autn, &auth));
    T_BYTES(GBA_ARRAY(auth.ck.b), GBA_ARRAY(av.ck.b));
    T_BYTES(GBA_ARRAY(auth.ik.b), GBA_ARRAY(av.ik.b));
    T_BYTES(gba_view_of(auth.res.b, auth.res.n), gba_view_of(av.xres.b, av.xres.n));
}

/* Each status word that means "no such context": the 3G context once, and from then on. */
static void falls_back_and_remembers(void)
{
    static const uint16_t words[] = {0x9864, 0x6a86, 0x6a88, 0x6d00};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct uicc_conf conf = t_profile();
        struct uicc_auth auth;
        insert(&conf);
        w.refuse_gba = words[i];
        T_OK(open_as(UICC_APP_AUTO, NULL));
        gba_aka_vector av = next_vector(false);
        T_OK(uicc_session_challenge(&session, &av.rand, &av.autn, &auth));
        CU_ASSERT_FALSE(auth.in_card);
        CU_ASSERT_FALSE(session.gba_u);
    }
}

/* 2G GBA: the triplet is the one that the AuC makes; without the context there is none. */
static void gsm_run(void)
{
    struct uicc_conf conf = t_profile();
    gba_aka_key key;
    gba_triplet got, want;
    gba_rand rand = {{0x42}};
    insert(&conf);
    T_OK(open_as(UICC_APP_USIM, NULL));
    T_RC(uicc_session_gsm(&session, &rand, &got), GBA_E_CARD_CONTEXT);
    CU_ASSERT_EQUAL(w.begins, w.ends);
    conf.gsm = true;
    insert(&conf);
    T_OK(open_as(UICC_APP_USIM, NULL));
    T_OK(uicc_session_gsm(&session, &rand, &got));
    T_OK(uicc_conf_key(&conf, &key));
    T_OK(gba_aka_triplet(&key, &rand, &want));
    T_BYTES(GBA_ARRAY(got.sres), GBA_ARRAY(want.sres));
    T_BYTES(GBA_ARRAY(got.kc), GBA_ARRAY(want.kc));
}

/*= TS 33.220 G.1 */
static void gba_u_run(void)
{
    struct uicc_conf conf = t_profile();
    struct uicc_auth auth;
    struct uicc_gbabp gbabp;
    gba_ks_naf got, want;
    gba_ks ks;
    insert(&conf);
    T_OK(open_as(UICC_APP_ISIM, NULL));
    gba_aka_vector av = next_vector(true);
    T_OK(uicc_session_challenge(&session, &av.rand, &av.autn, &auth));
    CU_ASSERT_TRUE(auth.in_card);
    CU_ASSERT_EQUAL(auth.ck.b[0] | auth.ik.b[0], 0);
    T_OK(uicc_session_store(&session, GBA_LIT("abc@" T_BSF_ISIM), GBA_LIT("2030-01-01T00:00:00Z")));
    T_OK(uicc_session_gbabp(&session, &gbabp));
    T_BYTES(gba_view_of(gbabp.rand, gbabp.rand_n), GBA_ARRAY(av.rand.b));
    T_STR(gba_text_view(&gbabp.btid), "abc@" T_BSF_ISIM);
    T_STR(gba_text_view(&gbabp.lifetime), "2030-01-01T00:00:00Z");
    T_OK(uicc_session_derive(&session, t_hex("610100000002"), &got));
    gba_aka_ks(&av.ck, &av.ik, &ks);
    struct gba_kdf_naf in = {&ks, &av.rand, gba_text_view(&session.impi), t_hex("610100000002")};
    T_OK(gba_kdf_ks_naf(&in, GBA_KDF_ME, &want));
    T_BYTES(GBA_ARRAY(got.b), GBA_ARRAY(want.b));
    CU_ASSERT_EQUAL(w.begins, w.ends);
}

static void small_gbabp(void)
{
    struct uicc_conf conf = t_profile();
    struct uicc_auth auth;
    gba_ks_naf key;
    conf.gbabp_size = 30;
    insert(&conf);
    T_OK(open_as(UICC_APP_ISIM, NULL));
    gba_aka_vector av = next_vector(true);
    T_OK(uicc_session_challenge(&session, &av.rand, &av.autn, &auth));
    T_RC(uicc_session_store(&session, GBA_LIT("abc@" T_BSF_ISIM), GBA_LIT("2030-01-01T00:00:00Z")),
         GBA_E_CARD_FILE_SIZE);
    T_OK(uicc_session_derive(&session, t_hex("610100000002"), &key));
}

static void resynchronises(void)
{
    struct uicc_conf conf = t_profile();
    struct uicc_auth auth;
    gba_aka_key key;
    uint64_t sqn_ms = 0;
    insert(&conf);
    uicc_soft_desync(&w.soft, 5000);
    T_OK(open_as(UICC_APP_ISIM, NULL));
    gba_aka_vector av = next_vector(true);
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_SQN);
    T_OK(uicc_conf_key(&conf, &key));
    T_OK(gba_aka_auts_open(&key, &av.rand, &auth.auts, &sqn_ms));
    sqn = gba_sqn_resync(sqn, sqn_ms, 3);
    T_OK(gba_sqn_next(sqn, 3, &sqn));
    av = next_vector(true);
    T_OK(uicc_session_challenge(&session, &av.rand, &av.autn, &auth));
}

/* Somebody resets the card between two operations: application and PIN are taken up again. */
static void survives_a_reset(void)
{
    struct uicc_conf conf = t_profile();
    struct uicc_auth auth;
    T_OK(gba_text_set(&conf.pin, GBA_LIT("1234")));
    insert(&conf);
    T_OK(open_as(UICC_APP_ISIM, "1234"));
    uicc_soft_reset(&w.soft);
    gba_aka_vector av = next_vector(true);
    T_OK(uicc_session_challenge(&session, &av.rand, &av.autn, &auth));
    CU_ASSERT_EQUAL(w.verifies, 2);
    uicc_session_close(&session);
    CU_ASSERT_EQUAL(session.pin.b[0], 0);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"no such application", no_such_application},
        {"an ISIM that is empty", empty_isim},
        {"no length of the MNC", no_mnc_length},
        {"PIN needed, malformed, wrong, one try left", pin_is_needed},
        {"the card is pulled at each command", card_is_pulled},
        {"a wrong MAC does not change the context", wrong_mac_keeps_the_context},
        {"NAF key without Ks", derive_without_ks},
        {"NAF_Id and IMPI too long", derive_too_long},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"identities and BSF names", identities},
        {"a card without GBA", without_the_service},
        {"falls back to the 3G context and remembers", falls_back_and_remembers},
        {"2G GBA", gsm_run},
        {"GBA_U", gba_u_run},
        {"EF_GBABP too small", small_gbabp},
        {"resynchronises", resynchronises},
        {"survives a reset by somebody else", survives_a_reset},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
