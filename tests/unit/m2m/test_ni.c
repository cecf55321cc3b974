/* SPDX-License-Identifier: Apache-2.0 */
/* Public key identifiers: RFC 6920 names of raw public keys. */
#include "m2m/cert.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

static void not_an_identifier(void)
{
    static const char *const rows[] = {
        "",
        "ni:///sha-256",
        "ni:///sha-256;",
        "ni:///sha-256;Wnp4zKSg9CDZvGK7Zpw8J1njn3I9OuENy-DwgVoH7N",   /* a digit short */
        "ni:///sha-256;Wnp4zKSg9CDZvGK7Zpw8J1njn3I9OuENy-DwgVoH7NQ=", /* padded */
        "ni:///sha-256;Wnp4zKSg9CDZvGK7Zpw8J1njn3I9OuENy-DwgVoH7NR",  /* unused bits set */
        "ni:///sha-256;Wnp4zKSg9CDZvGK7Zpw8J1njn3I9OuENy+DwgVoH7NQ",  /* the other base64 */
        "ni:///sha-256-128;Wnp4zKSg9CDZvGK7Zpw8",                     /* length of another form */
        "ni:///sha-256-120;Wnp4zKSg9CDZvGK7Zpw8Jw",
        "ni:///sha-256-96;Wnp4zKSg9CDZvGK7", /* too short to trust */
        "ni:///sha-512;Wnp4zKSg9CDZvGK7Zpw8J1njn3I9OuENy-DwgVoH7NQ",
        "NI:///sha-256-120;Wnp4zKSg9CDZvGK7Zpw8",
        "ni://mte.example/sha-256-120;Wnp4zKSg9CDZvGK7Zpw8",
        "ni:///sha-256-120;Wnp4zKSg9CDZvGK7Zpw8?ct=x",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        T_RC(m2m_ni_check(gba_view_cstr(rows[i])), GBA_E_CERT_NAME);
        CU_ASSERT_FALSE(m2m_ni_matches(gba_view_cstr(rows[i]), GBA_LIT("key")));
    }
}

static void the_vector(void)
{
    static const struct {
        const char *key;
        unsigned bits;
    } forms[] = {{"ni256", 256}, {"ni128", 128}, {"ni120", 120}};
    for (struct vec *v = vec_open("m2m_ni.vec"); vec_next(v);) {
        uint8_t room[91];
        vec_get(v, "spki", room, sizeof room);
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
            gba_text ni;
            gba_view want = vec_text(v, forms[i].key);
            T_OK(m2m_ni_make(GBA_ARRAY(room), forms[i].bits, &ni));
            T_BYTES(gba_text_view(&ni), want);
            T_OK(m2m_ni_check(want));
            CU_ASSERT_TRUE(m2m_ni_matches(want, GBA_ARRAY(room)));
            room[90] ^= 1; /* another key */
            CU_ASSERT_FALSE(m2m_ni_matches(want, GBA_ARRAY(room)));
            room[90] ^= 1;
        }
    }
}

struct seen {
    unsigned n, right;
    gba_view spki;
};

static gba_rc on_name(void *self, enum m2m_flavour flavour, gba_view id)
{
    struct seen *seen = self;
    seen->n++;
    seen->right += flavour == M2M_CERT_RAW && m2m_ni_matches(id, seen->spki);
    return GBA_OK;
}

/* Rows D2 and B8: a configured identifier of any length is the key's name. */
static void a_raw_key(void)
{
    for (struct vec *v = vec_open("m2m_ni.vec"); vec_next(v);) {
        uint8_t room[91];
        vec_get(v, "spki", room, sizeof room);
        gba_view spki = GBA_ARRAY(room);
        struct m2m_shown shown = {.raw = true, .chain = &spki, .n = 1};
        struct m2m_expect expect = {.flavour = M2M_CERT_RAW};
        struct seen seen = {.spki = spki};
        int64_t until = 0;
        T_OK(m2m_cert_names(&shown, on_name, &seen));
        CU_ASSERT(seen.n == 3 && seen.right == 3);
        T_OK(m2m_cert_until(&shown, &until));
        CU_ASSERT_EQUAL(until, INT64_MAX);
        T_OK(gba_text_set(&expect.id, vec_text(v, "ni128")));
        T_OK(m2m_cert_check(&expect, &shown, 0));
        T_OK(gba_text_set(&expect.id, GBA_LIT("ni:///sha-256-120;AAAAAAAAAAAAAAAAAAAA")));
        T_RC(m2m_cert_check(&expect, &shown, 0), GBA_E_CERT_NAME);
        expect.flavour = M2M_CERT_FQDN;
        T_RC(m2m_cert_check(&expect, &shown, 0), GBA_E_CERT_FLAVOUR);
        expect.flavour = M2M_CERT_RAW;
        room[60] ^= 1; /* not on the curve */
        T_RC(m2m_cert_check(&expect, &shown, 0), GBA_E_CERT_PROFILE);
        spki.n = 90;
        T_RC(m2m_cert_check(&expect, &shown, 0), GBA_E_CERT_PROFILE);
        shown.n = 0;
        T_RC(m2m_cert_check(&expect, &shown, 0), GBA_E_CERT);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"no identifier", not_an_identifier},
        {"RFC 6920 names of a key", the_vector},
        {"D2 B8 raw key", a_raw_key},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"public key identifiers", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
