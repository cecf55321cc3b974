/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/names.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

/* ---- hostile first ---- */

static void hosts_refused(void)
{
    static const char *const bad[] = {"",
                                      ".",
                                      "a.",
                                      ".a",
                                      "a..b",
                                      "-a",
                                      "a-",
                                      "a.-b",
                                      "a_b",
                                      "a b",
                                      "a\tb",
                                      "a@b",
                                      "a/b",
                                      "a:80",
                                      "[::1]",
                                      "a\"b",
                                      "b\xc3\xbc.org",
                                      "*.org",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org"};
    uint8_t room[254];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(gba_is_fqdn(gba_view_cstr(bad[i])));
    CU_ASSERT_FALSE(gba_is_fqdn(GBA_LIT("a\0b")));
    gba_writer w = gba_writer_of(room, sizeof room);
    for (int i = 0; i < 127; i++)
        gba_put_str(&w, "a.");
    CU_ASSERT_FALSE(gba_is_fqdn(gba_view_of(room, 254)));
    CU_ASSERT_TRUE(gba_is_fqdn(gba_view_of(room, 253)));
}

static void identities_refused(void)
{
    static const char *const bad[] = {"",
                                      "@",
                                      "user",
                                      "user@",
                                      "@host.org",
                                      "a b@host.org",
                                      "a\"b@host.org",
                                      "a\nb@host.org",
                                      "a@b@host.org",
                                      "a@ho st",
                                      "a\x7f@host.org"};
    gba_view domain;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        T_RC(gba_impi_check(gba_view_cstr(bad[i])), GBA_E_IMPI);
        T_RC(gba_btid_domain(gba_view_cstr(bad[i]), &domain), GBA_E_BTID);
    }
    static char longer[300];
    gba_writer w = gba_writer_of(longer, sizeof longer);
    gba_put_fill(&w, 'u', 250);
    gba_put_str(&w, "@a.org");
    T_RC(gba_impi_check(gba_writer_view(&w)), GBA_E_IMPI);
}

static void imsi_refused(void)
{
    gba_text t;
    T_RC(gba_impi_from_imsi(GBA_LIT("00101"), 2, &t), GBA_E_IMPI);
    T_RC(gba_impi_from_imsi(GBA_LIT("0010101234567890"), 2, &t), GBA_E_IMPI);
    T_RC(gba_impi_from_imsi(GBA_LIT("00101012345678x"), 2, &t), GBA_E_IMPI);
    T_RC(gba_impi_from_imsi(GBA_LIT("001010123456789"), 1, &t), GBA_E_IMPI);
    T_RC(gba_bsf_name_usim(GBA_LIT("001010123456789"), 4, &t), GBA_E_IMPI);
    T_RC(gba_bsf_name_usim((gba_view){NULL, 0}, 2, &t), GBA_E_IMPI);
    T_RC(gba_bsf_name_isim(GBA_LIT("user"), &t), GBA_E_IMPI);
}

static void nafid_refused(void)
{
    gba_nafid id;
    T_RC(gba_nafid_decode(t_hex(""), &id), GBA_E_NAFID);
    T_RC(gba_nafid_decode(t_hex("0100000002"), &id), GBA_E_NAFID);
    T_RC(gba_nafid_decode(t_hex("00"
                                "0100000002"),
                          &id),
         GBA_E_NAFID);
    T_RC(gba_nafid_decode(t_hex("612e"
                                "0100000002"),
                          &id),
         GBA_E_NAFID);
    static uint8_t longer[300];
    gba_writer w = gba_writer_of(longer, sizeof longer);
    gba_put_fill(&w, 'a', sizeof longer);
    T_RC(gba_nafid_decode(GBA_ARRAY(longer), &id), GBA_E_NAFID);
}

static void uaid_refused(void)
{
    static const char *const bad[] = {"",         "https",    "tls:",         "tls:00",     "tls:00000",
                                      "tls:zzzz", "01000000", "010000000200", "01000000zz", " http"};
    gba_uaid id = gba_uaid_tmpi;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(gba_uaid_parse(gba_view_cstr(bad[i]), &id), GBA_E_NAFID);
    T_BYTES(GBA_ARRAY(id.b), t_hex("0100000100"));
}

static void btid_domain_refused(void)
{
    gba_rand rand = {{0}};
    gba_text t;
    T_RC(gba_btid_make(&rand, GBA_LIT("bad host"), &t), GBA_E_BTID);
    static uint8_t longer[253];
    for (size_t i = 0; i < sizeof longer; i++)
        longer[i] = i % 2 ? '.' : 'a';
    T_RC(gba_btid_make(&rand, GBA_ARRAY(longer), &t), GBA_E_BTID);
}

/* ---- then the vectors ---- */

static void check_btid(struct vec *v)
{
    gba_rand rand;
    gba_text btid;
    gba_view domain;
    vec_get(v, "rand", rand.b, sizeof rand.b);
    T_OK(gba_btid_make(&rand, vec_text(v, "domain"), &btid));
    T_BYTES(gba_text_view(&btid), vec_text(v, "btid"));
    T_OK(gba_btid_domain(gba_text_view(&btid), &domain));
    T_BYTES(domain, vec_text(v, "domain"));
}

static void check_nafid(struct vec *v)
{
    uint8_t room[GBA_NAFID_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_nafid id, back;
    T_OK(gba_uaid_parse(vec_text(v, "ua"), &id.ua));
    T_BYTES(GBA_ARRAY(id.ua.b), vec_hex(v, "ua_id"));
    T_OK(gba_text_set(&id.fqdn, vec_text(v, "fqdn")));
    gba_nafid_encode(&id, &w);
    T_BYTES(gba_writer_view(&w), vec_hex(v, "naf_id"));
    T_OK(gba_nafid_decode(vec_hex(v, "naf_id"), &back));
    T_BYTES(gba_text_view(&back.fqdn), vec_text(v, "fqdn"));
    T_BYTES(GBA_ARRAY(back.ua.b), vec_hex(v, "ua_id"));
}

static void check_usim(struct vec *v)
{
    gba_text impi, bsf;
    unsigned mnc_n = (unsigned)vec_number(v, "mnc_n");
    T_OK(gba_impi_from_imsi(vec_text(v, "imsi"), mnc_n, &impi));
    T_BYTES(gba_text_view(&impi), vec_text(v, "impi"));
    T_OK(gba_impi_check(gba_text_view(&impi)));
    T_OK(gba_bsf_name_usim(vec_text(v, "imsi"), mnc_n, &bsf));
    T_BYTES(gba_text_view(&bsf), vec_text(v, "bsf"));
}

static void check_isim(struct vec *v)
{
    gba_text bsf;
    T_OK(gba_bsf_name_isim(vec_text(v, "isim"), &bsf));
    T_BYTES(gba_text_view(&bsf), vec_text(v, "bsf"));
}

/*= TS 23.003 13.3, 16.2; TS 33.220 H.3 */
static void vectors(void)
{
    for (struct vec *v = vec_open("names.vec"); vec_next(v);) {
        if (vec_has(v, "btid"))
            check_btid(v);
        else if (vec_has(v, "naf_id"))
            check_nafid(v);
        else if (vec_has(v, "imsi"))
            check_usim(v);
        else if (vec_has(v, "isim"))
            check_isim(v);
        else
            CU_ASSERT_EQUAL(gba_is_tmpi(vec_text(v, "username")), vec_number(v, "tmpi") == 1);
    }
}

static void foreign_btid_accepted(void)
{
    gba_view domain;
    T_OK(gba_btid_domain(GBA_LIT("any+thing/else=@bsf.example.org"), &domain));
    T_STR(domain, "bsf.example.org");
}

static void cipher_suites(void)
{
    T_BYTES(GBA_ARRAY(gba_uaid_tls(0x1301).b), t_hex("0100011301"));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"hosts", hosts_refused}, {"identities", identities_refused},
        {"IMSI", imsi_refused},   {"NAF-Id", nafid_refused},
        {"Ua id", uaid_refused},  {"B-TID domain", btid_domain_refused},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"vectors", vectors},
        {"B-TID of another form", foreign_btid_accepted},
        {"cipher suites", cipher_suites},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
