/* SPDX-License-Identifier: Apache-2.0 */
/* bsf_session_decode and bsf_session_encode: what decodes encodes to the same octets. */
#include <stdlib.h>

#include "bsf/session.h"
#include "tests/lib/fuzz.h"

static uint8_t again[BSF_RECORD_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bsf_session session;
    gba_view record = gba_view_of(data, size);
    if (bsf_session_decode(record, &session) != GBA_OK)
        return 0;
    gba_writer w = gba_writer_of(again, sizeof again);
    if (bsf_session_encode(&session, &w) != GBA_OK || !gba_view_eq(gba_writer_view(&w), record))
        abort();
    return 0;
}
