/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS in memory: cookies, and datagrams that are lost, doubled, late or changed. */
#include <openssl/ssl.h>
#include <sys/time.h>

#include "tests/lib/tap.h"
#include "tests/unit/rt/tls_pair.h"

enum { MTU = 1400 };

static struct pair pair;
static struct pair_cert mine, theirs;
static int64_t clock_ms;

/* The library's clock for retransmissions is ours, so that no test waits. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    now->tv_sec = 1000 + clock_ms / 1000;
    now->tv_usec = clock_ms % 1000 * 1000;
    return 0;
}

static void begin(void)
{
    pair_init(&pair, true, PAIR_DTLS_PSK_SUITE, PAIR_DTLS_PSK_SUITE);
}

static void end(void)
{
    pair_free(&pair);
}

static void begin_with_certificates(void)
{
    if (mine.der_n == 0) {
        pair_cert_make(&mine, "P-256");
        pair_cert_make(&theirs, "P-256");
    }
    pair_init(&pair, true, PAIR_DTLS_CERT_SUITE, PAIR_DTLS_CERT_SUITE);
    pair_context(&pair.client, &(struct rt_tls_ctx_conf){.dtls = true,
                                                         .suites = PAIR_DTLS_CERT_SUITE,
                                                         .cert_pem = gba_view_cstr(mine.cert),
                                                         .key_pem = gba_view_cstr(mine.key)});
    pair_context(&pair.server, &(struct rt_tls_ctx_conf){.server = true,
                                                         .dtls = true,
                                                         .suites = PAIR_DTLS_CERT_SUITE,
                                                         .cert_pem = gba_view_cstr(theirs.cert),
                                                         .key_pem = gba_view_cstr(theirs.key),
                                                         .staple = GBA_LIT("staple"),
                                                         .ask_cert = true});
}

static void tick(struct pair_end *e)
{
    int64_t left = e->tls ? rt_tls_timeout(e->tls) : -1;
    if (left < 0)
        return;
    clock_ms += left;
    rt_tls_tick(e->tls);
}

static bool shakes_hands(const struct pair_end *e)
{
    return e->tls && rt_tls_state(e->tls) == RT_TLS_HANDSHAKE;
}

static bool asks(const struct pair_end *e)
{
    return e->tls && rt_tls_state(e->tls) == RT_TLS_ASKING;
}

/* Until no handshake goes on, or one waits for an answer. */
static void run_timers(void)
{
    for (int i = 0; i < 40 && !asks(&pair.client) && !asks(&pair.server) &&
                    (shakes_hands(&pair.client) || shakes_hands(&pair.server));
         i++) {
        tick(&pair.client);
        pair_pump(&pair);
        tick(&pair.server);
        pair_pump(&pair);
    }
}

static void run(void)
{
    pair_connect(&pair);
    pair_pump(&pair);
    run_timers();
}

/* ---- hostile ---- */

static void garbage(void)
{
    static const gba_view bad[] = {
        GBA_LIT(""),
        GBA_LIT("x"),
        GBA_LIT("\x16\xfe\xff"),
        GBA_LIT("\x16\xfe\xff\0\0\0\0\0\0\0\0\xff\xff"),
        GBA_LIT("\x17\xfe\xfd\0\1\0\0\0\0\0\1\0\4data"),
        GBA_LIT("\x15\xfe\xfd\0\0\0\0\0\0\0\1\0\2\2\50"),
    };
    pair_connect(&pair);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rt_buf out = {0};
        rt_tls_feed(pair.server.tls, bad[i]);
        CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_HANDSHAKE);
        CU_ASSERT_FALSE(rt_tls_take(pair.server.tls, &out));
    }
    pair_pump(&pair);
    pair_carries(&pair);
}

static void wrong_key(void)
{
    pair.client.psk.key[0] ^= 1;
    run();
    pair_failed(&pair.client, GBA_E_TLS_HANDSHAKE); /* gives up: broken records are not answered */
    CU_ASSERT_EQUAL(pair.server.opened, 0);
    CU_ASSERT_NOT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_OPEN);
}

static void unknown_identity(void)
{
    pair.server.answer.rc = GBA_E_MEF_CERT;
    run();
    pair_failed(&pair.client, GBA_E_TLS_HANDSHAKE);
    CU_ASSERT_NOT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_OPEN);
    if (rt_tls_state(pair.server.tls) == RT_TLS_HANDSHAKE)
        rt_tls_lost(pair.server.tls, GBA_E_TIME);
    pair_failed(&pair.server, GBA_E_MEF_CERT);
}

static void refused_by(struct pair_end *judge, struct pair_end *other)
{
    end();
    begin_with_certificates();
    judge->answer.rc = GBA_E_CERT_EXPIRED;
    run();
    pair_failed(judge, GBA_E_CERT_EXPIRED);
    pair_failed(other, GBA_E_TLS_ALERT);
    CU_ASSERT_EQUAL(judge->sent.p[judge->sent.n - 1], SSL_AD_CERTIFICATE_EXPIRED);
}

static void certificate_refused(void)
{
    refused_by(&pair.client, &pair.server);
    refused_by(&pair.server, &pair.client);
}

static int nothing_arrives(const struct pair_end *to, int i)
{
    return to == &pair.server ? 1 : i < 2;
}

static void silence(void)
{
    pair.fate = nothing_arrives;
    run();
    pair_failed(&pair.client, GBA_E_TLS_HANDSHAKE);
    pair_failed(&pair.server, GBA_E_TLS_HANDSHAKE);
}

static void changed_datagram(void)
{
    struct rt_buf datagram = {0};
    run();
    T_OK(rt_tls_write(pair.client.tls, GBA_LIT("secret")));
    CU_ASSERT(rt_tls_take(pair.client.tls, &datagram));
    for (size_t i = 0; i < datagram.n; i++) {
        datagram.p[i] ^= 1;
        rt_tls_feed(pair.server.tls, rt_buf_view(&datagram));
        CU_ASSERT_FALSE(rt_tls_read(pair.server.tls, &pair.server.got));
        datagram.p[i] ^= 1;
    }
    rt_buf_free(&datagram);
    pair_carries(&pair);
}

/* A datagram that comes twice is read once. */
static void replay(void)
{
    struct rt_buf datagram = {0};
    run();
    T_OK(rt_tls_write(pair.client.tls, GBA_LIT("once")));
    CU_ASSERT(rt_tls_take(pair.client.tls, &datagram));
    for (int i = 0; i < 3; i++)
        rt_tls_feed(pair.server.tls, rt_buf_view(&datagram));
    rt_buf_free(&datagram);
    pair_pump(&pair);
    T_BYTES(rt_buf_view(&pair.server.got), GBA_LIT("once"));
}

static void flood_while_asking(void)
{
    static const uint8_t octets[1400] = {23, 0xfe, 0xfd};
    pair.server.hold = true;
    run();
    for (int i = 0; i < 1000; i++)
        rt_tls_feed(pair.server.tls, GBA_ARRAY(octets));
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_ASKING);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    run_timers();
    pair_carries(&pair);
}

static CU_TestInfo hostile[] = {
    {"garbage", garbage},
    {"wrong key", wrong_key},
    {"unknown identity", unknown_identity},
    {"refused certificate", certificate_refused},
    {"nothing comes back", silence},
    {"changed datagrams", changed_datagram},
    {"replayed datagrams", replay},
    {"a flood while an answer is awaited", flood_while_asking},
    CU_TEST_INFO_NULL,
};

/* ---- cookies ---- */

static size_t hello_of(uint8_t *out, size_t cap)
{
    struct rt_buf hello = {0};
    CU_ASSERT(rt_tls_take(pair.client.tls, &hello));
    CU_ASSERT_FATAL(hello.n <= cap);
    size_t n = hello.n;
    gba_copy(out, rt_buf_view(&hello));
    rt_buf_free(&hello);
    return n;
}

static void cookie_first(void)
{
    enum { HANDSHAKE_TYPE = 13, HELLO_VERIFY_REQUEST = 3 };
    uint8_t hello[512];
    struct rt_buf first = {0}, second = {0};
    pair_connect(&pair);
    size_t n = hello_of(hello, sizeof hello);
    rt_tls_feed(pair.server.tls, gba_view_of(hello, n));
    CU_ASSERT(rt_tls_take(pair.server.tls, &first));
    CU_ASSERT_EQUAL(first.p[HANDSHAKE_TYPE], HELLO_VERIFY_REQUEST);
    CU_ASSERT(first.n < n);
    CU_ASSERT_EQUAL(rt_tls_timeout(pair.server.tls), -1);
    rt_tls_feed(pair.server.tls, gba_view_of(hello, n));
    CU_ASSERT(rt_tls_take(pair.server.tls, &second));
    T_BYTES(rt_buf_view(&second), rt_buf_view(&first));
    rt_tls_feed(pair.client.tls, rt_buf_view(&first));
    rt_buf_free(&first);
    rt_buf_free(&second);
    pair_pump(&pair);
    pair_carries(&pair);
}

static void cookie_changed(void)
{
    enum { COOKIE_AT = 13 + 12 + 2 + 32 + 1 + 1 };
    uint8_t hello[512];
    struct rt_buf out = {0};
    pair_connect(&pair);
    size_t n = hello_of(hello, sizeof hello);
    rt_tls_feed(pair.server.tls, gba_view_of(hello, n));
    CU_ASSERT(rt_tls_take(pair.server.tls, &out));
    rt_tls_feed(pair.client.tls, rt_buf_view(&out));
    rt_buf_free(&out);
    n = hello_of(hello, sizeof hello);
    hello[COOKIE_AT] ^= 1;
    rt_tls_feed(pair.server.tls, gba_view_of(hello, n));
    CU_ASSERT(rt_tls_take(pair.server.tls, &out));
    CU_ASSERT_EQUAL(out.p[13], 3); /* another HelloVerifyRequest */
    rt_buf_free(&out);
    hello[COOKIE_AT] ^= 1;
    rt_tls_feed(pair.server.tls, gba_view_of(hello, n));
    CU_ASSERT(rt_tls_take(pair.server.tls, &out));
    CU_ASSERT_EQUAL(out.p[13], 2); /* ServerHello */
    rt_buf_free(&out);
}

static CU_TestInfo cookies[] = {
    {"asked for first, and nothing else happens", cookie_first},
    {"must be right", cookie_changed},
    CU_TEST_INFO_NULL,
};

/* ---- good ---- */

static void keys(void)
{
    run();
    pair_carries(&pair);
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->suite, 0xC0A8);
    CU_ASSERT(rt_tls_peer(pair.server.tls)->dtls);
    CU_ASSERT_EQUAL(rt_tls_timeout(pair.client.tls), -1);
    CU_ASSERT_EQUAL(rt_tls_timeout(pair.server.tls), -1);
}

static void certificates(void)
{
    end();
    begin_with_certificates();
    pair.client.hold = pair.server.hold = true;
    run();
    rt_tls_answer(pair.client.ask, &pair.client.answer);
    pair_pump(&pair);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    pair_carries(&pair);
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->suite, 0xC0AE);
    T_BYTES(rt_buf_view(&pair.client.staple), GBA_LIT("staple"));
}

static void datagrams_have_borders(void)
{
    static const uint8_t large[1500];
    struct rt_buf got = {0};
    struct rt_buf datagram = {0};
    run();
    T_RC(rt_tls_write(pair.client.tls, GBA_ARRAY(large)), GBA_E_TOO_LONG);
    T_OK(rt_tls_write(pair.client.tls, gba_view_sub(GBA_ARRAY(large), 0, 1300)));
    T_OK(rt_tls_write(pair.client.tls, GBA_LIT("two")));
    for (int i = 0; i < 2; i++) {
        CU_ASSERT(rt_tls_take(pair.client.tls, &datagram));
        CU_ASSERT(datagram.n <= 1400);
        rt_tls_feed(pair.server.tls, rt_buf_view(&datagram));
        rt_buf_free(&datagram);
    }
    CU_ASSERT(rt_tls_read(pair.server.tls, &got));
    CU_ASSERT_EQUAL(got.n, 1300);
    rt_buf_free(&got);
    CU_ASSERT(rt_tls_read(pair.server.tls, &got));
    T_BYTES(rt_buf_view(&got), GBA_LIT("two"));
    rt_buf_free(&got);
}

/* A chain larger than a datagram goes in several. */
static void long_chain(void)
{
    static char pem[8 * PAIR_PEM_MAX];
    gba_writer w = gba_writer_of(pem, sizeof pem);
    end();
    begin_with_certificates();
    for (int i = 0; i < 8; i++)
        gba_put_view(&w, gba_view_cstr(i == 0 ? theirs.cert : mine.cert));
    pair_context(&pair.server, &(struct rt_tls_ctx_conf){.server = true,
                                                         .dtls = true,
                                                         .suites = PAIR_DTLS_CERT_SUITE,
                                                         .cert_pem = gba_writer_view(&w),
                                                         .key_pem = gba_view_cstr(theirs.key)});
    run();
    CU_ASSERT(pair.server.sent.n > MTU);
    CU_ASSERT(pair.server.largest <= MTU);
    CU_ASSERT_EQUAL(pair.client.shown_n, 8);
    pair_carries(&pair);
}

static void closes(void)
{
    run();
    rt_tls_shut(pair.server.tls);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(rt_tls_state(pair.client.tls), RT_TLS_CLOSED);
}

/* The client repeats its flight while the server waits for an answer. */
static void repeats_while_asking(void)
{
    pair.server.hold = true;
    run();
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_ASKING);
    CU_ASSERT_EQUAL(rt_tls_timeout(pair.server.tls), -1);
    for (int i = 0; i < 3; i++) {
        tick(&pair.client);
        pair_pump(&pair);
    }
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    run_timers();
    pair_carries(&pair);
    CU_ASSERT_EQUAL(pair.server.psk_asked, 1);
}

static CU_TestInfo good[] = {
    {"keys", keys},
    {"certificates, answers later", certificates},
    {"datagrams keep their borders", datagrams_have_borders},
    {"a long chain", long_chain},
    {"close", closes},
    {"flights repeated while an answer is awaited", repeats_while_asking},
    CU_TEST_INFO_NULL,
};

/* ---- bad paths ---- */

static int victim; /* the datagram that something happens to */
static bool victim_to_server;

static int lost(const struct pair_end *to, int i)
{
    return (to == &pair.server) == victim_to_server && i == victim ? 0 : 1;
}

static int doubled(const struct pair_end *to, int i)
{
    (void)to;
    (void)i;
    return 2;
}

static int late(const struct pair_end *to, int i)
{
    return (to == &pair.server) == victim_to_server && i == victim ? -1 : 1;
}

static uint32_t luck;

/* Of ten datagrams two are lost, one comes twice and two come late. */
static int bad_luck(const struct pair_end *to, int i)
{
    static const int fates[10] = {0, 0, 2, -1, -1, 1, 1, 1, 1, 1};
    (void)to;
    (void)i;
    luck = luck * 1664525 + 1013904223;
    return fates[(luck >> 24) % 10];
}

static void completes_with(int (*fate)(const struct pair_end *, int), void (*start)(void))
{
    end();
    start();
    pair.fate = fate;
    run();
    pair.fate = NULL;
    rt_buf_free(&pair.client.delayed);
    rt_buf_free(&pair.server.delayed);
    pair_carries(&pair);
}

static void each_in_turn(int (*fate)(const struct pair_end *, int))
{
    for (victim = 1; victim <= 8; victim++) {
        for (int to_server = 0; to_server < 2; to_server++) {
            victim_to_server = to_server;
            completes_with(fate, begin);
            completes_with(fate, begin_with_certificates);
        }
    }
}

static void each_lost(void)
{
    each_in_turn(lost);
}

static void each_late(void)
{
    each_in_turn(late);
}

static void all_doubled(void)
{
    completes_with(doubled, begin);
    completes_with(doubled, begin_with_certificates);
}

static void all_at_once(void)
{
    for (uint32_t seed = 0; seed < 40; seed++) {
        luck = seed;
        completes_with(bad_luck, begin);
        completes_with(bad_luck, begin_with_certificates);
    }
}

static CU_TestInfo paths[] = {
    {"each datagram lost in turn", each_lost},
    {"each datagram late in turn", each_late},
    {"all datagrams twice", all_doubled},
    {"lost, doubled and late", all_at_once},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"hostile", NULL, NULL, begin, end, hostile},
                             {"cookies", NULL, NULL, begin, end, cookies},
                             {"good", NULL, NULL, begin, end, good},
                             {"bad paths", NULL, NULL, begin, end, paths},
                             CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
