/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/keyring.h"

#include "gba/base/lines.h"
#include "gba/base/stamp.h"
#include "gba/wire/names.h"

static const char first_line[] = "keystrap-enrolee-keys 1";
static const char *const froms[] = {"ppsk", "cert", "gba", "maf", "import"};
static const char *const uses[] = {[M2M_USE_KM] = "km", [M2M_USE_KPSA] = "kpsa", [M2M_USE_KC] = "kc"};

const char *m2m_link_from_name(enum m2m_link_from from)
{
    return froms[from];
}

const char *m2m_key_use_name(enum m2m_key_use use)
{
    return uses[use];
}

static bool has_ke(const struct m2m_link *link)
{
    return link->from == M2M_FROM_PPSK || link->from == M2M_FROM_CERT;
}

/* ---- format ---- */

static void put_link(const struct m2m_link *link, gba_writer *w)
{
    uint8_t digits[4];
    gba_writer suid = gba_writer_of(digits, sizeof digits);
    gba_put_line(w, "target", gba_text_view(&link->target.text));
    gba_put_line(w, "from", gba_view_cstr(froms[link->from]));
    gba_put_line(w, "use", gba_view_cstr(uses[link->use]));
    gba_put_line(w, "id", gba_text_view(&link->id));
    if (link->alias.n > 0)
        gba_put_line(w, "alias", gba_text_view(&link->alias));
    if (has_ke(link))
        gba_put_hex_line(w, "ke", GBA_ARRAY(link->ke.b));
    if (link->suid > 0) {
        gba_put_dec(&suid, link->suid);
        gba_put_line(w, "suid", gba_writer_view(&suid));
    }
    if (link->key_n > 0)
        gba_put_hex_line(w, "key", gba_view_of(link->key, link->key_n));
    gba_put_time_line(w, "made", link->made_s);
    if (link->until_s == INT64_MAX)
        gba_put_line(w, "until", GBA_LIT("-"));
    else
        gba_put_time_line(w, "until", link->until_s);
}

void m2m_keyring_put(const struct m2m_keyring *ring, gba_writer *w)
{
    gba_put_str(w, first_line);
    gba_put_u8(w, '\n');
    for (size_t i = 0; i < ring->n; i++)
        put_link(&ring->links[i], w);
}

/* ---- parse ---- */

static gba_rc parse_word(gba_view value, const char *const *words, size_t n, size_t *at)
{
    for (size_t i = 0; i < n; i++) {
        if (gba_view_eq(value, gba_view_cstr(words[i]))) {
            *at = i;
            return GBA_OK;
        }
    }
    return GBA_E_ENROL_STORE;
}

static gba_rc parse_names(gba_view *rest, struct m2m_link *link)
{
    size_t from, use;
    GBA_TRY(m2m_id_parse(gba_get_line(rest, "target"), &link->target));
    GBA_TRY(parse_word(gba_get_line(rest, "from"), froms, sizeof froms / sizeof *froms, &from));
    GBA_TRY(parse_word(gba_get_line(rest, "use"), uses, sizeof uses / sizeof *uses, &use));
    link->from = (enum m2m_link_from)from;
    link->use = (enum m2m_key_use)use;
    gba_view id = gba_get_line(rest, "id"), domain;
    GBA_TRY(gba_btid_domain(id, &domain)); /* every name of a key has this form */
    GBA_TRY(gba_text_set(&link->id, id));
    gba_view alias = gba_get_line(rest, "alias");
    return alias.p ? m2m_key_name_parse(alias, true, &link->alias) : GBA_OK;
}

static gba_rc parse_keys(gba_view *rest, struct m2m_link *link)
{
    uint64_t suid = 0;
    if (has_ke(link))
        GBA_TRY(gba_hex_parse(gba_get_line(rest, "ke"), link->ke.b, sizeof link->ke.b));
    gba_view digits = gba_get_line(rest, "suid");
    GBA_ENSURE(!digits.p || (gba_dec_parse(digits, 99, &suid) == GBA_OK && suid > 0), GBA_E_ENROL_STORE);
    link->suid = (unsigned)suid;
    gba_view key = gba_get_line(rest, "key");
    GBA_ENSURE(!key.p == (link->from == M2M_FROM_GBA), GBA_E_ENROL_STORE);
    link->key_n = key.n / 2;
    GBA_ENSURE(link->key_n <= sizeof link->key && (!key.p || link->key_n > 0), GBA_E_ENROL_STORE);
    return gba_hex_parse(key, link->key, link->key_n);
}

static gba_rc parse_link(gba_view *rest, struct m2m_link *link)
{
    GBA_TRY(parse_names(rest, link));
    GBA_TRY(parse_keys(rest, link));
    GBA_TRY(gba_datetime_parse(gba_get_line(rest, "made"), &link->made_s));
    gba_view until = gba_get_line(rest, "until");
    if (!gba_view_eq(until, GBA_LIT("-")))
        return gba_datetime_parse(until, &link->until_s);
    link->until_s = INT64_MAX;
    return GBA_OK;
}

static gba_rc parse_all(gba_view text, struct m2m_keyring *ring)
{
    gba_view line, rest;
    GBA_ENSURE(gba_view_split(text, '\n', &line, &rest), GBA_E_ENROL_STORE);
    GBA_ENSURE(gba_view_eq(line, gba_view_cstr(first_line)), GBA_E_ENROL_STORE);
    while (rest.n > 0) {
        GBA_ENSURE(ring->n < M2M_LINKS_MAX, GBA_E_ENROL_STORE);
        struct m2m_link *link = &ring->links[ring->n];
        GBA_TRY(parse_link(&rest, link));
        GBA_ENSURE(!m2m_keyring_find(ring, &link->target, link->use == M2M_USE_KC), GBA_E_ENROL_STORE);
        ring->n++;
    }
    return GBA_OK;
}

gba_rc m2m_keyring_parse(gba_view text, struct m2m_keyring *ring)
{
    gba_wipe(ring);
    gba_rc rc = parse_all(text, ring);
    if (rc != GBA_OK)
        gba_wipe(ring);
    return rc == GBA_OK ? GBA_OK : GBA_E_ENROL_STORE;
}

/* ---- use ---- */

struct m2m_link *m2m_keyring_find(struct m2m_keyring *ring, const struct m2m_id *target, bool kc)
{
    for (size_t i = 0; i < ring->n; i++) {
        struct m2m_link *link = &ring->links[i];
        if (m2m_id_eq(&link->target, target) && (link->use == M2M_USE_KC) == kc)
            return link;
    }
    return NULL;
}

static void drop(struct m2m_keyring *ring, size_t i)
{
    ring->links[i] = ring->links[ring->n - 1];
    gba_wipe(&ring->links[--ring->n]);
}

static void drop_expired(struct m2m_keyring *ring, int64_t now_s)
{
    for (size_t i = ring->n; i > 0; i--) {
        if (ring->links[i - 1].until_s <= now_s)
            drop(ring, i - 1);
    }
}

gba_rc m2m_keyring_keep(struct m2m_keyring *ring, const struct m2m_link *link, int64_t now_s)
{
    struct m2m_link *old = m2m_keyring_find(ring, &link->target, link->use == M2M_USE_KC);
    if (!old && ring->n == M2M_LINKS_MAX)
        drop_expired(ring, now_s);
    GBA_ENSURE(old || ring->n < M2M_LINKS_MAX, GBA_E_ENROL_FULL);
    *(old ? old : &ring->links[ring->n++]) = *link;
    return GBA_OK;
}

size_t m2m_keyring_forget(struct m2m_keyring *ring, const struct m2m_id *target)
{
    size_t before = ring->n;
    for (size_t i = ring->n; i > 0; i--) {
        if (m2m_id_eq(&ring->links[i - 1].target, target))
            drop(ring, i - 1);
    }
    return before - ring->n;
}

gba_rc m2m_link_check(const struct m2m_link *link, int64_t now_s)
{
    GBA_ENSURE(link, GBA_E_ENROL_NONE);
    return now_s < link->until_s ? GBA_OK : GBA_E_ENROL_EXPIRED;
}

const gba_text *m2m_link_identity(const struct m2m_link *link)
{
    return link->alias.n > 0 ? &link->alias : &link->id;
}

gba_rc m2m_link_identity_uicc(const struct m2m_link *link, gba_text *out)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_str(&w, "3GPP-bootstrapping-uicc;");
    gba_put_view(&w, gba_text_view(&link->id));
    GBA_TRY(gba_writer_end(&w));
    return gba_text_set(out, gba_writer_view(&w));
}
