/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers of oneM2M. */
#include <string.h>

#include "m2m/id.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

#define SP GBA_LIT("//sp.example")
#define KEYID "EE7182D4F21CEBA6F85E3A786C70A218@mef.mte.example"

/* ---- refused ---- */

static void octets_that_are_no_text(void)
{
    struct m2m_id id;
    char big[600];
    memset(big, 'a', sizeof big);
    T_RC(m2m_id_parse(GBA_LIT("maf.\xff.example"), &id), GBA_E_M2M_ID);
    T_RC(m2m_id_parse(GBA_LIT("maf.\xed\xa0\x80.example"), &id), GBA_E_M2M_ID);
    T_RC(m2m_id_parse(GBA_LIT("maf.\0.example"), &id), GBA_E_M2M_ID);
    T_RC(m2m_id_parse(gba_view_of(big, sizeof big), &id), GBA_E_M2M_ID);
    T_RC(m2m_id_parse(gba_view_of(big, 255), &id), GBA_E_M2M_ID);
    T_RC(m2m_id_absolute(GBA_LIT("/in-cse"), GBA_LIT("sp.example"), &id), GBA_E_M2M_ID);
    T_RC(m2m_id_absolute(GBA_LIT("/in-cse"), GBA_LIT("//sp.example/x"), &id), GBA_E_M2M_ID);
    T_RC(m2m_id_absolute(gba_view_of(big, sizeof big), SP, &id), GBA_E_M2M_ID);
}

static void normal_form_bounds(void)
{
    /* U+FDFA becomes 18 characters. */
    char ligatures[85 * 3 + 1] = "", room[4096];
    for (int i = 0; i < 85; i++)
        memcpy(ligatures + 3 * i, "\xef\xb7\xba", 3);
    gba_writer w = gba_writer_of(room, sizeof room);
    T_OK(m2m_nfkc(gba_view_of(ligatures, 255), &w));
    CU_ASSERT_EQUAL(w.n, 85 * 33);
    w = gba_writer_of(room, 100);
    T_RC(m2m_nfkc(gba_view_of(ligatures, 255), &w), GBA_E_SPACE);
    w = gba_writer_of(room, sizeof room);
    T_RC(m2m_nfkc(gba_view_of(room, 256), &w), GBA_E_M2M_ID);
    T_OK(m2m_nfkc(GBA_LIT(""), &w));
    T_OK(m2m_nfkc(GBA_LIT("A\xcc\x8a"), &w));
    T_STR(gba_writer_view(&w), "\xc3\x85");
}

static void key_ids_that_are_none(void)
{
    static const char *const bad[] = {
        "",
        "@mef.mte.example",
        "EE7182D4F21CEBA6F85E3A786C70A21@mef.mte.example",
        "EE7182D4F21CEBA6F85E3A786C70A2188@mef.mte.example",
        "GE7182D4F21CEBA6F85E3A786C70A218@mef.mte.example",
        "EE7182D4F21CEBA6F85E3A786C70A218",
        "EE7182D4F21CEBA6F85E3A786C70A218@",
        "EE7182D4F21CEBA6F85E3A786C70A218@mef",
        "EE7182D4F21CEBA6F85E3A786C70A218@10.0.0.1",
        "EE7182D4F21CEBA6F85E3A786C70A218@mef@mte.example",
        "km-17@maf.mte.example",
    };
    m2m_rel rel;
    gba_text fqdn, canonical;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(m2m_keyid_parse(gba_view_cstr(bad[i]), &rel, &fqdn, &canonical), GBA_E_M2M_KEYID);
    T_RC(m2m_keyid_make(&(m2m_rel){{0}}, GBA_LIT("//sp.example/x"), &canonical), GBA_E_M2M_KEYID);
}

static void credentials_that_do_not_fit(void)
{
    char big[255];
    gba_text cred;
    memset(big, 'k', sizeof big);
    T_OK(m2m_cred_make(11, gba_view_of(big, 252), &cred));
    T_RC(m2m_cred_make(11, gba_view_of(big, 253), &cred), GBA_E_M2M_CRED);
    T_RC(m2m_cred_make(11, GBA_LIT(""), &cred), GBA_E_M2M_CRED);
    T_RC(m2m_cred_make(9, GBA_LIT("k"), &cred), GBA_E_M2M_CRED);
}

/* ---- good ---- */

static void check_id(struct vec *v)
{
    static const char *const kinds[] = {"cse", "ae", "fqdn"};
    struct m2m_id id = {.kind = M2M_ID_CSE};
    gba_view text = vec_text(v, "text");
    gba_rc rc = m2m_id_parse(text, &id);
    if (gba_view_eq(vec_text(v, "id"), GBA_LIT("bad"))) {
        T_RC(rc, GBA_E_M2M_ID);
        return;
    }
    T_OK(rc);
    T_STR(vec_text(v, "id"), kinds[id.kind]);
    T_BYTES(gba_text_view(&id.text), vec_has(v, "canonical") ? vec_text(v, "canonical") : text);
}

static void check_relative(struct vec *v)
{
    struct m2m_id id;
    gba_rc rc = m2m_id_absolute(vec_text(v, "relative"), SP, &id);
    T_RC(rc, vec_has(v, "canonical") ? GBA_OK : GBA_E_M2M_ID);
    if (rc == GBA_OK)
        T_BYTES(gba_text_view(&id.text), vec_text(v, "canonical"));
}

static void check_name(struct vec *v, gba_view name, bool nocase)
{
    gba_text canonical;
    T_OK(m2m_key_name_parse(name, nocase, &canonical));
    T_BYTES(gba_text_view(&canonical), vec_has(v, "canonical") ? vec_text(v, "canonical") : name);
}

static void check_cred(struct vec *v)
{
    unsigned type;
    gba_text value, again;
    T_OK(m2m_cred_parse(vec_text(v, "cred"), &type, &value));
    CU_ASSERT_EQUAL(type, vec_number(v, "type"));
    T_BYTES(gba_text_view(&value), vec_text(v, "value"));
    T_OK(m2m_cred_make(type, gba_text_view(&value), &again));
    T_BYTES(gba_text_view(&again), vec_text(v, "cred"));
}

static void vectors(void)
{
    unsigned type;
    gba_text text;
    for (struct vec *v = vec_open("m2m_ids.vec"); vec_next(v);) {
        if (vec_has(v, "id"))
            check_id(v);
        else if (vec_has(v, "relative"))
            check_relative(v);
        else if (vec_has(v, "name"))
            check_name(v, vec_text(v, "name"), false);
        else if (vec_has(v, "nocase"))
            check_name(v, vec_text(v, "nocase"), true);
        else if (vec_has(v, "noname"))
            T_RC(m2m_key_name_parse(vec_text(v, "noname"), false, &text), GBA_E_M2M_KEYID);
        else if (vec_has(v, "nocred"))
            T_RC(m2m_cred_parse(vec_text(v, "nocred"), &type, &text), GBA_E_M2M_CRED);
        else
            check_cred(v);
    }
}

static void hosts_and_uris(void)
{
    struct m2m_id ae, cse, maf;
    T_OK(m2m_id_parse(GBA_LIT("//sp.example/S98821"), &ae));
    T_OK(m2m_id_parse(GBA_LIT("//sp.example/in-cse"), &cse));
    T_OK(m2m_id_parse(GBA_LIT("maf.mte.example"), &maf));
    T_STR(m2m_id_host(&ae), "sp.example");
    T_STR(m2m_id_host(&cse), "sp.example");
    T_STR(m2m_id_host(&maf), "maf.mte.example");
    CU_ASSERT_TRUE(m2m_id_eq(&ae, &ae) && !m2m_id_eq(&ae, &cse));
    CU_ASSERT_TRUE(m2m_id_is_uri(&ae, GBA_LIT("//sp.example/S98821")));
    CU_ASSERT_TRUE(m2m_id_is_uri(&ae, GBA_LIT("M2M://SP.example/S98821")));
    CU_ASSERT_FALSE(m2m_id_is_uri(&ae, GBA_LIT("m2m://sp.example/S98822")));
    CU_ASSERT_FALSE(m2m_id_is_uri(&ae, GBA_LIT("m2m://sp.example/s98821")));
    CU_ASSERT_FALSE(m2m_id_is_uri(&ae, GBA_LIT("m2m://sp.example/S98821/")));
    CU_ASSERT_FALSE(m2m_id_is_uri(&ae, GBA_LIT("m2m:m2m://sp.example/S98821")));
    CU_ASSERT_FALSE(m2m_id_is_uri(&ae, GBA_LIT("m2m:///sp.example/S98821")));
    CU_ASSERT_FALSE(m2m_id_is_uri(&ae, GBA_LIT("")));
    CU_ASSERT_FALSE(m2m_id_is_uri(&cse, GBA_LIT("m2m://sp.example/in-cse")));
}

static void key_ids(void)
{
    m2m_rel rel;
    gba_text fqdn, canonical;
    T_OK(m2m_keyid_parse(GBA_LIT("ee7182d4f21ceba6F85E3A786C70A218@MEF.mte.example"), &rel, &fqdn,
                         &canonical));
    T_BYTES(GBA_ARRAY(rel.b), t_hex("ee7182d4f21ceba6f85e3a786c70a218"));
    T_STR(gba_text_view(&fqdn), "mef.mte.example");
    T_STR(gba_text_view(&canonical), KEYID);
}

/*= TS-0004 6.3.4.2.39 */
static void usages(void)
{
    unsigned n = 0;
    for (unsigned suid = 0; suid < 100; suid++)
        n += m2m_suid_known(suid);
    CU_ASSERT_EQUAL(n, 6 + 5 + 4 + 6);
    CU_ASSERT_TRUE(m2m_suid_known(21) && m2m_suid_known(32) && m2m_suid_known(40));
    CU_ASSERT_FALSE(m2m_suid_known(31) || m2m_suid_known(20));
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"octets that are no text", octets_that_are_no_text},
        {"bounds of the normal form", normal_form_bounds},
        {"key identifiers that are none", key_ids_that_are_none},
        {"credentials that do not fit", credentials_that_do_not_fit},
        {"vectors", vectors},
        {"hosts and URIs", hosts_and_uris},
        {"key identifiers", key_ids},
        {"usages", usages},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"m2m id", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
