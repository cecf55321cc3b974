/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/seal.h"

#include <string.h>

#include "tests/lib/tap.h"

#define NAME GBA_LIT("b:someone@somewhere")
#define PLAIN GBA_LIT("thirty-two octets that are secret")

static gba_seal_key key;
static gba_seal_nonce nonce;
static uint8_t sealed[128], plain[128];
static gba_writer w;

static gba_view seal(void)
{
    gba_writer out = gba_writer_of(sealed, sizeof sealed);
    memset(key.b, 0x11, sizeof key.b);
    memset(nonce.b, 0x22, sizeof nonce.b);
    T_OK(gba_seal(&key, NAME, &nonce, PLAIN, &out));
    return gba_writer_view(&out);
}

static gba_rc open(gba_view name, gba_view record)
{
    w = gba_writer_of(plain, sizeof plain);
    return gba_seal_open(&key, name, record, &w);
}

static void any_change_is_noticed(void)
{
    gba_view record = seal();
    for (size_t i = 0; i < 8 * record.n; i++) {
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
        T_RC(open(NAME, record), GBA_E_SEAL);
        CU_ASSERT_EQUAL(w.n, 0);
        CU_ASSERT_FALSE(gba_view_eq(gba_view_of(plain, PLAIN.n), PLAIN));
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    T_OK(open(NAME, record));
}

static void records_cannot_move(void)
{
    gba_view record = seal();
    T_RC(open(GBA_LIT("b:someone@somewher"), record), GBA_E_SEAL);
    T_RC(open(GBA_LIT("t:someone@somewhere"), record), GBA_E_SEAL);
    T_RC(open(GBA_LIT(""), record), GBA_E_SEAL);
}

static void another_key_opens_nothing(void)
{
    gba_view record = seal();
    key.b[31] ^= 1;
    T_RC(open(NAME, record), GBA_E_SEAL);
}

static void short_records_are_refused(void)
{
    gba_view record = seal();
    for (size_t n = 0; n < record.n; n++)
        T_RC(open(NAME, gba_view_sub(record, 0, n)), GBA_E_SEAL);
}

static void room_is_needed(void)
{
    gba_view record = seal();
    gba_writer small = gba_writer_of(plain, PLAIN.n - 1);
    T_RC(gba_seal_open(&key, NAME, record, &small), GBA_E_SPACE);
    small = gba_writer_of(plain, PLAIN.n + GBA_SEAL_OVERHEAD - 1);
    T_RC(gba_seal(&key, NAME, &nonce, PLAIN, &small), GBA_E_SPACE);
}

static void opens_what_was_sealed(void)
{
    gba_view record = seal();
    CU_ASSERT_EQUAL(record.n, PLAIN.n + GBA_SEAL_OVERHEAD);
    CU_ASSERT_FALSE(gba_view_contains(record, GBA_LIT("secret")));
    T_OK(open(NAME, record));
    T_BYTES(gba_writer_view(&w), PLAIN);
    gba_writer out = gba_writer_of(sealed, sizeof sealed);
    T_OK(gba_seal(&key, NAME, &nonce, GBA_LIT(""), &out));
    T_OK(open(NAME, gba_writer_view(&out)));
    CU_ASSERT_EQUAL(w.n, 0);
}

/* The record of an independent implementation (Python: hmac, cryptography AESGCM). */
static void known_answer(void)
{
    T_BYTES(seal(), t_hex("222222222222222222222222423aaa596301b93c4ff507122d94972dd5d6068a1a4b7cbd63"
                          "4a68a4c48d3c3742f4adcaff3265f09df9a6615de6570592"));
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"any change is noticed", any_change_is_noticed},
        {"records cannot move", records_cannot_move},
        {"another key opens nothing", another_key_opens_nothing},
        {"short records", short_records_are_refused},
        {"room is needed", room_is_needed},
        {"opens what was sealed", opens_what_was_sealed},
        {"known answer", known_answer},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"seal", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
