/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/zn.h"

#include "gba/wire/guss.h"
#include "naf/zn_ask.h"

/* A host name is no Enrolee. */
static void take_peer(const struct gba_uss *uss, struct m2m_id *peer)
{
    struct m2m_id id;
    for (size_t i = 0; i < uss->n_uids && peer->text.n == 0; i++) {
        if (m2m_id_parse(uss->uids[i], &id) == GBA_OK && id.kind != M2M_ID_FQDN)
            *peer = id;
    }
}

static gba_rc learn_uss(const struct m2m_zn_want *want, gba_view xml, struct m2m_id *peer,
                        enum gba_key_choice *choice)
{
    _Alignas(max_align_t) uint8_t room[24 * 1024];
    gba_arena arena = gba_arena_of(room, sizeof room);
    struct gba_guss settings;
    GBA_ENSURE(gba_guss_parse(xml, &arena, &settings) == GBA_OK, GBA_E_NAF_USS);
    for (size_t i = 0; i < settings.n_uss; i++) {
        if (!gba_gsid_eq(settings.uss[i].id, want->gsid))
            continue;
        take_peer(&settings.uss[i], peer);
        if (*choice == GBA_KEY_UNSAID)
            *choice = settings.uss[i].key_choice;
    }
    return GBA_OK;
}

/*= TS 33.220 5.3.3, TS-0003 8.3.2.3: a client in the UICC has Ks_int_NAF and nothing less */
gba_rc m2m_zn_learn(const struct m2m_zn_want *want, const struct dia_bia *bia, struct m2m_shared *got)
{
    enum gba_key_choice choice = GBA_KEY_UNSAID;
    GBA_TRY(naf_zn_result(&bia->result));
    if (bia->uss_list.p != NULL && want->gsid.n > 0)
        GBA_TRY(learn_uss(want, bia->uss_list, &got->peer, &choice));
    bool internal = want->uicc || choice == GBA_KEY_UICC;
    GBA_ENSURE(!internal || (bia->has_uicc_key && choice != GBA_KEY_ME), GBA_E_TARGET_USE);
    GBA_ENSURE(internal || bia->has_me_key, GBA_E_NAF_BSF);
    const gba_ks_naf *key = internal ? &bia->uicc_key : &bia->me_key;
    gba_copy(got->key, GBA_ARRAY(key->b));
    got->n = sizeof key->b;
    got->until_s = bia->has_expiry ? bia->expiry_s : INT64_MAX;
    return GBA_OK;
}
