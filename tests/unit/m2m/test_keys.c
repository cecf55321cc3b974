/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of oneM2M: the vectors, and what no key is derived for. */
#include "gba/crypto/kdf.h"
#include "gba/wire/names.h"
#include "m2m/keys.h"
#include "tests/lib/tap.h"
#include "tests/lib/vectors.h"

static void usages_and_targets_that_are_none(void)
{
    static const unsigned bad[] = {0, 1, 9, 16, 20, 26, 30, 31, 36, 39, 46, 99, 210};
    const m2m_ke ke = {{1}};
    m2m_key key;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(m2m_derive_usage(&ke, bad[i], GBA_LIT("maf.mte.example"), &key), GBA_E_MEF_SUID);
    T_RC(m2m_derive_usage(&ke, 22, GBA_LIT("//sp.example/in-cse"), &key), GBA_E_M2M_ID);
    T_RC(m2m_derive_usage(&ke, 22, GBA_LIT(""), &key), GBA_E_M2M_ID);
}

static void check_export(struct vec *v)
{
    m2m_rel rel;
    m2m_key key;
    gba_text id;
    uint8_t exported[M2M_EXPORT_N];
    vec_get(v, "exported", exported, sizeof exported);
    m2m_export_split(exported, &rel, &key);
    T_OK(m2m_keyid_make(&rel, vec_text(v, "fqdn"), &id));
    T_BYTES(gba_text_view(&id), vec_text(v, "id"));
    T_BYTES(GBA_ARRAY(key.b), vec_hex(v, "key"));
}

static void check_derive(struct vec *v)
{
    m2m_ke ke;
    m2m_key key;
    struct m2m_id target;
    vec_get(v, "ke", ke.b, sizeof ke.b);
    T_OK(m2m_id_parse(vec_text(v, "target"), &target));
    T_OK(m2m_derive(&ke, &target, &key));
    T_BYTES(GBA_ARRAY(key.b), vec_hex(v, "key"));
}

static void check_usage(struct vec *v)
{
    m2m_ke ke;
    m2m_key key;
    vec_get(v, "ke", ke.b, sizeof ke.b);
    T_OK(m2m_derive_usage(&ke, (unsigned)vec_number(v, "suid"), vec_text(v, "target"), &key));
    T_BYTES(GBA_ARRAY(key.b), vec_hex(v, "key"));
}

static void check_e2e(struct vec *v)
{
    m2m_key kpsa;
    struct m2m_e2e e2e;
    vec_get(v, "kpsa", kpsa.b, sizeof kpsa.b);
    T_OK(m2m_derive_e2e(&kpsa, vec_hex(v, "salt"), &e2e));
    T_BYTES(GBA_ARRAY(e2e.master.b), vec_hex(v, "master"));
    T_BYTES(GBA_ARRAY(e2e.message_auth.b), vec_hex(v, "message_auth"));
    T_BYTES(GBA_ARRAY(e2e.message_conf.b), vec_hex(v, "message_conf"));
    T_BYTES(GBA_ARRAY(e2e.attribute_auth.b), vec_hex(v, "attribute_auth"));
    T_BYTES(GBA_ARRAY(e2e.attribute_conf.b), vec_hex(v, "attribute_conf"));
}

static void check_naf(struct vec *v)
{
    gba_ks ks;
    gba_rand rand1;
    gba_ks_naf naf;
    gba_nafid id;
    uint8_t suite[2], room[300];
    gba_writer w = gba_writer_of(room, sizeof room);
    vec_get(v, "ks", ks.b, sizeof ks.b);
    vec_get(v, "rand", rand1.b, sizeof rand1.b);
    vec_get(v, "suite", suite, sizeof suite);
    id.ua = gba_uaid_tls((uint16_t)(suite[0] << 8 | suite[1]));
    T_OK(gba_text_set(&id.fqdn, vec_text(v, "fqdn")));
    gba_nafid_encode(&id, &w);
    struct gba_kdf_naf in = {&ks, &rand1, vec_text(v, "impi"), gba_writer_view(&w)};
    T_OK(gba_kdf_ks_naf(&in, GBA_KDF_ME, &naf));
    T_BYTES(GBA_ARRAY(naf.b), vec_hex(v, "ks_naf"));
    T_OK(gba_kdf_ks_naf(&in, GBA_KDF_UICC, &naf));
    T_BYTES(GBA_ARRAY(naf.b), vec_hex(v, "ks_int_naf"));
}

static void vectors(void)
{
    static const struct {
        const char *kind;
        void (*check)(struct vec *v);
    } kinds[] = {{"export", check_export},
                 {"derive", check_derive},
                 {"usage", check_usage},
                 {"e2e", check_e2e},
                 {"naf", check_naf}};
    unsigned checked = 0, blocks = 0;
    for (struct vec *v = vec_open("m2m_keys.vec"); vec_next(v); blocks++) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (gba_view_eq(vec_text(v, "kind"), gba_view_cstr(kinds[i].kind))) {
                kinds[i].check(v);
                checked++;
            }
        }
    }
    CU_ASSERT_TRUE(checked == blocks && blocks >= 12);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"usages and targets that are none", usages_and_targets_that_are_none},
        {"vectors", vectors},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"m2m keys", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
