/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"
#include "tests/unit/rt/tls_pair.h"

static struct pair pair;
static struct pair_cert mine, theirs;

static void begin_psk(void)
{
    pair_init(&pair, false, PAIR_PSK_SUITE, PAIR_PSK_SUITE);
}

static void both_have_certificates(bool dtls, const char *suites)
{
    pair_cert_make(&mine, "P-256");
    pair_cert_make(&theirs, "P-256");
    pair_init(&pair, dtls, suites, suites);
    pair_context(&pair.client, &(struct rt_tls_ctx_conf){.dtls = dtls,
                                                         .suites = suites,
                                                         .cert_pem = gba_view_cstr(mine.cert),
                                                         .key_pem = gba_view_cstr(mine.key)});
    pair_context(&pair.server, &(struct rt_tls_ctx_conf){.server = true,
                                                         .dtls = dtls,
                                                         .suites = suites,
                                                         .cert_pem = gba_view_cstr(theirs.cert),
                                                         .key_pem = gba_view_cstr(theirs.key),
                                                         .ask_cert = true,
                                                         .staple = GBA_LIT("a response")});
}

static void end(void)
{
    pair_free(&pair);
}

static void psk_completes(void)
{
    begin_psk();
    pair_connect(&pair);
    pair_pump(&pair);
    pair_carries(&pair);
    T_BYTES(gba_text_view(&pair.server.identity), GBA_LIT("me@example"));
    T_BYTES(gba_text_view(&pair.client.hint), GBA_LIT("the hint"));
    CU_ASSERT_EQUAL(pair.server.suite, 0x00AE);
    CU_ASSERT_EQUAL(pair.client.suite, 0x00AE);
    CU_ASSERT_EQUAL(rt_tls_peer(pair.server.tls)->suite, 0x00AE);
    T_BYTES(gba_text_view(&rt_tls_peer(pair.server.tls)->identity), GBA_LIT("me@example"));
    T_BYTES(gba_text_view(&rt_tls_peer(pair.server.tls)->who), GBA_LIT("somebody"));
    end();
}

static void certificates_complete(void)
{
    both_have_certificates(false, PAIR_CERT_SUITE);
    pair_connect(&pair);
    pair_pump(&pair);
    pair_carries(&pair);
    T_BYTES(rt_buf_view(&pair.client.leaf), gba_view_of(theirs.der, theirs.der_n));
    T_BYTES(rt_buf_view(&pair.server.leaf), gba_view_of(mine.der, mine.der_n));
    T_BYTES(rt_buf_view(&pair.client.staple), GBA_LIT("a response"));
    CU_ASSERT_FALSE(pair.server.staple_seen);
    end();
}

static void late_answer(void)
{
    begin_psk();
    pair.server.hold = true;
    pair_connect(&pair);
    pair_pump(&pair);
    CU_ASSERT_EQUAL(rt_tls_state(pair.server.tls), RT_TLS_ASKING);
    rt_tls_answer(pair.server.ask, &pair.server.answer);
    pair_pump(&pair);
    pair_carries(&pair);
    end();
}

static void dtls_completes(void)
{
    pair_init(&pair, true, PAIR_DTLS_PSK_SUITE, PAIR_DTLS_PSK_SUITE);
    pair_connect(&pair);
    pair_pump(&pair);
    pair_carries(&pair);
    end();
    both_have_certificates(true, PAIR_DTLS_CERT_SUITE);
    pair_connect(&pair);
    pair_pump(&pair);
    pair_carries(&pair);
    end();
}

static CU_TestInfo good[] = {
    {"pre-shared key", psk_completes},
    {"certificates both ways, staple", certificates_complete},
    {"answer later", late_answer},
    {"DTLS", dtls_completes},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"handshakes", NULL, NULL, NULL, NULL, good}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
