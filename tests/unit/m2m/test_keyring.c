/* SPDX-License-Identifier: Apache-2.0 */
/* The file of an Enrolee's keys: damage is noticed, nothing is lost. */
#include "m2m/keyring.h"
#include "tests/lib/tap.h"

#define KEY_32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FIRST                                                                                                \
    "keystrap-enrolee-keys 1\n"                                                                              \
    "target maf.mte.example\nfrom ppsk\nuse km\nid EE7182D4F21CEBA6F85E3A786C70A218@mef.mte.example\n"       \
    "alias km-17@maf.mte.example\nke " KEY_32 "\nsuid 21\nkey " KEY_32 "\n"                                  \
    "made 2029-12-31T00:00:00Z\nuntil 2030-01-01T00:00:00Z\n"
#define OTHERS                                                                                               \
    "target //sp.example/in-cse\nfrom gba\nuse kpsa\nid I1U8vpY3qJ0hiuZNrke/NQ==@bsf.sp.example\n"           \
    "made 2029-12-31T00:00:00Z\nuntil 2030-01-01T00:00:00Z\n"                                                \
    "target //sp.example/in-cse\nfrom maf\nuse kc\nid E138FD1AD070BE9690B3035A78C392C9@maf.mte.example\n"    \
    "key " KEY_32 "\nmade 2029-12-31T00:00:00Z\nuntil 2030-01-01T00:00:00Z\n"                                \
    "target //sp.example/mn1\nfrom import\nuse kpsa\nid psa-17@mte.example\nkey 0001020304050607\n"          \
    "made 2029-12-31T00:00:00Z\nuntil -\n"
enum { UNTIL = 1893456000 };

static struct m2m_keyring ring;
static uint8_t out[M2M_KEYRING_TEXT_MAX];

static void cut_texts(void)
{
    gba_view text = GBA_LIT(FIRST);
    size_t head = gba_view_find(text, '\n') + 1;
    for (size_t n = 0; n < text.n; n++)
        T_RC(m2m_keyring_parse(gba_view_sub(text, 0, n), &ring), n == head ? GBA_OK : GBA_E_ENROL_STORE);
    CU_ASSERT_EQUAL(ring.links[0].ke.b[1], 0);
}

/* Each line taken away, and each twice. */
static void damaged_lines(void)
{
    gba_view line, text = GBA_LIT(FIRST), rest = text;
    while (rest.n > 0) {
        gba_view before = gba_view_of(text.p, (size_t)(rest.p - text.p));
        gba_view_split(rest, '\n', &line, &rest);
        line.n++;
        bool optional = gba_view_starts(line, GBA_LIT("alias")) || gba_view_starts(line, GBA_LIT("suid"));
        for (int twice = 0; twice < 2; twice++) {
            gba_writer w = gba_writer_of(out, sizeof out);
            gba_put_view(&w, before);
            for (int i = 0; i < 2 * twice; i++)
                gba_put_view(&w, line);
            gba_put_view(&w, rest);
            T_RC(m2m_keyring_parse(gba_writer_view(&w), &ring),
                 !twice && optional ? GBA_OK : GBA_E_ENROL_STORE);
        }
    }
}

static void bad_values(void)
{
    static const char *const bad[] = {
        "target maf\nfrom import\nuse km\nid a@b.c\nkey 00\nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom x\nuse km\nid a@b.c\nkey 00\nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom import\nuse ks\nid a@b.c\nkey 00\nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom import\nuse km\nid a\nkey 00\nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom import\nuse km\nid a@b.c\nkey 0\nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom import\nuse km\nid a@b.c\nkey \nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom import\nuse km\nid a@b.c\nsuid 0\nkey 00\nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom gba\nuse km\nid a@b.c\nkey 00\nmade 2029-12-31T00:00:00Z\nuntil -\n",
        "target maf.b.c\nfrom import\nuse km\nid a@b.c\nkey 00\nmade 2029-12-31T00:00:00Z\nuntil never\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gba_writer w = gba_writer_of(out, sizeof out);
        gba_put_str(&w, "keystrap-enrolee-keys 1\n");
        gba_put_str(&w, bad[i]);
        T_RC(m2m_keyring_parse(gba_writer_view(&w), &ring), GBA_E_ENROL_STORE);
    }
    T_RC(m2m_keyring_parse(GBA_LIT("keystrap-enrolee-keys 2\n"), &ring), GBA_E_ENROL_STORE);
}

static void round_trip(void)
{
    gba_writer w = gba_writer_of(out, sizeof out);
    T_OK(m2m_keyring_parse(GBA_LIT(FIRST OTHERS), &ring));
    CU_ASSERT_EQUAL(ring.n, 4);
    m2m_keyring_put(&ring, &w);
    T_STR(gba_writer_view(&w), FIRST OTHERS);
}

static void lookup(void)
{
    struct m2m_id id;
    T_OK(m2m_keyring_parse(GBA_LIT(FIRST OTHERS), &ring));
    T_OK(m2m_id_parse(GBA_LIT("//sp.example/in-cse"), &id));
    CU_ASSERT_EQUAL(m2m_keyring_find(&ring, &id, false)->from, M2M_FROM_GBA);
    CU_ASSERT_EQUAL(m2m_keyring_find(&ring, &id, true)->from, M2M_FROM_MAF);
    T_RC(m2m_link_check(&ring.links[0], UNTIL - 1), GBA_OK);
    T_RC(m2m_link_check(&ring.links[0], UNTIL), GBA_E_ENROL_EXPIRED);
    T_RC(m2m_link_check(&ring.links[3], INT64_MAX - 1), GBA_OK);
    T_RC(m2m_link_check(NULL, 0), GBA_E_ENROL_NONE);
    T_STR(gba_text_view(m2m_link_identity(&ring.links[0])), "km-17@maf.mte.example");
    T_STR(gba_text_view(m2m_link_identity(&ring.links[3])), "psa-17@mte.example");

    struct m2m_link *link = &ring.links[0]; /* a client in the UICC goes by no KmId */
    gba_text shown;
    T_OK(gba_text_set(&link->id, GBA_LIT("AAAAAAAAAAAAAAAAAAAAAA==@bsf.example")));
    T_OK(m2m_link_identity_uicc(link, &shown));
    T_STR(gba_text_view(&shown), "3GPP-bootstrapping-uicc;AAAAAAAAAAAAAAAAAAAAAA==@bsf.example");
    link->id.n = GBA_TEXT_MAX;
    T_RC(m2m_link_identity_uicc(link, &shown), GBA_E_SPACE);
    CU_ASSERT_EQUAL(m2m_keyring_forget(&ring, &id), 2);
    CU_ASSERT_EQUAL(ring.n, 2);
    CU_ASSERT_PTR_NULL(m2m_keyring_find(&ring, &id, true));
}

static void full(void)
{
    struct m2m_link link;
    char name[] = "//sp.example/a";
    T_OK(m2m_keyring_parse(GBA_LIT(FIRST), &ring));
    link = ring.links[0];
    for (int i = 1; i < M2M_LINKS_MAX; i++, name[13]++) {
        T_OK(m2m_id_parse(gba_view_cstr(name), &link.target));
        T_OK(m2m_keyring_keep(&ring, &link, 0));
    }
    T_OK(m2m_keyring_keep(&ring, &link, 0)); /* in its own place */
    T_OK(m2m_id_parse(gba_view_cstr(name), &link.target));
    T_RC(m2m_keyring_keep(&ring, &link, 0), GBA_E_ENROL_FULL);
    ring.links[3].until_s = 5;
    T_OK(m2m_keyring_keep(&ring, &link, 5)); /* in that of an expired one */
    CU_ASSERT_EQUAL(ring.n, M2M_LINKS_MAX);
}

static CU_TestInfo tests[] = {
    {"texts that were cut", cut_texts},
    {"lines taken away and doubled", damaged_lines},
    {"bad values", bad_values},
    {"text and back", round_trip},
    {"look-up and expiry", lookup},
    {"a full ring", full},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"keys of an Enrolee", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
