/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device for tests that does what it is told on Ub, right or wrong:
 *
 *   ub_probe ADDRESS PORT HOST IMPI K OPC NAF ACTION...
 *
 * Each action is one request and prints one line: the action, the status, and
 * what else is worth knowing.  Keys are printed because tests need them.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "gba/crypto/aka.h"
#include "gba/crypto/digest.h"
#include "gba/crypto/kdf.h"
#include "gba/wire/auth_hdr.h"
#include "gba/wire/bsinfo.h"
#include "gba/wire/http_msg.h"
#include "gba/wire/names.h"

enum { ROOM = 16384, PATIENCE_S = 20 };

static struct {
    const char *address, *port, *host, *impi, *naf;
    gba_aka_key key;
    gba_text username;
    char authorization[2048];

    /* the last answer */
    uint8_t in[ROOM], memory[2048];
    struct gba_http_msg rsp;

    /* the last challenge */
    struct gba_auth challenge;
    uint8_t kept[ROOM];
    struct gba_aka_checked card;
    bool star; /* AUTN* */
} probe;

static void die(const char *why)
{
    fprintf(stderr, "ub_probe: %s\n", why);
    exit(2);
}

static void need(gba_rc rc, const char *what)
{
    if (rc != GBA_OK) {
        fprintf(stderr, "ub_probe: %s: %s\n", what, gba_rc_text(rc));
        exit(2);
    }
}

/* ---- HTTP ---- */

static int dial(void)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *info;
    struct timeval patience = {PATIENCE_S, 0};
    if (getaddrinfo(probe.address, probe.port, &hints, &info) != 0)
        die("bad address");
    int fd = socket(info->ai_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (fd < 0 || connect(fd, info->ai_addr, info->ai_addrlen) != 0)
        die("cannot connect");
    freeaddrinfo(info);
    return fd;
}

static void exchange(gba_view request)
{
    int fd = dial();
    size_t n = 0, used;
    ssize_t got;
    if (send(fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n)
        die("cannot send");
    while (n < sizeof probe.in && (got = recv(fd, probe.in + n, sizeof probe.in - n, 0)) > 0)
        n += (size_t)got;
    close(fd);
    need(gba_http_response_parse(gba_view_of(probe.in, n), false, &probe.rsp, &used), "response");
    probe.rsp.body = gba_view_of(probe.in + used, n - used);
}

static void request(void)
{
    static uint8_t out[4096];
    struct gba_http_msg req = {.method = GBA_LIT("GET"), .target = GBA_LIT("/"), .minor = 1};
    gba_writer w = gba_writer_of(out, sizeof out);
    need(gba_http_field_add(&req, GBA_LIT("Host"), gba_view_cstr(probe.host)), "Host");
    need(gba_http_field_add(&req, GBA_LIT("User-Agent"), GBA_LIT("probe; 3gpp-gba-tmpi")), "User-Agent");
    need(gba_http_field_add(&req, GBA_LIT("Connection"), GBA_LIT("close")), "Connection");
    need(gba_http_field_add(&req, GBA_LIT("Authorization"), gba_view_cstr(probe.authorization)),
         "Authorization");
    need(gba_http_format(&req, &w), "request");
    exchange(gba_writer_view(&w));
}

/* ---- the card ---- */

static void read_nonce(gba_view nonce, gba_rand *rand, gba_autn *autn)
{
    uint8_t both[64];
    gba_writer w = gba_writer_of(both, sizeof both);
    need(gba_b64_parse(nonce, &w), "nonce");
    gba_reader r = gba_reader_of(gba_writer_view(&w));
    gba_get_bytes(&r, rand->b, sizeof rand->b);
    gba_get_bytes(&r, autn->b, sizeof autn->b);
    need(gba_reader_end(&r), "nonce");
}

/* Keep the challenge and let the card answer it, in whichever context fits. */
static void take_challenge(void)
{
    gba_view field = gba_http_field_get(&probe.rsp, GBA_LIT("WWW-Authenticate"));
    gba_arena arena = gba_arena_of(probe.memory, sizeof probe.memory);
    gba_rand rand;
    gba_autn autn;
    if (field.p == NULL)
        return;
    gba_copy(probe.kept, field);
    need(gba_auth_parse(gba_view_of(probe.kept, field.n), &arena, &probe.challenge), "challenge");
    read_nonce(probe.challenge.nonce, &rand, &autn);
    probe.star = gba_aka_check(&probe.key, &rand, &autn, &probe.card) != GBA_OK;
    if (probe.star)
        need(gba_aka_check_star(&probe.key, &rand, &autn, &probe.card), "AUTN");
    printf(" %s", probe.star ? "gba-u" : "gba-me");
}

/* ---- credentials ---- */

/* How this response differs from the right one. */
struct twist {
    const char *username, *uri, *qop;
    bool wrong, opaque, auts, forged;
};

static void make_auts(bool forged, char text[21])
{
    gba_auts auts;
    gba_writer w = gba_writer_of(text, 20);
    need(gba_aka_auts_make(&probe.key, &probe.card.av.rand, probe.card.sqn + (UINT64_C(1) << 20), &auts),
         "AUTS");
    auts.b[13] ^= forged;
    gba_put_b64(&w, GBA_ARRAY(auts.b));
    text[w.n] = '\0';
}

static struct gba_digest_in digest_in(const struct twist *twist)
{
    return (struct gba_digest_in){
        .alg = GBA_DIGEST_AKAV1_MD5,
        .qop = GBA_QOP_AUTH_INT,
        .username = twist->username ? gba_view_cstr(twist->username) : gba_text_view(&probe.username),
        .realm = probe.challenge.realm,
        .password = twist->auts ? GBA_LIT("") : gba_view_of(probe.card.av.xres.b, probe.card.av.xres.n),
        .nonce = probe.challenge.nonce,
        .nc = GBA_LIT("00000001"),
        .cnonce = GBA_LIT("0a4f113b"),
        .method = GBA_LIT("GET"),
        .uri = twist->uri ? gba_view_cstr(twist->uri) : GBA_LIT("/"),
    };
}

static void respond(const struct twist *twist)
{
    struct gba_digest_in in = digest_in(twist);
    struct gba_digest_hex response;
    char auts[21] = "", opaque[33] = "";
    need(gba_digest_response(&in, &response), "digest");
    gba_copy(opaque, gba_view_sub(probe.challenge.opaque, 0, 32));
    response.s[0] ^= twist->wrong;
    opaque[0] = twist->opaque ? (opaque[0] == '0' ? '1' : '0') : opaque[0];
    if (twist->auts)
        make_auts(twist->forged, auts);
    struct gba_auth a = {
        .username = in.username,
        .realm = in.realm,
        .nonce = in.nonce,
        .uri = in.uri,
        .qop = gba_view_cstr(twist->qop ? twist->qop : "auth-int"),
        .nc = in.nc,
        .cnonce = in.cnonce,
        .response = gba_view_of(response.s, response.n),
        .opaque = gba_view_cstr(opaque),
        .algorithm = GBA_LIT("AKAv1-MD5"),
        .auts = twist->auts ? gba_view_cstr(auts) : (gba_view){NULL, 0},
    };
    gba_writer w = gba_writer_of(probe.authorization, sizeof probe.authorization - 1);
    gba_put_credentials(&w, &a);
    need(gba_writer_end(&w), "credentials");
    probe.authorization[w.n] = '\0';
    request();
}

static void first(void)
{
    struct gba_auth a = {
        .username = gba_text_view(&probe.username),
        .realm = gba_view_cstr(probe.host),
        .nonce = GBA_LIT(""),
        .uri = GBA_LIT("/"),
        .response = GBA_LIT(""),
    };
    gba_writer w = gba_writer_of(probe.authorization, sizeof probe.authorization - 1);
    gba_put_credentials(&w, &a);
    probe.authorization[w.n] = '\0';
    request();
}

/* ---- success ---- */

static void check_rspauth(void)
{
    struct gba_digest_in in = digest_in(&(struct twist){.wrong = false});
    struct gba_digest_hex want;
    struct gba_auth info;
    gba_arena arena = gba_arena_of(probe.memory, sizeof probe.memory);
    gba_view field = gba_http_field_get(&probe.rsp, GBA_LIT("Authentication-Info"));
    in.body = probe.rsp.body;
    need(gba_digest_rspauth(&in, &want), "rspauth");
    need(gba_auth_info_parse(field, &arena, &info), "Authentication-Info");
    if (!gba_view_eq(info.rspauth, gba_view_of(want.s, want.n)))
        die("rspauth is wrong");
}

static void print_key(struct gba_kdf_naf *in, enum gba_kdf_use use, const char *name)
{
    gba_ks_naf key;
    char text[64] = "";
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    need(gba_kdf_ks_naf(in, use, &key), "Ks_NAF");
    gba_put_b64(&w, GBA_ARRAY(key.b));
    printf(" %s=%s", name, text);
}

static void take_keys(void)
{
    struct gba_bsinfo info;
    gba_ks ks;
    gba_view domain;
    uint8_t naf_id[GBA_NAFID_MAX], tmpi[GBA_TEXT_MAX];
    check_rspauth();
    need(gba_bsinfo_parse(probe.rsp.body, &info), "BootstrappingInfo");
    need(gba_btid_domain(gba_text_view(&info.btid), &domain), "B-TID");
    gba_aka_ks(&probe.card.av.ck, &probe.card.av.ik, &ks);
    gba_writer w = gba_writer_of(naf_id, sizeof naf_id);
    gba_put_str(&w, probe.naf);
    gba_put_view(&w, GBA_ARRAY(gba_uaid_http_digest.b));
    struct gba_kdf_naf in = {&ks, &probe.card.av.rand, gba_view_cstr(probe.impi), gba_writer_view(&w)};
    printf(" btid=%s", info.btid.s);
    print_key(&in, GBA_KDF_ME, "ks_naf");
    if (probe.star)
        print_key(&in, GBA_KDF_UICC, "ks_int_naf");
    w = gba_writer_of(tmpi, sizeof tmpi);
    need(gba_kdf_tmpi(&in, domain, &w), "TMPI");
    need(gba_text_set(&probe.username, gba_writer_view(&w)), "TMPI");
}

/* ---- actions ---- */

static const struct {
    const char *name;
    struct twist twist;
} twists[] = {
    {"good", {.wrong = false}},
    {"wrong", {.wrong = true}},
    {"swap", {.username = "001010999999999@ims.mnc001.mcc001.3gppnetwork.org"}},
    {"opaque", {.opaque = true}},
    {"uri", {.uri = "/other"}},
    {"qop", {.qop = "auth"}},
    {"auts", {.auts = true}},
    {"forged", {.auts = true, .forged = true}},
};

/* The username goes on as TMPI after a success; "impi" returns to the IMPI. */
static bool plain_action(const char *name)
{
    if (strcmp(name, "first") == 0)
        first();
    else if (strcmp(name, "again") == 0)
        request();
    else
        return false;
    return true;
}

static void act(const char *name)
{
    bool known = plain_action(name);
    for (size_t i = 0; i < sizeof twists / sizeof *twists && !known; i++) {
        known = strcmp(name, twists[i].name) == 0;
        if (known)
            respond(&twists[i].twist);
    }
    if (!known)
        die("unknown action");
    printf("%s %u", name, probe.rsp.status);
    take_challenge();
    if (probe.rsp.status == 200)
        take_keys();
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc < 9)
        die("usage: ub_probe ADDRESS PORT HOST IMPI K OPC NAF ACTION...");
    probe.address = argv[1];
    probe.port = argv[2];
    probe.host = argv[3];
    probe.impi = argv[4];
    probe.naf = argv[7];
    probe.key.alg = GBA_AKA_MILENAGE;
    probe.key.k.n = 16;
    need(gba_hex_parse(gba_view_cstr(argv[5]), probe.key.k.b, 16), "K");
    need(gba_hex_parse(gba_view_cstr(argv[6]), probe.key.opc.b, 16), "OPc");
    need(gba_text_set(&probe.username, gba_view_cstr(probe.impi)), "IMPI");
    for (int i = 8; i < argc; i++) {
        if (strcmp(argv[i], "impi") == 0)
            need(gba_text_set(&probe.username, gba_view_cstr(probe.impi)), "IMPI");
        else
            act(argv[i]);
    }
    return 0;
}
