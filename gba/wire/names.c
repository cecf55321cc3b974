/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/names.h"

#include "gba/wire/chars.h"

const gba_uaid gba_uaid_http_digest = {{0x01, 0x00, 0x00, 0x00, 0x02}};
const gba_uaid gba_uaid_tls13_psk = {{0x01, 0x00, 0x00, 0x00, 0x07}};
const gba_uaid gba_uaid_tmpi = {{0x01, 0x00, 0x00, 0x01, 0x00}};

/* What was written, as a text; `rc` when it did not fit. */
static gba_rc text_of(const gba_writer *w, gba_text *t, gba_rc rc)
{
    GBA_ENSURE(gba_writer_end(w) == GBA_OK, rc);
    return gba_text_set(t, gba_writer_view(w));
}

/* ---- hosts and identities ---- */

static bool is_label(gba_view label)
{
    if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++) {
        if (!gba_char_is_alnum(label.p[i]) && label.p[i] != '-')
            return false;
    }
    return true;
}

bool gba_is_fqdn(gba_view name)
{
    gba_view label, rest = name;
    bool more = true;
    if (name.n == 0 || name.n > 253)
        return false;
    while (more) {
        more = gba_view_split(rest, '.', &label, &rest);
        if (!is_label(label))
            return false;
    }
    return true;
}

/* "user@host" with one '@' and nothing in it that would hurt inside a quoted
 * string or a log line. */
static bool split_identity(gba_view identity, gba_view *user, gba_view *host)
{
    if (identity.n > GBA_TEXT_MAX || !gba_view_split(identity, '@', user, host) || user->n == 0)
        return false;
    for (size_t i = 0; i < user->n; i++) {
        if (user->p[i] <= ' ' || user->p[i] == 0x7f || user->p[i] == '"')
            return false;
    }
    return gba_is_fqdn(*host);
}

gba_rc gba_impi_check(gba_view impi)
{
    gba_view user, host;
    return split_identity(impi, &user, &host) ? GBA_OK : GBA_E_IMPI;
}

/* mncNNN.mccNNN of an IMSI; a two-digit MNC gets a leading 0 (TS 23.003 16.2). */
static gba_rc put_network(gba_writer *w, gba_view imsi, unsigned mnc_n)
{
    GBA_ENSURE(mnc_n == 2 || mnc_n == 3, GBA_E_IMPI);
    GBA_ENSURE(imsi.n > 3 + mnc_n && imsi.n <= 15, GBA_E_IMPI);
    for (size_t i = 0; i < imsi.n; i++)
        GBA_ENSURE(gba_char_is_digit(imsi.p[i]), GBA_E_IMPI);
    gba_put_str(w, mnc_n == 2 ? "mnc0" : "mnc");
    gba_put_view(w, gba_view_sub(imsi, 3, mnc_n));
    gba_put_str(w, ".mcc");
    gba_put_view(w, gba_view_sub(imsi, 0, 3));
    return GBA_OK;
}

gba_rc gba_impi_from_imsi(gba_view imsi, unsigned mnc_n, gba_text *impi)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_view(&w, imsi);
    gba_put_str(&w, "@ims.");
    GBA_TRY(put_network(&w, imsi, mnc_n));
    gba_put_str(&w, ".3gppnetwork.org");
    return text_of(&w, impi, GBA_E_IMPI);
}

gba_rc gba_bsf_name_usim(gba_view imsi, unsigned mnc_n, gba_text *fqdn)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_str(&w, "bsf.");
    GBA_TRY(put_network(&w, imsi, mnc_n));
    gba_put_str(&w, ".pub.3gppnetwork.org");
    return text_of(&w, fqdn, GBA_E_IMPI);
}

static bool ends_nocase(gba_view v, gba_view part)
{
    return v.n >= part.n && gba_view_eq_nocase(gba_view_sub(v, v.n - part.n, part.n), part);
}

gba_rc gba_bsf_name_isim(gba_view impi, gba_text *fqdn)
{
    static const gba_view network = {(const uint8_t *)".3gppnetwork.org", 16};
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view user, host;
    GBA_ENSURE(split_identity(impi, &user, &host), GBA_E_IMPI);
    gba_put_str(&w, "bsf.");
    if (ends_nocase(host, network)) {
        gba_put_view(&w, gba_view_sub(host, 0, host.n - network.n));
        gba_put_str(&w, ".pub.3gppnetwork.org");
    } else {
        gba_put_view(&w, host);
    }
    GBA_ENSURE(gba_is_fqdn(gba_writer_view(&w)), GBA_E_IMPI);
    GBA_TRY(text_of(&w, fqdn, GBA_E_IMPI));
    gba_text_lower(fqdn);
    return GBA_OK;
}

/* ---- B-TID and TMPI ---- */

gba_rc gba_btid_make(const gba_rand *rand, gba_view domain, gba_text *btid)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_ENSURE(gba_is_fqdn(domain), GBA_E_BTID);
    gba_put_b64(&w, GBA_ARRAY(rand->b));
    gba_put_u8(&w, '@');
    gba_put_view(&w, domain);
    return text_of(&w, btid, GBA_E_BTID);
}

gba_rc gba_btid_domain(gba_view btid, gba_view *domain)
{
    gba_view left, host;
    GBA_ENSURE(split_identity(btid, &left, &host), GBA_E_BTID);
    *domain = host;
    return GBA_OK;
}

bool gba_is_tmpi(gba_view username)
{
    gba_view user, host;
    if (!gba_view_split(username, '@', &user, &host) || user.n != 32)
        return false;
    for (size_t i = 0; i < user.n; i++) {
        if (!gba_char_is_alnum(user.p[i]) && user.p[i] != '+' && user.p[i] != '/')
            return false;
    }
    return gba_view_eq_nocase(host, GBA_LIT("tmpi.bsf.3gppnetwork.org"));
}

/* ---- Ua security protocol identifiers and NAF-Id ---- */

gba_uaid gba_uaid_tls(uint16_t cipher_suite)
{
    return (gba_uaid){{0x01, 0x00, 0x01, (uint8_t)(cipher_suite >> 8), (uint8_t)cipher_suite}};
}

gba_rc gba_uaid_parse(gba_view text, gba_uaid *id)
{
    gba_uaid parsed = gba_uaid_tls(0);
    if (gba_view_eq_nocase(text, GBA_LIT("http"))) {
        *id = gba_uaid_http_digest;
        return GBA_OK;
    }
    if (gba_view_eq_nocase(text, GBA_LIT("tls13-psk"))) {
        *id = gba_uaid_tls13_psk;
        return GBA_OK;
    }
    if (gba_view_eq_nocase(gba_view_sub(text, 0, 4), GBA_LIT("tls:")))
        GBA_ENSURE(gba_hex_parse(gba_view_sub(text, 4, text.n), parsed.b + 3, 2) == GBA_OK, GBA_E_NAFID);
    else
        GBA_ENSURE(gba_hex_parse(text, parsed.b, sizeof parsed.b) == GBA_OK, GBA_E_NAFID);
    *id = parsed;
    return GBA_OK;
}

gba_rc gba_nafid_decode(gba_view wire, gba_nafid *id)
{
    GBA_ENSURE(wire.n > sizeof id->ua.b, GBA_E_NAFID);
    gba_view fqdn = gba_view_sub(wire, 0, wire.n - sizeof id->ua.b);
    GBA_ENSURE(gba_is_fqdn(fqdn), GBA_E_NAFID);
    GBA_TRY(gba_text_set(&id->fqdn, fqdn));
    gba_copy(id->ua.b, gba_view_sub(wire, fqdn.n, sizeof id->ua.b));
    return GBA_OK;
}

void gba_nafid_encode(const gba_nafid *id, gba_writer *w)
{
    gba_put_view(w, gba_text_view(&id->fqdn));
    gba_put_view(w, GBA_ARRAY(id->ua.b));
}
