/* SPDX-License-Identifier: Apache-2.0 */
/* The AuC engine: a MAR in, an order out. */
#include <stdlib.h>

#include "hss/auc.h"
#include "tests/lib/fakes.h"
#include "tests/lib/tap.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define TUAK_IMPI "tuak@ims.mnc001.mcc001.3gppnetwork.org"
#define BARRED_IMPI "barred@ims.mnc001.mcc001.3gppnetwork.org"

enum { BLOCK = 16, IND = 31, LOADED_S = 1893369600 };

static struct fake_world world;
static struct hss_subs subs;
static struct hss_auc auc;
static void *memory;

static void add(const char *impi, enum gba_aka_alg alg, bool barred)
{
    struct hss_sub sub = {.barred = barred, .guss = GBA_LIT("<guss/>")};
    gba_text shared;
    uint32_t number;
    T_OK(gba_text_set(&sub.impi, gba_view_cstr(impi)));
    T_OK(gba_text_set(&shared, GBA_LIT("sip:family@x.org")));
    sub.key.alg = alg;
    sub.key.k.n = 16;
    gba_copy(sub.key.k.b, t_hex("465b5ce8b199b49faa5f0a2ee238a6bc"));
    gba_copy(sub.key.opc.b, t_hex("cd63cb71954a9f4e48a5994e37a02baf"));
    sub.key.tuak = (struct gba_tuak_profile){1, 8, 16, 16, 16};
    sub.sqn.limit = hss_sqn_block_end(0, BLOCK);
    T_OK(hss_subs_add(&subs, &sub, &number));
    hss_subs_add_impu(&subs, &sub.impi, number);
    hss_subs_add_impu(&subs, &shared, number);
}

static void set_up(void)
{
    fake_world_init(&world);
    memory = calloc(1, hss_subs_memory(3, 8));
    hss_subs_init(&subs, memory, 3, 8, 1);
    add(IMPI, GBA_AKA_MILENAGE, false);
    add(TUAK_IMPI, GBA_AKA_TUAK, false);
    add(BARRED_IMPI, GBA_AKA_MILENAGE, true);
    auc = (struct hss_auc){&subs, IND, BLOCK, LOADED_S, GBA_LIT("2G-GBA")};
}

static void tear_down(void)
{
    free(memory);
}

static struct dia_mar mar_of(const char *impi)
{
    return (struct dia_mar){.impi = gba_view_cstr(impi), .scheme = GBA_LIT("Digest-AKAv1-MD5")};
}

static struct hss_auc_order step(const struct dia_mar *mar)
{
    struct hss_auc_order order;
    hss_auc_step(&auc, &world.env, mar, &order);
    return order;
}

/* What the USIM finds in the vector of an order. */
static struct gba_aka_checked usim(const struct hss_auc_order *order)
{
    struct gba_aka_checked checked = {.sqn = 0};
    CU_ASSERT_TRUE(order->maa.has_vector);
    T_OK(
        gba_aka_check(&subs.sub[order->sub].key, &order->maa.vector.rand, &order->maa.vector.autn, &checked));
    return checked;
}

/* ---- refused ---- */

static void refused(const struct dia_mar *mar, gba_rc reason, bool experimental, uint32_t code)
{
    static const gba_aka_vector nothing;
    struct hss_auc_order order = step(mar);
    CU_ASSERT_EQUAL(order.kind, HSS_AUC_REPLY);
    T_RC(order.reason, reason);
    CU_ASSERT_EQUAL(order.maa.result.experimental, experimental);
    CU_ASSERT_EQUAL(order.maa.result.code, code);
    CU_ASSERT_FALSE(order.maa.has_vector);
    CU_ASSERT_PTR_NULL(order.maa.guss.p);
    T_BYTES(gba_view_of(&order.maa.vector, sizeof nothing), gba_view_of(&nothing, sizeof nothing));
}

/*= TS 29.109 6.2.2.1 */
static void unknown_identities(void)
{
    struct dia_mar mar = mar_of("nobody@ims.mnc001.mcc001.3gppnetwork.org");
    refused(&mar, GBA_E_HSS_UNKNOWN, true, 5401);
    mar = (struct dia_mar){.impu = GBA_LIT("sip:nobody@x.org")};
    refused(&mar, GBA_E_HSS_UNKNOWN, true, 5401);
}

static void shared_impu(void)
{
    struct dia_mar mar = {.impu = GBA_LIT("sip:family@x.org")};
    refused(&mar, GBA_E_HSS_SHARED, true, 5101);
}

/*= TS 29.229 6.2 */
static void other_schemes(void)
{
    static const char *const bad[] = {"", "Digest-AKAv2-SHA-256", "SIP Digest", "digest-akav1-md5",
                                      "Unknown"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dia_mar mar = mar_of(IMPI);
        mar.scheme = gba_view_cstr(bad[i]);
        refused(&mar, GBA_E_HSS_SCHEME, true, 5006);
    }
    CU_ASSERT_EQUAL(subs.sub[0].sqn.last, 0);
}

static void barred(void)
{
    struct dia_mar mar = mar_of(BARRED_IMPI);
    refused(&mar, GBA_E_HSS_BARRED, false, 5003);
}

/* AUTS of a card at sqn_ms for a RAND. */
static struct dia_mar auts_mar(const char *impi, uint64_t sqn_ms)
{
    struct dia_mar mar = mar_of(impi);
    uint32_t number = 0;
    T_OK(hss_subs_find(&subs, mar.impi, mar.impu, &number));
    mar.resync = true;
    gba_env_random(&world.env, mar.rand.b, sizeof mar.rand.b);
    T_OK(gba_aka_auts_make(&subs.sub[number].key, &mar.rand, sqn_ms, &mar.auts));
    return mar;
}

/*= TS 33.102 6.3.5: a wrong MAC-S never changes SQN_HE, whichever bit is wrong. */
static void wrong_mac_s_changes_nothing(void)
{
    for (unsigned bit = 0; bit < 240; bit++) {
        struct dia_mar mar = auts_mar(IMPI, UINT64_C(1) << 40);
        struct hss_sqn before = subs.sub[0].sqn;
        uint8_t *octet = bit < 128 ? &mar.rand.b[bit / 8] : &mar.auts.b[(bit - 128) / 8];
        *octet ^= (uint8_t)(1u << bit % 8);
        refused(&mar, GBA_E_MAC_S, false, 5012);
        T_BYTES(gba_view_of(&subs.sub[0].sqn, sizeof before), gba_view_of(&before, sizeof before));
    }
}

static void auts_of_another_card(void)
{
    struct dia_mar mar = auts_mar(TUAK_IMPI, 0x4000);
    mar.impi = GBA_LIT(IMPI);
    refused(&mar, GBA_E_MAC_S, false, 5012);
}

static void numbers_used_up(void)
{
    struct dia_mar mar = mar_of(IMPI);
    subs.sub[0].sqn = (struct hss_sqn){GBA_SQN_MAX, GBA_SQN_MAX, 0};
    refused(&mar, GBA_E_SQN_USED_UP, false, 5012);
}

static void refusals_of_the_adapter(void)
{
    struct dia_maa maa = {.has_vector = true, .guss = GBA_LIT("x")};
    hss_auc_refuse(GBA_E_DIA_BUSY, &maa);
    CU_ASSERT_EQUAL(maa.result.code, 3004);
    CU_ASSERT_FALSE(maa.has_vector);
    CU_ASSERT_PTR_NULL(maa.guss.p);
    hss_auc_refuse(GBA_E_FILE, &maa);
    CU_ASSERT_EQUAL(maa.result.code, 3004);
    hss_auc_refuse(GBA_E_CRYPTO, &maa);
    CU_ASSERT_EQUAL(maa.result.code, 5012);
}

/* ---- accepted ---- */

static void a_vector_that_the_card_accepts(void)
{
    static const char *const impis[] = {IMPI, TUAK_IMPI};
    for (uint32_t i = 0; i < 2; i++) {
        struct dia_mar mar = mar_of(impis[i]);
        struct gba_sqn_ms ms = {.delta = 0};
        for (unsigned round = 1; round <= 3; round++) {
            struct hss_auc_order order = step(&mar);
            T_RC(order.reason, GBA_OK);
            CU_ASSERT_EQUAL(order.maa.result.code, 2001);
            CU_ASSERT_EQUAL(order.sub, i);
            T_STR(order.maa.impi, impis[i]);
            T_STR(order.maa.guss, "<guss/>");
            struct gba_aka_checked card = usim(&order);
            CU_ASSERT_EQUAL(card.sqn, (uint64_t)round << 5 | IND);
            T_BYTES(GBA_ARRAY(card.amf.b), t_hex("0000"));
            CU_ASSERT_EQUAL(order.maa.vector.xres.n, i == 0 ? 8 : 16);
            T_OK(gba_sqn_ms_accept(&ms, card.sqn));
        }
    }
}

static void by_public_identity_and_without_scheme(void)
{
    struct dia_mar mar = {.impu = GBA_LIT(TUAK_IMPI)};
    struct hss_auc_order order = step(&mar);
    T_RC(order.reason, GBA_OK);
    T_STR(order.maa.impi, TUAK_IMPI);
}

static struct dia_mar scheme_mar(const char *impi, const char *scheme)
{
    return (struct dia_mar){.impi = gba_view_cstr(impi), .scheme = gba_view_cstr(scheme)};
}

/* A SIM gets triplets and never a vector; a USIM the other way round. */
static void sim_gets_triplets(void)
{
    struct dia_mar aka = mar_of(IMPI), gsm = scheme_mar(IMPI, "2G-GBA");
    refused(&gsm, GBA_E_HSS_SCHEME, true, 5006);
    subs.sub[0].sim = true;
    refused(&aka, GBA_E_HSS_SCHEME, true, 5006);
    struct hss_auc_order order = step(&gsm);
    gba_triplet want;
    T_RC(order.reason, GBA_OK);
    CU_ASSERT_TRUE(order.maa.has_triplet && !order.maa.has_vector && !order.maa.has_digest);
    T_STR(order.maa.scheme, "2G-GBA");
    T_STR(order.maa.guss, "<guss/>");
    T_OK(gba_aka_triplet(&subs.sub[0].key, &order.maa.triplet.rand, &want));
    T_BYTES(gba_view_of(&order.maa.triplet, sizeof want), gba_view_of(&want, sizeof want));
    struct hss_auc_order next = step(&gsm);
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(order.maa.triplet.rand.b), GBA_ARRAY(next.maa.triplet.rand.b)));
}

static void fixed_triplets_in_turn(void)
{
    static const gba_triplet fixed[] = {{{{1}}, {2}, {3}}, {{{4}}, {5}, {6}}};
    struct dia_mar gsm = scheme_mar(IMPI, "2G-GBA");
    struct hss_sub *sub = &subs.sub[0];
    sub->sim = true;
    sub->triplets = fixed;
    sub->n_triplets = 2;
    for (int i = 0; i < 4; i++) {
        struct hss_auc_order order = step(&gsm);
        T_BYTES(gba_view_of(&order.maa.triplet, sizeof fixed[0]),
                gba_view_of(&fixed[i % 2], sizeof fixed[0]));
    }
}

/*= TS 29.229 6.3.36 */
static void sip_digest(void)
{
    struct dia_mar mar = scheme_mar(IMPI, "SIP Digest");
    struct hss_sub *sub = &subs.sub[0];
    refused(&mar, GBA_E_HSS_SCHEME, true, 5006);
    T_OK(gba_text_set(&sub->digest_realm, GBA_LIT("ims.mnc001.mcc001.3gppnetwork.org")));
    T_OK(hss_sub_password(sub, GBA_LIT("secret")));
    struct hss_auc_order order = step(&mar);
    CU_ASSERT_TRUE(order.maa.has_digest && !order.maa.has_vector && !order.maa.has_triplet);
    T_STR(order.maa.digest.realm, "ims.mnc001.mcc001.3gppnetwork.org");
    T_STR(order.maa.digest.algorithm, "MD5");
    T_STR(order.maa.digest.qop, "auth-int");
    T_BYTES(gba_view_of(order.maa.digest.ha1.b, order.maa.digest.ha1.n),
            t_hex("5a51fbb0263bacd03a72238b6b074955"));
    sub->ha1.n = 32;
    order = step(&mar);
    T_STR(order.maa.digest.algorithm, "SHA-256");
}

static void rand_is_never_the_same(void)
{
    struct dia_mar mar = mar_of(IMPI);
    struct hss_auc_order first = step(&mar), second = step(&mar);
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(first.maa.vector.rand.b), GBA_ARRAY(second.maa.vector.rand.b)));
}

/* 60 requests at once with 16 numbers reserved: those who wait get theirs after the disk did. */
static void many_at_once_wait_for_the_disk(void)
{
    struct dia_mar mar = mar_of(IMPI);
    uint64_t highest = 0, limit = 0;
    unsigned answered = 0, waits = 0;
    while (answered < 60) {
        struct hss_auc_order order = step(&mar);
        bool wants = hss_auc_wants(&auc, order.sub, &limit);
        CU_ASSERT_TRUE(order.kind == HSS_AUC_REPLY || order.kind == HSS_AUC_WAIT);
        if (order.kind == HSS_AUC_WAIT) {
            T_RC(order.reason, GBA_E_HSS_SQN_WAIT);
            CU_ASSERT_FALSE(order.maa.has_vector);
            CU_ASSERT_FALSE(wants); /* it was asked for long before */
            hss_auc_stored(&auc, order.sub, limit, true);
            waits++;
            continue;
        }
        uint64_t sqn = usim(&order).sqn;
        CU_ASSERT_TRUE(sqn > highest);
        CU_ASSERT_TRUE(sqn <= subs.sub[0].sqn.limit);
        highest = sqn;
        answered++;
    }
    CU_ASSERT_TRUE(waits >= 2);
}

/*= TS 33.102 6.3.5 */
static void resynchronisation(void)
{
    struct dia_mar mar = auts_mar(IMPI, UINT64_C(0x123456) << 5 | 3);
    uint64_t limit = 0;
    struct hss_auc_order order = step(&mar);
    CU_ASSERT_EQUAL(order.kind, HSS_AUC_WAIT); /* the new place is not on disk */
    CU_ASSERT_TRUE(order.resynced);
    CU_ASSERT_EQUAL(order.seq_ms, 0x123456);
    CU_ASSERT_TRUE(hss_auc_wants(&auc, order.sub, &limit));
    hss_auc_stored(&auc, order.sub, limit, true);
    order = step(&mar); /* the same MAR again */
    CU_ASSERT_EQUAL(order.kind, HSS_AUC_REPLY);
    CU_ASSERT_FALSE(order.resynced);
    CU_ASSERT_EQUAL(usim(&order).sqn, UINT64_C(0x123457) << 5 | IND);
}

/* An old AUTS, sent again by whoever saw it, does not turn the AuC back. */
static void replayed_auts(void)
{
    struct dia_mar old = auts_mar(IMPI, UINT64_C(2) << 5);
    subs.sub[0].sqn = (struct hss_sqn){UINT64_C(500) << 5, hss_sqn_block_end(UINT64_C(500) << 5, BLOCK), 0};
    struct hss_auc_order order = step(&old);
    T_RC(order.reason, GBA_OK);
    CU_ASSERT_FALSE(order.resynced);
    CU_ASSERT_EQUAL(usim(&order).sqn, UINT64_C(501) << 5 | IND);
}

/*= TS 29.109 4.2: GUSS-Timestamp */
static void guss_only_when_the_bsf_lacks_it(void)
{
    static const struct {
        int64_t stamp;
        bool sent;
    } rows[] = {{LOADED_S - 1, true}, {LOADED_S, false}, {LOADED_S + 100, false}, {0, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dia_mar mar = mar_of(IMPI);
        mar.has_guss_stamp = true;
        mar.guss_stamp_s = rows[i].stamp;
        CU_ASSERT_EQUAL(step(&mar).maa.guss.p != NULL, rows[i].sent);
    }
    CU_ASSERT_EQUAL(hss_auc_stamp(5000), 5);
    CU_ASSERT_EQUAL(hss_auc_stamp(5001), 6);
    CU_ASSERT_EQUAL(hss_auc_stamp(5999), 6);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"unknown identities", unknown_identities},
        {"shared public identity", shared_impu},
        {"other schemes", other_schemes},
        {"barred", barred},
        {"wrong MAC-S changes nothing", wrong_mac_s_changes_nothing},
        {"AUTS of another card", auts_of_another_card},
        {"numbers used up", numbers_used_up},
        {"refusals of the adapter", refusals_of_the_adapter},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"a vector that the card accepts", a_vector_that_the_card_accepts},
        {"by public identity, without scheme", by_public_identity_and_without_scheme},
        {"a SIM gets triplets", sim_gets_triplets},
        {"fixed triplets", fixed_triplets_in_turn},
        {"SIP Digest", sip_digest},
        {"RAND is never the same", rand_is_never_the_same},
        {"many at once wait for the disk", many_at_once_wait_for_the_disk},
        {"resynchronisation", resynchronisation},
        {"replayed AUTS", replayed_auts},
        {"GUSS only when the BSF lacks it", guss_only_when_the_bsf_lacks_it},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, set_up, tear_down, hostile},
        {"accepted", NULL, NULL, set_up, tear_down, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
