/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HSS for tests whose answers are as odd as the subscriber's name says:
 *
 *   zh_rogue PORT K OPC
 *
 * The part of User-Name before '@' picks a row of the table below; "good" and
 * every unknown name get a proper vector and proper settings.  It serves one
 * BSF after the other until it is killed.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "diameter-dict/result.h"
#include "gba/base/text.h"
#include "gba/crypto/aka.h"
#include "tests/lib/dia_peer.h"

enum {
    FOREVER_MS = 3600000,
    LATE_MS = 1500, /* the BSF of the test waits for one second */
    ROOM = 262144,
    USER_NAME = 1,
    GUSS = 400,
    SESSION_ID = 263,
    EXPERIMENTAL = 297,
    EXPERIMENTAL_CODE = 298,
    VENDOR = 266,
    ITEM = 612,
    SCHEME = 608,
    AUTHENTICATE = 609,
    AUTHORIZATION = 610,
    CK = 625,
    IK = 626,
};

static struct t_peer hss;
static gba_aka_key key;
static uint64_t sqn;
static uint8_t octets[ROOM], xml[ROOM];

static void die(const char *why)
{
    fprintf(stderr, "zh_rogue: %s\n", why);
    exit(2);
}

/* How an answer differs from a proper one. */
struct oddity {
    const char *name;
    size_t autn_n, xres_n, ck_n, ik_n; /* 0: as it should be */
    bool no_item, no_ck, two_items, empty_item, broken_item, other_impi, no_result, two_results;
    bool silent, late, twice, other_session, hang_up, no_session;
    uint32_t result, experimental;
    const char *guss;   /* instead of the proper one */
    size_t guss_fill;   /* this many more octets in it */
};

static const struct oddity oddities[] = {
    {.name = "no-vector", .no_item = true},
    {.name = "empty-item", .empty_item = true},
    {.name = "broken-item", .broken_item = true},
    {.name = "two-items", .two_items = true},
    {.name = "autn-15", .autn_n = 15},
    {.name = "xres-3", .xres_n = 3},
    {.name = "xres-33", .xres_n = 33},
    {.name = "no-ck", .no_ck = true},
    {.name = "ik-17", .ik_n = 17},
    {.name = "other-impi", .other_impi = true},
    {.name = "no-result", .no_result = true},
    {.name = "two-results", .two_results = true},
    {.name = "guss-broken", .guss = "<guss id=\"x\"><bsfInfo>"},
    {.name = "guss-empty", .guss = ""},
    {.name = "guss-binary", .guss = "\xff\xfe\x01<<<"},
    {.name = "guss-laughs",
     .guss = "<?xml version=\"1.0\"?><!DOCTYPE guss [<!ENTITY a \"ha\">"
             "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>"
             "<guss id=\"x\"><bsfInfo>&c;</bsfInfo></guss>"},
    {.name = "guss-file",
     .guss = "<!DOCTYPE guss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><guss id=\"&x;\"/>"},
    {.name = "guss-60k", .guss_fill = 60000},
    {.name = "guss-1m", .guss_fill = 200000},
    {.name = "silent", .silent = true},
    {.name = "late", .late = true},
    {.name = "twice", .twice = true},
    {.name = "other-session", .other_session = true},
    {.name = "no-session", .no_session = true},
    {.name = "hang-up", .hang_up = true},
    {.name = "unknown", .experimental = DIA_EXP_IDENTITY_UNKNOWN},
    {.name = "busy", .result = DIA_TOO_BUSY},
    {.name = "comply", .result = DIA_UNABLE_TO_COMPLY},
    {.name = "strange", .result = 4711},
    {.name = "redirect", .result = DIA_REDIRECT_INDICATION},
};

static const struct oddity *oddity_of(gba_view impi)
{
    static const struct oddity none = {.name = "good"};
    gba_view name, domain;
    (void)gba_view_split(impi, '@', &name, &domain);
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++)
        if (gba_view_eq(name, gba_view_cstr(oddities[i].name)))
            return &oddities[i];
    return &none;
}

/* ---- answers ---- */

static gba_aka_vector vector(void)
{
    gba_aka_vector av;
    gba_rand rand = {{0}};
    gba_amf amf = {{0x80, 0}};
    gba_writer w = gba_writer_of(rand.b, sizeof rand.b);
    sqn += 32;
    gba_put_u64(&w, sqn);
    if (gba_aka_generate(&key, &rand, sqn, amf, &av) != GBA_OK)
        die("no vector");
    return av;
}

static void put_item(gba_writer *w, const struct oddity *odd)
{
    static const uint8_t zeros[64];
    gba_aka_vector av = vector();
    uint8_t both[sizeof av.rand.b + sizeof av.autn.b];
    gba_writer b = gba_writer_of(both, sizeof both);
    gba_put_view(&b, GBA_ARRAY(av.rand.b));
    gba_put_view(&b, GBA_ARRAY(av.autn.b));
    size_t item = t_group(w, ITEM, DIA_VENDOR_3GPP);
    if (odd->empty_item) {
        t_group_end(w, item);
        return;
    }
    t_avp_text(w, SCHEME, DIA_VENDOR_3GPP, "Digest-AKAv1-MD5");
    t_avp(w, AUTHENTICATE, DIA_VENDOR_3GPP,
          gba_view_of(both, odd->autn_n ? sizeof av.rand.b + odd->autn_n : sizeof both));
    t_avp(w, AUTHORIZATION, DIA_VENDOR_3GPP,
          odd->xres_n ? gba_view_of(zeros, odd->xres_n) : gba_view_of(av.xres.b, av.xres.n));
    if (!odd->no_ck)
        t_avp(w, CK, DIA_VENDOR_3GPP, GBA_ARRAY(av.ck.b));
    t_avp(w, IK, DIA_VENDOR_3GPP, odd->ik_n ? gba_view_of(zeros, odd->ik_n) : GBA_ARRAY(av.ik.b));
    t_group_end(w, item);
}

static void put_guss(gba_writer *w, const struct oddity *odd, gba_view impi)
{
    gba_writer x = gba_writer_of(xml, sizeof xml);
    if (odd->guss) {
        t_avp_text(w, GUSS, DIA_VENDOR_3GPP, odd->guss);
        return;
    }
    gba_put_str(&x, "<guss id=\"");
    gba_put_view(&x, impi);
    gba_put_str(&x, "\"><bsfInfo><uiccType>GBA</uiccType></bsfInfo><ussList>");
    gba_put_str(&x, "</ussList></guss>");
    gba_put_fill(&x, ' ', odd->guss_fill);
    t_avp(w, GUSS, DIA_VENDOR_3GPP, gba_writer_view(&x));
}

static void put_experimental(gba_writer *w, uint32_t code)
{
    size_t group = t_group(w, EXPERIMENTAL, 0);
    t_avp_u32(w, VENDOR, 0, DIA_VENDOR_3GPP);
    t_avp_u32(w, EXPERIMENTAL_CODE, 0, code);
    t_group_end(w, group);
}

static void put_success(gba_writer *w, const struct oddity *odd, gba_view impi)
{
    t_avp(w, USER_NAME, 0, odd->other_impi ? GBA_LIT("somebody@else.example") : impi);
    if (odd->broken_item)
        t_avp(w, ITEM, DIA_VENDOR_3GPP, GBA_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    else if (!odd->no_item)
        put_item(w, odd);
    if (odd->two_items)
        put_item(w, odd);
    put_guss(w, odd, impi);
}

/* AVPs that t_dia_answer puts first, renamed so that nobody knows them. */
static void hide(gba_writer *w, uint32_t code)
{
    for (size_t at = 20; at + 8 <= w->n;) {
        gba_reader r = gba_reader_of(gba_view_of(w->p + at, w->n - at));
        uint32_t found = gba_get_u32(&r);
        gba_get_u8(&r);
        size_t n = gba_get_u24(&r);
        if (found == code) {
            gba_writer to = gba_writer_of(w->p + at, 5);
            gba_put_u32(&to, 99998);
            gba_put_u8(&to, 0);
        }
        at += (n + 3) / 4 * 4;
    }
}

static void answer(gba_view request, const struct oddity *odd)
{
    gba_view impi = t_dia_find(request, USER_NAME, 0);
    gba_writer w = gba_writer_of(octets, sizeof octets);
    t_dia_answer(&hss, &w, request, odd->result ? odd->result : DIA_SUCCESS);
    if (odd->no_session)
        hide(&w, SESSION_ID);
    if (odd->no_result || odd->experimental)
        hide(&w, 268);
    if (odd->other_session)
        w.p[20 + 8] ^= 1;
    if (odd->two_results)
        t_avp_u32(&w, 268, 0, DIA_SUCCESS);
    if (odd->experimental)
        put_experimental(&w, odd->experimental);
    else if (!odd->result)
        put_success(&w, odd, impi);
    t_dia_end(&w);
    if (gba_writer_end(&w) != GBA_OK)
        die("the answer is too long");
    (void)t_peer_send(&hss, gba_writer_view(&w));
    if (odd->twice)
        (void)t_peer_send(&hss, gba_writer_view(&w));
}

/* False when the connection has to end. */
static bool serve(gba_view request)
{
    const struct oddity *odd = oddity_of(t_dia_find(request, USER_NAME, 0));
    if (t_dia_header_of(request).cmd != T_MAR)
        return false; /* DPR */
    printf("%s\n", odd->name);
    if (odd->hang_up)
        return false;
    if (odd->late)
        poll(NULL, 0, LATE_MS);
    if (!odd->silent)
        answer(request, odd);
    return true;
}

int main(int argc, char **argv)
{
    uint16_t port;
    gba_view request;
    if (argc != 4)
        die("usage: zh_rogue PORT K OPC");
    setvbuf(stdout, NULL, _IOLBF, 0);
    key.alg = GBA_AKA_MILENAGE;
    key.k.n = 16;
    if (gba_hex_parse(gba_view_cstr(argv[2]), key.k.b, 16) != GBA_OK ||
        gba_hex_parse(gba_view_cstr(argv[3]), key.opc.b, 16) != GBA_OK)
        die("bad keys");
    sqn = (uint64_t)time(NULL) << 5;
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    hss = t_peer_of("hss.home.example", "home.example");
    int listener = t_peer_listen(&port);
    printf("listening on %u\n", port);
    while (listener >= 0 && t_peer_accept(&hss, listener, FOREVER_MS)) {
        bool on = t_peer_welcome(&hss, FOREVER_MS);
        while (on && t_peer_receive(&hss, &request, FOREVER_MS) == T_GOT)
            on = serve(request);
        t_peer_close(&hss);
    }
    return 1;
}
