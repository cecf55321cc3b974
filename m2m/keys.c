/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/keys.h"

#include "gba/crypto/hash.h"

/*= TS-0003 10.3.1 */
void m2m_export_split(const uint8_t exported[M2M_EXPORT_N], m2m_rel *rel, m2m_key *key)
{
    gba_copy(rel->b, gba_view_of(exported, sizeof rel->b));
    gba_copy(key->b, gba_view_of(exported + sizeof rel->b, sizeof key->b));
}

/*= TS-0003 10.3.2, 10.3.3 */
gba_rc m2m_derive(const m2m_ke *ke, const struct m2m_id *target, m2m_key *out)
{
    gba_view label = target->kind == M2M_ID_FQDN
                         ? GBA_LIT("oneM2M Enrolment Key to Master Credential derivation")
                         : GBA_LIT("oneM2M Enrolment Key to Provisioned Secure Connection Key derivation");
    gba_view parts[] = {label, gba_text_view(&target->text)};
    return gba_hmac_parts(GBA_HASH_SHA256, GBA_ARRAY(ke->b), parts, 2, out->b);
}

/*= TS-0003 10.3.7; how the SUID is written is not said there: decimal digits */
gba_rc m2m_derive_usage(const m2m_ke *ke, unsigned suid, gba_view target_fqdn, m2m_key *out)
{
    uint8_t digits[2];
    gba_writer w = gba_writer_of(digits, sizeof digits);
    struct m2m_id target;
    GBA_ENSURE(m2m_suid_known(suid), GBA_E_MEF_SUID);
    GBA_TRY(m2m_id_parse(target_fqdn, &target));
    GBA_ENSURE(target.kind == M2M_ID_FQDN, GBA_E_M2M_ID);
    gba_put_dec(&w, suid);
    gba_view parts[] = {GBA_LIT("oneM2M Enrolment Key to Usage-Constrained Symmetric Key derivation"),
                        gba_writer_view(&w), gba_text_view(&target.text)};
    return gba_hmac_parts(GBA_HASH_SHA256, GBA_ARRAY(ke->b), parts, 3, out->b);
}

/*= TS-0003 10.3.6 */
gba_rc m2m_derive_e2e(const m2m_key *kpsa, gba_view salt, struct m2m_e2e *out)
{
    const struct {
        gba_view label;
        m2m_key *key;
    } steps[] = {{GBA_LIT("E2E Message Authentication Key"), &out->message_auth},
                 {GBA_LIT("E2E Message Confidentiality Key"), &out->message_conf},
                 {GBA_LIT("E2E Attribute Authenticity Key"), &out->attribute_auth},
                 {GBA_LIT("E2E Attribute Confidentiality Key"), &out->attribute_conf}};
    gba_view before = {NULL, 0};
    GBA_TRY(gba_hmac(GBA_HASH_SHA256, salt, GBA_ARRAY(kpsa->b), out->master.b));
    for (uint8_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        uint8_t count = (uint8_t)(i + 1);
        gba_view parts[] = {before, steps[i].label, gba_view_of(&count, 1)};
        GBA_TRY(gba_hmac_parts(GBA_HASH_SHA256, GBA_ARRAY(out->master.b), parts, 3, steps[i].key->b));
        before = GBA_ARRAY(steps[i].key->b);
    }
    return GBA_OK;
}
