/* SPDX-License-Identifier: Apache-2.0 */
#include "hss/subs.h"

#include <stddef.h>

#include "gba/base/arena.h"
#include "gba/crypto/digest.h"
#include "gba/crypto/milenage.h"
#include "gba/wire/names.h"

#include "config/subscribers.opt"

/* ---- one entry to one record ---- */

/* A fault stops nothing: all faults of an entry are told at once. */
struct making {
    const struct hss_sub_conf *conf;
    const struct gba_conf_sink *sink;
    bool bad;
};

static void fault(struct making *m, const char *key, const char *text)
{
    gba_conf_fault(m->sink, key, text);
    m->bad = true;
}

static void check_identities(struct making *m)
{
    uint64_t number;
    gba_view imsi = gba_text_view(&m->conf->imsi);
    if (gba_impi_check(gba_text_view(&m->conf->impi)) != GBA_OK)
        fault(m, "impi", "expected user@domain");
    if (imsi.n > 0 && (imsi.n < 6 || gba_dec_parse(imsi, UINT64_MAX, &number) != GBA_OK))
        fault(m, "imsi", "expected 6 to 15 digits");
}

static void make_milenage(struct making *m, gba_aka_key *key)
{
    const struct hss_sub_conf *c = m->conf;
    if (c->k.n != 16)
        fault(m, "k", "expected 16 octets with algorithm: milenage");
    if ((c->op.n > 0) == (c->opc.n > 0))
        fault(m, "opc", "expected either op or opc with algorithm: milenage");
    if (c->top.n > 0 || c->topc.n > 0)
        fault(m, c->top.n > 0 ? "top" : "topc", "only with algorithm: tuak");
    if (m->bad)
        return;
    gba_op op;
    gba_copy(op.b, gba_view_of(c->op.b, sizeof op.b));
    gba_copy(key->opc.b, gba_view_of(c->opc.b, sizeof key->opc.b));
    if (c->op.n > 0 && gba_milenage_opc(&key->k, &op, &key->opc) != GBA_OK)
        fault(m, "op", "OPc cannot be made");
    gba_wipe(&op);
}

static void make_tuak(struct making *m, gba_aka_key *key)
{
    static const uint8_t res_n[] = {[HSS_RES_32] = 4, [HSS_RES_64] = 8, [HSS_RES_128] = 16};
    const struct hss_sub_conf *c = m->conf;
    if (c->k.n != 16 && c->k.n != 32)
        fault(m, "k", "expected 16 or 32 octets");
    if ((c->top.n > 0) == (c->topc.n > 0))
        fault(m, "topc", "expected either top or topc with algorithm: tuak");
    if (c->op.n > 0 || c->opc.n > 0)
        fault(m, c->op.n > 0 ? "op" : "opc", "only with algorithm: milenage");
    if (m->bad)
        return;
    key->tuak = (struct gba_tuak_profile){(uint8_t)c->tuak_iterations, 8, res_n[c->tuak_res], 16, 16};
    gba_top top;
    gba_copy(top.b, gba_view_of(c->top.b, sizeof top.b));
    gba_copy(key->topc.b, gba_view_of(c->topc.b, sizeof key->topc.b));
    if (c->top.n > 0 && gba_tuak_topc(&key->k, &top, key->tuak.iterations, &key->topc) != GBA_OK)
        fault(m, "top", "TOPc cannot be made");
    gba_wipe(&top);
}

/*= TS 33.102 annex H: the separation bit is 1 in vectors for EPS and 5G only. */
static void check_amf(struct making *m)
{
    if (m->conf->amf.b[0] & 0x80)
        fault(m, "amf", "expected the separation bit (the first bit) to be 0, as in 0000");
}

static void make_key(struct making *m, gba_aka_key *key)
{
    bool other = m->conf->triplets.n > 0 || m->conf->sip_digest.realm.n > 0;
    if (m->conf->k.n == 0 && other)
        return;
    if (key->alg == GBA_AKA_TUAK)
        make_tuak(m, key);
    else
        make_milenage(m, key);
}

static void check_sim(struct making *m)
{
    const struct hss_triplet_conf *triplets = m->conf->triplets.items;
    if (m->conf->triplets.n > 0 && !m->conf->sim)
        fault(m, "triplets", "only with sim: true");
    for (size_t i = 0; i < m->conf->triplets.n; i++) {
        if (triplets[i].rand.n != 16 || triplets[i].sres.n != 4 || triplets[i].kc.n != 8)
            fault(m, "triplets", "expected 16 octets of rand, 4 of sres and 8 of kc");
    }
}

static void make_digest(struct making *m, struct hss_sub *out)
{
    const struct hss_digest_conf *c = &m->conf->sip_digest;
    if (c->realm.n == 0)
        return;
    if ((c->ha1.n > 0) == (c->password_file.n > 0))
        fault(m, "sip_digest.ha1", "expected either ha1 or password_file");
    if (c->ha1.n > 0 && c->ha1.n != 16 && c->ha1.n != 32)
        fault(m, "sip_digest.ha1", "expected 16 octets (MD5) or 32 (SHA-256)");
    out->digest_realm = c->realm;
    out->ha1.n = c->ha1.n;
    gba_copy(out->ha1.b, gba_view_of(c->ha1.b, c->ha1.n));
}

gba_rc hss_sub_password(struct hss_sub *sub, gba_view password)
{
    const struct gba_digest_in in = {
        .alg = GBA_DIGEST_MD5,
        .username = gba_text_view(&sub->impi),
        .realm = gba_text_view(&sub->digest_realm),
        .password = password,
    };
    struct gba_digest_hex hex;
    GBA_TRY(gba_digest_ha1(&in, &hex));
    sub->ha1.n = hex.n / 2;
    gba_rc rc = gba_hex_parse(gba_view_of(hex.s, hex.n), sub->ha1.b, sub->ha1.n);
    gba_wipe(&hex);
    return rc;
}

gba_rc hss_sub_make(const struct hss_sub_conf *conf, const struct gba_conf_sink *sink, struct hss_sub *out)
{
    struct making m = {conf, sink, false};
    *out = (struct hss_sub){.impi = conf->impi, .barred = conf->barred, .sim = conf->sim};
    out->key.alg = (enum gba_aka_alg)conf->algorithm;
    out->key.k.n = conf->k.n;
    gba_copy(out->key.k.b, gba_view_of(conf->k.b, conf->k.n));
    check_identities(&m);
    check_amf(&m);
    if (conf->guss_file.n > 0 && conf->guss.uicc_type != HSS_NO_GUSS)
        fault(&m, "guss_file", "expected either guss_file or guss");
    make_key(&m, &out->key);
    check_sim(&m);
    make_digest(&m, out);
    gba_copy(out->amf.b, gba_view_of(conf->amf.b, sizeof out->amf.b));
    gba_reader sqn = gba_reader_of(gba_view_of(conf->sqn.b, 6));
    out->sqn.last = out->sqn.limit = gba_get_u48(&sqn);
    if (m.bad)
        gba_wipe(out);
    return m.bad ? GBA_E_CONFIG : GBA_OK;
}

/* ---- GUSS ---- */

static gba_view text_or_absent(const gba_text *text)
{
    return text->n > 0 ? gba_text_view(text) : (gba_view){NULL, 0};
}

static void fill_uss(const struct hss_uss_conf *conf, struct gba_uss *uss)
{
    const gba_text *uids = conf->uids.items;
    const uint32_t *flags = conf->flags.items;
    *uss = (struct gba_uss){
        .id = gba_text_view(&conf->id),
        .type = conf->type,
        .naf_group = text_or_absent(&conf->naf_group),
        .n_uids = conf->uids.n,
        .n_flags = conf->flags.n,
        .key_choice = (enum gba_key_choice)conf->key_choice,
    };
    for (size_t i = 0; i < uss->n_uids; i++)
        uss->uids[i] = gba_text_view(&uids[i]);
    for (size_t i = 0; i < uss->n_flags; i++)
        uss->flags[i] = flags[i];
}

gba_rc hss_guss_format(const struct hss_sub_conf *conf, struct gba_uss *uss, gba_writer *w)
{
    const struct hss_uss_conf *entries = conf->guss.uss.items;
    struct gba_guss guss = {
        .impi = gba_text_view(&conf->impi),
        .uicc_type = conf->guss.uicc_type == HSS_GUSS_GBA_U ? GBA_UICC_GBA_U : GBA_UICC_GBA,
        .lifetime_s = conf->guss.lifetime_s,
        .uss = uss,
        .n_uss = conf->guss.uss.n,
    };
    GBA_ENSURE(guss.n_uss <= GBA_GUSS_MAX_USS, GBA_E_BUG);
    for (size_t i = 0; i < guss.n_uss; i++)
        fill_uss(&entries[i], &uss[i]);
    gba_put_guss(w, &guss);
    return gba_writer_end(w);
}

/* ---- all of them ---- */

/* An index has at least one slot. */
static uint32_t cap_of(uint32_t n)
{
    return n > 0 ? n : 1;
}

size_t hss_subs_memory(uint32_t n, uint32_t n_impus)
{
    return gba_aligned(n * sizeof(struct hss_sub)) + gba_aligned(n_impus * sizeof(struct hss_impu)) +
           gba_aligned(gba_slots_memory(cap_of(n))) + gba_aligned(gba_slots_memory(cap_of(n_impus)));
}

void hss_subs_init(struct hss_subs *subs, void *memory, uint32_t n, uint32_t n_impus, uint64_t seed)
{
    uint8_t *p = memory;
    subs->sub = (struct hss_sub *)(void *)p;
    p += gba_aligned(n * sizeof(struct hss_sub));
    subs->impu = (struct hss_impu *)(void *)p;
    p += gba_aligned(n_impus * sizeof(struct hss_impu));
    gba_slots_init(&subs->by_impi, p, cap_of(n), seed);
    p += gba_aligned(gba_slots_memory(cap_of(n)));
    gba_slots_init(&subs->by_impu, p, cap_of(n_impus), seed);
}

static bool same_impi(const void *items, uint32_t slot, gba_view key)
{
    const struct hss_sub *sub = items;
    return gba_view_eq(gba_text_view(&sub[slot].impi), key);
}

static bool same_impu(const void *items, uint32_t slot, gba_view key)
{
    const struct hss_impu *impu = items;
    return gba_view_eq(gba_text_view(&impu[slot].impu), key);
}

static uint32_t find_impu(const struct hss_subs *subs, gba_view impu)
{
    return gba_slots_find(&subs->by_impu, impu, same_impu, subs->impu);
}

gba_rc hss_subs_add(struct hss_subs *subs, const struct hss_sub *sub, uint32_t *number)
{
    gba_view impi = gba_text_view(&sub->impi);
    GBA_ENSURE(gba_slots_find(&subs->by_impi, impi, same_impi, subs->sub) == GBA_SLOT_NONE, GBA_E_HSS_TWICE);
    uint32_t slot = gba_slots_take(&subs->by_impi, impi);
    GBA_ENSURE(slot != GBA_SLOT_NONE, GBA_E_BUG);
    subs->sub[slot] = *sub;
    *number = slot;
    return GBA_OK;
}

void hss_subs_add_impu(struct hss_subs *subs, const gba_text *impu, uint32_t number)
{
    uint32_t slot = find_impu(subs, gba_text_view(impu));
    if (slot != GBA_SLOT_NONE) {
        subs->impu[slot].shared = subs->impu[slot].shared || subs->impu[slot].sub != number;
        return;
    }
    slot = gba_slots_take(&subs->by_impu, gba_text_view(impu));
    if (slot != GBA_SLOT_NONE)
        subs->impu[slot] = (struct hss_impu){*impu, number, false};
}

/*= TS 29.109 4.2 */
gba_rc hss_subs_find(const struct hss_subs *subs, gba_view impi, gba_view impu, uint32_t *number)
{
    if (impi.n > 0) {
        *number = gba_slots_find(&subs->by_impi, impi, same_impi, subs->sub);
        return *number != GBA_SLOT_NONE ? GBA_OK : GBA_E_HSS_UNKNOWN;
    }
    uint32_t slot = impu.n > 0 ? find_impu(subs, impu) : GBA_SLOT_NONE;
    GBA_ENSURE(slot != GBA_SLOT_NONE, GBA_E_HSS_UNKNOWN);
    GBA_ENSURE(!subs->impu[slot].shared, GBA_E_HSS_SHARED);
    *number = subs->impu[slot].sub;
    return GBA_OK;
}
