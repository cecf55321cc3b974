/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/card.h"

#include "gba/crypto/aka.h"
#include "gba/crypto/kdf.h"
#include "gba/crypto/sqn.h"
#include "uicc/isim.h"
#include "uicc/session.h"
#include "uicc/usim.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define NAF_ID GBA_LIT("xcap.home.example\x01\x00\x00\x00\x02")

enum { IND = 5 };

static const struct t_card_source *source;
static struct uicc_card card;
static struct uicc_session session;
static uint64_t last_sqn; /* of the network */

void contract_card_use(const struct t_card_source *wanted)
{
    source = wanted;
    last_sqn = 0;
}

static void open_card(void)
{
    T_OK(source->open(&card));
}

static void close_card(void)
{
    card.close(card.self);
}

static gba_rc open_session(enum uicc_app app, const char *pin, bool risk)
{
    return uicc_session_open(&session, &card, &(struct uicc_session_conf){app, gba_view_cstr(pin), risk, 0});
}

static void open_as(enum uicc_app app)
{
    open_card();
    T_OK(open_session(app, "1234", false));
}

static void close_as(void)
{
    uicc_session_close(&session);
    close_card();
}

static uint16_t raw(const char *hex)
{
    uint8_t octets[UICC_RESPONSE_MAX];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    T_OK(card.transmit(card.self, t_hex(hex), &w));
    CU_ASSERT(w.n >= 2);
    return w.n < 2 ? 0 : (uint16_t)(octets[w.n - 2] << 8 | octets[w.n - 1]);
}

/* ---- the network's side ---- */

static gba_aka_key network_key(void)
{
    gba_aka_key key = {.alg = GBA_AKA_MILENAGE, .k = {.n = 16}};
    gba_copy(key.k.b, t_hex("465b5ce8b199b49faa5f0a2ee238a6bc"));
    gba_copy(key.opc.b, t_hex("cd63cb71954a9f4e48a5994e37a02baf"));
    return key;
}

static gba_aka_vector make_vector(uint64_t sqn, bool star)
{
    gba_aka_key key = network_key();
    gba_aka_vector av;
    gba_rand rand = {{0x23, (uint8_t)(sqn >> 13), (uint8_t)(sqn >> 5)}};
    T_OK(gba_aka_generate(&key, &rand, sqn, (gba_amf){{0, 0}}, &av));
    if (star)
        T_OK(gba_aka_autn_star(&av.autn, &av.ik, &av.autn));
    return av;
}

static gba_aka_vector next_vector(bool star)
{
    T_OK(gba_sqn_next(last_sqn, IND, &last_sqn));
    return make_vector(last_sqn, star);
}

static void resynchronise(const gba_aka_vector *av, const gba_auts *auts)
{
    gba_aka_key key = network_key();
    uint64_t sqn_ms = 0;
    T_OK(gba_aka_auts_open(&key, &av->rand, auts, &sqn_ms));
    last_sqn = gba_sqn_resync(last_sqn, sqn_ms, IND);
}

/* A challenge that the card must accept, at the latest after one resynchronisation. */
static gba_aka_vector challenge(bool star, struct uicc_auth *auth)
{
    gba_aka_vector av = next_vector(star);
    gba_rc rc = uicc_session_challenge(&session, &av.rand, &av.autn, auth);
    if (rc == GBA_E_SQN) {
        resynchronise(&av, &auth->auts);
        av = next_vector(star);
        rc = uicc_session_challenge(&session, &av.rand, &av.autn, auth);
    }
    T_OK(rc);
    T_BYTES(gba_view_of(auth->res.b, auth->res.n), gba_view_of(av.xres.b, av.xres.n));
    return av;
}

/* ---- hostile first ---- */

static void odd_commands(void)
{
    static const char *const too_short[] = {"00", "00a4", "00a400"};
    open_card();
    for (size_t i = 0; source->short_commands && i < 3; i++)
        CU_ASSERT_EQUAL(raw(too_short[i]), 0x6700);
    CU_ASSERT_EQUAL(raw("00a4000402ff"), 0x6700);
    CU_ASSERT_EQUAL(raw("00a4000400"
                        "00"),
                    0x6700);
    CU_ASSERT_EQUAL(raw("00ff0000"), 0x6d00);
    CU_ASSERT_EQUAL(raw("a0a40000023f00"), 0x6e00);
    CU_ASSERT_EQUAL(raw("01a40004023f00"), 0x6881);
    CU_ASSERT_EQUAL(raw("00a400040212fe"), 0x6a82);
    CU_ASSERT_EQUAL(raw("00a4000c023f00"), 0x9000);
    close_card();
}

/*= TS 102 221 8.5.1.2: selected by a part of the AID */
static void locked_without_pin(void)
{
    struct uicc_file file;
    open_card();
    T_OK(card.begin ? card.begin(card.self) : GBA_OK);
    raw("0020000108"
        "39393939ffffffff"); /* close what an earlier user opened */
    T_OK(uicc_select_aid(&card, t_hex("a0000000871002"), &file));
    CU_ASSERT_TRUE(file.pin_enabled);
    T_OK(uicc_select(&card, UICC_USIM_IMSI, &file));
    CU_ASSERT_EQUAL(raw("00b0000009"), 0x6982);
    CU_ASSERT_EQUAL(raw("0088008122"
                        "1000000000000000000000000000000000"
                        "1000000000000000000000000000000000"),
                    0x6982);
    if (card.end)
        card.end(card.self);
    T_RC(open_session(UICC_APP_AUTO, NULL, false), GBA_E_PIN_NEEDED);
    T_OK(open_session(UICC_APP_AUTO, "1234", true));
    close_as();
}

static void pin_tries(void)
{
    struct uicc_pin_state state;
    struct uicc_file file;
    open_as(UICC_APP_USIM);
    raw("0020000108"
        "39393939ffffffff");
    T_OK(uicc_select_aid(&card, t_hex("a0000000871002"), &file));
    T_OK(uicc_pin_state(&card, file.pin_reference, &state));
    CU_ASSERT_FALSE(state.open);
    CU_ASSERT_EQUAL(state.tries, 2);
    T_RC(open_session(UICC_APP_USIM, "9999", false), GBA_E_PIN_WRONG);
    T_RC(open_session(UICC_APP_USIM, "1234", false), GBA_E_PIN_LAST_TRY);
    T_OK(uicc_pin_state(&card, file.pin_reference, &state));
    CU_ASSERT_EQUAL(state.tries, 1);
    T_OK(open_session(UICC_APP_USIM, "1234", true));
    raw("0020000108"
        "39393939ffffffff");
    T_OK(uicc_pin_state(&card, file.pin_reference, &state));
    CU_ASSERT_EQUAL(state.tries, 2);
    T_OK(open_session(UICC_APP_USIM, "1234", false));
    close_as();
}

static void wrong_network(void)
{
    struct uicc_auth auth;
    open_as(UICC_APP_USIM);
    gba_aka_vector av = next_vector(false);
    av.autn.b[15] ^= 1;
    session.gba_u = false;
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_CARD_MAC);
    session.gba_u = true;
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_CARD_MAC);
    CU_ASSERT_TRUE(session.gba_u);
    close_as();
}

/* Each context refuses what was made for the other. */
static void contexts_do_not_mix(void)
{
    struct uicc_auth auth;
    open_as(UICC_APP_ISIM);
    gba_aka_vector av = next_vector(false);
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_CARD_MAC);
    av = next_vector(true);
    session.gba_u = false;
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_CARD_MAC);
    close_as();
}

static void used_sequence_number(void)
{
    struct uicc_auth auth;
    open_as(UICC_APP_USIM);
    session.gba_u = false;
    gba_aka_vector av = challenge(false, &auth);
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_SQN);
    resynchronise(&av, &auth.auts);
    challenge(false, &auth);
    close_as();
}

/* ---- good ---- */

static void identities(void)
{
    open_as(UICC_APP_AUTO);
    CU_ASSERT_EQUAL(session.app, UICC_APP_ISIM);
    T_STR(gba_text_view(&session.impi), IMPI);
    T_STR(gba_text_view(&session.bsf), "bsf.ims.mnc001.mcc001.pub.3gppnetwork.org");
    CU_ASSERT_TRUE(session.gba_u);
    close_as();
    open_as(UICC_APP_USIM);
    T_STR(gba_text_view(&session.impi), IMPI);
    T_STR(gba_text_view(&session.bsf), "bsf.mnc001.mcc001.pub.3gppnetwork.org");
    close_as();
}

static void isim_files(void)
{
    struct uicc_isim isim;
    open_as(UICC_APP_ISIM);
    T_OK(uicc_isim_read(&card, &isim));
    T_STR(gba_text_view(&isim.domain), "ims.mnc001.mcc001.3gppnetwork.org");
    CU_ASSERT_EQUAL_FATAL(isim.impu_n, 2);
    T_STR(gba_text_view(&isim.impu[0]), "sip:" IMPI);
    T_STR(gba_text_view(&isim.impu[1]), "tel:+15550001");
    close_as();
}

static void gba_me(void)
{
    struct uicc_auth auth;
    open_as(UICC_APP_USIM);
    session.gba_u = false;
    gba_aka_vector av = challenge(false, &auth);
    CU_ASSERT_FALSE(auth.in_card);
    T_BYTES(GBA_ARRAY(auth.ck.b), GBA_ARRAY(av.ck.b));
    T_BYTES(GBA_ARRAY(auth.ik.b), GBA_ARRAY(av.ik.b));
    close_as();
}

static void check_naf_key(const gba_aka_vector *av)
{
    gba_ks_naf got, want;
    gba_ks ks;
    T_OK(uicc_session_derive(&session, NAF_ID, &got));
    gba_aka_ks(&av->ck, &av->ik, &ks);
    struct gba_kdf_naf in = {&ks, &av->rand, gba_text_view(&session.impi), NAF_ID};
    T_OK(gba_kdf_ks_naf(&in, GBA_KDF_ME, &want));
    T_BYTES(GBA_ARRAY(got.b), GBA_ARRAY(want.b));
}

/* Is there a record of our NAF with this B-TID? */
static bool listed(gba_view btid)
{
    struct uicc_gbanl gbanl;
    for (unsigned number = 1; number <= 2; number++) {
        if (uicc_gbanl_read(&card, UICC_ISIM_GBANL, number, &gbanl) == GBA_OK &&
            gba_view_eq(gba_text_view(&gbanl.naf.fqdn), GBA_LIT("xcap.home.example")) &&
            gba_view_eq(gba_text_view(&gbanl.btid), btid))
            return true;
    }
    return false;
}

static void gba_u(void)
{
    struct uicc_auth auth;
    struct uicc_gbabp gbabp;
    struct uicc_gbanl gbanl;
    open_as(UICC_APP_ISIM);
    gba_aka_vector av = challenge(true, &auth);
    CU_ASSERT_TRUE(auth.in_card);
    T_OK(uicc_session_gbabp(&session, &gbabp));
    T_BYTES(gba_view_of(gbabp.rand, gbabp.rand_n), GBA_ARRAY(av.rand.b));
    CU_ASSERT_EQUAL(gbabp.btid.n, 0);
    T_OK(uicc_session_store(&session, GBA_LIT("abc@bsf.home.example"), GBA_LIT("2030-01-01T00:00:00Z")));
    T_OK(uicc_session_gbabp(&session, &gbabp));
    T_STR(gba_text_view(&gbabp.btid), "abc@bsf.home.example");
    T_STR(gba_text_view(&gbabp.lifetime), "2030-01-01T00:00:00Z");
    check_naf_key(&av);
    CU_ASSERT_TRUE(listed(GBA_LIT("abc@bsf.home.example")));
    T_RC(uicc_gbanl_read(&card, UICC_ISIM_GBANL, 3, &gbanl), GBA_E_CARD_RECORD);
    close_as();
}

/* The longest AUTHENTICATE that there is, and a file that takes several commands to write and read. */
static void long_exchanges(void)
{
    static uint8_t naf_id[252 - sizeof IMPI + 1];
    static uint8_t btid[200];
    struct uicc_auth auth;
    struct uicc_gbabp gbabp;
    gba_ks_naf key;
    open_as(UICC_APP_ISIM);
    challenge(true, &auth);
    for (size_t i = 0; i < sizeof btid; i++)
        btid[i] = 'a' + i % 26;
    T_OK(uicc_session_store(&session, GBA_ARRAY(btid), gba_view_of(btid, 100)));
    T_OK(uicc_session_gbabp(&session, &gbabp));
    T_BYTES(gba_text_view(&gbabp.btid), GBA_ARRAY(btid));
    T_OK(uicc_session_store(&session, GBA_LIT("abc@bsf.home.example"), GBA_LIT("2030-01-01T00:00:00Z")));
    for (size_t i = 0; i < sizeof naf_id; i++)
        naf_id[i] = 'a' + i % 26;
    T_OK(uicc_session_derive(&session, GBA_ARRAY(naf_id), &key));
    close_as();
}

/* What was remembered in one connection is known in the next. */
static void remembers(void)
{
    struct uicc_auth auth;
    open_as(UICC_APP_ISIM);
    gba_aka_vector av = challenge(true, &auth);
    close_as();
    open_as(UICC_APP_ISIM);
    check_naf_key(&av);
    T_RC(uicc_session_challenge(&session, &av.rand, &av.autn, &auth), GBA_E_SQN);
    close_as();
}

CU_TestInfo contract_card_tests[] = {
    {"odd commands", odd_commands},
    {"locked without PIN", locked_without_pin},
    {"tries of the PIN", pin_tries},
    {"a wrong MAC", wrong_network},
    {"3G and GBA contexts do not mix", contexts_do_not_mix},
    {"a used sequence number", used_sequence_number},
    {"identities", identities},
    {"ISIM files", isim_files},
    {"GBA_ME", gba_me},
    {"GBA_U", gba_u},
    {"long exchanges", long_exchanges},
    {"remembers", remembers},
    CU_TEST_INFO_NULL,
};
