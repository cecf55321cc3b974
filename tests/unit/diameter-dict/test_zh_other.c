/* SPDX-License-Identifier: Apache-2.0 */
/* Zh with what is not AKA: triplets and SIP Digest credentials. */
#include <stdio.h>

#include "diameter-dict/zh.h"
#include "tests/lib/dia.h"
#include "tests/lib/tap.h"

static const gba_view ha1 = {(const uint8_t *)"000102030405060708090a0b0c0d0e0f", 32};

static int set_up(void)
{
    return t_dia_init() == NULL;
}

/* ---- MAA of a foreign peer ---- */

/* One change in the item, or in SIP-Digest-Authenticate. */
struct change {
    const char *what;
    enum t_change how;
    uint32_t code;
    gba_view data;
    gba_rc want;
    bool digest;
};

static gba_view octets(size_t n)
{
    static const uint8_t counting[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    return gba_view_of(counting, n);
}

static gba_view raw_maa(const struct change *c)
{
    struct t_avps list = {.n = 0}, item = {.n = 0}, inside = {.n = 0};
    t_dia_add(&inside, 104, GBA_LIT("ims.example"));
    t_dia_add(&inside, 111, GBA_LIT("MD5"));
    t_dia_add(&inside, 110, GBA_LIT("auth-int"));
    t_dia_add(&inside, 121, ha1);
    t_dia_change(&inside, c->how, c->code, c->data);
    t_dia_add_3gpp(&item, 608, c->digest ? GBA_LIT("SIP Digest") : GBA_LIT("2G-GBA"));
    if (c->digest) {
        item.of[item.n++] = (struct t_avp){635, T_V, T_3GPP, t_dia_group(&inside)};
    } else {
        t_dia_add_3gpp(&item, 609, octets(16));
        t_dia_add_3gpp(&item, 610, octets(4));
        t_dia_add_3gpp(&item, 625, octets(8));
    }
    t_dia_change(&item, c->how, c->code, c->data);
    t_dia_add(&list, 263, GBA_LIT("bsf.example;1;2"));
    t_dia_add_number(&list, 268, 2001);
    t_dia_add(&list, 264, GBA_LIT("hss1.example"));
    t_dia_add(&list, 296, GBA_LIT("example"));
    t_dia_add_3gpp(&list, 612, t_dia_group(&item));
    return t_dia_message(T_PROXIABLE, DIA_CMD_MA, DIA_APP_ZH, &list);
}

static bool as_wanted(const struct change *c)
{
    static const gba_triplet no_triplet;
    static const gba_ha1 no_ha1;
    struct dia_maa maa;
    struct msg *msg = t_dia_parse(raw_maa(c), NULL);
    gba_rc rc = dia_maa_decode(msg, &maa);
    bool good = rc == GBA_OK;
    gba_view triplet = gba_view_of(&maa.triplet, sizeof no_triplet);
    gba_view digest = gba_view_of(&maa.digest.ha1, sizeof no_ha1);
    bool wiped = gba_view_eq(triplet, gba_view_of(&no_triplet, sizeof no_triplet)) &&
                 gba_view_eq(digest, gba_view_of(&no_ha1, sizeof no_ha1));
    t_dia_free(msg);
    bool right = maa.has_digest == (good && c->digest) && maa.has_triplet == (good && !c->digest);
    return rc == c->want && right && !maa.has_vector && (good || wiped);
}

static void hostile(void)
{
    static const gba_view none = {NULL, 0};
    const struct change cases[] = {
        {"triplet", T_SAME, 0, none, GBA_OK, false},
        {"no SRES", T_DROP, 610, none, GBA_E_DIA_MISSING, false},
        {"SRES of 8 octets", T_SET, 610, octets(8), GBA_E_DIA_LENGTH, false},
        {"no Kc", T_DROP, 625, none, GBA_E_DIA_MISSING, false},
        {"Kc of 16 octets", T_SET, 625, octets(16), GBA_E_DIA_LENGTH, false},
        {"RAND of 15 octets", T_SET, 609, octets(15), GBA_E_DIA_LENGTH, false},
        {"digest", T_SAME, 0, none, GBA_OK, true},
        {"no realm", T_DROP, 104, none, GBA_E_DIA_MISSING, true},
        {"no H(A1)", T_DROP, 121, none, GBA_E_DIA_MISSING, true},
        {"two H(A1)", T_TWICE, 121, none, GBA_E_DIA_REPEATED, true},
        {"H(A1) of 31 digits", T_SET, 121, gba_view_sub(ha1, 0, 31), GBA_E_DIA_LENGTH, true},
        {"H(A1) of 30 digits", T_SET, 121, gba_view_sub(ha1, 0, 30), GBA_E_DIA_LENGTH, true},
        {"H(A1) not of digits", T_SET, 121, GBA_LIT("0001020304050607xxxxxxxxxxxxxxxx"), GBA_E_DIA_VALUE,
         true},
        {"no algorithm", T_DROP, 111, none, GBA_OK, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good = as_wanted(&cases[i]);
        if (!good)
            printf("# case: %s\n", cases[i].what);
        CU_ASSERT(good);
    }
}

/* ---- there and back ---- */

static struct msg *request(void)
{
    struct msg *msg = NULL;
    struct dia_mar mar = {
        .route = {GBA_LIT("bsf.example"), GBA_LIT("example"), GBA_LIT("hss.example"), {NULL, 0}},
        .impi = GBA_LIT("impi@ims.example"),
        .scheme = GBA_LIT("SIP Digest"),
    };
    T_OK(dia_mar_encode(&mar, &msg));
    return t_dia_wire(msg);
}

static struct dia_maa through_the_wire(const struct dia_maa *maa, struct msg **msg)
{
    struct dia_maa got;
    *msg = request();
    T_OK(dia_maa_encode(msg, maa));
    *msg = t_dia_wire(*msg);
    T_OK(dia_maa_decode(*msg, &got));
    return got;
}

static void triplet_and_digest(void)
{
    struct msg *msg;
    struct dia_maa maa = {.result = {false, DIA_SUCCESS},
                          .origin_host = GBA_LIT("h.example"),
                          .origin_realm = GBA_LIT("example"),
                          .scheme = GBA_LIT("2G-GBA"),
                          .has_triplet = true,
                          .triplet = {{{1}}, {2}, {3}}};
    struct dia_maa got = through_the_wire(&maa, &msg);
    CU_ASSERT_TRUE(got.has_triplet && !got.has_digest && !got.has_vector);
    T_STR(got.scheme, "2G-GBA");
    T_BYTES(gba_view_of(&got.triplet, sizeof got.triplet), gba_view_of(&maa.triplet, sizeof got.triplet));
    t_dia_free(msg);
    maa.has_triplet = false;
    maa.has_digest = true;
    maa.digest =
        (struct dia_sip_digest){GBA_LIT("ims.example"), GBA_LIT("MD5"), GBA_LIT("auth-int"), {{7}, 16}};
    got = through_the_wire(&maa, &msg);
    CU_ASSERT_TRUE(got.has_digest && !got.has_triplet && !got.has_vector);
    T_STR(got.digest.realm, "ims.example");
    T_STR(got.digest.algorithm, "MD5");
    T_STR(got.digest.qop, "auth-int");
    T_BYTES(gba_view_of(got.digest.ha1.b, got.digest.ha1.n), gba_view_of(maa.digest.ha1.b, 16));
    t_dia_free(msg);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"hostile", hostile},
        {"there and back", triplet_and_digest},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"MAA with triplet or digest", set_up, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
