/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/party.h"

#include "gba/wire/names.h"

/* The labels of "//host/a/b" from the last to the first: "b.a.host". */
gba_rc m2m_id_fqdn(const struct m2m_id *id, gba_text *fqdn)
{
    gba_view rest = gba_text_view(&id->text), host = rest;
    uint8_t room[2 * GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    if (id->kind != M2M_ID_FQDN) {
        gba_view_split(gba_view_sub(rest, 2, rest.n), '/', &host, &rest);
        size_t last;
        while ((last = gba_view_find_last(rest, '/')) < rest.n) {
            gba_put_view(&w, gba_view_sub(rest, last + 1, rest.n));
            gba_put_u8(&w, '.');
            rest = gba_view_sub(rest, 0, last);
        }
        gba_put_view(&w, rest);
        gba_put_u8(&w, '.');
    }
    gba_put_view(&w, host);
    GBA_ENSURE(gba_is_fqdn(gba_writer_view(&w)), GBA_E_M2M_ID);
    return gba_text_set(fqdn, gba_writer_view(&w)) == GBA_OK ? GBA_OK : GBA_E_M2M_ID;
}

gba_rc m2m_party_cert_id(enum m2m_flavour flavour, const struct m2m_party *party, gba_text *cert_id)
{
    switch (flavour) {
    case M2M_CERT_FQDN:
    case M2M_CERT_CSE:
        return m2m_cert_id_parse(flavour, gba_text_view(&party->fqdn), cert_id);
    case M2M_CERT_AE:
        return m2m_cert_id_parse(flavour, gba_text_view(&party->id.text), cert_id);
    case M2M_CERT_RAW:
    case M2M_CERT_DEVICE:
    case M2M_CERT_NODE:
        break;
    }
    return GBA_E_CERT_NAME;
}

static gba_rc host_name(const struct m2m_conf_party *conf, struct m2m_party *out)
{
    if (conf->fqdn.n == 0)
        return m2m_id_fqdn(&out->id, &out->fqdn);
    GBA_ENSURE(gba_is_fqdn(gba_text_view(&conf->fqdn)), GBA_E_M2M_ID);
    out->fqdn = conf->fqdn;
    gba_text_lower(&out->fqdn);
    return GBA_OK;
}

gba_rc m2m_party_of(const struct m2m_conf_party *conf, struct m2m_party *out)
{
    *out = (struct m2m_party){.expect = {.flavour = (enum m2m_flavour)conf->expect.flavour,
                                         .status = (enum m2m_status)conf->expect.status}};
    GBA_TRY(m2m_id_parse(gba_text_view(&conf->id), &out->id));
    GBA_TRY(host_name(conf, out));
    if (conf->expect.cert_id.n == 0)
        return m2m_party_cert_id(out->expect.flavour, out, &out->expect.id);
    return m2m_cert_id_parse(out->expect.flavour, gba_text_view(&conf->expect.cert_id), &out->expect.id);
}

struct find {
    const struct m2m_party *parties;
    size_t n;
    const struct m2m_party *found;
};

/* The first name that somebody has counts. */
static gba_rc on_name(void *self, enum m2m_flavour flavour, gba_view id)
{
    struct find *find = self;
    for (size_t i = 0; i < find->n && !find->found; i++) {
        const struct m2m_expect *expect = &find->parties[i].expect;
        if (expect->flavour == flavour && gba_view_eq(gba_text_view(&expect->id), id))
            find->found = &find->parties[i];
    }
    return GBA_OK;
}

const struct m2m_party *m2m_party_find(const struct m2m_party *parties, size_t n,
                                       const struct m2m_shown *shown)
{
    struct find find = {parties, n, NULL};
    return m2m_cert_names(shown, on_name, &find) == GBA_OK ? find.found : NULL;
}
