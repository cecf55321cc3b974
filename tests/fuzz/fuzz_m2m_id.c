/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers of oneM2M: what is canonical stays as it is. */
#include <stdlib.h>

#include "m2m/id.h"
#include "tests/lib/fuzz.h"

static void ensure(bool holds)
{
    if (!holds)
        abort();
}

static void check_entity(const struct m2m_id *id)
{
    struct m2m_id again;
    ensure(m2m_id_parse(gba_text_view(&id->text), &again) == GBA_OK);
    ensure(m2m_id_eq(id, &again) && id->kind == again.kind);
    ensure(m2m_id_host(id).n > 0);
    ensure(m2m_id_is_uri(id, gba_text_view(&id->text)) == (id->kind == M2M_ID_AE));
}

static void check_keys(gba_view text)
{
    m2m_rel rel;
    gba_text fqdn, canonical, again;
    if (m2m_keyid_parse(text, &rel, &fqdn, &canonical) == GBA_OK) {
        ensure(m2m_keyid_make(&rel, gba_text_view(&fqdn), &again) == GBA_OK);
        ensure(gba_text_eq(&canonical, &again));
    }
    for (int nocase = 0; nocase < 2; nocase++) {
        if (m2m_key_name_parse(text, nocase != 0, &canonical) != GBA_OK)
            continue;
        ensure(m2m_key_name_parse(gba_text_view(&canonical), nocase != 0, &again) == GBA_OK);
        ensure(gba_text_eq(&canonical, &again));
    }
}

static void check_credential(gba_view text)
{
    unsigned type;
    gba_text value, again;
    if (m2m_cred_parse(text, &type, &value) != GBA_OK)
        return;
    ensure(m2m_cred_make(type, gba_text_view(&value), &again) == GBA_OK);
    ensure(gba_view_eq(gba_text_view(&again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gba_view text = gba_view_of(data, size);
    struct m2m_id id;
    if (m2m_id_parse(text, &id) == GBA_OK)
        check_entity(&id);
    if (m2m_id_absolute(text, GBA_LIT("//sp.example"), &id) == GBA_OK)
        check_entity(&id);
    check_keys(text);
    check_credential(text);
    return 0;
}
