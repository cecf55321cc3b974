/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/keccak.h"

#include "gba/base/secret.h"

/*= FIPS 202 3.2.5: the round constants of iota. */
static const uint64_t iota[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/*= FIPS 202 3.2.2, 3.2.3: along the cycle of pi from lane 1, where the lane goes and how far rho turns it. */
static const uint8_t pi_lane[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                    15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
static const uint8_t rho_turn[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                     27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

static uint64_t turn(uint64_t lane, unsigned by)
{
    return lane << by | lane >> (64 - by);
}

static void theta(uint64_t a[25])
{
    uint64_t c[5];
    for (unsigned x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned x = 0; x < 5; x++) {
        uint64_t d = c[(x + 4) % 5] ^ turn(c[(x + 1) % 5], 1);
        for (unsigned y = 0; y < 25; y += 5)
            a[x + y] ^= d;
    }
}

static void rho_pi(uint64_t a[25])
{
    uint64_t moving = a[1];
    for (unsigned i = 0; i < 24; i++) {
        uint64_t next = a[pi_lane[i]];
        a[pi_lane[i]] = turn(moving, rho_turn[i]);
        moving = next;
    }
}

static void chi(uint64_t a[25])
{
    for (unsigned y = 0; y < 25; y += 5) {
        uint64_t first = a[y], second = a[y + 1];
        a[y] ^= ~a[y + 1] & a[y + 2];
        a[y + 1] ^= ~a[y + 2] & a[y + 3];
        a[y + 2] ^= ~a[y + 3] & a[y + 4];
        a[y + 3] ^= ~a[y + 4] & first;
        a[y + 4] ^= ~first & second;
    }
}

/* Lanes are little-endian in the octets (FIPS 202 B.1). */
static void load(const uint8_t state[200], uint64_t a[25])
{
    for (unsigned i = 0; i < 25; i++) {
        a[i] = 0;
        for (unsigned j = 8; j-- > 0;)
            a[i] = a[i] << 8 | state[8 * i + j];
    }
}

static void store(const uint64_t a[25], uint8_t state[200])
{
    for (unsigned i = 0; i < 200; i++)
        state[i] = (uint8_t)(a[i / 8] >> (i % 8 * 8));
}

void gba_keccak_f1600(uint8_t state[200])
{
    uint64_t a[25];
    load(state, a);
    for (unsigned round = 0; round < 24; round++) {
        theta(a);
        rho_pi(a);
        chi(a);
        a[0] ^= iota[round];
    }
    store(a, state);
    gba_wipe(&a);
}
