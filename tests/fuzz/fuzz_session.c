/* SPDX-License-Identifier: Apache-2.0 */
/* bsf_session_decode and gba_uss_unpack: what decodes encodes to the same octets. */
#include <stdlib.h>

#include "bsf/session.h"
#include "gba/wire/uss_pack.h"
#include "tests/lib/fuzz.h"

static uint8_t again[BSF_RECORD_MAX];
static max_align_t room[16 * 1024];

static void check_settings(gba_view packed)
{
    struct gba_guss guss;
    gba_arena arena = gba_arena_of(room, sizeof room);
    if (gba_uss_unpack(packed, &arena, &guss) != GBA_OK)
        return;
    gba_writer w = gba_writer_of(again, sizeof again);
    gba_put_uss_packed(&w, &guss);
    if (!gba_view_eq(gba_writer_view(&w), packed))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bsf_session session;
    gba_view record = gba_view_of(data, size);
    if (bsf_session_decode(record, &session) != GBA_OK)
        return 0;
    gba_writer w = gba_writer_of(again, sizeof again);
    if (bsf_session_encode(&session, &w) != GBA_OK || !gba_view_eq(gba_writer_view(&w), record))
        abort();
    check_settings(session.settings);
    return 0;
}
