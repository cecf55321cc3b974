/* SPDX-License-Identifier: Apache-2.0 */
/* What a MEF hears of Enrolees and targets of a MEF: an answer that is read can be
 * written, and is read the same again. */
#include <stdlib.h>

#include "gba/base/secret.h"
#include "m2m/mef.h"
#include "tests/lib/fuzz.h"

static void again(const struct m2m_mef_given *given)
{
    struct m2m_mef_given other;
    uint8_t text[4096];
    gba_writer w = gba_writer_of(text, sizeof text);
    m2m_mef_given_put(given, &w);
    if (gba_writer_end(&w) != GBA_OK || m2m_mef_given_parse(gba_writer_view(&w), &other) != GBA_OK)
        abort();
    if (!gba_ct_eq(GBA_ARRAY(given->key.b), GBA_ARRAY(other.key.b)) || given->until_s != other.until_s ||
        !gba_text_eq(&given->enrolee.text, &other.enrolee.text) || given->e2e != other.e2e)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct m2m_mef_given given;
    struct m2m_mef_offer offer;
    uint8_t room[256];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view in = gba_view_of(data, size);
    if (m2m_mef_given_parse(in, &given) == GBA_OK)
        again(&given);
    if (m2m_mef_offer_parse(in, &w, &offer) == GBA_OK && (offer.token.n == 0 || offer.frameworks > 7))
        abort();
    return 0;
}
