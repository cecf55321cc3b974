/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HSS for tests whose answers are as odd as the subscriber's name says:
 *
 *   zh_rogue PORT K OPC [NAME [MANNER]]
 *
 * The part of User-Name before '@' picks a row of the table below; "good" and
 * every unknown name get a proper vector and proper settings.  It is NAME, or
 * hss, in home.example, and serves one BSF after the other until it is killed.
 * With the manner swallow it passes over the first question of each connection;
 * with watchdogs it answers none before it has had three watchdog answers on that
 * connection, and asks for them once a second.  Of each question it prints the
 * row, then what the question said.
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
    ORIGIN_HOST = 264,
    ORIGIN_REALM = 296,
    EXPERIMENTAL = 297,
    EXPERIMENTAL_CODE = 298,
    VENDOR = 266,
    ITEM = 612,
    SCHEME = 608,
    AUTHENTICATE = 609,
    AUTHORIZATION = 610,
    CK = 625,
    IK = 626,
    NUMBER_OF_ITEMS = 607,
    REDIRECT_USAGE = 261,
    REDIRECT_CACHE = 262,
    REDIRECT_HOST = 292,
    DESTINATION_HOST = 293,
    OC_SUPPORTED_FEATURES = 621,
    OC_OLR = 623,
    OC_SEQUENCE_NUMBER = 624,
    OC_VALIDITY_DURATION = 625,
    OC_REPORT_TYPE = 626,
    OC_REDUCTION_PERCENTAGE = 627,
    RETRANSMITTED = 0x10,
    WATCHDOGS = 3,
    WATCHDOG_MS = 1000,
};

enum manner { PROMPT, SWALLOW, WAITS_FOR_WATCHDOGS };

#define AGENT "hss.home.example" /* the only one that redirects to others */

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
    uint32_t vendor; /* of the Experimental-Result; 0: 3GPP */
    bool number_of_items, odd_scheme, experimental_success;
    uint32_t olr, olr_validity; /* percent, seconds */
    bool olr_broken;
    const char *to;   /* Redirect-Host */
    uint32_t usage;   /* Redirect-Host-Usage */
    const char *guss; /* instead of the proper one */
    size_t guss_fill; /* this many more octets in it */
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
    {.name = "to-hss2",
     .result = DIA_REDIRECT_INDICATION,
     .to = "aaa://hss2.home.example;transport=tcp",
     .usage = 6},
    {.name = "to-itself", .result = DIA_REDIRECT_INDICATION, .to = "hss.home.example", .usage = 6},
    {.name = "to-nobody", .result = DIA_REDIRECT_INDICATION, .to = "hss7.home.example", .usage = 6},
    {.name = "olr-100", .olr = 100, .olr_validity = 2},
    {.name = "olr-50", .olr = 50, .olr_validity = 30},
    {.name = "olr-broken", .olr = 100, .olr_validity = 30, .olr_broken = true},
    {.name = "user-5001", .experimental = DIA_EXP_USER_UNKNOWN},
    {.name = "code-5401", .result = DIA_EXP_IDENTITY_UNKNOWN},
    {.name = "vendor-5401", .experimental = DIA_EXP_IDENTITY_UNKNOWN, .vendor = 9999},
    {.name = "success-2001", .experimental_success = true},
    {.name = "number-607", .number_of_items = true},
    {.name = "odd-scheme", .odd_scheme = true},
    {.name = "xres-4", .xres_n = 4},
    {.name = "xres-16", .xres_n = 16},
};

static const struct oddity *oddity_of(gba_view impi)
{
    static const struct oddity none = {.name = "good"};
    gba_view name, domain;
    (void)gba_view_split(impi, '@', &name, &domain);
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++)
        if (gba_view_eq(name, gba_view_cstr(oddities[i].name)))
            return oddities[i].to && strcmp(hss.host, AGENT) != 0 ? &none : &oddities[i];
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
    gba_put_view(&w, gba_view_sub(gba_view_cstr(hss.host), 0, 8)); /* another HSS, another RAND */
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
    t_avp_text(w, SCHEME, DIA_VENDOR_3GPP, odd->odd_scheme ? "Unknown" : "Digest-AKAv1-MD5");
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

static void put_experimental(gba_writer *w, uint32_t vendor, uint32_t code)
{
    size_t group = t_group(w, EXPERIMENTAL, 0);
    t_avp_u32(w, VENDOR, 0, vendor ? vendor : DIA_VENDOR_3GPP);
    t_avp_u32(w, EXPERIMENTAL_CODE, 0, code);
    t_group_end(w, group);
}

/* An AVP without M, which is how those of RFC 7683 are sent. */
static void put_octets(gba_writer *w, uint32_t code, gba_view v)
{
    t_avp_odd(w, code, 0, (uint32_t)(8 + v.n), v);
}

static void put_number(gba_writer *w, uint32_t code, uint32_t v, size_t n)
{
    uint8_t b[8];
    gba_writer in = gba_writer_of(b, sizeof b);
    if (n == 8)
        gba_put_u32(&in, 0);
    gba_put_u32(&in, v);
    put_octets(w, code, gba_writer_view(&in));
}

static void put_olr(gba_writer *w, const struct oddity *odd)
{
    static uint32_t sequence;
    uint8_t inside[128];
    gba_writer in = gba_writer_of(inside, sizeof inside);
    if (!odd->olr_broken)
        put_number(&in, OC_SEQUENCE_NUMBER, (uint32_t)time(NULL) * 16 + sequence++ % 16, 8);
    put_number(&in, OC_REPORT_TYPE, 0, 4);
    put_number(&in, OC_REDUCTION_PERCENTAGE, odd->olr, 4);
    put_number(&in, OC_VALIDITY_DURATION, odd->olr_validity, 4);
    put_octets(w, OC_OLR, gba_writer_view(&in));
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
    if (odd->number_of_items)
        t_avp_u32(w, NUMBER_OF_ITEMS, DIA_VENDOR_3GPP, 1);
    put_guss(w, odd, impi);
    if (odd->olr)
        put_olr(w, odd);
}

static void put_redirect(gba_writer *w, const struct oddity *odd)
{
    t_avp_text(w, REDIRECT_HOST, 0, odd->to);
    t_avp_u32(w, REDIRECT_USAGE, 0, odd->usage);
    t_avp_u32(w, REDIRECT_CACHE, 0, 60);
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
    if (odd->no_result || odd->experimental || odd->experimental_success)
        hide(&w, 268);
    if (odd->other_session)
        w.p[20 + 8] ^= 1;
    if (odd->two_results)
        t_avp_u32(&w, 268, 0, DIA_SUCCESS);
    if (odd->experimental)
        put_experimental(&w, odd->vendor, odd->experimental);
    else if (!odd->result)
        put_success(&w, odd, impi);
    if (odd->experimental_success)
        put_experimental(&w, 0, DIA_SUCCESS);
    if (odd->to)
        put_redirect(&w, odd);
    t_dia_end(&w);
    if (gba_writer_end(&w) != GBA_OK)
        die("the answer is too long");
    (void)t_peer_send(&hss, gba_writer_view(&w));
    if (odd->twice)
        (void)t_peer_send(&hss, gba_writer_view(&w));
}

static void tell(gba_view request, const struct oddity *odd)
{
    struct t_dia_header h = t_dia_header_of(request);
    gba_view host = t_dia_find(request, DESTINATION_HOST, 0);
    printf("%s host=%.*s application=%u again=%d overload=%d\n", odd->name, (int)host.n, (const char *)host.p,
           h.app, (h.flags & RETRANSMITTED) != 0, t_dia_find(request, OC_SUPPORTED_FEATURES, 0).p != NULL);
}

/* False when the connection has to end. */
static bool serve(gba_view request)
{
    const struct oddity *odd = oddity_of(t_dia_find(request, USER_NAME, 0));
    if (t_dia_header_of(request).cmd != T_MAR)
        return false; /* DPR */
    tell(request, odd);
    if (odd->hang_up)
        return false;
    if (odd->late)
        poll(NULL, 0, LATE_MS);
    if (!odd->silent)
        answer(request, odd);
    return true;
}

/* ---- manners ---- */

static void send_watchdog(void)
{
    gba_writer w = gba_writer_of(octets, sizeof octets);
    uint32_t n = hss.ids++;
    t_dia_begin(&w, (struct t_dia_header){T_DIA_REQUEST, T_DWR, 0, n, n});
    t_avp_text(&w, ORIGIN_HOST, 0, hss.host);
    t_avp_text(&w, ORIGIN_REALM, 0, hss.realm);
    t_dia_end(&w);
    (void)t_peer_send(&hss, gba_writer_view(&w));
}

/* What is asked before three watchdog answers came is passed over. */
static bool wait_for_watchdogs(void)
{
    gba_view message;
    for (unsigned answers = 0; answers < WATCHDOGS;) {
        send_watchdog();
        for (enum t_got got = T_GOT; got == T_GOT && answers < WATCHDOGS;) {
            got = t_peer_receive(&hss, &message, WATCHDOG_MS);
            if (got == T_CLOSED)
                return false;
            if (got == T_GOT && t_dia_header_of(message).cmd == T_MAR)
                printf("passed over\n");
            if (got != T_GOT || t_dia_header_of(message).cmd != T_DWR)
                continue;
            answers++;
            break;
        }
    }
    printf("watchdogs answered\n");
    return true;
}

static bool begin(enum manner manner)
{
    gba_view message;
    if (!t_peer_welcome(&hss, FOREVER_MS))
        return false;
    if (manner == WAITS_FOR_WATCHDOGS)
        return wait_for_watchdogs();
    if (manner == SWALLOW && t_peer_receive(&hss, &message, FOREVER_MS) != T_GOT)
        return false;
    if (manner == SWALLOW)
        printf("passed over\n");
    return true;
}

static enum manner manner_of(const char *word)
{
    if (!word)
        return PROMPT;
    if (strcmp(word, "swallow") != 0 && strcmp(word, "watchdogs") != 0)
        die("the manner is swallow or watchdogs");
    return strcmp(word, "swallow") == 0 ? SWALLOW : WAITS_FOR_WATCHDOGS;
}

int main(int argc, char **argv)
{
    static char name[64];
    uint16_t port;
    gba_view request;
    if (argc < 4 || argc > 6)
        die("usage: zh_rogue PORT K OPC [NAME [MANNER]]");
    setvbuf(stdout, NULL, _IOLBF, 0);
    key.alg = GBA_AKA_MILENAGE;
    key.k.n = 16;
    if (gba_hex_parse(gba_view_cstr(argv[2]), key.k.b, 16) != GBA_OK ||
        gba_hex_parse(gba_view_cstr(argv[3]), key.opc.b, 16) != GBA_OK)
        die("bad keys");
    sqn = (uint64_t)time(NULL) << 5;
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    snprintf(name, sizeof name, "%s.home.example", argc > 4 ? argv[4] : "hss");
    hss = t_peer_of(name, "home.example");
    enum manner manner = manner_of(argc > 5 ? argv[5] : NULL);
    int listener = t_peer_listen(&port);
    printf("listening on %u\n", port);
    while (listener >= 0 && t_peer_accept(&hss, listener, FOREVER_MS)) {
        bool on = begin(manner);
        while (on && t_peer_receive(&hss, &request, FOREVER_MS) == T_GOT)
            on = serve(request);
        t_peer_close(&hss);
    }
    return 1;
}
