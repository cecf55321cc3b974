/* SPDX-License-Identifier: Apache-2.0 */
/* Zh routing: redirect agents (SLF) and overload reports. */
#include "tests/unit/bsf/bench_zh.h"

/* ---- redirects ---- */

#define USER_SLF "user@ims.slf.example"

static void redirect_is_followed(void)
{
    ask(USER_SLF);
    sent_to("slf.example");
    answer_redirect("aaa://hss2.example:3868;transport=tcp", DIA_REDIRECT_DONT_CACHE, 600);
    good_from("hss2.example");
    ask(USER_SLF);
    sent_to("slf.example"); /* not to be kept */
    answer_redirect("hss2.example", DIA_REDIRECT_ALL_SESSION, 600);
    T_STR(order.mar.route.dest_realm, "slf.example");
    good_from("hss2.example");
    ask(USER_SLF);
    sent_to("slf.example");
    CU_ASSERT_EQUAL(zr.counts.redirects, 2);
}

static void redirect_of_the_user_is_kept(void)
{
    ask(USER_SLF);
    answer_redirect("hss2.example", DIA_REDIRECT_ALL_USER, 600);
    good_from("hss2.example");
    ask("other@ims.slf.example");
    sent_to("slf.example");
    answer(DIA_SUCCESS);
    ask(USER_SLF);
    good_from("hss2.example");
    CU_ASSERT_EQUAL(zr.counts.redirects_kept, 1);
    fake_world_pass(&world, 600000);
    ask(USER_SLF);
    sent_to("slf.example");
}

static void redirect_of_the_realm_or_host_is_kept(void)
{
    static const uint32_t usages[] = {DIA_REDIRECT_ALL_REALM, DIA_REDIRECT_REALM_AND_APPLICATION,
                                      DIA_REDIRECT_ALL_APPLICATION, DIA_REDIRECT_ALL_HOST};
    for (size_t i = 0; i < 4; i++) {
        open_engine();
        ask(USER_SLF);
        answer_redirect("hss3.example", usages[i], 60);
        good_from("hss3.example");
        ask("other@ims.slf.example");
        good_from("hss3.example");
        ask(IMPI);
        good_from("hss1.example");
        fake_world_pass(&world, 60000);
        ask("other@ims.slf.example");
        sent_to("slf.example");
    }
}

static void redirects_are_kept_a_day_at_most_and_in_bounds(void)
{
    ask(USER_SLF);
    answer_redirect("hss2.example", DIA_REDIRECT_ALL_USER, UINT32_MAX);
    good_from("hss2.example");
    fake_world_pass(&world, 86400000);
    ask(USER_SLF);
    sent_to("slf.example");
    for (char c = 'a'; c <= 'f'; c++) {
        char impi[] = "x@ims.slf.example";
        impi[0] = c;
        ask(impi);
        answer_redirect("hss2.example", DIA_REDIRECT_ALL_USER, 60);
        good_from("hss2.example");
    }
    CU_ASSERT_EQUAL(zr.cache.slots.n, 4);
    ask("a@ims.slf.example");
    sent_to("slf.example");
    ask("f@ims.slf.example");
    sent_to("hss2.example");
}

static void a_user_who_moved_is_looked_up_again(void)
{
    ask(USER_SLF);
    answer_redirect("hss2.example", DIA_REDIRECT_ALL_USER, 600);
    good_from("hss2.example");
    ask(USER_SLF);
    sent_to("hss2.example");
    answer_experimental(DIA_EXP_IDENTITY_UNKNOWN);
    sent_to("slf.example");
    answer_redirect("hss3.example", DIA_REDIRECT_ALL_USER, 600);
    good_from("hss3.example");
    ask(USER_SLF);
    sent_to("hss3.example");
    get(GBA_E_DIA_UNDELIVERABLE);
    sent_to("slf.example");
    answer_experimental(DIA_EXP_IDENTITY_UNKNOWN);
    done(GBA_E_ZH_IDENTITY);
}

static void redirects_do_not_go_in_circles(void)
{
    ask(USER_SLF);
    answer_redirect("slf.example", DIA_REDIRECT_DONT_CACHE, 0);
    /* it is being asked: no way there */
    done(GBA_E_ZH_LOOP);
    ask(USER_SLF);
    answer_redirect("hss1.example", DIA_REDIRECT_ALL_USER, 600);
    sent_to("hss1.example");
    answer_redirect("slf.example", DIA_REDIRECT_ALL_USER, 600);
    done(GBA_E_ZH_LOOP);
    open_engine();
    ask(USER_SLF);
    answer_redirect("hss1.example", DIA_REDIRECT_DONT_CACHE, 0);
    answer_redirect("hss2.example", DIA_REDIRECT_DONT_CACHE, 0);
    answer_redirect("hss3.example", DIA_REDIRECT_DONT_CACHE, 0);
    sent_to("hss3.example");
    answer_redirect("hss9.example", DIA_REDIRECT_DONT_CACHE, 0);
    done(GBA_E_ZH_LOOP);
}

static void redirects_lead_to_peers_or_relays(void)
{
    ask(USER_SLF);
    answer_redirect("hss.elsewhere.example", DIA_REDIRECT_ALL_USER, 600);
    done(GBA_E_ZH_REDIRECT_HOST);
    ask(USER_SLF);
    answer_redirect("aaa://\"", DIA_REDIRECT_ALL_USER, 600);
    done(GBA_E_ZH_PROTOCOL);
    peers[4].relay = true;
    ask(USER_SLF);
    answer_redirect("hss.elsewhere.example", DIA_REDIRECT_ALL_USER, 600);
    good_from("hss.elsewhere.example");
    /* of several the first that can be reached */
    peers[4].relay = false;
    ask("new@ims.slf.example");
    maa.redirect_hosts[1] = GBA_LIT("hss9.example");
    maa.n_redirects = 2;
    maa.redirect_hosts[0] = GBA_LIT("hss7.example");
    maa.redirect_usage = DIA_REDIRECT_DONT_CACHE;
    answer(DIA_REDIRECT_INDICATION);
    good_from("hss9.example");
}

/* An agent that invents hosts takes no memory and harms no configured host. */
static void learned_hosts_are_bounded(void)
{
    char name[] = "hss00.other.example";
    peers[4].relay = true;
    for (unsigned i = 0; i < 100; i++) {
        name[3] = (char)('0' + i / 10);
        name[4] = (char)('0' + i % 10);
        ask(USER_SLF);
        answer_redirect(name, DIA_REDIRECT_ALL_USER, 600);
        good_from(name);
        bsf_zh_cache_drop(&zr.cache, BSF_ZH_OF_USER, GBA_LIT(USER_SLF));
        fake_world_pass(&world, 1);
    }
    CU_ASSERT_EQUAL(zr.hosts.n, zr.hosts.cap);
    ask("old@ims.slf.example");
    answer_redirect("hss99.other.example", DIA_REDIRECT_ALL_USER, 600);
    struct bsf_zh_host *first = run.at;
    answer(DIA_SUCCESS);
    fake_world_pass(&world, 1);
    /* its slot gets another host: what was kept of it is void */
    for (unsigned i = 0; i < 70; i++) {
        name[3] = (char)('0' + i / 10);
        name[4] = (char)('a' + i % 10);
        ask(USER_SLF);
        answer_redirect(name, DIA_REDIRECT_DONT_CACHE, 0);
        answer(DIA_SUCCESS);
        fake_world_pass(&world, 1);
    }
    CU_ASSERT_FALSE(gba_view_eq(gba_text_view(&first->identity), GBA_LIT("hss99.other.example")));
    ask("old@ims.slf.example");
    sent_to("slf.example");
    ask(IMPI);
    good_from("hss1.example");
}

/* ---- overload ---- */

static void report(uint64_t sequence, uint32_t reduction, uint32_t validity_s)
{
    maa.n_olrs = 1;
    maa.olrs[0] = (struct dia_olr){.sequence = sequence,
                                   .has_reduction = true,
                                   .reduction = reduction,
                                   .has_validity = true,
                                   .validity_s = validity_s};
}

static void from(const char *origin)
{
    maa.origin_host = gba_view_cstr(origin);
    maa.origin_realm = GBA_LIT("one.example");
}

/* Questions of a hundred that the first host gets. */
static unsigned first_gets(void)
{
    unsigned n = 0;
    maa.n_olrs = 0;
    for (unsigned i = 0; i < 100; i++) {
        ask(IMPI);
        n += order.kind == BSF_ZH_SEND && gba_view_eq(order.mar.route.dest_host, GBA_LIT("hss1.example"));
        if (order.kind == BSF_ZH_SEND)
            answer(DIA_SUCCESS);
    }
    return n;
}

static void a_report_diverts(void)
{
    from("hss1.example");
    report(1, 100, 10);
    ask(IMPI);
    CU_ASSERT_TRUE(order.mar.overload);
    good_from("hss1.example");
    CU_ASSERT_EQUAL(first_gets(), 0);
    CU_ASSERT_EQUAL(host("hss1.example")->counts.abated, 100);
    fake_world_pass(&world, 10000);
    CU_ASSERT_EQUAL(first_gets(), 100);
    from("hss1.example");
    report(2, 50, 10);
    ask(IMPI);
    good_from("hss1.example");
    unsigned some = first_gets();
    CU_ASSERT(some > 30 && some < 70);
}

static void reports_have_an_order_and_an_end(void)
{
    from("hss1.example");
    report(7, 100, 30);
    ask(IMPI);
    good_from("hss1.example");
    fake_world_pass(&world, 20000);
    /* repeated or older: neither longer nor other */
    report(7, 100, 30);
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    report(6, 0, 30);
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    CU_ASSERT_EQUAL(first_gets(), 0);
    fake_world_pass(&world, 10000);
    CU_ASSERT_EQUAL(first_gets(), 100);
    report(8, 100, 30);
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    report(9, 0, 0); /* over */
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    CU_ASSERT_EQUAL(first_gets(), 100);
}

static void odd_reports(void)
{
    from("hss1.example");
    report(1, 101, 30);
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    report(1, 100, 30);
    maa.olrs[0].has_reduction = false;
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    from("naf.example");
    report(1, 100, 30);
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    from("hss1.example");
    maa.olrs[0].realm = true; /* requests that name their host are not concerned */
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    CU_ASSERT_EQUAL(first_gets(), 100);
    report(1, 100, 86401); /* too long: the default */
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    CU_ASSERT_EQUAL(first_gets(), 0);
    fake_world_pass(&world, 30000);
    CU_ASSERT_EQUAL(first_gets(), 100);
    report(2, 100, 86400); /* our own bound */
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    fake_world_pass(&world, 300000);
    CU_ASSERT_EQUAL(first_gets(), 100);
    conf.zh.overload = false;
    report(3, 100, 30);
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    CU_ASSERT_EQUAL(first_gets(), 100);
    CU_ASSERT_FALSE(order.mar.overload);
}

static void all_overloaded_is_told(void)
{
    static const char *const names[] = {"hss1.example", "hss2.example", "hss3.example"};
    for (size_t i = 0; i < 3; i++) {
        from(names[i]);
        report(1, 100, 30);
        bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    }
    fake_world_pass(&world, 9500);
    ask(IMPI);
    done(GBA_E_ZH_OVERLOAD);
    CU_ASSERT_EQUAL(order.retry_after_s, 21);
    CU_ASSERT_EQUAL(zr.counts.attempts, 0);
}

static void a_realm_report_is_for_the_realm(void)
{
    from("hss1.example");
    maa.origin_realm = GBA_LIT("two.example");
    report(1, 100, 30);
    maa.olrs[0].realm = true;
    ask("user@ims.two.example");
    answer(DIA_SUCCESS);
    ask("user@ims.two.example");
    done(GBA_E_ZH_OVERLOAD);
    ask(IMPI);
    good_from("hss1.example");
    /* of the host: only when there is but one that can have answered */
    open_engine();
    maa.olrs[0].realm = false;
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    ask("user@ims.two.example");
    CU_ASSERT_EQUAL(order.kind, BSF_ZH_SEND);
    conf.diameter.peers.n = 1;
    bsf_zh_hosts_report(&zr.hosts, &maa, &world.env);
    ask("user@ims.two.example");
    done(GBA_E_ZH_OVERLOAD);
}

static void too_busy_diverts_too(void)
{
    ask(IMPI);
    answer(DIA_TOO_BUSY);
    good_from("hss2.example");
    ask(IMPI);
    good_from("hss2.example"); /* the busy one is left alone */
    fake_world_pass(&world, 2000);
    ask(IMPI);
    good_from("hss1.example");
    ask(IMPI);
    for (size_t i = 0; i < 3; i++)
        answer(DIA_TOO_BUSY);
    done(GBA_E_ZH_OVERLOAD);
    CU_ASSERT_EQUAL(order.retry_after_s, 2);
}

int main(void)
{
    CU_TestInfo redirects[] = {
        {"followed", redirect_is_followed},
        {"kept for the user", redirect_of_the_user_is_kept},
        {"kept for the realm or the host", redirect_of_the_realm_or_host_is_kept},
        {"kept a day at most, and in bounds", redirects_are_kept_a_day_at_most_and_in_bounds},
        {"a user who moved is looked up again", a_user_who_moved_is_looked_up_again},
        {"no circles", redirects_do_not_go_in_circles},
        {"to peers or relays", redirects_lead_to_peers_or_relays},
        {"learned hosts are bounded", learned_hosts_are_bounded},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo overload[] = {
        {"a report diverts", a_report_diverts},
        {"reports have an order and an end", reports_have_an_order_and_an_end},
        {"odd reports", odd_reports},
        {"all overloaded is told", all_overloaded_is_told},
        {"a report of the realm", a_realm_report_is_for_the_realm},
        {"3004 diverts too", too_busy_diverts_too},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"zh redirects", NULL, NULL, set_up, tear_down, redirects},
        {"zh overload", NULL, NULL, set_up, tear_down, overload},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
