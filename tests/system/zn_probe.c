/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NAF (or BSF) for tests that says what it is told, right and wrong:
 *
 *   zn_probe PORT IDENTITY NAF BTID ACTION...
 *
 * Each action is one request and prints one line: the action, the result (an
 * experimental one with "exp"), and the code in Failed-AVP; or "closed", or
 * "silence".  "honest" goes on asking until standard input ends, then prints
 * how often, how often in vain, and the longest wait in milliseconds.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "diameter-dict/result.h"
#include "tests/lib/dia_peer.h"

#define REALM "home.example"
#define UA "\x01\x00\x00\x00\x02"

enum {
    PATIENCE_MS = 5000,
    ATTEMPTS = 10,
    SETTLE_MS = 100,
    COMEBACKS = 6,
    ROOM = 200000,
    HUGE_VALUE = 65536,
    LARGE_VALUE = 60000,
    SESSION_ID = 263,
    DEST_HOST = 293,
    USER_NAME = 1,
    RESULT = 268,
    EXPERIMENTAL = 297,
    FAILED = 279,
    BTID = 401,
    NAF_ID = 402,
    GSID = 403,
    AWARE = 407,
    ITEM = 612,
    SCHEME = 608,
    AUTHORIZATION = 610,
    STAMP = 409,
    NOBODYS = 99999,
    CAPABILITIES_AT_ONCE = 50,
};

static struct {
    uint16_t port;
    const char *naf, *btid;
    struct t_peer peer;
} probe;

static uint8_t octets[ROOM], huge[HUGE_VALUE];

static void die(const char *why)
{
    fprintf(stderr, "zn_probe: %s\n", why);
    exit(2);
}

static void dial(void)
{
    t_peer_close(&probe.peer);
    if (!t_peer_connect(&probe.peer, probe.port, PATIENCE_MS))
        die("cannot connect");
}

/* Who comes back at once may find its old connection not quite gone; and
 * freeDiameter's own refusals are lost before it has seen the first DWA. */
static void open_peer(void)
{
    gba_view nothing;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        dial();
        if (t_peer_open(&probe.peer, PATIENCE_MS / ATTEMPTS) &&
            t_peer_receive(&probe.peer, &nothing, SETTLE_MS) == T_NOTHING)
            return;
    }
    die("not let in");
}

static void put_naf_id(gba_writer *w, const char *fqdn)
{
    uint8_t id[256];
    gba_writer in = gba_writer_of(id, sizeof id);
    gba_put_str(&in, fqdn);
    gba_put_view(&in, GBA_LIT(UA));
    t_avp(w, NAF_ID, DIA_VENDOR_3GPP, gba_writer_view(&in));
}

static void put_btid(gba_writer *w)
{
    t_avp_text(w, BTID, DIA_VENDOR_3GPP, probe.btid);
}

static void put_good(gba_writer *w)
{
    put_btid(w);
    put_naf_id(w, probe.naf);
}

/* ---- what a BIR holds ---- */

static void put_no_btid(gba_writer *w)
{
    put_naf_id(w, probe.naf);
}

static void put_empty_btid(gba_writer *w)
{
    t_avp_text(w, BTID, DIA_VENDOR_3GPP, "");
    put_naf_id(w, probe.naf);
}

static void put_two_btids(gba_writer *w)
{
    put_btid(w);
    put_good(w);
}

static void put_huge_btid(gba_writer *w)
{
    t_avp(w, BTID, DIA_VENDOR_3GPP, GBA_ARRAY(huge));
    put_naf_id(w, probe.naf);
}

static void put_large_btid(gba_writer *w)
{
    t_avp(w, BTID, DIA_VENDOR_3GPP, gba_view_of(huge, LARGE_VALUE));
    put_naf_id(w, probe.naf);
}

static void put_unknown_btid(gba_writer *w)
{
    t_avp_text(w, BTID, DIA_VENDOR_3GPP, "AAAAAAAAAAAAAAAAAAAAAA==@bsf.example");
    put_naf_id(w, probe.naf);
}

static void put_two_naf_ids(gba_writer *w)
{
    put_good(w);
    put_naf_id(w, probe.naf);
}

static void put_naf_id_1(gba_writer *w)
{
    put_btid(w);
    t_avp(w, NAF_ID, DIA_VENDOR_3GPP, GBA_LIT("\x02"));
}

static void put_naf_id_4(gba_writer *w)
{
    put_btid(w);
    t_avp(w, NAF_ID, DIA_VENDOR_3GPP, GBA_LIT("\x00\x00\x00\x02"));
}

static void put_naf_id_5(gba_writer *w)
{
    put_btid(w);
    t_avp(w, NAF_ID, DIA_VENDOR_3GPP, GBA_LIT(UA));
}

static void put_large_naf_id(gba_writer *w)
{
    put_btid(w);
    t_avp(w, NAF_ID, DIA_VENDOR_3GPP, gba_view_of(huge, LARGE_VALUE));
}

/* A name with a NUL and a quote in it must not match the name before it. */
static void put_naf_id_nul(gba_writer *w)
{
    uint8_t id[256];
    gba_writer in = gba_writer_of(id, sizeof id);
    gba_put_str(&in, probe.naf);
    gba_put_view(&in, GBA_LIT("\0\"\n" UA));
    put_btid(w);
    t_avp(w, NAF_ID, DIA_VENDOR_3GPP, gba_writer_view(&in));
}

static void put_other_naf(gba_writer *w)
{
    put_btid(w);
    put_naf_id(w, "somebody.else.example");
}

static void put_many_gsids(gba_writer *w)
{
    put_good(w);
    for (unsigned i = 0; i < 20; i++)
        t_avp_text(w, GSID, DIA_VENDOR_3GPP, "2");
}

static void put_large_gsid(gba_writer *w)
{
    put_good(w);
    t_avp(w, GSID, DIA_VENDOR_3GPP, gba_view_of(huge, LARGE_VALUE));
}

static void put_aware_short(gba_writer *w)
{
    put_good(w);
    t_avp(w, AWARE, DIA_VENDOR_3GPP, GBA_LIT("\x00\x01"));
}

static void put_aware_odd(gba_writer *w)
{
    put_good(w);
    t_avp_u32(w, AWARE, DIA_VENDOR_3GPP, 7);
}

static void put_unknown_must(gba_writer *w)
{
    put_good(w);
    t_avp_text(w, NOBODYS, DIA_VENDOR_3GPP, "what is this");
}

static void put_unknown_may(gba_writer *w)
{
    put_good(w);
    t_avp_odd(w, NOBODYS, 0, 12, GBA_LIT("what"));
}

static void put_elsewhere(gba_writer *w)
{
    put_good(w);
    t_avp_text(w, DEST_HOST, 0, "elsewhere.example");
}

/* ---- what a MAR holds ---- */

static void put_nothing(gba_writer *w)
{
    (void)w;
}

static void put_impi(gba_writer *w)
{
    t_avp_text(w, USER_NAME, 0, probe.btid);
}

static void put_mar(gba_writer *w)
{
    put_impi(w);
    size_t item = t_group(w, ITEM, DIA_VENDOR_3GPP);
    t_avp_text(w, SCHEME, DIA_VENDOR_3GPP, "Digest-AKAv1-MD5");
    t_group_end(w, item);
}

static void put_two_impis(gba_writer *w)
{
    put_impi(w);
    put_mar(w);
}

static void put_large_impi(gba_writer *w)
{
    t_avp(w, USER_NAME, 0, gba_view_of(huge, LARGE_VALUE));
}

static void put_two_items(gba_writer *w)
{
    put_mar(w);
    size_t item = t_group(w, ITEM, DIA_VENDOR_3GPP);
    t_group_end(w, item);
}

static void put_broken_item(gba_writer *w)
{
    put_impi(w);
    t_avp(w, ITEM, DIA_VENDOR_3GPP, GBA_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
}

static void put_short_resync(gba_writer *w)
{
    put_impi(w);
    size_t item = t_group(w, ITEM, DIA_VENDOR_3GPP);
    t_avp(w, AUTHORIZATION, DIA_VENDOR_3GPP, gba_view_of(huge, 29));
    t_group_end(w, item);
}

static void put_wrong_resync(gba_writer *w)
{
    put_impi(w);
    size_t item = t_group(w, ITEM, DIA_VENDOR_3GPP);
    t_avp(w, AUTHORIZATION, DIA_VENDOR_3GPP, gba_view_of(huge, 30));
    t_group_end(w, item);
}

static void put_short_stamp(gba_writer *w)
{
    put_mar(w);
    t_avp_odd(w, STAMP, T_AVP_V, 14, GBA_LIT("\x00\x00\x28\xaf\x01\x02\x00\x00"));
}

/* ---- requests ---- */

static const struct action {
    const char *name;
    void (*put)(gba_writer *w);
    uint32_t cmd, app; /* 0: BIR, as belongs to the command */
    const char *origin;
} actions[] = {
    {"good", put_good, 0, 0, NULL},
    {"no-btid", put_no_btid, 0, 0, NULL},
    {"empty-btid", put_empty_btid, 0, 0, NULL},
    {"two-btids", put_two_btids, 0, 0, NULL},
    {"huge-btid", put_huge_btid, 0, 0, NULL},
    {"large-btid", put_large_btid, 0, 0, NULL},
    {"unknown-btid", put_unknown_btid, 0, 0, NULL},
    {"no-naf-id", put_btid, 0, 0, NULL},
    {"two-naf-ids", put_two_naf_ids, 0, 0, NULL},
    {"naf-id-1", put_naf_id_1, 0, 0, NULL},
    {"naf-id-4", put_naf_id_4, 0, 0, NULL},
    {"naf-id-5", put_naf_id_5, 0, 0, NULL},
    {"large-naf-id", put_large_naf_id, 0, 0, NULL},
    {"naf-id-nul", put_naf_id_nul, 0, 0, NULL},
    {"other-naf", put_other_naf, 0, 0, NULL},
    {"many-gsids", put_many_gsids, 0, 0, NULL},
    {"large-gsid", put_large_gsid, 0, 0, NULL},
    {"aware-short", put_aware_short, 0, 0, NULL},
    {"aware-odd", put_aware_odd, 0, 0, NULL},
    {"unknown-must", put_unknown_must, 0, 0, NULL},
    {"unknown-may", put_unknown_may, 0, 0, NULL},
    {"elsewhere", put_elsewhere, 0, 0, NULL},
    {"other-origin", put_good, 0, 0, "foreign.example"},
    {"visited-origin", put_good, 0, 0, "naf.visited.example"},
    {"bir-on-zh", put_good, 0, DIA_APP_ZH, NULL},
    {"bir-on-nothing", put_good, 0, 4711, NULL},
    {"mar", put_mar, T_MAR, 0, NULL},
    {"mar-on-zn", put_mar, T_MAR, DIA_APP_ZN, NULL},
    {"mar-empty", put_nothing, T_MAR, 0, NULL},
    {"mar-two-impis", put_two_impis, T_MAR, 0, NULL},
    {"mar-large-impi", put_large_impi, T_MAR, 0, NULL},
    {"mar-two-items", put_two_items, T_MAR, 0, NULL},
    {"mar-broken-item", put_broken_item, T_MAR, 0, NULL},
    {"mar-short-resync", put_short_resync, T_MAR, 0, NULL},
    {"mar-wrong-resync", put_wrong_resync, T_MAR, 0, NULL},
    {"mar-short-stamp", put_short_stamp, T_MAR, 0, NULL},
};

static gba_view request_of(const struct action *a)
{
    const char *host = probe.peer.host;
    gba_writer w = gba_writer_of(octets, sizeof octets);
    probe.peer.host = a->origin ? a->origin : host;
    t_dia_request(&probe.peer, &w, a->cmd ? a->cmd : T_BIR, REALM);
    probe.peer.host = host;
    a->put(&w);
    t_dia_end(&w);
    if (a->app) {
        gba_writer at = gba_writer_of(octets + 8, 4);
        gba_put_u32(&at, a->app);
    }
    if (gba_writer_end(&w) != GBA_OK)
        die("the request is too long");
    return gba_writer_view(&w);
}

static uint32_t code_in(gba_view group, size_t at)
{
    gba_reader r = gba_reader_of(gba_view_sub(group, at, at + 4));
    return gba_get_u32(&r);
}

/* Experimental-Result as everybody sends it: Vendor-Id, then the code. */
static void print_result(gba_view answer)
{
    gba_view experimental = t_dia_find(answer, EXPERIMENTAL, 0), failed = t_dia_find(answer, FAILED, 0);
    if (experimental.p)
        printf(" exp %u", code_in(experimental, 20));
    else
        printf(" %u", t_dia_find_u32(answer, RESULT, 0));
    if (failed.p)
        printf(" avp=%u", code_in(failed, 0));
}

static bool is_answer_to(gba_view answer, gba_view request)
{
    struct t_dia_header a = t_dia_header_of(answer), q = t_dia_header_of(request);
    return !(a.flags & T_DIA_REQUEST) && a.cmd == q.cmd && a.hop == q.hop;
}

static void print_answer(gba_view request)
{
    gba_view answer;
    enum t_got got = t_peer_receive(&probe.peer, &answer, PATIENCE_MS);
    if (got != T_GOT)
        printf(got == T_CLOSED ? " closed" : " silence");
    else if (!is_answer_to(answer, request))
        printf(" something else (command %u)", t_dia_header_of(answer).cmd);
    else
        print_result(answer);
    if (got == T_CLOSED)
        t_peer_close(&probe.peer);
}

static void ask(const struct action *a)
{
    if (probe.peer.fd < 0)
        open_peer();
    gba_view request = request_of(a);
    (void)t_peer_send(&probe.peer, request); /* what is too long may be cut off */
    print_answer(request);
}

static bool served(void)
{
    gba_view answer, request = request_of(&actions[0]);
    return t_peer_send(&probe.peer, request) && t_peer_receive(&probe.peer, &answer, PATIENCE_MS) == T_GOT &&
           is_answer_to(answer, request) && t_dia_find_u32(answer, RESULT, 0) == DIA_SUCCESS;
}

/* ---- connections ---- */

/* What comes after a good message cannot be read. */
static void garbage_after(void)
{
    open_peer();
    gba_view request = request_of(&actions[0]), more;
    for (size_t i = request.n; i < request.n + 200; i++)
        octets[i] = (uint8_t)(0xa5 + 7 * i);
    if (!t_peer_send(&probe.peer, gba_view_of(octets, request.n + 200)))
        die("cannot send");
    enum t_got got = T_GOT;
    while (got == T_GOT)
        got = t_peer_receive(&probe.peer, &more, PATIENCE_MS);
    printf(got == T_CLOSED ? " closed" : " open");
    t_peer_close(&probe.peer);
}

static void half_a_message(void)
{
    gba_view more;
    open_peer();
    gba_view request = request_of(&actions[0]);
    if (!t_peer_send(&probe.peer, gba_view_sub(request, 0, request.n / 2)))
        die("cannot send");
    printf(t_peer_receive(&probe.peer, &more, 1000) == T_NOTHING ? " waits" : " closed");
    t_peer_close(&probe.peer);
}

/* Back before freeDiameter has got over the loss, and asking before its first DWR is answered. */
static void back_at_once(void)
{
    unsigned good = 0;
    for (unsigned round = 0; round < COMEBACKS; round++) {
        bool in = false;
        for (unsigned i = 0; i < ATTEMPTS && !in; i++) {
            dial();
            in = t_peer_open(&probe.peer, PATIENCE_MS / ATTEMPTS);
        }
        good += in && served();
    }
    printf(" %u", good);
    t_peer_close(&probe.peer);
}

static void claim_16m(void)
{
    gba_view more;
    open_peer();
    if (!t_peer_send(&probe.peer, GBA_LIT("\x01\xff\xff\xfc\x80\x00\x01\x36\x01\x00\x00\x24")))
        die("cannot send");
    printf(t_peer_receive(&probe.peer, &more, 1000) == T_CLOSED ? " closed" : " waits");
    t_peer_close(&probe.peer);
}

static void many_capabilities(void)
{
    unsigned in = 0;
    for (unsigned i = 0; i < CAPABILITIES_AT_ONCE; i++) {
        dial();
        in += t_peer_open(&probe.peer, PATIENCE_MS);
        t_peer_close(&probe.peer);
    }
    printf(" %u", in);
}

/* Many CERs, then one again, in one connection. */
static void capabilities_again(void)
{
    gba_view more;
    enum t_got got = T_GOT;
    open_peer();
    for (unsigned i = 0; i < CAPABILITIES_AT_ONCE; i++) {
        gba_writer w = gba_writer_of(octets, sizeof octets);
        t_dia_capabilities(&probe.peer, &w);
        if (!t_peer_send(&probe.peer, gba_writer_view(&w)))
            break;
    }
    while (got == T_GOT)
        got = t_peer_receive(&probe.peer, &more, 2000);
    printf(got == T_CLOSED ? " closed" : " open");
    t_peer_close(&probe.peer);
}

static void stranger(void)
{
    uint8_t text[512];
    gba_view cea;
    gba_writer w = gba_writer_of(text, sizeof text);
    struct t_peer mine = probe.peer;
    probe.peer = t_peer_of("stranger.example", "example");
    dial();
    t_dia_capabilities(&probe.peer, &w);
    if (!t_peer_send(&probe.peer, gba_writer_view(&w)))
        die("cannot send");
    if (t_peer_receive(&probe.peer, &cea, PATIENCE_MS) == T_GOT)
        print_result(cea);
    else
        printf(" closed");
    t_peer_close(&probe.peer);
    probe.peer = mine;
}

/* ---- the honest one ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void honest(void)
{
    struct pollfd end = {.fd = 0, .events = POLLIN};
    unsigned n = 0, failed = 0;
    int64_t worst = 0;
    open_peer();
    do {
        int64_t before = now_ms();
        bool good = served();
        int64_t took = now_ms() - before;
        n++;
        failed += !good;
        worst = took > worst ? took : worst;
    } while (failed == 0 && poll(&end, 1, 10) == 0);
    printf(" n=%u failed=%u worst=%lld", n, failed, (long long)worst);
}

static const struct {
    const char *name;
    void (*act)(void);
} others[] = {
    {"garbage-after", garbage_after},
    {"back-at-once", back_at_once},
    {"half", half_a_message},
    {"claim-16m", claim_16m},
    {"many-cers", many_capabilities},
    {"cer-again", capabilities_again},
    {"stranger", stranger},
    {"honest", honest},
};

static void act(const char *name)
{
    printf("%s", name);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(name, actions[i].name) == 0) {
            ask(&actions[i]);
            printf("\n");
            return;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(name, others[i].name) == 0) {
            others[i].act();
            printf("\n");
            return;
        }
    }
    die("unknown action");
}

int main(int argc, char **argv)
{
    if (argc < 6)
        die("usage: zn_probe PORT IDENTITY NAF BTID ACTION...");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof huge; i++)
        huge[i] = (uint8_t)('a' + i % 26);
    probe.port = (uint16_t)strtoul(argv[1], NULL, 10);
    probe.peer = t_peer_of(argv[2], REALM);
    probe.naf = argv[3];
    probe.btid = argv[4];
    for (int i = 5; i < argc; i++)
        act(argv[i]);
    t_peer_close(&probe.peer);
    return 0;
}
