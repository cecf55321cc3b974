/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/url.h"

#include "gba/wire/names.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

static gba_rc parse_host(gba_view text, uint16_t usual, struct ue_url *url)
{
    gba_view host, port;
    uint64_t number = usual;
    uint8_t room[GBA_TEXT_MAX];
    bool has_port = gba_view_split(text, ':', &host, &port);
    GBA_ENSURE(gba_is_fqdn(host), GBA_E_UE_URL);
    if (has_port)
        GBA_ENSURE(gba_dec_parse(port, UINT16_MAX, &number) == GBA_OK && number > 0, GBA_E_UE_URL);
    GBA_ENSURE(gba_text_set(&url->host, host) == GBA_OK, GBA_E_UE_URL);
    gba_text_lower(&url->host);
    url->connect = (gba_text){.n = 0};
    url->port = (uint16_t)number;
    url->target = GBA_LIT("/");
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_view(&w, gba_text_view(&url->host));
    if (number != usual) {
        gba_put_u8(&w, ':');
        gba_put_dec(&w, number);
    }
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_UE_URL);
    return gba_text_set(&url->authority, gba_writer_view(&w));
}

gba_rc ue_url_host(gba_view text, struct ue_url *url)
{
    return parse_host(text, HTTP_PORT, url);
}

gba_rc ue_url_host_tls(gba_view text, struct ue_url *url)
{
    return parse_host(text, HTTPS_PORT, url);
}

static gba_rc parse_url(gba_view text, gba_view scheme, uint16_t usual, struct ue_url *url)
{
    GBA_ENSURE(gba_view_eq_nocase(gba_view_sub(text, 0, scheme.n), scheme), GBA_E_UE_URL);
    gba_view rest = gba_view_sub(text, scheme.n, text.n);
    size_t n = gba_view_find(rest, '/');
    gba_view target = gba_view_sub(rest, n, rest.n);
    for (size_t i = 0; i < target.n; i++)
        GBA_ENSURE(target.p[i] > ' ' && target.p[i] < 0x7f && target.p[i] != '#', GBA_E_UE_URL);
    GBA_TRY(parse_host(gba_view_sub(rest, 0, n), usual, url));
    if (target.n > 0)
        url->target = target;
    return GBA_OK;
}

gba_rc ue_url_parse(gba_view text, struct ue_url *url)
{
    return parse_url(text, GBA_LIT("http://"), HTTP_PORT, url);
}

gba_rc ue_url_parse_tls(gba_view text, struct ue_url *url)
{
    return parse_url(text, GBA_LIT("https://"), HTTPS_PORT, url);
}
