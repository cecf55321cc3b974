/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/mef.h"

#include "m2m/mef_record.h"

/* ---- who ---- */

#define ENROLEE GBA_LIT("enrolee:")
#define TARGET GBA_LIT("target:")

void m2m_mef_who_put(const struct m2m_mef_who *who, gba_text *text)
{
    gba_writer w = gba_writer_of(text->s, GBA_TEXT_MAX);
    gba_put_view(&w, who->target ? TARGET : ENROLEE);
    gba_put_view(&w, gba_text_view(&who->name));
    text->n = gba_writer_end(&w) == GBA_OK ? (uint16_t)w.n : 0;
    text->s[text->n] = '\0';
}

gba_rc m2m_mef_who_parse(gba_view text, struct m2m_mef_who *who)
{
    gba_view prefix;
    who->target = gba_view_starts(text, TARGET);
    prefix = who->target ? TARGET : ENROLEE;
    GBA_ENSURE(gba_view_starts(text, prefix) && text.n > prefix.n, GBA_E_WORD);
    return gba_text_set(&who->name, gba_view_sub(text, prefix.n, text.n));
}

const gba_text *m2m_mef_name(const struct m2m_mef *mef, gba_view sni)
{
    if (sni.n == 0)
        return &mef->names[0];
    for (size_t i = 0; i < mef->names_n; i++) {
        if (gba_view_eq_nocase(gba_text_view(&mef->names[i]), sni))
            return &mef->names[i];
    }
    return NULL;
}

/* ---- pre-provisioned keys ---- */

static bool is_here(const struct m2m_instr *instr, const gba_text *name)
{
    return gba_view_eq_nocase(gba_text_view(&instr->mef), gba_text_view(name));
}

static gba_rc find_psk(const struct m2m_mef *mef, gba_view identity, struct m2m_mef_record *record)
{
    gba_text kpm_id;
    record->room = gba_writer_of(record->memory, sizeof record->memory);
    GBA_ENSURE(m2m_key_name_parse(identity, false, &kpm_id) == GBA_OK, GBA_E_MEF_KPM);
    gba_rc rc = m2m_instr_find_psk(&mef->vault, gba_text_view(&kpm_id), &record->room, &record->instr);
    return rc == GBA_E_ABSENT ? GBA_E_MEF_KPM : rc;
}

/*= TS-0003 8.3.2.1: psk_identity is the KpmId, psk is Kpm */
gba_rc m2m_mef_psk(const struct m2m_mef *mef, const gba_text *name, gba_view identity,
                   struct m2m_mef_who *who, struct m2m_kpm *kpm)
{
    struct m2m_mef_record record;
    gba_rc rc = find_psk(mef, identity, &record);
    if (rc == GBA_OK && (record.instr.framework != M2M_PPSK || !is_here(&record.instr, name)))
        rc = GBA_E_MEF_KPM;
    if (rc == GBA_OK) {
        *who = (struct m2m_mef_who){false, record.instr.name};
        *kpm = record.instr.kpm;
    }
    gba_wipe(&record);
    return rc;
}

/* ---- certificates ---- */

/*= TS-0003 8.1.2.4: what the instructions say of an Enrolee's certificate */
static gba_rc check_enrolee(const struct m2m_instr *instr, const gba_env *env, const struct m2m_shown *shown)
{
    const struct m2m_expect expect = {
        .flavour = instr->flavour,
        .id = instr->cert_id,
        .anchors = instr->anchors,
        .status = instr->status,
    };
    return m2m_cert_check(&expect, shown, gba_env_now_s(env));
}

static gba_rc as_enrolee(const struct m2m_mef *mef, const gba_env *env, const gba_text *name,
                         const struct m2m_shown *shown, struct m2m_mef_who *who)
{
    struct m2m_mef_record record;
    record.room = gba_writer_of(record.memory, sizeof record.memory);
    gba_rc rc = m2m_instr_find_cert(&mef->vault, shown, &record.room, &record.instr);
    if (rc == GBA_OK && (record.instr.framework != M2M_CERT || !is_here(&record.instr, name)))
        rc = GBA_E_ABSENT;
    if (rc == GBA_OK)
        rc = check_enrolee(&record.instr, env, shown);
    if (rc == GBA_OK)
        *who = (struct m2m_mef_who){false, record.instr.name};
    gba_wipe(&record);
    return rc;
}

/*= TS-0003 8.3.2.1: a target shows the certificate of its host name, or its own */
static gba_rc as_target(const struct m2m_mef *mef, const gba_env *env, const struct m2m_shown *shown,
                        struct m2m_mef_who *who)
{
    const struct m2m_party *found = m2m_party_find(mef->targets, mef->targets_n, shown);
    GBA_ENSURE(found != NULL, GBA_E_MEF_CERT);
    GBA_TRY(m2m_cert_check(&found->expect, shown, gba_env_now_s(env)));
    *who = (struct m2m_mef_who){true, found->id.text};
    return GBA_OK;
}

gba_rc m2m_mef_cert(const struct m2m_mef *mef, const gba_env *env, const gba_text *name,
                    const struct m2m_shown *shown, struct m2m_mef_who *who)
{
    gba_rc rc = as_enrolee(mef, env, name, shown, who);
    return rc == GBA_E_ABSENT ? as_target(mef, env, shown, who) : rc;
}
