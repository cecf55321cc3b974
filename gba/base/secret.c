/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "gba/base/secret.h"

#include <string.h>

void gba_wipe_bytes(void *p, size_t n)
{
    explicit_bzero(p, n);
}

bool gba_ct_eq(gba_view a, gba_view b)
{
    if (a.n != b.n)
        return false;
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.n; i++)
        difference |= a.p[i] ^ b.p[i];
    return difference == 0;
}
