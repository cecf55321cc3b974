/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Diameter port with TLS: a peer is who its certificate says, or nobody.
 * Keys and certificates are made with openssl(1) for the run.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/dia_world.h"

enum {
    FILES_MAX = 512,
    AGAIN_MS = 8000, /* after a failed handshake it is 4 s until the next attempt */
};

static struct t_world *const w = &t_world;
static char dir[64];

/* ---- certificates ---- */

static bool run(const char *format, const char *a, const char *b)
{
    char command[FILES_MAX];
    char *argv[] = {"sh", "-c", command, NULL};
    pid_t pid;
    int status;
    snprintf(command, sizeof command, format, dir, a, b);
    return posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) == 0 && waitpid(pid, &status, 0) == pid &&
           status == 0;
}

static bool make_ca(const char *name)
{
    return run("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
               " -keyout %s.key -out %s.crt -subj /CN=ca 2>/dev/null",
               name, name);
}

static bool make_cert(const char *name, const char *ca)
{
    return run("cd %s && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
               " -keyout %s.key -out csr -subj /CN=%s 2>/dev/null",
               name, name) &&
           run("cd %s && printf 'subjectAltName=DNS:%s' | sed 's/other-//' >ext && : %s", name, ca) &&
           run("cd %s && openssl x509 -req -in csr -CA %s.crt -CAkey %s.key -CAcreateserial -days 2"
               " -extfile ext -out new.crt 2>/dev/null",
               ca, ca) &&
           run("cd %s && mv new.crt %s.crt && : %s", name, ca);
}

/* one.test with names of NAFs, and what is no such name. */
static bool make_names(void)
{
    return run("cd %s && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
               " -keyout names-one.test.key -out csr -subj /CN=subject.example 2>/dev/null && : %s %s",
               "", "") &&
           run("cd %s && printf 'subjectAltName=DNS:%s,DNS:%s,DNS:*.wild.example,URI:https://uri.example/'"
               " >ext",
               "one.test", "naf.example") &&
           run("cd %s && openssl x509 -req -in csr -CA %s.crt -CAkey %s.key -CAcreateserial -days 2"
               " -extfile ext -out names-one.test.crt 2>/dev/null",
               "ca", "ca");
}

static int make_all(void)
{
    snprintf(dir, sizeof dir, "/tmp/dia-tls.XXXXXX");
    bool ok = mkdtemp(dir) && make_ca("ca") && make_ca("other-ca") && make_cert("node.test", "ca") &&
              make_cert("one.test", "ca") && make_cert("two.test", "ca") && make_cert("hss.test", "ca") &&
              make_cert("other-one.test", "other-ca") && make_names();
    return ok ? 0 : 1;
}

static int remove_all(void)
{
    return run("rm -r %s && : %s %s", "", "") ? 0 : 1;
}

static void set_file(gba_text *t, const char *name, const char *kind)
{
    char path[FILES_MAX];
    snprintf(path, sizeof path, "%s/%s.%s", dir, name, kind);
    t_set(t, path);
}

/* p proves to be `name` (its certificate's file name), as the connecting side or the other. */
static bool handshake(struct t_peer *p, const char *name, bool connecting)
{
    char cert[FILES_MAX], key[FILES_MAX], ca[FILES_MAX];
    snprintf(cert, sizeof cert, "%s/%s.crt", dir, name);
    snprintf(key, sizeof key, "%s/%s.key", dir, name);
    snprintf(ca, sizeof ca, "%s/ca.crt", dir);
    return t_peer_tls(p, &(struct t_peer_tls){cert, key, ca}, connecting);
}

/* ---- the world with TLS ---- */

static void prepare(void)
{
    t_world_prepare();
    w->tls_port = t_free_port();
    t_set_port(&w->conf.listen_tls, "127.0.0.1", w->tls_port);
    set_file(&w->conf.tls.cert, "node.test", "crt");
    set_file(&w->conf.tls.key, "node.test", "key");
    set_file(&w->conf.tls.ca, "ca", "crt");
    w->peers[0].tls = true; /* one.test; two.test is free to choose */
}

static void connect_tls(struct t_peer *p, const char *name)
{
    CU_ASSERT_TRUE_FATAL(t_peer_connect(p, w->tls_port, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(handshake(p, name, true));
    CU_ASSERT_TRUE_FATAL(t_peer_open(p, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 1"));
}

/* CER and MAR in one write: the MAR must not be served, whatever becomes of the CER. */
static void open_and_ask_at_once(struct t_peer *p)
{
    gba_writer out = gba_writer_of(w->octets, sizeof w->octets);
    t_dia_capabilities(p, &out);
    gba_writer mar = gba_writer_of(w->octets + out.n, sizeof w->octets - out.n);
    t_dia_request(p, &mar, T_MAR, "test");
    t_dia_end(&mar);
    out.n += mar.n;
    t_world_send(p, &out);
}

static void one_is_still_served(void)
{
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "served", "served 0"));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 0"));
    t_peer_close(&w->one);
    w->one = t_peer_of("one.test", "test");
    connect_tls(&w->one, "one.test");
    CU_ASSERT_TRUE(t_world_serves(&w->one));
}

/* ---- names in certificates ---- */

/* Does the certificate of p, who asks now, name `name`? */
static bool certifies(struct t_peer *p, const char *name)
{
    char command[128];
    snprintf(command, sizeof command, "name %s", name);
    return t_node_say(&w->node, T_WAIT_MS, command) && t_world_serves(p) &&
           t_node_until(&w->node, T_WAIT_MS, "certified", "certified 1");
}

static bool certifies_not(struct t_peer *p, const char *name)
{
    char command[128];
    snprintf(command, sizeof command, "name %s", name);
    return t_node_say(&w->node, T_WAIT_MS, command) && t_world_serves(p) &&
           t_node_until(&w->node, T_WAIT_MS, "certified", "certified 0");
}

/* A dNSName letter for letter: no wildcard, no subject, no other kind of name, nobody else's. */
static void names_are_those_of_the_certificate(void)
{
    prepare();
    t_world_start();
    connect_tls(&w->one, "names-one.test");
    CU_ASSERT_TRUE(certifies(&w->one, "one.test"));
    CU_ASSERT_TRUE(certifies(&w->one, "Naf.Example"));
    CU_ASSERT_TRUE(certifies_not(&w->one, "naf.exampl"));
    CU_ASSERT_TRUE(certifies_not(&w->one, "a.wild.example"));
    CU_ASSERT_TRUE(certifies_not(&w->one, "subject.example"));
    CU_ASSERT_TRUE(certifies_not(&w->one, "uri.example"));
    CU_ASSERT_TRUE(certifies_not(&w->one, "other.example"));
    t_world_connect(&w->two);
    CU_ASSERT_TRUE(certifies_not(&w->two, "naf.example")); /* without TLS */
    CU_ASSERT_TRUE(certifies(&w->one, "naf.example"));
    t_world_stop();
}

/* Another certificate in the next connection counts from then on. */
static void names_change_with_the_connection(void)
{
    prepare();
    t_world_start();
    connect_tls(&w->one, "names-one.test");
    CU_ASSERT_TRUE(certifies(&w->one, "naf.example"));
    t_peer_close(&w->one);
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 0"));
    w->one = t_peer_of("one.test", "test");
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->tls_port, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(handshake(&w->one, "one.test", true));
    CU_ASSERT_TRUE_FATAL(t_peer_open(&w->one, T_WAIT_MS));
    CU_ASSERT_TRUE(certifies_not(&w->one, "naf.example"));
    CU_ASSERT_TRUE(certifies(&w->one, "one.test"));
    t_world_stop();
}

/* ---- refused ---- */

static void certificate_of_another_name(void)
{
    prepare();
    t_world_start();
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->tls_port, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(handshake(&w->one, "two.test", true)); /* a good certificate, of two.test */
    open_and_ask_at_once(&w->one);
    CU_ASSERT_TRUE(t_world_closed(&w->one, T_WAIT_MS));
    one_is_still_served();
    t_world_stop();
}

static void certificate_of_another_name_where_tls_is_free(void)
{
    prepare();
    t_world_start();
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->two, w->tls_port, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(handshake(&w->two, "one.test", true));
    open_and_ask_at_once(&w->two);
    CU_ASSERT_TRUE(t_world_closed(&w->two, T_WAIT_MS));
    one_is_still_served();
    t_world_stop();
}

static void certificate_of_another_ca(void)
{
    prepare();
    t_world_start();
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->tls_port, T_WAIT_MS));
    if (handshake(&w->one, "other-one.test", true)) /* with TLS 1.3 the client learns later */
        open_and_ask_at_once(&w->one);
    CU_ASSERT_TRUE(t_world_closed(&w->one, T_WAIT_MS));
    one_is_still_served();
    t_world_stop();
}

static void no_tls_on_the_tls_port(void)
{
    prepare();
    t_world_start();
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->tls_port, T_WAIT_MS));
    open_and_ask_at_once(&w->one);
    CU_ASSERT_TRUE(t_world_closed(&w->one, T_WAIT_MS));
    one_is_still_served();
    t_world_stop();
}

static void no_tls_where_it_is_due(void)
{
    prepare();
    t_world_start();
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->port, T_WAIT_MS));
    open_and_ask_at_once(&w->one);
    CU_ASSERT_TRUE(t_world_closed(&w->one, T_WAIT_MS));
    one_is_still_served();
    t_world_stop();
}

/* The peer that the node connects to: an impostor neither gets in nor keeps the real one out. */
static void prepare_hss(void)
{
    prepare();
    t_world_add_hss();
    w->peers[2].tls = true;
}

static void meet_hss(void)
{
    for (int tries = 0; tries < 5; tries++) {
        t_peer_close(&w->hss);
        CU_ASSERT_TRUE_FATAL(t_peer_accept(&w->hss, w->listener, AGAIN_MS));
        if (handshake(&w->hss, "hss.test", false) && t_peer_welcome(&w->hss, T_WAIT_MS))
            break;
    }
    CU_ASSERT_TRUE_FATAL(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 1"));
}

static void impostor_of_a_server(void)
{
    prepare_hss();
    t_world_start();
    w->one = t_peer_of("hss.test", "test");
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->tls_port, T_WAIT_MS));
    CU_ASSERT_TRUE_FATAL(handshake(&w->one, "two.test", true));
    open_and_ask_at_once(&w->one);
    CU_ASSERT_TRUE(t_world_closed(&w->one, T_WAIT_MS));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "served", "served 0"));
    t_peer_close(&w->one);
    CU_ASSERT_TRUE_FATAL(t_peer_connect(&w->one, w->port, T_WAIT_MS)); /* and without TLS */
    open_and_ask_at_once(&w->one);
    CU_ASSERT_TRUE(t_world_closed(&w->one, T_WAIT_MS));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "served", "served 0"));
    t_peer_close(&w->one);
    meet_hss();
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

static void server_with_a_certificate_of_another_name(void)
{
    gba_view message;
    prepare_hss();
    t_world_start();
    CU_ASSERT_TRUE_FATAL(t_peer_accept(&w->hss, w->listener, T_WAIT_MS));
    if (handshake(&w->hss, "two.test", false))
        CU_ASSERT_EQUAL(t_peer_receive(&w->hss, &message, T_WAIT_MS), T_CLOSED);
    meet_hss();
    CU_ASSERT_TRUE(t_world_asks());
    t_world_stop();
}

static void files_that_do_not_fit(void)
{
    prepare();
    set_file(&w->conf.tls.cert, "two.test", "crt");
    set_file(&w->conf.tls.key, "two.test", "key");
    CU_ASSERT_FALSE(t_node_start(&w->node, &w->conf)); /* the certificate is not node.test's */
    CU_ASSERT_PTR_NOT_NULL(strstr(w->node.reply, "does not match the hostname 'node.test'"));
    t_node_stop(&w->node);
    prepare();
    t_set_port(&w->conf.listen_tls, "127.0.0.2", w->tls_port);
    CU_ASSERT_FALSE(t_node_start(&w->node, &w->conf));
    CU_ASSERT_PTR_NOT_NULL(strstr(w->node.reply, "the TLS port must be on the same address"));
    t_node_stop(&w->node);
}

/* ---- accepted ---- */

static void peer_with_its_certificate(void)
{
    prepare();
    t_world_start();
    connect_tls(&w->one, "one.test");
    CU_ASSERT_TRUE(t_world_serves(&w->one));
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "delayed 1", "delayed 0"));
    t_world_stop();
}

static void peer_that_may_choose(void)
{
    prepare();
    t_world_start();
    connect_tls(&w->two, "two.test");
    CU_ASSERT_TRUE(t_world_serves(&w->two));
    t_peer_close(&w->two);
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "peers", "peers 0"));
    t_world_connect(&w->two);
    CU_ASSERT_TRUE(t_world_serves(&w->two));
    t_world_stop();
}

static void listens_on_both_ports_only(void)
{
    char want[2 * 32 + 16];
    prepare();
    t_world_start();
    snprintf(want, sizeof want, "listens 127.0.0.1:%u 127.0.0.1:%u", w->port, w->tls_port);
    CU_ASSERT_TRUE(t_node_until(&w->node, T_WAIT_MS, "listens", want));
    t_world_stop();
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"certificate of another name", certificate_of_another_name},
        {"certificate of another name, TLS not due", certificate_of_another_name_where_tls_is_free},
        {"certificate of another CA", certificate_of_another_ca},
        {"no TLS on the TLS port", no_tls_on_the_tls_port},
        {"no TLS where it is due", no_tls_where_it_is_due},
        {"impostor of a server", impostor_of_a_server},
        {"server with a certificate of another name", server_with_a_certificate_of_another_name},
        {"files that do not fit", files_that_do_not_fit},
        {"names are those of the certificate", names_are_those_of_the_certificate},
        {"names change with the connection", names_change_with_the_connection},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"peer with its certificate", peer_with_its_certificate},
        {"peer that may choose", peer_that_may_choose},
        {"listens on both ports only", listens_on_both_ports_only},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", make_all, remove_all, NULL, NULL, hostile},
        {"accepted", make_all, remove_all, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
