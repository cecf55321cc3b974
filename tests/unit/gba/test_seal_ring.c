/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/seal_ring.h"

#include <string.h>

#include "tests/lib/tap.h"

#define NAME GBA_LIT("name")
#define PLAIN GBA_LIT("secret")

static gba_seal_key keys[5];
static gba_seal_ring ring;
static uint8_t sealed[64], plain[64];

static void set_up(void)
{
    for (size_t i = 0; i < 5; i++)
        memset(keys[i].b, (int)i + 1, sizeof keys[i].b);
    gba_wipe(&ring);
}

static gba_view seal(void)
{
    static const gba_seal_nonce nonce = {{7}};
    gba_writer w = gba_writer_of(sealed, sizeof sealed);
    T_OK(gba_seal_ring_seal(&ring, NAME, &nonce, PLAIN, &w));
    CU_ASSERT_EQUAL(w.n, PLAIN.n + GBA_SEAL_RING_OVERHEAD);
    return gba_writer_view(&w);
}

static gba_rc open(gba_view record)
{
    gba_writer w = gba_writer_of(plain, sizeof plain);
    gba_rc rc = gba_seal_ring_open(&ring, NAME, record, &w);
    if (rc == GBA_OK)
        T_BYTES(gba_writer_view(&w), PLAIN);
    else
        CU_ASSERT_EQUAL(w.n, 0);
    return rc;
}

static void ring_is_bounded(void)
{
    T_OK(gba_seal_ring_add(&ring, 0, &keys[0]));
    T_RC(gba_seal_ring_add(&ring, 0, &keys[1]), GBA_E_SEAL_RING);
    for (uint8_t i = 1; i < GBA_SEAL_RING_MAX; i++)
        T_OK(gba_seal_ring_add(&ring, i, &keys[i]));
    T_RC(gba_seal_ring_add(&ring, 9, &keys[4]), GBA_E_SEAL_RING);
    CU_ASSERT_EQUAL(ring.n, GBA_SEAL_RING_MAX);
}

static void empty_ring_does_nothing(void)
{
    static const gba_seal_nonce nonce;
    gba_writer w = gba_writer_of(sealed, sizeof sealed);
    T_RC(gba_seal_ring_seal(&ring, NAME, &nonce, PLAIN, &w), GBA_E_BUG);
    T_RC(open(gba_view_of(sealed, 40)), GBA_E_SEAL_KEY);
}

static void short_records_are_refused(void)
{
    T_OK(gba_seal_ring_add(&ring, 1, &keys[0]));
    gba_view whole = seal();
    for (size_t n = 0; n < whole.n; n++)
        T_RC(open(gba_view_sub(whole, 0, n)), GBA_E_SEAL);
    T_OK(open(whole));
}

/* The id only says which key to try. */
static void id_of_another_does_not_help(void)
{
    T_OK(gba_seal_ring_add(&ring, 1, &keys[0]));
    T_OK(gba_seal_ring_add(&ring, 2, &keys[1]));
    gba_view whole = seal();
    sealed[0] = 2;
    T_RC(open(whole), GBA_E_SEAL);
    sealed[0] = 3;
    T_RC(open(whole), GBA_E_SEAL_KEY);
    CU_ASSERT_EQUAL(gba_rc_class(GBA_E_SEAL_KEY), GBA_CLASS_AUTH);
}

/* Old key, then new in front of old, then new alone. */
static void keys_rotate(void)
{
    uint8_t old[64];
    T_OK(gba_seal_ring_add(&ring, 1, &keys[0]));
    gba_view whole = seal();
    gba_copy(old, whole);
    whole.p = old;
    gba_wipe(&ring);
    T_OK(gba_seal_ring_add(&ring, 2, &keys[1]));
    T_OK(gba_seal_ring_add(&ring, 1, &keys[0]));
    T_OK(open(whole));
    CU_ASSERT_EQUAL(seal().p[0], 2);
    T_OK(open(gba_view_of(sealed, whole.n)));
    ring.n = 1;
    T_OK(open(gba_view_of(sealed, whole.n)));
    T_RC(open(whole), GBA_E_SEAL_KEY);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a ring is bounded", ring_is_bounded},
        {"an empty ring", empty_ring_does_nothing},
        {"short records", short_records_are_refused},
        {"the id of another key", id_of_another_does_not_help},
        {"keys rotate", keys_rotate},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"key ring", NULL, NULL, set_up, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
