/* SPDX-License-Identifier: Apache-2.0 */
/* Zh routing: who is asked, who is asked next, when it is over, and how odd HSS are read. */
#include "tests/unit/bsf/bench_zh.h"

/* ---- routes ---- */

static void domains_choose_the_realm(void)
{
    ask(IMPI);
    T_STR(order.mar.route.dest_realm, "one.example");
    good_from("hss1.example");
    ask("user@IMS.two.example");
    T_STR(order.mar.route.dest_realm, "two.example");
    CU_ASSERT_PTR_NULL(order.mar.route.dest_host.p);
    answer(DIA_SUCCESS);
    done(GBA_OK);
    ask("user@ims.three.example");
    done(GBA_E_ZH_ROUTE);
    ask("user");
    done(GBA_E_ZH_ROUTE);
    set(&routes[1].domain, "*");
    ask("user");
    T_STR(order.mar.route.dest_realm, "two.example");
}

static void realm_and_host_are_short_for_a_route(void)
{
    conf.zh.routes.n = 0;
    set(&conf.zh.realm, "home.example");
    open_engine();
    ask(IMPI);
    T_STR(order.mar.route.dest_realm, "home.example");
    CU_ASSERT_PTR_NULL(order.mar.route.dest_host.p);
    answer(DIA_SUCCESS);
    set(&conf.zh.host, "hss2.example");
    open_engine();
    ask(IMPI);
    good_from("hss2.example");
}

/* ---- failover and failback ---- */

static void silence_leads_to_the_next(void)
{
    ask(IMPI);
    sent_to("hss1.example");
    CU_ASSERT_FALSE(order.mar.again);
    CU_ASSERT_EQUAL(order.timeout_ms, 1000);
    time_out();
    CU_ASSERT_TRUE(order.mar.again);
    T_RC(order.failed, GBA_E_DIA_TIMEOUT);
    T_STR(order.failed_host, "hss1.example");
    good_from("hss2.example");
    CU_ASSERT_EQUAL(zr.counts.attempts, 2);
    CU_ASSERT_EQUAL(zr.counts.again, 1);
}

static void other_failures_lead_to_the_next(void)
{
    static const uint32_t codes[] = {
        DIA_UNABLE_TO_DELIVER, DIA_REALM_NOT_SERVED, DIA_TOO_BUSY, DIA_APPLICATION_UNSUPPORTED,
        DIA_UNABLE_TO_COMPLY,  DIA_MISSING_AVP,      4002};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        open_engine();
        ask(IMPI);
        answer(codes[i]);
        CU_ASSERT_FALSE(order.mar.again);
        good_from("hss2.example");
    }
    open_engine();
    ask(IMPI);
    get(GBA_E_DIA_UNDELIVERABLE);
    sent_to("hss2.example");
    get(GBA_E_DIA_LENGTH);
    good_from("hss3.example");
}

static void a_no_is_a_no(void)
{
    ask(IMPI);
    answer_experimental(DIA_EXP_IDENTITY_UNKNOWN);
    done(GBA_E_ZH_IDENTITY);
    ask(IMPI);
    answer_experimental(DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED);
    done(GBA_E_ZH_SCHEME);
    CU_ASSERT_EQUAL(zr.counts.attempts, 2);
}

static void all_say_no(void)
{
    ask(IMPI);
    for (size_t i = 0; i < 3; i++)
        answer(DIA_UNABLE_TO_COMPLY);
    done(GBA_E_ZH_REFUSED);
    CU_ASSERT_EQUAL(zr.counts.attempts, 3);
}

static void the_total_time_counts(void)
{
    conf.zh.timeout_ms = 1500;
    ask(IMPI);
    time_out();
    sent_to("hss2.example");
    CU_ASSERT_EQUAL(order.timeout_ms, 500);
    time_out();
    done(GBA_E_ZH_BUSY);
    CU_ASSERT_EQUAL(zr.counts.latency[10], 1); /* up to 2 s */
}

static void attempts_are_counted(void)
{
    conf.zh.attempts = 2;
    ask(IMPI);
    get(GBA_E_DIA_UNDELIVERABLE);
    get(GBA_E_DIA_UNDELIVERABLE);
    done(GBA_E_ZH_BUSY);
}

/* A relay that swallows the first question. */
static void the_only_host_is_asked_again(void)
{
    routes[0].hosts.n = 1;
    open_engine();
    ask(IMPI);
    time_out();
    CU_ASSERT_TRUE(order.mar.again);
    good_from("hss1.example");
    ask(IMPI);
    get(GBA_E_DIA_UNDELIVERABLE); /* asking again at once would be in vain */
    done(GBA_E_ZH_BUSY);
}

static void a_silent_host_is_shunned(void)
{
    for (size_t i = 0; i < 3; i++) {
        ask(IMPI);
        sent_to("hss1.example");
        time_out();
        good_from("hss2.example");
    }
    CU_ASSERT_EQUAL(bsf_zh_host_health(host("hss1.example"), world.env.mono_ms), BSF_ZH_DOWN);
    ask(IMPI);
    good_from("hss2.example");
    fake_world_pass(&world, 2000);
    /* one question tries; others do not wait for it */
    ask(IMPI);
    sent_to("hss1.example");
    struct bsf_zh_run probe = run;
    ask(IMPI);
    good_from("hss2.example");
    run = probe;
    answer(DIA_SUCCESS);
    done(GBA_OK);
    ask(IMPI);
    good_from("hss1.example");
}

static void nobody_well_is_no_reason_not_to_ask(void)
{
    ask(IMPI);
    for (size_t i = 0; i < 3; i++)
        get(GBA_E_DIA_UNDELIVERABLE);
    done(GBA_E_ZH_BUSY);
    ask(IMPI);
    good_from("hss1.example");
    CU_ASSERT_EQUAL(bsf_zh_host_health(host("hss1.example"), world.env.mono_ms), BSF_ZH_WELL);
}

static void connections_tell_who_is_there(void)
{
    bsf_zh_hosts_link(&zr.hosts, GBA_LIT("hss1.example"), false);
    bsf_zh_hosts_link(&zr.hosts, GBA_LIT("naf.example"), false);
    ask(IMPI);
    good_from("hss2.example");
    bsf_zh_hosts_link(&zr.hosts, GBA_LIT("HSS1.example"), true);
    ask(IMPI);
    good_from("hss1.example");
    /* back from the dead at once, not after the time of shunning */
    ask(IMPI);
    get(GBA_E_DIA_UNDELIVERABLE);
    good_from("hss2.example");
    bsf_zh_hosts_link(&zr.hosts, GBA_LIT("hss1.example"), false);
    bsf_zh_hosts_link(&zr.hosts, GBA_LIT("hss1.example"), true);
    ask(IMPI);
    good_from("hss1.example");
}

static void queues_are_bounded(void)
{
    static struct bsf_zh_run waiting[30];
    for (size_t i = 0; i < 30; i++) {
        ask(IMPI);
        CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZH_SEND);
        waiting[i] = run;
    }
    CU_ASSERT_EQUAL(host("hss1.example")->waiting, 10);
    CU_ASSERT_EQUAL(host("hss3.example")->waiting, 10);
    ask(IMPI);
    done(GBA_E_ZH_QUEUE);
    run = waiting[0];
    answer(DIA_SUCCESS);
    ask(IMPI);
    good_from("hss1.example");
}

static void our_own_limits_are_no_fault_of_the_host(void)
{
    for (size_t i = 0; i < 5; i++) {
        ask(IMPI);
        get(GBA_E_DIA_BUSY);
        done(GBA_E_ZH_QUEUE);
    }
    ask(IMPI);
    get(GBA_E_PEER_GONE); /* we are about to end */
    done(GBA_E_ZH_BUSY);
    CU_ASSERT_EQUAL(host("hss1.example")->counts.failures, 0);
    CU_ASSERT_EQUAL(host("hss1.example")->waiting, 0);
}

/* ---- resynchronisation ---- */

static void unanswered_auts_may_be_sent_again(void)
{
    ask_resync();
    CU_ASSERT_TRUE(order.mar.resync);
    time_out();
    CU_ASSERT_TRUE(order.mar.resync && order.mar.again);
    answer(DIA_TOO_BUSY);
    CU_ASSERT_EQUAL(order.mar.auts.b[0], 2);
    good_from("hss3.example");
}

static void answered_auts_is_never_sent_again(void)
{
    ask_resync();
    answer(DIA_UNABLE_TO_COMPLY);
    done(GBA_E_ZH_RESYNC);
    ask_resync();
    get(GBA_E_DIA_LENGTH);
    done(GBA_E_ZH_PROTOCOL);
    ask_resync();
    get(GBA_E_DIA_DROPPED);
    done(GBA_E_ZH_BUSY);
    ask_resync();
    maa.impi = GBA_LIT("somebody@else.example");
    answer(DIA_SUCCESS);
    done(GBA_E_ZH_PROTOCOL);
    CU_ASSERT_EQUAL(zr.counts.attempts, 4);
}

/* ---- quirks ---- */

static void application_and_scheme_of_the_host(void)
{
    hosts[0].application = DIA_APP_ZN;
    set(&hosts[0].scheme, "Unknown");
    ask(IMPI);
    CU_ASSERT_EQUAL(order.mar.application, DIA_APP_ZN);
    T_STR(order.mar.scheme, "Unknown");
    time_out();
    sent_to("hss2.example");
    CU_ASSERT_EQUAL(order.mar.application, DIA_APP_ZH);
    CU_ASSERT_PTR_NULL(order.mar.scheme.p);
    answer(DIA_SUCCESS);
    /* a question for something else than AKA says so itself */
    struct bsf_zh_ask digest = {.impi = GBA_LIT(IMPI), .scheme = GBA_LIT("SIP Digest")};
    bsf_zh_route_ask(&zr, &run, &world.env, &digest, &order);
    T_STR(order.mar.scheme, "SIP Digest");
}

static void unknown_user_in_other_words(void)
{
    ask(IMPI);
    answer_experimental(DIA_EXP_USER_UNKNOWN); /* 5001 of Cx */
    done(GBA_E_ZH_IDENTITY);
    ask(IMPI);
    answer(DIA_EXP_IDENTITY_UNKNOWN); /* as a Result-Code: no, but which */
    done(GBA_E_ZH_REFUSED);
    hosts[0].results = BSF_ZH_RESULTS_ALIKE;
    ask(IMPI);
    answer(DIA_EXP_IDENTITY_UNKNOWN);
    done(GBA_E_ZH_IDENTITY);
    ask(IMPI);
    answer(DIA_EXP_USER_UNKNOWN);
    done(GBA_E_ZH_IDENTITY);
}

static void results_in_the_other_avp(void)
{
    maa.vector.xres.n = 8;
    maa.result = (struct dia_result){true, DIA_SUCCESS};
    maa.said = DIA_SUCCESS;
    maa.has_vector = true;
    ask(IMPI);
    get(GBA_OK);
    done(GBA_E_ZH_REFUSED);
    hosts[0].results = BSF_ZH_RESULTS_ALIKE;
    ask(IMPI);
    get(GBA_OK);
    done(GBA_OK);
    ask(IMPI);
    answer_experimental(DIA_TOO_BUSY);
    sent_to("hss2.example");
    /* another vendor's Experimental-Result: the decoder says UNABLE_TO_COMPLY, and what was said */
    open_engine();
    ask(IMPI);
    maa.result = (struct dia_result){false, DIA_UNABLE_TO_COMPLY};
    maa.said = DIA_EXP_IDENTITY_UNKNOWN;
    maa.has_vector = false;
    get(GBA_OK);
    done(GBA_E_ZH_IDENTITY);
    hosts[0].results = BSF_ZH_RESULTS_STANDARD;
    ask(IMPI);
    get(GBA_OK);
    done(GBA_E_ZH_REFUSED);
}

static void xres_of_any_length(void)
{
    for (size_t n = 3; n <= 17; n++) {
        open_engine();
        ask(IMPI);
        maa.result = (struct dia_result){false, DIA_SUCCESS};
        maa.said = DIA_SUCCESS;
        maa.has_vector = true;
        maa.vector.xres.n = n;
        get(GBA_OK);
        if (n < 4)
            sent_to("hss2.example");
        else
            done(GBA_OK);
    }
}

int main(void)
{
    CU_TestInfo routing[] = {
        {"domains choose the realm", domains_choose_the_realm},
        {"realm and host are short for a route", realm_and_host_are_short_for_a_route},
        {"silence leads to the next host", silence_leads_to_the_next},
        {"so do other failures", other_failures_lead_to_the_next},
        {"a no is a no", a_no_is_a_no},
        {"all hosts say no", all_say_no},
        {"the total time counts", the_total_time_counts},
        {"attempts are counted", attempts_are_counted},
        {"the only host is asked again", the_only_host_is_asked_again},
        {"a silent host is shunned, and tried", a_silent_host_is_shunned},
        {"nobody well is no reason not to ask", nobody_well_is_no_reason_not_to_ask},
        {"connections tell who is there", connections_tell_who_is_there},
        {"queues are bounded", queues_are_bounded},
        {"our own limits are no fault of the host", our_own_limits_are_no_fault_of_the_host},
        {"AUTS without an answer may be sent again", unanswered_auts_may_be_sent_again},
        {"AUTS with an answer is never sent again", answered_auts_is_never_sent_again},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo quirks[] = {
        {"application and scheme", application_and_scheme_of_the_host},
        {"an unknown user in other words", unknown_user_in_other_words},
        {"results in the other AVP", results_in_the_other_avp},
        {"XRES of any length", xres_of_any_length},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"zh routing", NULL, NULL, set_up, tear_down, routing},
        {"zh quirks", NULL, NULL, set_up, tear_down, quirks},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
