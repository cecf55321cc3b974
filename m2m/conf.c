/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/conf.h"

#include <stddef.h>

#include "config/m2m.opt"
#include "gba/wire/names.h"
#include "m2m/party.h"

static void fault(const struct gba_conf_sink *sink, const char *list, const char *member, const char *text)
{
    uint8_t room[96];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_str(&w, list);
    gba_put_str(&w, member);
    gba_put_u8(&w, 0);
    gba_conf_fault(sink, gba_writer_end(&w) == GBA_OK ? (const char *)room : list, text);
}

/* The text in entry i of a list whose entries begin with it. */
static gba_view first_text(const struct gba_opt_list *list, size_t item_size, size_t i)
{
    return gba_text_view((const gba_text *)(const void *)((const uint8_t *)list->items + i * item_size));
}

static bool twice(const struct gba_opt_list *list, size_t item_size, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (gba_view_eq_nocase(first_text(list, item_size, i), first_text(list, item_size, k)))
            return true;
    }
    return false;
}

void m2m_conf_names_check(const struct gba_opt_list *names, const char *key, const struct gba_conf_sink *sink)
{
    for (size_t i = 0; i < names->n; i++) {
        if (!gba_is_fqdn(first_text(names, sizeof(struct m2m_conf_name), i)))
            fault(sink, key, ".fqdn", "expected a host name");
        if (twice(names, sizeof(struct m2m_conf_name), i))
            fault(sink, key, ".fqdn", "this host name stands here twice");
    }
}

void m2m_conf_sources_check(const struct gba_opt_list *sources, const char *key,
                            const struct gba_conf_sink *sink)
{
    const struct m2m_conf_source *source = sources->items;
    for (size_t i = 0; i < sources->n; i++) {
        if (!gba_is_fqdn(gba_text_view(&source[i].fqdn)))
            fault(sink, key, ".fqdn", "expected a host name");
        if (twice(sources, sizeof *source, i))
            fault(sink, key, ".fqdn", "this host name stands here twice");
        if (source[i].expect.anchors.n == 0)
            fault(sink, key, ".anchors",
                  "expected a file, because its certificate must lead to a trust anchor");
    }
}

static void party_check(const struct m2m_conf_party *conf, const char *key, const struct gba_conf_sink *sink)
{
    struct m2m_party party;
    gba_rc rc = m2m_party_of(conf, &party);
    if (rc == GBA_E_M2M_ID)
        fault(sink, key, ".id",
              "expected a CSE-ID, an AE-ID or a host name; one of strange letters needs fqdn too");
    else if (rc != GBA_OK)
        fault(sink, key, ".cert_id", "expected a name as certificates of this flavour have it");
    if (conf->expect.flavour != M2M_CERT_RAW && conf->expect.anchors.n == 0)
        fault(sink, key, ".anchors", "expected a file, because its certificate must lead to a trust anchor");
}

void m2m_conf_parties_check(const struct gba_opt_list *parties, const char *key,
                            const struct gba_conf_sink *sink)
{
    const struct m2m_conf_party *party = parties->items;
    for (size_t i = 0; i < parties->n; i++) {
        party_check(&party[i], key, sink);
        if (twice(parties, sizeof *party, i))
            fault(sink, key, ".id", "this id stands here twice");
    }
}

void m2m_conf_mef_check(const struct m2m_conf_mef *conf, const struct gba_conf_sink *sink)
{
    m2m_conf_names_check(&conf->names, "mef.names", sink);
    if (conf->listen.n + conf->listen_dtls.n == 0)
        gba_conf_fault(sink, "mef.listen", "expected an address here or in mef.listen_dtls");
    m2m_conf_parties_check(&conf->targets, "mef.targets", sink);
}

void m2m_conf_maf_check(const struct m2m_conf_maf *conf, const struct gba_conf_sink *sink)
{
    if (!gba_is_fqdn(gba_text_view(&conf->name.fqdn)))
        gba_conf_fault(sink, "maf.fqdn", "expected a host name");
    if (conf->listen.n + conf->listen_dtls.n == 0)
        gba_conf_fault(sink, "maf.listen", "expected an address here or in maf.listen_dtls");
    if (conf->suid != 0 && conf->suid != 21)
        gba_conf_fault(sink, "maf.suid", "expected 0 or 21");
    m2m_conf_sources_check(&conf->mefs, "maf.mefs", sink);
    m2m_conf_parties_check(&conf->clients, "maf.clients", sink);
}

static bool is_loopback(gba_view address)
{
    return gba_view_starts(address, GBA_LIT("127.")) || gba_view_starts(address, GBA_LIT("[::1]:"));
}

static void check_loopback(const struct gba_opt_list *list, const char *key, const struct gba_conf_sink *sink)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!is_loopback(first_text(list, sizeof(gba_text), i)))
            gba_conf_fault(sink, key, "expected a loopback address");
    }
}

void m2m_conf_admin_check(const struct m2m_conf_admin *conf, const struct gba_conf_sink *sink)
{
    check_loopback(&conf->listen, "admin.listen", sink);
    check_loopback(&conf->metrics_listen, "admin.metrics_listen", sink);
}
