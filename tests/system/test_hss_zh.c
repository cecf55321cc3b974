/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystrap-hss as a process, asked over Zh by a peer that shares nothing with
 * freeDiameter: what it answers, and that no sequence number is issued twice
 * whatever happens to it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "diameter-dict/result.h"
#include "gba/crypto/aka.h"
#include "gba/crypto/sqn.h"
#include "tests/lib/dia_peer.h"
#include "tests/lib/tap.h"

#define IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define OTHER_IMPI "tuak@ims.mnc001.mcc001.3gppnetwork.org"

enum {
    WAIT_MS = 10000,
    AT_ONCE = 60,
    IND = 30,
    USER_NAME = 1,
    RESULT = 268,
    EXPERIMENTAL = 297,
    EXPERIMENTAL_CODE = 298,
    GUSS_STAMP = 409,
    GUSS = 400,
    IMPU = 601,
    SCHEME = 608,
    AUTHENTICATE = 609,
    AUTHORIZATION = 610,
    ITEM = 612,
};

static char folder[32];
static uint16_t port;
static pid_t hss;
static struct t_peer bsf;
static uint8_t octets[4096];

/* ---- the process ---- */

static void path_of(const char *name, char out[64])
{
    snprintf(out, 64, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
    char path[64];
    path_of(name, path);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void write_conf(const char *extra)
{
    char text[1024];
    snprintf(text, sizeof text,
             "subscribers: %s/subscribers.yaml\nsqn_file: %s/hss.sqn\nsqn_block: 16\nind: %d\n%s"
             "diameter:\n  identity: hss.test\n  realm: test\n  listen: 127.0.0.1:%u\n"
             "  peers:\n    - {identity: bsf.test}\n",
             folder, folder, IND, extra, (unsigned)port);
    write_file("hss.yaml", text);
}

static void write_subscribers(void)
{
    write_file("subscribers.yaml",
               "subscribers:\n"
               "  - impi: " IMPI "\n"
               "    impus: [sip:a@test, sip:family@test]\n"
               "    k: 465b5ce8b199b49faa5f0a2ee238a6bc\n"
               "    op: cdc202d5123e20f62b6d676ac72cb318\n"
               "    guss: {uicc_type: gba_u, lifetime: 1h}\n"
               "  - impi: " OTHER_IMPI "\n"
               "    impus: [sip:family@test]\n"
               "    algorithm: tuak\n"
               "    k: abababababababababababababababab\n"
               "    top: 5555555555555555555555555555555555555555555555555555555555555555\n");
}

static gba_aka_key card_key(void)
{
    gba_aka_key key = {.alg = GBA_AKA_MILENAGE, .k.n = 16};
    gba_copy(key.k.b, t_hex("465b5ce8b199b49faa5f0a2ee238a6bc"));
    gba_copy(key.opc.b, t_hex("cd63cb71954a9f4e48a5994e37a02baf"));
    return key;
}

static pid_t spawn(void)
{
    char program[256], conf[64], log[64];
    const char *build = getenv("top_builddir");
    snprintf(program, sizeof program, "%s/keystrap-hss", build ? build : ".");
    path_of("hss.yaml", conf);
    path_of("log", log);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, 2);
        dup2(fd, 1);
        execl(program, "keystrap-hss", "-c", conf, (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Its exit code; -1 when it has to be killed, or a signal ended it. */
static int end_of(pid_t child)
{
    int status = 0;
    for (int ms = 0; ms < WAIT_MS; ms += 10) {
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}

static void start(void)
{
    hss = spawn();
    bsf = t_peer_of("bsf.test", "test");
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&bsf, port, WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_peer_open(&bsf, WAIT_MS));
}

static void stop(void)
{
    t_peer_close(&bsf);
    kill(hss, SIGTERM);
    CU_ASSERT_EQUAL(end_of(hss), 0);
}

static void restart_after_kill(void)
{
    kill(hss, SIGKILL);
    (void)end_of(hss);
    t_peer_close(&bsf);
    start();
}

static bool log_holds(const char *text)
{
    static char log[65536];
    char path[64];
    path_of("log", path);
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(log, 1, sizeof log - 1, file) : 0;
    if (file)
        fclose(file);
    log[n] = '\0';
    return strstr(log, text) != NULL;
}

static void forget(const char *name)
{
    char path[64];
    path_of(name, path);
    (void)unlink(path);
}

static int set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/hss_zh.XXXXXX");
    port = t_free_port();
    return mkdtemp(folder) ? 0 : 1;
}

static int tear_down(void)
{
    static const char *const names[] = {"hss.yaml", "subscribers.yaml", "hss.sqn", "hss.sqn.lock", "log"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        forget(names[i]);
    return rmdir(folder);
}

/* Each case begins with a new HSS that has issued nothing. */
static void begin(const char *extra)
{
    forget("hss.sqn");
    forget("log");
    write_conf(extra);
    write_subscribers();
    start();
}

/* ---- MAR and MAA ---- */

struct ask {
    const char *impi, *impu, *scheme;
    gba_view authorization; /* RAND || AUTS */
    uint32_t stamp;         /* as on the wire; 0: none */
};

static void send_mar(const struct ask *ask)
{
    gba_writer w = gba_writer_of(octets, sizeof octets);
    t_dia_request(&bsf, &w, T_MAR, "test");
    if (ask->impi)
        t_avp_text(&w, USER_NAME, 0, ask->impi);
    if (ask->impu)
        t_avp_text(&w, IMPU, DIA_VENDOR_3GPP, ask->impu);
    size_t item = t_group(&w, ITEM, DIA_VENDOR_3GPP);
    t_avp_text(&w, SCHEME, DIA_VENDOR_3GPP, ask->scheme ? ask->scheme : "Digest-AKAv1-MD5");
    if (ask->authorization.p)
        t_avp(&w, AUTHORIZATION, DIA_VENDOR_3GPP, ask->authorization);
    t_group_end(&w, item);
    if (ask->stamp)
        t_avp_u32(&w, GUSS_STAMP, DIA_VENDOR_3GPP, ask->stamp);
    t_dia_end(&w);
    CU_ASSERT_TRUE_FATAL(t_peer_send(&bsf, gba_writer_view(&w)));
}

static gba_view receive(void)
{
    gba_view answer = {NULL, 0};
    CU_ASSERT_EQUAL_FATAL(t_peer_receive(&bsf, &answer, WAIT_MS), T_GOT);
    return answer;
}

static gba_view ask_for(const struct ask *ask)
{
    send_mar(ask);
    return receive();
}

/* An AVP inside a grouped one. */
static gba_view inside(gba_view group, uint32_t code, uint32_t vendor)
{
    return group.p ? t_dia_find(gba_view_of(group.p - 20, group.n + 20), code, vendor) : group;
}

static uint32_t number_of(gba_view data)
{
    gba_reader r = gba_reader_of(data);
    return gba_get_u32(&r);
}

/* Result-Code, or 10000 more for an Experimental-Result. */
static uint32_t result_of(gba_view answer)
{
    gba_view experimental = t_dia_find(answer, EXPERIMENTAL, 0);
    if (experimental.p)
        return 10000 + number_of(inside(experimental, EXPERIMENTAL_CODE, 0));
    return t_dia_find_u32(answer, RESULT, 0);
}

/* The SQN in the vector of an answer, as the card sees it; 0 when there is none. */
static uint64_t sqn_of(gba_view answer)
{
    gba_aka_key key = card_key();
    struct gba_aka_checked checked = {.sqn = 0};
    gba_rand rand;
    gba_autn autn;
    CU_ASSERT_EQUAL(result_of(answer), DIA_SUCCESS);
    gba_view both = inside(t_dia_find(answer, ITEM, DIA_VENDOR_3GPP), AUTHENTICATE, DIA_VENDOR_3GPP);
    if (both.n != sizeof rand.b + sizeof autn.b)
        return 0;
    gba_copy(rand.b, gba_view_of(both.p, sizeof rand.b));
    gba_copy(autn.b, gba_view_of(both.p + sizeof rand.b, sizeof autn.b));
    T_OK(gba_aka_check(&key, &rand, &autn, &checked));
    return checked.sqn;
}

/* ---- refused ---- */

static void requests_that_are_refused(void)
{
    static const uint8_t odd[29], wrong[30];
    static const struct {
        struct ask ask;
        uint32_t result;
    } rows[] = {
        {{.impi = "nobody@test"}, 10000 + DIA_EXP_IDENTITY_UNKNOWN},
        {{.impu = "sip:nobody@test"}, 10000 + DIA_EXP_IDENTITY_UNKNOWN},
        {{.impu = "sip:family@test"}, 10000 + DIA_EXP_OPERATION_NOT_ALLOWED},
        {{.impi = IMPI, .scheme = "SIP Digest"}, 10000 + DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED},
        {{.impi = NULL}, DIA_MISSING_AVP},
        {{.impi = IMPI, .authorization = {odd, sizeof odd}}, DIA_INVALID_AVP_LENGTH},
        {{.impi = IMPI, .authorization = {wrong, sizeof wrong}}, DIA_UNABLE_TO_COMPLY},
    };
    begin("");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gba_view answer = ask_for(&rows[i].ask);
        CU_ASSERT_EQUAL(result_of(answer), rows[i].result);
        CU_ASSERT_PTR_NULL(t_dia_find(answer, ITEM, DIA_VENDOR_3GPP).p);
        CU_ASSERT_PTR_NULL(t_dia_find(answer, GUSS, DIA_VENDOR_3GPP).p);
    }
    CU_ASSERT_EQUAL(sqn_of(ask_for(&(struct ask){.impi = IMPI})), 1 << 5 | IND); /* nothing was used up */
    CU_ASSERT_TRUE(log_holds("reason=mac-s-wrong"));
    CU_ASSERT_TRUE(log_holds("reason=hss-identity-unknown"));
    CU_ASSERT_FALSE(log_holds("465b5ce8"));
    stop();
}

static void does_not_start_on_a_damaged_file(void)
{
    begin("");
    stop();
    write_file("hss.sqn", "damaged\n");
    CU_ASSERT_EQUAL(end_of(spawn()), 1);
    CU_ASSERT_TRUE(log_holds("reason=hss-sqn-file-corrupt"));
    CU_ASSERT_TRUE(log_holds("not a file of sequence numbers"));
}

static void does_not_start_twice(void)
{
    begin("");
    CU_ASSERT_EQUAL(end_of(spawn()), 1);
    CU_ASSERT_TRUE(log_holds("reason=hss-sqn-file-in-use"));
    CU_ASSERT_EQUAL(sqn_of(ask_for(&(struct ask){.impi = IMPI})), 1 << 5 | IND);
    stop();
}

static void does_not_start_on_bad_subscribers(void)
{
    begin("");
    stop();
    write_file("subscribers.yaml", "subscribers:\n  - impi: a@test\n    k: 465b5ce8b199b49faa5f0a2ee238a6\n");
    CU_ASSERT_EQUAL(end_of(spawn()), 2);
    CU_ASSERT_TRUE(
        log_holds("subscribers.yaml:3: subscribers[1].k: (value not shown): expected 16 to 32 octets"));
    write_file("subscribers.yaml", "subscribers:\n  - impi: a@test\n    k: 465b5ce8b199b49faa5f0a2ee238a6bc\n"
                                   "    opc: 465b5ce8b199b49faa5f0a2ee238a6bc\n    amf: b9b9\n");
    CU_ASSERT_EQUAL(end_of(spawn()), 2);
    CU_ASSERT_TRUE(log_holds("subscribers[1].amf: expected the separation bit"));
}

/* ---- served ---- */

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* All asked for before the first answer is read; returns the highest SQN, each above `above`. */
static uint64_t many_at_once(uint64_t above)
{
    uint64_t got[AT_ONCE];
    for (unsigned i = 0; i < AT_ONCE; i++)
        send_mar(&(struct ask){.impi = IMPI});
    for (unsigned i = 0; i < AT_ONCE; i++)
        got[i] = sqn_of(receive());
    qsort(got, AT_ONCE, sizeof *got, ascending);
    CU_ASSERT_TRUE(got[0] > above);
    for (unsigned i = 1; i < AT_ONCE; i++)
        CU_ASSERT_TRUE(got[i] > got[i - 1]);
    for (unsigned i = 0; i < AT_ONCE; i++)
        CU_ASSERT_EQUAL(got[i] % GBA_SQN_INDS, IND);
    return got[AT_ONCE - 1];
}

/*= TS 33.102 C.1.1: 60 vectors at once for one subscriber, and again after each kill. */
static void no_number_twice(void)
{
    begin("");
    uint64_t highest = many_at_once(0);
    for (unsigned i = 0; i < 3; i++) {
        restart_after_kill();
        highest = many_at_once(highest);
    }
    stop();
    start();
    (void)many_at_once(highest);
    stop();
}

/* Killed while 60 requests are on their way: what got out is never issued again. */
static void killed_in_the_middle(void)
{
    uint64_t highest = 0;
    begin("");
    for (unsigned round = 1; round <= 5; round++) {
        gba_view answer;
        for (unsigned i = 0; i < AT_ONCE; i++)
            send_mar(&(struct ask){.impi = IMPI});
        for (unsigned i = 0; i < 7 * round; i++)
            (void)receive();
        kill(hss, SIGKILL);
        while (t_peer_receive(&bsf, &answer, WAIT_MS) == T_GOT) {
            uint64_t sqn = sqn_of(answer);
            highest = sqn > highest ? sqn : highest;
        }
        (void)end_of(hss);
        t_peer_close(&bsf);
        start();
        uint64_t next = sqn_of(ask_for(&(struct ask){.impi = IMPI}));
        CU_ASSERT_TRUE(next > highest);
        highest = next;
    }
    stop();
}

/*= TS 33.102 6.3.5 */
static void resynchronisation(void)
{
    uint8_t authorization[30];
    gba_aka_key key = card_key();
    gba_rand rand = {{1, 2, 3}};
    gba_auts auts;
    T_OK(gba_aka_auts_make(&key, &rand, UINT64_C(0x7654321) << 5 | 4, &auts));
    gba_copy(authorization, GBA_ARRAY(rand.b));
    gba_copy(authorization + sizeof rand.b, GBA_ARRAY(auts.b));
    begin("");
    struct ask ask = {.impi = IMPI, .authorization = GBA_ARRAY(authorization)};
    CU_ASSERT_EQUAL(sqn_of(ask_for(&ask)), UINT64_C(0x7654322) << 5 | IND);
    CU_ASSERT_EQUAL(sqn_of(ask_for(&ask)), UINT64_C(0x7654323) << 5 | IND); /* the same AUTS again */
    restart_after_kill();
    CU_ASSERT_TRUE(sqn_of(ask_for(&(struct ask){.impi = IMPI})) > (UINT64_C(0x7654323) << 5 | IND));
    stop();
}

/*= TS 29.109 4.2 */
static void settings_and_their_stamp(void)
{
    begin("");
    gba_view guss = t_dia_find(ask_for(&(struct ask){.impu = "sip:a@test"}), GUSS, DIA_VENDOR_3GPP);
    CU_ASSERT_TRUE(gba_view_contains(guss, GBA_LIT("<guss id=\"" IMPI "\"")));
    CU_ASSERT_TRUE(gba_view_contains(guss, GBA_LIT("<uiccType>GBA_U</uiccType>")));
    CU_ASSERT_TRUE(gba_view_contains(guss, GBA_LIT("<lifeTime>3600</lifeTime>")));
    struct ask old = {.impi = IMPI, .stamp = 0xd0000000}, recent = {.impi = IMPI, .stamp = 0xffffffff};
    CU_ASSERT_PTR_NOT_NULL(t_dia_find(ask_for(&old), GUSS, DIA_VENDOR_3GPP).p);
    CU_ASSERT_PTR_NULL(t_dia_find(ask_for(&recent), GUSS, DIA_VENDOR_3GPP).p);
    gba_view other = ask_for(&(struct ask){.impi = OTHER_IMPI});
    CU_ASSERT_EQUAL(result_of(other), DIA_SUCCESS);
    CU_ASSERT_PTR_NULL(t_dia_find(other, GUSS, DIA_VENDOR_3GPP).p);
    stop();
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Held back answers do not hold back each other. */
static void a_slow_hss(void)
{
    begin("delay_ms: 500\n");
    int64_t before = now_ms();
    (void)many_at_once(0);
    int64_t took = now_ms() - before;
    CU_ASSERT_TRUE(took >= 500 && took < 5000);
    stop();
}

/* Told to stop while answers are held back: it does not wait for them. */
static void stops_with_answers_held_back(void)
{
    begin("delay_ms: 600000\n");
    send_mar(&(struct ask){.impi = IMPI});
    for (int ms = 0; ms < WAIT_MS && !log_holds("zh.answered"); ms += 10)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    kill(hss, SIGTERM);
    CU_ASSERT_EQUAL(end_of(hss), 0);
    t_peer_close(&bsf);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"requests that are refused", requests_that_are_refused},
        {"does not start on a damaged file", does_not_start_on_a_damaged_file},
        {"does not start twice", does_not_start_twice},
        {"does not start on bad subscribers", does_not_start_on_bad_subscribers},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"60 at once, no number twice", no_number_twice},
        {"killed in the middle", killed_in_the_middle},
        {"resynchronisation", resynchronisation},
        {"settings and their stamp", settings_and_their_stamp},
        {"a slow HSS", a_slow_hss},
        {"stops with answers held back", stops_with_answers_held_back},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", set_up, tear_down, NULL, NULL, hostile},
        {"served", set_up, tear_down, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
