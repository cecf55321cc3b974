/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Diameter port against peers that break the protocol, and its ordinary
 * duties.  Every case has a node of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/system/dia_world.h"

static struct t_world *const w = &t_world;

static gba_writer message(void)
{
    return gba_writer_of(w->octets, sizeof w->octets);
}

/* ---- requests that stop an unguarded process ---- */

/* Session-Id with V bit and Vendor-Id 0: freeDiameter alone aborts on it. */
static void survives_session_id_of_vendor_0(void)
{
    t_world_prepare();
    t_world_start();
    t_world_connect(&w->one);
    t_world_connect(&w->two);
    gba_writer out = message();
    t_dia_begin(&out, (struct t_dia_header){T_DIA_REQUEST | T_DIA_PROXIABLE, T_MAR, DIA_APP_ZH, 7, 7});
    t_avp_odd(&out, 263, T_AVP_V | T_AVP_M, 16, GBA_LIT("\0\0\0\0abcd"));
    t_avp_text(&out, 264, 0, "one.test");
    t_avp_text(&out, 296, 0, "test");
    t_avp_text(&out, 283, 0, "test");
    t_dia_end(&out);
    CU_ASSERT_TRUE(t_world_send(&w->one, &out));
    CU_ASSERT_TRUE(t_world_closed(&w->one, T_WAIT_MS));
    CU_ASSERT_TRUE(t_node_alive(&w->node));
    CU_ASSERT_TRUE(t_world_serves(&w->two));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 1"));
    t_peer_close(&w->one);
    t_world_connect(&w->one);
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    t_world_stop();
}

static void refuses_unknown_peer(void)
{
    t_world_prepare();
    t_world_start();
    struct t_peer *stranger = &w->one;
    *stranger = t_peer_of("stranger.test", "test");
    CU_ASSERT_TRUE_FATAL(t_peer_connect(stranger, w->port, T_WAIT_MS));
    CU_ASSERT_FALSE(t_peer_open(stranger, T_WAIT_MS));
    CU_ASSERT_EQUAL(t_dia_find_u32(GBA_ARRAY(stranger->message), T_RESULT_CODE, 0), 3010);
    gba_writer out = message();
    t_dia_request(stranger, &out, T_MAR, "test");
    t_dia_end(&out);
    t_world_send(stranger, &out);
    CU_ASSERT_TRUE(t_world_closed(stranger, T_WAIT_MS));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "served", "served 0"));
    t_peer_close(stranger);
    t_world_connect(&w->two);
    CU_ASSERT_TRUE(t_world_serves(&w->two));
    t_world_stop();
}

static void refuses_command_without_handler(void)
{
    gba_view answer;
    t_world_prepare();
    t_world_start();
    t_world_connect(&w->one);
    gba_writer out = message();
    t_dia_request(&w->one, &out, T_MAR, "test");
    t_dia_end(&out);
    gba_writer app = gba_writer_of(w->octets + 8, 4);
    gba_put_u32(&app, DIA_APP_ZN);
    CU_ASSERT_TRUE(t_world_send(&w->one, &out));
    CU_ASSERT_EQUAL_FATAL(t_peer_receive(&w->one, &answer, T_WAIT_MS), T_GOT);
    CU_ASSERT_EQUAL(t_dia_find_u32(answer, T_RESULT_CODE, 0), 3001);
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    t_world_stop();
}

/* The loop is busy for a second: what comes meanwhile is bounded. */
static void says_busy_when_flooded(void)
{
    enum { FLOOD = 8800 };
    unsigned good = 0, busy = 0;
    gba_view answer;
    t_world_prepare();
    t_world_start();
    t_world_connect(&w->one);
    CU_ASSERT_TRUE(t_node_tell(&w->node, "nap 2500"));
    for (unsigned i = 0; i < FLOOD; i++) {
        gba_writer out = message();
        t_dia_request(&w->one, &out, T_MAR, "test");
        t_dia_end(&out);
        CU_ASSERT_TRUE_FATAL(t_world_send(&w->one, &out));
    }
    while (good + busy < FLOOD && t_peer_receive(&w->one, &answer, T_WAIT_MS) == T_GOT) {
        uint32_t result = t_dia_find_u32(answer, T_RESULT_CODE, 0);
        good += result == 2001;
        busy += result == 3004;
    }
    CU_ASSERT_EQUAL(good + busy, FLOOD);
    CU_ASSERT_TRUE(busy > 0);
    CU_ASSERT_TRUE(good >= 8192);
    t_world_hears("nap");
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    t_world_stop();
}

/* A NAF must not get to play the HSS: who connects to us is not asked, whatever its CER says. */
static void asks_nobody_who_connected(void)
{
    gba_view request;
    t_world_prepare();
    t_world_add_hss();
    t_world_start();
    t_world_connect(&w->one);
    CU_ASSERT_TRUE(t_node_say(&w->node, T_WAIT_MS, "ask 3 1000"));
    CU_ASSERT_TRUE(gba_view_contains(gba_view_cstr(w->node.reply), GBA_LIT("ok=0")));
    CU_ASSERT_TRUE(gba_view_contains(gba_view_cstr(w->node.reply), GBA_LIT("nopeer=3")));
    CU_ASSERT_EQUAL(t_peer_receive(&w->one, &request, 100), T_NOTHING);
    t_world_stop();
}

/* ---- answers that stop an unguarded process, or never reach who asked ---- */

static void put_start(gba_writer *out, gba_view req)
{
    struct t_dia_header h = t_dia_header_of(req);
    h.flags = T_DIA_PROXIABLE;
    t_dia_begin(out, h);
}

static void put_session(gba_writer *out, gba_view req)
{
    t_avp(out, 263, 0, t_dia_find(req, 263, 0));
}

static void put_application(gba_writer *out)
{
    size_t at = t_group(out, 260, 0);
    t_avp_u32(out, 266, 0, DIA_VENDOR_3GPP);
    t_avp_u32(out, 258, 0, DIA_APP_ZH);
    t_group_end(out, at);
}

static void put_rest(gba_writer *out)
{
    t_avp_u32(out, 277, 0, 1);
    t_avp_text(out, 264, 0, "hss.test");
    t_avp_text(out, 296, 0, "test");
}

static void unknown_mandatory_avp(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    t_avp_text(out, 65000, 99999, "SECRETSECRET");
    put_application(out);
    t_avp_u32(out, 268, 0, 2001);
    put_rest(out);
}

static void short_result_code(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    put_application(out);
    t_avp(out, 268, 0, GBA_LIT("\x07\xd1"));
    put_rest(out);
}

static void bad_application_group(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    t_avp_text(out, 260, 0, "SECRETSECRET not a group");
    t_avp_u32(out, 268, 0, 2001);
    put_rest(out);
}

static void no_application(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    t_avp_u32(out, 268, 0, 2001);
    put_rest(out);
}

static void no_avps(gba_writer *out, gba_view req)
{
    put_start(out, req);
}

static void no_session(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_application(out);
    t_avp_u32(out, 268, 0, 2001);
    put_rest(out);
}

static void other_session(gba_writer *out, gba_view req)
{
    put_start(out, req);
    t_avp_text(out, 263, 0, "somebody.else;1;2");
    put_application(out);
    t_avp_u32(out, 268, 0, 2001);
    put_rest(out);
}

static void no_result_code(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    put_application(out);
    put_rest(out);
}

static void two_result_codes(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    put_application(out);
    t_avp_u32(out, 268, 0, 2001);
    t_avp_u32(out, 268, 0, 5012);
    put_rest(out);
}

static void truncated_avp(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    t_avp_odd(out, 268, T_AVP_M, 64, GBA_LIT("\0\0\x07\xd1"));
}

static void avp_shorter_than_header(gba_writer *out, gba_view req)
{
    put_start(out, req);
    put_session(out, req);
    t_avp_odd(out, 268, T_AVP_M, 7, GBA_LIT("\0\0\x07\xd1"));
}

static void nobody_asked(gba_writer *out, gba_view req)
{
    struct t_dia_header h = t_dia_header_of(req);
    h.flags = T_DIA_PROXIABLE;
    h.hop ^= 0x55555555;
    t_dia_begin(out, h);
    put_session(out, req);
    put_application(out);
    t_avp_u32(out, 268, 0, 2001);
    put_rest(out);
}

/* What becomes of the request.  "ok": the answer is given to who asked, whose
 * codec judges it. */
static const struct {
    const char *name;
    void (*put)(gba_writer *, gba_view req);
    const char *heard;
    bool disconnects;
} bad_answers[] = {
    {"unknown mandatory AVP", unknown_mandatory_avp, "asked ok=0 time=0 drop=1", false},
    {"Result-Code of two octets", short_result_code, "asked ok=0 time=0 drop=1", false},
    {"bad application group", bad_application_group, "asked ok=0 time=0 drop=1", false},
    {"no application", no_application, "asked ok=1", false},
    {"no AVPs", no_avps, "asked ok=0 time=0 drop=1", false},
    {"no Session-Id", no_session, "asked ok=0 time=0 drop=1", false},
    {"another Session-Id", other_session, "asked ok=0 time=0 drop=1", false},
    {"no Result-Code", no_result_code, "asked ok=1", false},
    {"two Result-Codes", two_result_codes, "asked ok=1", false},
    {"truncated AVP", truncated_avp, "asked ok=0 time=0 drop=0 nopeer=1", true},
    {"AVP shorter than its header", avp_shorter_than_header, "asked ok=0 time=0 drop=0 nopeer=1", true},
    {"nobody asked", nobody_asked, "asked ok=0 time=1", false},
};

static void completes_after_bad_answer(size_t i)
{
    printf("# %s\n", bad_answers[i].name);
    gba_writer out = message();
    CU_ASSERT_TRUE_FATAL(t_node_tell(&w->node, "ask 1 1500"));
    bad_answers[i].put(&out, t_world_request());
    t_dia_end(&out);
    CU_ASSERT_TRUE(t_world_send(&w->hss, &out));
    t_world_hears(bad_answers[i].heard);
    CU_ASSERT_TRUE_FATAL(t_node_alive(&w->node));
    if (bad_answers[i].disconnects) {
        CU_ASSERT_TRUE(t_world_closed(&w->hss, T_WAIT_MS));
        t_world_meet_hss();
    }
    CU_ASSERT_TRUE(t_world_asks());
}

static void every_bad_answer_completes(void)
{
    t_world_start_with_hss();
    for (size_t i = 0; i < sizeof bad_answers / sizeof *bad_answers; i++)
        completes_after_bad_answer(i);
    t_world_stop();
}

static bool file_has(const char *path, const char *text)
{
    char line[2048];
    bool found = false;
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (!found && fgets(line, sizeof line, f))
        found = strstr(line, text);
    fclose(f);
    return found;
}

/* freeDiameter quotes bad AVPs in its log: ours must not. */
static void log_has_no_contents(void)
{
    char path[] = "/tmp/dia-log.XXXXXX";
    int fd = mkstemp(path);
    t_world_prepare();
    t_world_add_hss();
    w->node.log = path;
    t_world_start();
    t_world_meet_hss();
    completes_after_bad_answer(0);
    completes_after_bad_answer(2);
    t_world_stop();
    CU_ASSERT_TRUE(file_has(path, "dia.peer-open"));
    CU_ASSERT_TRUE(file_has(path, "dia.core"));
    CU_ASSERT_FALSE(file_has(path, "SECRETSECRET"));
    CU_ASSERT_FALSE(file_has(path, "5345435245545345")); /* in hexadecimal */
    close(fd);
    unlink(path);
}

/* ---- answers that come late, twice or never ---- */

static void silent_peer_meets_own_timer(void)
{
    unsigned ms = 0;
    t_world_start_with_hss();
    CU_ASSERT_TRUE(t_node_say(&w->node, T_WAIT_MS, "ask 3 400"));
    CU_ASSERT_EQUAL(strncmp(w->node.reply, "asked ok=0 time=3", 17), 0);
    const char *took = strstr(w->node.reply, "ms=");
    CU_ASSERT_TRUE(took && sscanf(took, "ms=%u", &ms) == 1);
    CU_ASSERT_TRUE(ms >= 400 && ms < 5400); /* long before the watchdog of freeDiameter */
    t_world_stop();
}

static void late_answer_is_ignored(void)
{
    t_world_start_with_hss();
    CU_ASSERT_TRUE(t_node_tell(&w->node, "ask 1 200"));
    gba_view req = t_world_request();
    t_world_hears("asked ok=0 time=1");
    t_world_answer(req);
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

static void second_answer_is_ignored(void)
{
    t_world_start_with_hss();
    CU_ASSERT_TRUE(t_node_tell(&w->node, "ask 1 3000"));
    gba_view req = t_world_request();
    t_world_answer(req);
    t_world_answer(req);
    t_world_hears("asked ok=1 time=0 drop=0 nopeer=0 busy=0 gone=0 twice=0");
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

static void no_peer_is_told_at_once(void)
{
    t_world_prepare();
    t_world_start();
    CU_ASSERT_TRUE(t_node_say(&w->node, 2000, "ask 5 60000"));
    CU_ASSERT_EQUAL(strncmp(w->node.reply, "asked ok=0 time=0 drop=0 nopeer=5", 33), 0);
    t_world_stop();
}

static void lost_peer_is_told_at_once(void)
{
    t_world_start_with_hss();
    CU_ASSERT_TRUE(t_node_tell(&w->node, "ask 5 60000"));
    for (int i = 0; i < 5; i++)
        t_world_request();
    t_peer_close(&w->hss);
    t_world_hears("asked ok=0 time=0 drop=0 nopeer=5");
    t_world_stop();
}

static void too_many_waiting_are_refused(void)
{
    t_world_prepare();
    t_world_add_hss();
    w->conf.max_waiting = 10;
    t_world_start();
    t_world_meet_hss();
    CU_ASSERT_TRUE(t_node_tell(&w->node, "ask 25 3000"));
    for (int i = 0; i < 10; i++)
        t_world_answer(t_world_request());
    t_world_hears("asked ok=10 time=0 drop=0 nopeer=0 busy=15 gone=0 twice=0");
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

/* ---- closing ---- */

/* The peer neither answers nor reads its DPR: freeDiameter would wait 14 s for it. */
static void close_is_bounded(void)
{
    unsigned ms = 0;
    t_world_start_with_hss();
    w->hss.mute = true;
    CU_ASSERT_TRUE(t_node_tell(&w->node, "ask 2 60000"));
    t_world_request();
    CU_ASSERT_TRUE(t_node_tell(&w->node, "close 300"));
    t_world_hears("asked ok=0 time=0 drop=0 nopeer=0 busy=0 gone=2 twice=0");
    t_world_hears("closed ");
    CU_ASSERT_EQUAL(sscanf(w->node.reply, "closed %u", &ms), 1);
    CU_ASSERT_TRUE(ms >= 300 && ms < 1300);
    t_world_stop();
}

/* ---- ordinary duties ---- */

static void serves_two_peers(void)
{
    t_world_prepare();
    t_world_start();
    t_world_connect(&w->one);
    t_world_connect(&w->two);
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 2"));
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(t_world_serves(&w->two));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "served", "served 2"));
    t_peer_close(&w->one);
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 1"));
    t_world_stop();
}

/* States and counters as others read them: both kinds of peers, lost and back. */
static void peers_are_known(void)
{
    t_world_start_with_hss();
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "knows",
                                "knows one.test=closed,0,0,0,0,0 two.test=closed,0,0,0,0,0 "
                                "hss.test=open,1,0,0,0,0"));
    t_world_connect(&w->one);
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(t_world_asks());
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "knows",
                                "knows one.test=open,1,2,2,0,0 two.test=closed,0,0,0,0,0 "
                                "hss.test=open,1,0,0,1,1"));
    t_peer_close(&w->one);
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "knows",
                                "knows one.test=closed,1,2,2,0,0 two.test=closed,0,0,0,0,0 "
                                "hss.test=open,1,0,0,1,1"));
    t_world_connect(&w->one);
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "knows",
                                "knows one.test=open,2,3,3,0,0 two.test=closed,0,0,0,0,0 "
                                "hss.test=open,1,0,0,1,1"));
    t_world_stop();
}

static void asks_and_serves(void)
{
    t_world_start_with_hss();
    t_world_connect(&w->one);
    CU_ASSERT_TRUE(t_world_asks());
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

/* All are sent before the first is answered, and answered last first. */
static void two_thousand_in_flight(void)
{
    enum { MANY = 2000, ROOM = 512 };
    uint8_t *requests = calloc(MANY, ROOM);
    size_t sizes[MANY];
    CU_ASSERT_PTR_NOT_NULL_FATAL(requests);
    t_world_start_with_hss();
    CU_ASSERT_TRUE(t_node_tell(&w->node, "ask 2000 20000"));
    for (size_t i = 0; i < MANY; i++) {
        gba_view req = t_world_request();
        CU_ASSERT_TRUE_FATAL(req.n <= ROOM);
        sizes[i] = req.n;
        gba_copy(requests + i * ROOM, req);
    }
    for (size_t i = MANY; i-- > 0;)
        t_world_answer(gba_view_of(requests + i * ROOM, sizes[i]));
    t_world_hears("asked ok=2000 time=0 drop=0 nopeer=0 busy=0 gone=0 twice=0");
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
    free(requests);
}

static void nagle_is_off_both_ways(void)
{
    t_world_start_with_hss();
    t_world_connect(&w->one);
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "delayed 2", "delayed 0"));
    t_world_stop();
}

/* The session thread waits on memory of the session that ends first: it must be one that stays. */
static void anchor_ends_first(void)
{
    t_world_start_with_hss();
    CU_ASSERT_TRUE(t_world_asks());
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "anchor", "anchor 11"));
    t_world_stop();
}

static void listens_where_told_only(const char *host)
{
    char want[80];
    t_world_prepare();
    t_set_port(&w->conf.listen, host, w->port);
    snprintf(want, sizeof want, "listens %s:%u", host, w->port);
    t_world_start();
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "listens", want));
    CU_ASSERT_STRING_EQUAL(w->node.reply, want);
    t_world_stop();
}

static void loopback_is_loopback(void)
{
    listens_where_told_only("127.0.0.1");
    listens_where_told_only("[::1]");
}

static void without_listen_nothing_listens(void)
{
    t_world_prepare();
    t_world_add_hss();
    w->conf.listen.n = 0;
    t_world_start();
    t_world_meet_hss();
    CU_ASSERT_TRUE(t_world_asks());
    CU_ASSERT_TRUE(t_node_say(&w->node, T_WAIT_MS, "listens"));
    CU_ASSERT_STRING_EQUAL(w->node.reply, "listens");
    t_world_stop();
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"Session-Id of vendor 0", survives_session_id_of_vendor_0},
        {"unknown peer", refuses_unknown_peer},
        {"command without handler", refuses_command_without_handler},
        {"flood of requests", says_busy_when_flooded},
        {"asks nobody who connected", asks_nobody_who_connected},
        {"bad answers", every_bad_answer_completes},
        {"contents of bad answers in the log", log_has_no_contents},
        {"silent peer", silent_peer_meets_own_timer},
        {"late answer", late_answer_is_ignored},
        {"second answer", second_answer_is_ignored},
        {"no peer", no_peer_is_told_at_once},
        {"lost peer", lost_peer_is_told_at_once},
        {"too many waiting", too_many_waiting_are_refused},
        {"close with a hung peer", close_is_bounded},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"two peers are served", serves_two_peers},
        {"peers are known", peers_are_known},
        {"asks and serves", asks_and_serves},
        {"two thousand in flight", two_thousand_in_flight},
        {"Nagle's algorithm is off", nagle_is_off_both_ways},
        {"the session anchor ends first", anchor_ends_first},
        {"listens on loopback only", loopback_is_loopback},
        {"listens not at all", without_listen_nothing_listens},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
