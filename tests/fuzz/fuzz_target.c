/* SPDX-License-Identifier: Apache-2.0 */
/* m2m_target_begin and m2m_target_fetched: PSK identities as anybody may show them.  Only
 * who is among our sources is ever asked, and what was fetched is found again. */
#include <stdlib.h>

#include "m2m/target.h"
#include "tests/lib/fakes.h"
#include "tests/lib/fuzz.h"
#include "tests/lib/memdb.h"

static struct memdb mem;

static void source(struct m2m_source *s, gba_view fqdn, int kind)
{
    static const struct m2m_source kinds[] = {
        {.kind = M2M_SOURCE_MEF}, {.kind = M2M_SOURCE_MAF}, {.kind = M2M_SOURCE_BSF}};
    *s = kinds[kind];
    if (gba_text_set(&s->fqdn, fqdn) != GBA_OK)
        abort();
}

/* The key is there now, whatever else the identity says. */
static void fetch(const struct m2m_target *t, const gba_env *env, const struct m2m_target_shown *shown,
                  struct m2m_target_run *run)
{
    struct m2m_shared key = {.key = {7}, .n = 32, .suid = 32, .until_s = INT64_MAX};
    struct m2m_target_got got = {GBA_OK, &key};
    struct m2m_target_order order;
    m2m_target_fetched(t, env, run, &got, &order);
    if (order.kind != M2M_TARGET_USE)
        abort();
    m2m_target_begin(t, env, shown, run, &order);
    if (order.kind != M2M_TARGET_USE || order.shared.key[0] != 7)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake_world world;
    struct m2m_source sources[3];
    struct m2m_target t = {.sources = sources, .sources_n = 3};
    struct m2m_target_run run;
    struct m2m_target_order order;
    struct m2m_target_shown shown = {gba_view_of(data, size), 0x00ae};
    fake_world_init(&world);
    memdb_init(&mem);
    source(&sources[0], GBA_LIT("mef.mte.example"), 0);
    source(&sources[1], GBA_LIT("maf.mte.example"), 1);
    source(&sources[2], GBA_LIT("bsf.home.example"), 2);
    t.vault = mem.vault;
    if (m2m_id_parse(GBA_LIT("//sp.example/in-cse"), &t.self) != GBA_OK ||
        gba_text_set(&t.fqdn, GBA_LIT("in-cse.sp.example")) != GBA_OK)
        abort();
    m2m_target_begin(&t, &world.env, &shown, &run, &order);
    if (order.kind == M2M_TARGET_USE)
        abort();
    if (order.kind == M2M_TARGET_REFUSE)
        return 0;
    size_t ours = 0;
    while (ours < 3 && !gba_text_eq(&order.source, &sources[ours].fqdn))
        ours++;
    if (ours == 3)
        abort();
    fetch(&t, &world.env, &shown, &run);
    return 0;
}
