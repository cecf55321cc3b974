/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/gba_mode.h"

#include "m2m/mef_record.h"

static const struct m2m_party *target_at(const struct m2m_mef *mef, gba_view fqdn)
{
    for (size_t i = 0; i < mef->targets_n; i++) {
        if (gba_view_eq_nocase(gba_text_view(&mef->targets[i].fqdn), fqdn))
            return &mef->targets[i];
    }
    return NULL;
}

/*= TS-0003 8.3.2.3: the NAF's host name is the MAF-ID, or the public domain name of the CSE-ID */
static bool has_host(const struct m2m_id *id, gba_view fqdn)
{
    gba_text own;
    return m2m_id_fqdn(id, &own) == GBA_OK && gba_view_eq_nocase(gba_text_view(&own), fqdn);
}

static bool permits(const struct m2m_instr *instr, const struct m2m_party *target, gba_view fqdn)
{
    if (target)
        return m2m_instr_permits(instr, &target->id);
    for (size_t i = 0; i < instr->targets_n; i++) {
        if (has_host(&instr->targets[i], fqdn))
            return true;
    }
    return false;
}

/* An Enrolment-Token cannot be presented on Ub, so a record that needs one has to have it taken before. */
static gba_rc judge(const struct m2m_instr *instr, const struct m2m_party *target, gba_view fqdn,
                    gba_text *told)
{
    if (!permits(instr, target, fqdn))
        return target ? GBA_E_MEF_NOT_TARGET : GBA_OK;
    GBA_ENSURE(!instr->token_needed || instr->token.state == M2M_TOKEN_CONSUMED, GBA_E_MEF_TOKEN_DUE);
    *told = instr->enrolee.text;
    return GBA_OK;
}

gba_rc m2m_gba_permit(const struct m2m_mef *mef, gba_view impi, gba_view naf_fqdn, gba_text *told)
{
    struct m2m_mef_record record;
    record.room = gba_writer_of(record.memory, sizeof record.memory);
    told->n = 0;
    told->s[0] = '\0';
    gba_rc rc = m2m_instr_find_impi(&mef->vault, impi, &record.room, &record.instr);
    if (rc == GBA_OK)
        rc = judge(&record.instr, target_at(mef, naf_fqdn), naf_fqdn, told);
    gba_wipe(&record);
    return rc == GBA_E_ABSENT ? GBA_OK : rc;
}
