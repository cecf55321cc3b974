/* SPDX-License-Identifier: Apache-2.0 */
/* Row D9: the status of certificates with a responder of OpenSSL, with hostile ones and with none. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "m2m/io/status.h"
#include "rt/httpd.h"
#include "rt/tls_int.h"
#include "tests/lib/pki.h"
#include "tests/lib/tap.h"
#include "tests/unit/m2m/cert_case.h"

enum { WAIT_MS = 120000, FEW = 20 };

/* One who asks. */
struct asked {
    struct m2m_expect expect;
    unsigned judged, done;
    gba_rc rc;
};

static struct rt_loop *loop;
static struct m2m_status_desk *desk;
static unsigned open_asks, junk_asked;
static struct rt_http_tx *held;
static bool timed_out;

/* ---- what a hook does ---- */

static gba_rc judge(void *arg, const struct m2m_shown *shown)
{
    struct asked *asked = arg;
    asked->judged++;
    return m2m_cert_check(&asked->expect, shown, (int64_t)time(NULL));
}

static void done(void *arg, gba_rc rc)
{
    struct asked *asked = arg;
    asked->done++;
    asked->rc = rc;
    if (--open_asks == 0)
        rt_loop_stop(loop);
}

static void on_late(void *arg)
{
    (void)arg;
    timed_out = true;
    rt_loop_stop(loop);
}

static void run_until_done(void)
{
    struct rt_timer *late = rt_timer_start(loop, WAIT_MS, on_late, NULL);
    timed_out = false;
    while (open_asks > 0 && !timed_out) /* a stop before the run counts too */
        rt_loop_run(loop);
    CU_ASSERT_FALSE_FATAL(timed_out);
    rt_timer_cancel(late);
}

static void begin(struct asked *asked, const char *chain, enum m2m_status status)
{
    struct m2m_shown shown = cert_shown(chain);
    *asked = (struct asked){.expect = {.flavour = M2M_CERT_FQDN, .status = status}};
    asked->expect.anchors = t_pki_file("root.pem");
    T_OK(gba_text_set(&asked->expect.id, GBA_LIT("a.mte.example")));
    open_asks++;
    m2m_status_ask(desk, &shown, &(struct m2m_status_asker){judge, done, asked});
}

static gba_rc verdict(const char *chain, enum m2m_status status)
{
    struct asked asked;
    begin(&asked, chain, status);
    run_until_done();
    CU_ASSERT(asked.done == 1 && asked.judged >= 1 && asked.judged <= 2);
    return asked.rc;
}

static void open_desk(const char *responder)
{
    struct m2m_status_conf conf = {.timeout_ms = 60000, .every_ms = 20};
    T_OK(gba_text_set(&conf.responder, gba_view_cstr(responder)));
    T_OK(rt_loop_new(&loop));
    T_OK(m2m_status_open(loop, &conf, &desk));
}

static void close_desk(void)
{
    m2m_status_close(desk);
    rt_loop_free(loop);
    CU_ASSERT_EQUAL(open_asks, 0);
}

/* ---- responders of ours ---- */

/* "/junk": no response; "/other": a response about another certificate; "/busy": 503; "/hold": never. */
static void on_request(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *req)
{
    struct gba_http_msg rsp = {.status = 200, .minor = 1, .body = GBA_LIT("\x30\x03junk")};
    (void)arg;
    junk_asked++;
    CU_ASSERT(gba_view_eq(req->method, GBA_LIT("POST")) && req->body.n > 60);
    T_BYTES(gba_http_field_get(req, GBA_LIT("Content-Type")), GBA_LIT("application/ocsp-request"));
    if (gba_view_eq(req->target, GBA_LIT("/hold"))) {
        held = tx;
        return;
    }
    if (gba_view_eq(req->target, GBA_LIT("/other?x=1")))
        rsp.body = t_pki_file("other.ocsp");
    if (gba_view_eq(req->target, GBA_LIT("/busy")))
        rsp.status = 503;
    rt_http_reply(tx, &rsp);
}

static struct rt_httpd *open_httpd(char url[300], const char *path)
{
    struct rt_httpd *httpd = NULL;
    gba_text address;
    struct rt_httpd_conf conf = {
        .max_head = 4096, .max_body = 4096, .max_conns = 10, .request_ms = 5000, .idle_ms = 5000};
    T_OK(gba_text_set(&conf.listen, GBA_LIT("127.0.0.1:0")));
    T_OK(rt_httpd_open(loop, &conf, on_request, NULL, &httpd));
    rt_httpd_address(httpd, &address);
    snprintf(url, 300, "http://%s%s", address.s, path);
    junk_asked = 0;
    return httpd;
}

/* Opens desk and responder, asks twice in each mode, closes. */
static void with_hostile(const char *path, uint32_t timeout_ms)
{
    char url[300];
    struct m2m_status_conf conf = {.timeout_ms = timeout_ms};
    T_OK(rt_loop_new(&loop));
    struct rt_httpd *httpd = open_httpd(url, path);
    T_OK(gba_text_set(&conf.responder, gba_view_cstr(url)));
    T_OK(m2m_status_open(loop, &conf, &desk));
    T_RC(verdict("good", M2M_STATUS_OCSP), GBA_E_CERT_STATUS);
    T_RC(verdict("good", M2M_STATUS_OCSP), GBA_E_CERT_STATUS);
    T_OK(verdict("good", M2M_STATUS_IF_KNOWN));
    CU_ASSERT_EQUAL(junk_asked, 1); /* it is left alone for a while */
    if (held)
        rt_http_reply(held, &(struct gba_http_msg){.status = 200, .minor = 1});
    held = NULL;
    m2m_status_close(desk);
    rt_httpd_close(httpd);
    rt_loop_free(loop);
}

static void hostile_responders(void)
{
    with_hostile("/junk", 60000);
    with_hostile("/other?x=1", 60000);
    with_hostile("/busy", 60000);
    with_hostile("/hold", 1000);
}

static void no_responder(void)
{
    static const char *const urls[] = {
        "http://127.0.0.1:1/",
        "http://localhost:http/",
        "https://127.0.0.1/",
        "http://",
        "http://[::1/",
        "http://a b/",
        "ldap://x/",
        "http://127.0.0.1:99999/",
        "http://user@127.0.0.1/",
        "http://[::1]x:2/",
        "http:///path",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        open_desk(urls[i]);
        T_RC(verdict("good", M2M_STATUS_OCSP), GBA_E_CERT_STATUS);
        T_OK(verdict("good", M2M_STATUS_IF_KNOWN));
        close_desk();
    }
}

/* Nobody who is not trusted makes us send anything; nor is anybody asked who need not be. */
static void nobody_is_asked(void)
{
    char url[300];
    struct m2m_status_conf conf = {.timeout_ms = 300};
    T_OK(rt_loop_new(&loop));
    struct rt_httpd *httpd = open_httpd(url, "/junk");
    T_OK(gba_text_set(&conf.responder, gba_view_cstr(url)));
    T_OK(m2m_status_open(loop, &conf, &desk));
    T_RC(verdict("stranger", M2M_STATUS_OCSP), GBA_E_CERT_PATH);
    T_RC(verdict("other", M2M_STATUS_OCSP), GBA_E_CERT_NAME);
    T_RC(verdict("old", M2M_STATUS_IF_KNOWN), GBA_E_CERT_EXPIRED);
    T_OK(verdict("good", M2M_STATUS_OFF));
    T_RC(verdict("good", M2M_STATUS_CRL), GBA_E_CERT_STATUS);
    CU_ASSERT_EQUAL(junk_asked, 0);
    m2m_status_close(desk);
    rt_httpd_close(httpd);
    desk = NULL;
    T_RC(verdict("good", M2M_STATUS_OCSP), GBA_E_CERT_STATUS);
    rt_loop_free(loop);
}

/* ---- the responder of OpenSSL ---- */

static void real_responder(void)
{
    open_desk("");
    T_OK(verdict("good", M2M_STATUS_OCSP));
    T_RC(verdict("bad", M2M_STATUS_OCSP), GBA_E_CERT_REVOKED);
    T_RC(verdict("bad", M2M_STATUS_IF_KNOWN), GBA_E_CERT_REVOKED);
    T_OK(verdict("named", M2M_STATUS_OCSP)); /* a host name in its address */
    CU_ASSERT_EQUAL(t_pki_responder_requests(), 3);
    T_OK(verdict("good", M2M_STATUS_OCSP)); /* kept */
    T_OK(verdict("good", M2M_STATUS_IF_KNOWN));
    CU_ASSERT_EQUAL(t_pki_responder_requests(), 3);
    T_RC(verdict("quiet", M2M_STATUS_OCSP), GBA_E_CERT_STATUS); /* names no responder */
    T_OK(verdict("quiet", M2M_STATUS_IF_KNOWN));
    CU_ASSERT_EQUAL(t_pki_responder_requests(), 3);
    close_desk();
}

static void many_at_once(void)
{
    struct asked asked[FEW];
    unsigned before = t_pki_responder_requests();
    open_desk("");
    for (size_t i = 0; i < FEW; i++)
        begin(&asked[i], i % 2 ? "good" : "bad", M2M_STATUS_OCSP);
    run_until_done();
    for (size_t i = 0; i < FEW; i++) {
        T_RC(asked[i].rc, i % 2 ? GBA_OK : GBA_E_CERT_REVOKED);
        CU_ASSERT_EQUAL(asked[i].done, 1);
    }
    CU_ASSERT_EQUAL(t_pki_responder_requests(), before + 2);
    close_desk();
}

static void closed_while_waiting(void)
{
    struct asked asked[2];
    open_desk("");
    begin(&asked[0], "good", M2M_STATUS_OCSP);
    begin(&asked[1], "named", M2M_STATUS_IF_KNOWN);
    close_desk();
    CU_ASSERT(asked[0].done == 1 && asked[1].done == 1);
    T_RC(asked[0].rc, GBA_E_CERT_STATUS);
    T_OK(asked[1].rc);
}

/* ---- our own ---- */

static void on_tick(void *arg)
{
    (void)arg;
    rt_loop_stop(loop);
}

static void run_for(uint64_t ms)
{
    CU_ASSERT_PTR_NOT_NULL(rt_timer_start(loop, ms, on_tick, NULL));
    rt_loop_run(loop);
}

static void staple_own(const char *name, bool wanted)
{
    char file[64];
    struct rt_tls_ctx *ctx = NULL;
    snprintf(file, sizeof file, "%s.key", name);
    gba_view key = t_pki_file(file);
    snprintf(file, sizeof file, "%s.all.pem", name);
    gba_view cert = t_pki_file(file);
    struct rt_tls_ctx_conf conf = {
        .server = true, .suites = "ECDHE-ECDSA-AES128-SHA256", .cert_pem = cert, .key_pem = key};
    open_desk("");
    T_OK(rt_tls_ctx_new(&conf, &ctx));
    T_OK(m2m_status_staple(desk, &(struct m2m_status_own){.tls = ctx, .cert_pem = cert}));
    unsigned before = t_pki_responder_requests();
    for (int i = 0; i < 200 && t_pki_responder_requests() == before; i++)
        run_for(20);
    for (int i = 0; i < 20 && ctx->staple.n == 0; i++)
        run_for(20);
    CU_ASSERT_EQUAL(ctx->staple.n > 0, wanted);
    m2m_status_close(desk);
    rt_loop_free(loop);
    rt_tls_ctx_free(ctx);
}

static void own_response(void)
{
    staple_own("good", true);
    staple_own("bad", false);
    open_desk("");
    T_RC(m2m_status_staple(desk, &(struct m2m_status_own){.cert_pem = t_pki_file("good.pem")}), GBA_E_ABSENT);
    T_RC(m2m_status_staple(desk, &(struct m2m_status_own){.cert_pem = t_pki_file("quiet.all.pem")}),
         GBA_E_ABSENT);
    T_RC(m2m_status_staple(desk, &(struct m2m_status_own){.cert_pem = t_pki_file("good.key")}), GBA_E_CERT);
    close_desk();
}

/* ---- lists ---- */

static void write_file(const char *name, gba_view content)
{
    char path[256], fresh[300];
    snprintf(path, sizeof path, "%s/%s", t_pki_dir(), name);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *out = fopen(fresh, "w");
    if (!out || fwrite(content.p, 1, content.n, out) != content.n || fclose(out) != 0 ||
        rename(fresh, path) != 0)
        exit(1);
}

static gba_rc by_list(gba_view crls)
{
    struct m2m_shown shown = cert_shown("good");
    struct m2m_expect expect = {.flavour = M2M_CERT_FQDN, .status = M2M_STATUS_CRL, .crls = crls};
    expect.anchors = t_pki_file("root.pem");
    T_OK(gba_text_set(&expect.id, GBA_LIT("a.mte.example")));
    return m2m_cert_check(&expect, &shown, (int64_t)time(NULL));
}

static void lists_change(void)
{
    char path[256];
    gba_text file;
    gba_view first = {NULL, 0}, second = {NULL, 0};
    snprintf(path, sizeof path, "%s/watched.crl", t_pki_dir());
    T_OK(gba_text_set(&file, gba_view_cstr(path)));
    open_desk("");
    T_RC(m2m_status_watch(desk, &file, &first), GBA_E_FILE);
    write_file("watched.crl", t_pki_file("root.pem"));
    T_RC(m2m_status_watch(desk, &file, &first), GBA_E_CERT);
    T_OK(m2m_status_watch(desk, &(gba_text){0}, &first));
    CU_ASSERT_PTR_NULL(first.p);
    write_file("watched.crl", t_pki_file("before.crl"));
    T_OK(m2m_status_watch(desk, &file, &first));
    T_OK(m2m_status_watch(desk, &file, &second));
    T_OK(by_list(first));
    write_file("watched.crl", t_pki_file("after.crl"));
    for (int i = 0; i < 100 && by_list(first) == GBA_OK; i++)
        run_for(20);
    T_RC(by_list(first), GBA_E_CERT_REVOKED);
    T_RC(by_list(second), GBA_E_CERT_REVOKED);
    write_file("watched.crl", GBA_LIT("cut off"));
    run_for(100);
    T_RC(by_list(first), GBA_E_CERT_REVOKED); /* the last good one */
    unlink(path);
    run_for(100);
    T_RC(by_list(first), GBA_E_CERT_REVOKED);
    close_desk();
    CU_ASSERT(first.n == 0 && second.n == 0);
}

/* ---- the PKI ---- */

static void with_address(const char *name, const char *host, unsigned port)
{
    char words[256];
    snprintf(words, sizeof words, "fqdn %s root a.mte.example ocsp=http://%s:%u/ocsp", name, host, port);
    t_pki(words);
}

static void bundle(const char *name)
{
    static uint8_t room[8192];
    char file[64];
    gba_writer w = gba_writer_of(room, sizeof room);
    snprintf(file, sizeof file, "%s.pem", name);
    gba_put_view(&w, t_pki_file(file));
    gba_put_view(&w, t_pki_file("root.pem"));
    snprintf(file, sizeof file, "%s.all.pem", name);
    write_file(file, gba_writer_view(&w));
}

static void make_pki(void)
{
    t_pki("ca root");
    t_pki("ca strange");
    unsigned port = t_pki_responder("root");
    with_address("good", "127.0.0.1", port);
    with_address("bad", "127.0.0.1", port);
    with_address("named", "localhost", port);
    t_pki("fqdn quiet root a.mte.example");
    t_pki("fqdn other root b.mte.example");
    t_pki("fqdn old root a.mte.example expired");
    t_pki("fqdn stranger strange a.mte.example");
    t_pki("revoke bad");
    t_pki("ocsp other");
    bundle("good");
    bundle("bad");
    bundle("quiet");
    t_pki("crl root");
    write_file("before.crl", t_pki_file("root.crl"));
}

/* Behind all that asks about it: it is revoked now. */
static void revoke_good(void)
{
    t_pki("revoke good");
    t_pki("crl root");
    write_file("after.crl", t_pki_file("root.crl"));
    lists_change();
}

int main(void)
{
    CU_TestInfo refused[] = {
        {"D9 no responder", no_responder},
        {"hostile responders", hostile_responders},
        {"nobody is asked", nobody_is_asked},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo accepted[] = {
        {"D9 OpenSSL's responder", real_responder},
        {"many at once", many_at_once},
        {"closed while waiting", closed_while_waiting},
        {"D9 our own response", own_response},
        {"D9 lists change", revoke_good},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, refused},
        {"status", NULL, NULL, NULL, NULL, accepted},
        CU_SUITE_INFO_NULL,
    };
    make_pki();
    return tap_run(suites);
}
