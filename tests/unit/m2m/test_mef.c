/* SPDX-License-Identifier: Apache-2.0 */
/* The MEF's engine: whom it lets in, what it gives to whom. */
#include "m2m/gba_mode.h"
#include "m2m/mef.h"
#include "tests/lib/fakes.h"
#include "tests/lib/memdb.h"
#include "tests/lib/tap.h"

#define KEID "EE7182D4F21CEBA6F85E3A786C70A218@mef.mte.example"
#define KPMID "kpm-0001@mef.mte.example"
#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define BTID "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define KE_V1 "a6d0e43c26a3de9d050bf93f99da188399f8597c11051220d085ed69be250fea"
#define KM_V2 "c1bd3d033d756f1b97d50c9c182cbd73821e5b9fe9a101e6e67123848ad419a3"
/* The key of RFC 6979 A.2.5 as a SubjectPublicKeyInfo. */
#define SPKI                                                                                                 \
    "3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6c" \
    "e669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define NI "ni:///sha-256-128;Wnp4zKSg9CDZvGK7Zpw8Jw"

enum { MAF, CSE, OTHER, TARGETS };

static struct fake_world world;
static struct memdb mem;
static struct m2m_mef mef;
static gba_text names[2];
static struct m2m_party targets[TARGETS];
static struct m2m_instr instr;
static struct m2m_mef_who who, maf;
static struct m2m_kpm kpm;
static struct m2m_mef_enrolled enrolled;
static struct m2m_mef_given given;
static uint8_t exported[M2M_EXPORT_N], text[1024];

static void set(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

static void set_target(size_t i, const char *id, const char *fqdn)
{
    T_OK(m2m_id_parse(gba_view_cstr(id), &targets[i].id));
    set(&targets[i].fqdn, fqdn);
    targets[i].expect = (struct m2m_expect){.flavour = M2M_CERT_FQDN};
    set(&targets[i].expect.id, fqdn);
}

/* A record of the framework, for the MAF. */
static void set_record(enum m2m_framework framework)
{
    instr = (struct m2m_instr){
        .framework = framework, .targets_n = 1, .expiry_s = 3600, .status = M2M_STATUS_OFF};
    set(&instr.name, "meter-1");
    set(&instr.mef, "mef.mte.example");
    T_OK(m2m_id_parse(GBA_LIT("//sp.example/S98821"), &instr.enrolee));
    instr.targets[0] = targets[MAF].id;
    if (framework == M2M_PPSK) {
        set(&instr.kpm_id, KPMID);
        instr.kpm.n = 32;
        gba_copy(instr.kpm.b, t_hex(KE_V1));
    } else if (framework == M2M_CERT) {
        instr.flavour = M2M_CERT_RAW;
        set(&instr.cert_id, NI);
    } else {
        set(&instr.impi, IMPI);
        instr.expiry_s = 0; /* keys live as long as Ks */
    }
}

static void keep(void)
{
    T_OK(m2m_instr_put(&mef.vault, &world.env, &instr));
}

static void set_up(void)
{
    fake_world_init(&world);
    memdb_init(&mem);
    set(&names[0], "mef.mte.example");
    set(&names[1], "mef.sp.example");
    set_target(MAF, "maf.mte.example", "maf.mte.example");
    set_target(CSE, "//sp.example/in-cse", "in-cse.sp.example");
    set_target(OTHER, "maf.other.example", "maf.other.example");
    mef = (struct m2m_mef){mem.vault, names, 2, targets, TARGETS};
    /* V1 of the vectors */
    gba_copy(exported, t_hex("ee7182d4f21ceba6f85e3a786c70a218" KE_V1));
    set_record(M2M_PPSK);
    who = (struct m2m_mef_who){.target = false};
    set(&who.name, "meter-1");
    maf = (struct m2m_mef_who){.target = true};
    set(&maf.name, "maf.mte.example");
}

static gba_rc psk(const char *identity, const gba_text *name)
{
    return m2m_mef_psk(&mef, name, gba_view_cstr(identity), &who, &kpm);
}

static gba_rc raw(const char *spki, const gba_text *name)
{
    gba_view chain = t_hex(spki);
    const struct m2m_shown shown = {.raw = true, .chain = &chain, .n = 1};
    return m2m_mef_cert(&mef, &world.env, name, &shown, &who);
}

static gba_rc enrol(void)
{
    const struct m2m_mef_handshake done = {&names[0], &who, exported};
    return m2m_mef_enrol(&mef, &world.env, &done, &enrolled);
}

static gba_rc give(const struct m2m_mef_who *asker, const char *origin, const char *keid, unsigned suid)
{
    const struct m2m_mef_fetch ask = {asker, gba_view_cstr(origin), gba_view_cstr(keid), suid};
    return m2m_mef_give(&mef, &world.env, &ask, &given);
}

static void nothing_given(void)
{
    static const m2m_key none;
    T_BYTES(GBA_ARRAY(given.key.b), GBA_ARRAY(none.b));
}

/* ---- hostile: who gets in ---- */

static void unknown_kpm(void)
{
    keep();
    T_RC(psk("kpm-0002@mef.mte.example", &names[0]), GBA_E_MEF_KPM);
    T_RC(psk("", &names[0]), GBA_E_MEF_KPM);
    T_RC(psk("kpm-0001", &names[0]), GBA_E_MEF_KPM);
    T_RC(psk(KEID, &names[0]), GBA_E_MEF_KPM);
    T_RC(psk("psk:" KPMID, &names[0]), GBA_E_MEF_KPM);
}

static void another_mef(void)
{
    keep();
    T_RC(psk(KPMID, &names[1]), GBA_E_MEF_KPM);
    set_record(M2M_CERT);
    keep();
    T_RC(raw(SPKI, &names[1]), GBA_E_MEF_CERT);
}

static void unknown_certificate(void)
{
    T_RC(raw(SPKI, &names[0]), GBA_E_MEF_CERT);
    keep();
    T_RC(raw(SPKI, &names[0]), GBA_E_MEF_CERT);
}

static void names_of_others(void)
{
    CU_ASSERT_PTR_NULL(m2m_mef_name(&mef, GBA_LIT("mef.evil.example")));
    CU_ASSERT_PTR_NULL(m2m_mef_name(&mef, GBA_LIT("mef.mte.example.")));
    CU_ASSERT_PTR_EQUAL(m2m_mef_name(&mef, GBA_LIT("")), &names[0]);
    CU_ASSERT_PTR_EQUAL(m2m_mef_name(&mef, GBA_LIT("MEF.SP.example")), &names[1]);
}

static void who_is_strict(void)
{
    struct m2m_mef_who read;
    T_RC(m2m_mef_who_parse(GBA_LIT(""), &read), GBA_E_WORD);
    T_RC(m2m_mef_who_parse(GBA_LIT("enrolee:"), &read), GBA_E_WORD);
    T_RC(m2m_mef_who_parse(GBA_LIT("Target:maf.mte.example"), &read), GBA_E_WORD);
}

static void store_in_trouble(void)
{
    keep();
    mem.put_fails = GBA_E_DB_FULL;
    T_RC(enrol(), GBA_E_DB_FULL);
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_KEID);
}

/* ---- hostile: who gets keys ---- */

static void nobody_and_others(void)
{
    struct m2m_mef_who other = {.target = true}, stranger = {.target = true}, enrolee = who;
    set(&other.name, "maf.other.example");
    set(&stranger.name, "maf.unknown.example");
    keep();
    T_OK(enrol());
    T_RC(give(NULL, NULL, KEID, 0), GBA_E_MEF_ORIGIN);
    nothing_given();
    T_RC(give(&other, NULL, KEID, 0), GBA_E_MEF_NOT_TARGET);
    nothing_given();
    T_RC(give(&stranger, NULL, KEID, 0), GBA_E_MEF_NOT_TARGET);
    T_RC(give(&enrolee, NULL, KEID, 0), GBA_E_MEF_NOT_TARGET);
    nothing_given();
}

static void forged_origin(void)
{
    keep();
    T_OK(enrol());
    T_RC(give(&maf, "maf.other.example", KEID, 0), GBA_E_MEF_ORIGIN);
    T_RC(give(&maf, "", KEID, 0), GBA_E_MEF_ORIGIN);
    T_RC(give(&maf, "//sp.example/in-cse", KEID, 0), GBA_E_MEF_ORIGIN);
    nothing_given();
    T_OK(give(&maf, "MAF.mte.example", KEID, 0));
}

static void unknown_keid(void)
{
    keep();
    T_OK(enrol());
    T_RC(give(&maf, NULL, "EE7182D4F21CEBA6F85E3A786C70A219@mef.mte.example", 0), GBA_E_MEF_KEID);
    T_RC(give(&maf, NULL, "EE7182D4F21CEBA6F85E3A786C70A218@mef.sp.example", 0), GBA_E_MEF_KEID);
    T_RC(give(&maf, NULL, "", 0), GBA_E_MEF_KEID);
    T_RC(give(&maf, NULL, BTID, 0), GBA_E_MEF_KEID);
    nothing_given();
}

static void expired(void)
{
    size_t n = 0;
    keep();
    T_OK(enrol());
    world.env.now_ms += 3600 * 1000;
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_EXPIRED);
    nothing_given();
    T_OK(m2m_mef_sweep(&mef, &world.env, &n));
    CU_ASSERT_EQUAL(n, 1);
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_KEID);
}

static void bad_usage(void)
{
    static const unsigned rows[] = {1, 10, 11, 20, 26, 31, 32, 40, 99};
    keep();
    T_OK(enrol());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        T_RC(give(&maf, NULL, KEID, rows[i]), GBA_E_MEF_SUID);
        nothing_given();
    }
}

static void record_changed(void)
{
    keep();
    T_OK(enrol());
    T_OK(m2m_id_parse(GBA_LIT("//sp.example/S1"), &instr.enrolee));
    keep();
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_NOT_TARGET);
    set_record(M2M_PPSK);
    instr.targets[0] = targets[CSE].id;
    keep();
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_NOT_TARGET);
    T_OK(m2m_instr_del(&mef.vault, GBA_LIT("meter-1")));
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_NOT_TARGET);
}

static void same_export_twice(void)
{
    keep();
    T_OK(enrol());
    T_RC(enrol(), GBA_E_MEF_KEID_TWICE);
    who.name.n = 0;
    exported[0]++;
    T_RC(enrol(), GBA_E_ABSENT);
}

/* ---- tokens ---- */

static gba_rc present(gba_view token, unsigned frameworks)
{
    const struct m2m_mef_offer offer = {token, frameworks};
    return m2m_mef_present(&mef, &world.env, gba_text_view(&enrolled.keid), &offer);
}

static void token_is_due(void)
{
    m2m_token_text token;
    instr.token_needed = true;
    T_OK(m2m_token_issue(&instr.token, &world.env, 60, &token));
    keep();
    T_OK(enrol());
    CU_ASSERT_TRUE(enrolled.token_due);
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_TOKEN_DUE);
    nothing_given();
    T_RC(present(GBA_LIT("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"), 1u << M2M_PPSK), GBA_E_TOKEN);
    T_RC(present(gba_view_of(token.s, M2M_TOKEN_TEXT_N), 1u << M2M_CERT), GBA_E_RSPF);
    T_RC(present(gba_view_of(token.s, M2M_TOKEN_TEXT_N), 0), GBA_E_RSPF);
    T_RC(give(&maf, NULL, KEID, 0), GBA_E_MEF_TOKEN_DUE);
    T_OK(present(gba_view_of(token.s, M2M_TOKEN_TEXT_N), 1u << M2M_PPSK | 1u << M2M_GBA));
    T_OK(give(&maf, NULL, KEID, 0));
    /* once */
    exported[0]++;
    T_OK(enrol());
    T_RC(present(gba_view_of(token.s, M2M_TOKEN_TEXT_N), 1u << M2M_PPSK), GBA_E_TOKEN);
    gba_wipe(&token);
}

static void token_too_late(void)
{
    m2m_token_text token;
    instr.token_needed = true;
    T_OK(m2m_token_issue(&instr.token, &world.env, 60, &token));
    keep();
    T_OK(enrol());
    world.env.now_ms += 60 * 1000;
    T_RC(present(gba_view_of(token.s, M2M_TOKEN_TEXT_N), 1u << M2M_PPSK), GBA_E_TOKEN);
    T_OK(m2m_mef_forget(&mef, GBA_LIT(KEID)));
    T_RC(present(gba_view_of(token.s, M2M_TOKEN_TEXT_N), 1u << M2M_PPSK), GBA_E_MEF_KEID);
    gba_wipe(&token);
}

/* ---- good ---- */

/*= TS-0003 8.3.2.1 */
static void preprovisioned_key(void)
{
    instr.e2e = true;
    set(&instr.e2e_params, "aes-128-ccm");
    keep();
    T_OK(psk("kpm-0001@MEF.mte.example", &names[0]));
    T_BYTES(gba_view_of(kpm.b, kpm.n), t_hex(KE_V1));
    CU_ASSERT_FALSE(who.target);
    T_STR(gba_text_view(&who.name), "meter-1");
    T_OK(enrol());
    T_STR(gba_text_view(&enrolled.keid), KEID);
    CU_ASSERT_EQUAL(enrolled.until_s, world.env.now_ms / 1000 + 3600);
    CU_ASSERT_FALSE(enrolled.token_due);
    T_OK(give(&maf, NULL, "ee7182d4f21ceba6f85e3a786c70a218@MEF.mte.example", 0));
    T_BYTES(GBA_ARRAY(given.key.b), t_hex(KM_V2));
    T_STR(gba_text_view(&given.enrolee.text), "//sp.example/S98821");
    CU_ASSERT_EQUAL(given.until_s, enrolled.until_s);
    CU_ASSERT_TRUE(given.e2e);
    T_STR(gba_text_view(&given.e2e_params), "aes-128-ccm");
}

/*= TS-0003 8.3.2.2 */
static void raw_public_key(void)
{
    set_record(M2M_CERT);
    keep();
    T_OK(raw(SPKI, &names[0]));
    T_STR(gba_text_view(&who.name), "meter-1");
    T_OK(enrol());
    T_OK(give(&maf, "maf.mte.example", KEID, 0));
    T_BYTES(GBA_ARRAY(given.key.b), t_hex(KM_V2));
}

static void target_with_raw_key(void)
{
    targets[CSE].expect.flavour = M2M_CERT_RAW;
    set(&targets[CSE].expect.id, NI);
    T_OK(raw(SPKI, &names[1]));
    CU_ASSERT_TRUE(who.target);
    T_STR(gba_text_view(&who.name), "//sp.example/in-cse");
}

/* A CSE that was enrolled itself fetches what others share with it. */
static void enrolee_as_target(void)
{
    instr.targets[0] = targets[CSE].id;
    keep();
    T_OK(enrol());
    set_record(M2M_CERT);
    set(&instr.name, "cse");
    instr.enrolee = targets[CSE].id;
    keep();
    T_OK(raw(SPKI, &names[0]));
    T_STR(gba_text_view(&who.name), "cse");
    T_OK(give(&who, "//sp.example/in-cse", KEID, 0));
    T_OK(give(&who, NULL, KEID, 22));
}

/*= TS-0003 10.3.3, 10.3.7 */
static void other_usages(void)
{
    struct m2m_mef_who cse = {.target = true};
    set(&cse.name, "//sp.example/in-cse");
    instr.targets[instr.targets_n++] = targets[CSE].id;
    gba_copy(exported + 16, t_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    keep();
    T_OK(enrol());
    T_OK(give(&cse, NULL, KEID, 0));
    T_BYTES(GBA_ARRAY(given.key.b),
            t_hex("98a27181095eebeb358b67fbd13655c39cdcea53792c925acbfee3ada2085ef4"));
    T_OK(give(&maf, NULL, KEID, 21));
    T_BYTES(GBA_ARRAY(given.key.b),
            t_hex("b50fff9673a3be4e1de4369ee16f25edfc40ef063d192a7c4d9b717878ae782c"));
    T_OK(give(&cse, NULL, KEID, 22));
    T_BYTES(GBA_ARRAY(given.key.b),
            t_hex("0b2f4cf183d559cf955af5bdd49c661dba74e5ed2ca53c708151f0516acdace2"));
}

/* ---- answers ---- */

static void answers(void)
{
    struct m2m_mef_given again;
    gba_writer w = gba_writer_of(text, sizeof text);
    keep();
    T_OK(enrol());
    T_OK(give(&maf, NULL, KEID, 0));
    given.until_s = 1798761600;
    m2m_mef_given_put(&given, &w);
    T_STR(gba_writer_view(&w),
          "{\"status\":true,\"credential\":\"wb09Az11bxuX1QycGCy9c4IeW5/poQHm5nEjhIrUGaM=\","
          "\"enroleeID\":\"//sp.example/S98821\",\"lifetime\":\"20270101T000000\"}");
    T_OK(m2m_mef_given_parse(gba_writer_view(&w), &again));
    T_BYTES(GBA_ARRAY(again.key.b), t_hex(KM_V2));
    CU_ASSERT_EQUAL(again.until_s, 1798761600);
    CU_ASSERT_TRUE(m2m_id_eq(&again.enrolee, &given.enrolee));
    w.n = 0;
    m2m_mef_refusal_put(GBA_E_MEF_KEID, &w);
    T_STR(gba_writer_view(&w),
          "{\"status\":false,\"errorString\":\"there is no enrolment key of this name\"}");
    CU_ASSERT_EQUAL(m2m_mef_status(GBA_OK), 200);
    CU_ASSERT_EQUAL(m2m_mef_status(GBA_E_MEF_EXPIRED), 410);
    CU_ASSERT_EQUAL(m2m_mef_status(GBA_E_MEF_NOT_TARGET), 403);
    CU_ASSERT_EQUAL(m2m_mef_status(GBA_E_MEF_ORIGIN), 403);
    CU_ASSERT_EQUAL(m2m_mef_status(GBA_E_MEF_KEID), 404);
    gba_wipe(&again);
}

/* ---- lists ---- */

static size_t seen_n;
static struct m2m_mef_key_seen last;

static gba_rc on_key(void *arg, const struct m2m_mef_key_seen *key)
{
    (void)arg;
    seen_n++;
    last = *key;
    return GBA_OK;
}

static void count(size_t n)
{
    seen_n = 0;
    T_OK(m2m_mef_keys(&mef, on_key, NULL));
    CU_ASSERT_EQUAL(seen_n, n);
}

/* Three records, of which one has more handshakes than keys are kept; more than one batch. */
static void many_keys(void)
{
    static const char *const records[] = {"meter-1", "meter-2", "meter-3"};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        set(&instr.name, records[i]);
        instr.kpm_id.s[4] = (char)('a' + i);
        keep();
        who.name = instr.name;
        exported[1] = (uint8_t)i;
        for (unsigned k = 0; k < (i == 0 ? M2M_MEF_KEYS_MAX + 3 : 40); k++) {
            exported[0] = (uint8_t)k;
            T_OK(enrol());
        }
    }
    count(M2M_MEF_KEYS_MAX + 80);
    T_STR(gba_text_view(&last.enrolee.text), "//sp.example/S98821");
    T_RC(give(&maf, NULL, "020082D4F21CEBA6F85E3A786C70A218@mef.mte.example", 0), GBA_E_MEF_KEID);
    T_OK(give(&maf, NULL, "030082D4F21CEBA6F85E3A786C70A218@mef.mte.example", 0));
    T_OK(m2m_mef_forget_record(&mef, GBA_LIT("meter-4"), &n));
    CU_ASSERT_EQUAL(n, 0);
    T_OK(m2m_mef_forget(&mef, GBA_LIT("030082D4F21CEBA6F85E3A786C70A218@mef.mte.example")));
    T_RC(m2m_mef_forget(&mef, GBA_LIT("030082D4F21CEBA6F85E3A786C70A218@mef.mte.example")), GBA_E_ABSENT);
    T_OK(m2m_mef_forget_record(&mef, GBA_LIT("meter-2"), &n));
    CU_ASSERT_EQUAL(n, 40);
    world.env.now_ms += 3600 * 1000;
    T_OK(m2m_mef_sweep(&mef, &world.env, &n));
    CU_ASSERT_EQUAL(n, 40 + M2M_MEF_KEYS_MAX - 1 + 40);
    count(0);
}

/* ---- GBA ---- */

static gba_rc permit(const char *impi, const char *naf, const char *told)
{
    gba_text uid;
    gba_rc rc = m2m_gba_permit(&mef, gba_view_cstr(impi), gba_view_cstr(naf), &uid);
    T_STR(gba_text_view(&uid), told);
    return rc;
}

/*= TS-0003 8.3.2.3 */
static void gba_permissions(void)
{
    set_record(M2M_GBA);
    keep();
    T_RC(permit(IMPI, "maf.other.example", ""), GBA_E_MEF_NOT_TARGET);
    T_RC(permit(IMPI, "In-CSE.sp.example", ""), GBA_E_MEF_NOT_TARGET);
    T_OK(permit(IMPI, "MAF.mte.example", "//sp.example/S98821"));
    T_OK(permit(IMPI, "xcap.home.example", ""));
    T_OK(permit("001010000000000@ims.mnc001.mcc001.3gppnetwork.org", "maf.mte.example", ""));
    T_OK(m2m_id_parse(GBA_LIT("//sp.example/mn1"), &instr.targets[0]));
    keep();
    T_RC(permit(IMPI, "maf.mte.example", ""), GBA_E_MEF_NOT_TARGET);
    T_OK(permit(IMPI, "mn1.sp.example", "//sp.example/S98821"));
}

static void gba_without_id(void)
{
    set_record(M2M_GBA);
    instr.enrolee.text.n = 0;
    keep();
    T_OK(permit(IMPI, "maf.mte.example", ""));
}

static void gba_keys(void)
{
    struct m2m_mef_gba done = {GBA_LIT(IMPI), GBA_LIT(BTID), 1893370000};
    size_t n = 0;
    T_RC(m2m_mef_note_gba(&mef, &world.env, &done), GBA_E_ABSENT);
    count(0);
    set_record(M2M_GBA);
    keep();
    T_OK(m2m_mef_note_gba(&mef, &world.env, &done));
    count(1);
    T_STR(gba_text_view(&last.keid), BTID);
    CU_ASSERT_EQUAL(last.framework, M2M_GBA);
    CU_ASSERT_EQUAL(last.until_s, 1893370000);
    T_RC(give(&maf, NULL, BTID, 0), GBA_E_MEF_KEID);
    T_OK(m2m_mef_forget_gba(&mef, &n));
    CU_ASSERT_EQUAL(n, 1);
    count(0);
}

int main(void)
{
    CU_TestInfo doors[] = {
        {"unknown KpmIds", unknown_kpm},
        {"at another MEF's name", another_mef},
        {"unknown certificates", unknown_certificate},
        {"names that are not ours", names_of_others},
        {"who a session is", who_is_strict},
        {"a store that cannot keep", store_in_trouble},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo keys[] = {
        {"nobody, strangers, others", nobody_and_others},
        {"forged origin", forged_origin},
        {"unknown KeIds", unknown_keid},
        {"expired", expired},
        {"usages that targets do not have", bad_usage},
        {"the record was changed", record_changed},
        {"the same export twice", same_export_twice},
        {"a token is due", token_is_due},
        {"a token comes too late", token_too_late},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"pre-provisioned key", preprovisioned_key},
        {"raw public key", raw_public_key},
        {"a target with a raw key", target_with_raw_key},
        {"an Enrolee is a target", enrolee_as_target},
        {"Kpsa and usages", other_usages},
        {"answers", answers},
        {"many keys", many_keys},
        {"GBA: permissions", gba_permissions},
        {"GBA: no Enrolee-ID", gba_without_id},
        {"GBA: keys", gba_keys},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"mef: hostile clients", NULL, NULL, set_up, NULL, doors},
        {"mef: hostile targets", NULL, NULL, set_up, NULL, keys},
        {"mef", NULL, NULL, set_up, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
