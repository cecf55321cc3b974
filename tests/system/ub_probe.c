/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device for tests that does what it is told on Ub, right or wrong:
 *
 *   ub_probe ADDRESS PORT HOST IMPI K OPC NAF ACTION...
 *
 * Each action is one request and prints one line: the action, the status, and
 * what else is worth knowing.  Keys are printed because tests need them.
 *
 * ACTION~FROM~TO... sends the request with the text FROM written as TO; in both
 * \\r, \\n and \\t stand for themselves.  keep: from here on over one connection.
 * from=ADDRESS: the next connections come from there.  wait=MS: time goes by.
 * impi: the username is the IMPI again.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
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
    char edits[512]; /* ~FROM~TO... */
    const char *from;
    bool keep;
    int fd;

    /* the last answer */
    uint8_t in[ROOM], memory[2048];
    struct gba_http_msg rsp;

    /* the last challenge */
    struct gba_auth challenge;
    enum gba_digest_alg alg;
    uint8_t kept[ROOM];
    char nonce[256]; /* to see whether it is repeated */
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

static void bind_to(int fd)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *info;
    if (getaddrinfo(probe.from, NULL, &hints, &info) != 0 || bind(fd, info->ai_addr, info->ai_addrlen) != 0)
        die("cannot come from there");
    freeaddrinfo(info);
}

static int dial(void)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *info;
    struct timeval patience = {PATIENCE_S, 0};
    if (getaddrinfo(probe.address, probe.port, &hints, &info) != 0)
        die("bad address");
    int fd = socket(info->ai_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (probe.from)
        bind_to(fd);
    if (fd < 0 || connect(fd, info->ai_addr, info->ai_addrlen) != 0)
        die("cannot connect");
    freeaddrinfo(info);
    return fd;
}

/* Is the response complete?  Then its body is in place. */
static bool complete(size_t n)
{
    size_t used;
    gba_rc rc = gba_http_response_parse(gba_view_of(probe.in, n), false, &probe.rsp, &used);
    if (rc != GBA_OK || n < used + probe.rsp.body_n)
        return false;
    probe.rsp.body = gba_view_of(probe.in + used, n - used);
    return true;
}

static void exchange(gba_view request)
{
    size_t n = 0;
    ssize_t got;
    if (probe.fd < 0)
        probe.fd = dial();
    if (send(probe.fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n)
        die("cannot send");
    while (!complete(n)) {
        got = recv(probe.fd, probe.in + n, sizeof probe.in - n, 0);
        if (got <= 0)
            die("no complete answer");
        n += (size_t)got;
    }
    if (probe.keep && probe.rsp.keep_alive)
        return;
    close(probe.fd);
    probe.fd = -1;
}

/* "\\n" becomes a line feed; ends at '~'. */
static const char *unescape(const char *in, char *out)
{
    static const char letters[] = "rnt", meant[] = "\r\n\t";
    for (; *in && *in != '~'; in++) {
        const char *letter = *in == '\\' && in[1] ? strchr(letters, in[1]) : NULL;
        *out++ = letter ? meant[letter - letters] : *in;
        in += letter != NULL;
    }
    *out = '\0';
    return *in ? in + 1 : in;
}

static size_t edit(char *text, size_t n)
{
    char from[256], to[256], rest[8192];
    const char *at = probe.edits;
    while (*at) {
        at = unescape(at, from);
        at = unescape(at, to);
        char *found = strstr(text, from);
        if (!found)
            die("nothing to change");
        snprintf(rest, sizeof rest, "%s%s", to, found + strlen(from));
        n = (size_t)(found - text) + strlen(rest);
        memcpy(found, rest, strlen(rest) + 1);
    }
    return n;
}

static void request(void)
{
    static char out[16384];
    struct gba_http_msg req = {.method = GBA_LIT("GET"), .target = GBA_LIT("/"), .minor = 1};
    gba_writer w = gba_writer_of(out, sizeof out / 2);
    need(gba_http_field_add(&req, GBA_LIT("Host"), gba_view_cstr(probe.host)), "Host");
    need(gba_http_field_add(&req, GBA_LIT("User-Agent"), GBA_LIT("probe; 3gpp-gba-tmpi")), "User-Agent");
    if (!probe.keep)
        need(gba_http_field_add(&req, GBA_LIT("Connection"), GBA_LIT("close")), "Connection");
    need(gba_http_field_add(&req, GBA_LIT("Authorization"), gba_view_cstr(probe.authorization)),
         "Authorization");
    need(gba_http_format(&req, &w), "request");
    out[w.n] = '\0';
    exchange(gba_view_of(out, edit(out, w.n)));
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

/* Does the server repeat itself? */
static void note_nonce(void)
{
    char before[sizeof probe.nonce];
    gba_view nonce = gba_view_sub(probe.challenge.nonce, 0, sizeof probe.nonce - 1);
    memcpy(before, probe.nonce, sizeof before);
    gba_copy(probe.nonce, nonce);
    probe.nonce[nonce.n] = '\0';
    if (strcmp(before, probe.nonce) == 0)
        printf(" repeated");
    if (gba_digest_alg_parse(probe.challenge.algorithm, &probe.alg) != GBA_OK)
        probe.alg = GBA_DIGEST_AKAV1_MD5;
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
    note_nonce();
    probe.star = gba_aka_check(&probe.key, &rand, &autn, &probe.card) != GBA_OK;
    if (!probe.star)
        printf(" gba-me");
    else if (gba_aka_check_star(&probe.key, &rand, &autn, &probe.card) == GBA_OK)
        printf(" gba-u");
    else
        printf(" no-autn");
}

/* ---- credentials ---- */

/* How this response differs from the right one. */
struct twist {
    const char *username, *uri, *qop, *nc, *algorithm, *nonce;
    bool wrong, opaque, auts, forged, bad_proof;
};

/* RES, or what RFC 4169 makes of it. */
static gba_view password(const struct twist *twist, enum gba_digest_alg alg)
{
    static uint8_t text[64];
    gba_writer w = gba_writer_of(text, sizeof text);
    if (twist->auts)
        return twist->bad_proof ? GBA_LIT("x") : GBA_LIT("");
    if (alg == GBA_DIGEST_AKAV1_MD5)
        return gba_view_of(probe.card.av.xres.b, probe.card.av.xres.n);
    need(gba_digest_akav2_password(alg, &probe.card.av, &w), "password");
    return gba_writer_view(&w);
}

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
    enum gba_digest_alg alg = probe.alg;
    if (twist->algorithm)
        need(gba_digest_alg_parse(gba_view_cstr(twist->algorithm), &alg), "algorithm");
    return (struct gba_digest_in){
        .alg = alg,
        .qop = twist->qop ? GBA_QOP_AUTH : GBA_QOP_AUTH_INT,
        .username = twist->username ? gba_view_cstr(twist->username) : gba_text_view(&probe.username),
        .realm = probe.challenge.realm,
        .password = password(twist, alg),
        .nonce = twist->nonce ? gba_view_cstr(twist->nonce) : probe.challenge.nonce,
        .nc = gba_view_cstr(twist->nc ? twist->nc : "00000001"),
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
        .algorithm = gba_digest_alg_name(in.alg),
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

static void check_rspauth(const struct twist *twist)
{
    struct gba_digest_in in = digest_in(twist);
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

static void take_keys(const struct twist *twist)
{
    struct gba_bsinfo info;
    gba_ks ks;
    gba_view domain;
    uint8_t naf_id[GBA_NAFID_MAX], tmpi[GBA_TEXT_MAX];
    check_rspauth(twist);
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
    {"badauts", {.auts = true, .bad_proof = true}},
    {"nc2", {.nc = "00000002"}},
    {"akav1", {.algorithm = "AKAv1-MD5"}},
    {"akav2", {.algorithm = "AKAv2-SHA-256"}},
    {"invented", {.nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}},
    {"path", {.uri = "/gba?x=1"}},
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
    const struct twist *twist = &twists[0].twist;
    bool known = plain_action(name);
    for (size_t i = 0; i < sizeof twists / sizeof *twists && !known; i++) {
        known = strcmp(name, twists[i].name) == 0;
        twist = &twists[i].twist;
        if (known)
            respond(twist);
    }
    if (!known)
        die("unknown action");
    printf("%s %u", name, probe.rsp.status);
    take_challenge();
    if (probe.rsp.status == 200)
        take_keys(twist);
    printf("\n");
}

/* Until a line or the end comes in. */
static void hold(void)
{
    int c;
    printf("hold\n");
    do
        c = getchar();
    while (c != '\n' && c != EOF);
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* One word of the command line. */
static void obey(char *word)
{
    char *edits = strchr(word, '~');
    if (edits)
        *edits++ = '\0';
    snprintf(probe.edits, sizeof probe.edits, "%s", edits ? edits : "");
    if (strcmp(word, "impi") == 0)
        need(gba_text_set(&probe.username, gba_view_cstr(probe.impi)), "IMPI");
    else if (strcmp(word, "keep") == 0)
        probe.keep = true;
    else if (strncmp(word, "from=", 5) == 0)
        probe.from = word + 5;
    else if (strncmp(word, "wait=", 5) == 0)
        wait_ms(strtol(word + 5, NULL, 10));
    else if (strcmp(word, "hold") == 0)
        hold();
    else if (strcmp(word, "sqn") == 0)
        printf("sqn %llu\n", (unsigned long long)probe.card.sqn);
    else
        act(word);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
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
    probe.fd = -1;
    probe.alg = GBA_DIGEST_AKAV1_MD5;
    for (int i = 8; i < argc; i++)
        obey(argv[i]);
    return 0;
}
