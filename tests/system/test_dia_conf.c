/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that the Diameter port refuses: what a user writes cannot
 * reach freeDiameter's own configuration but as the value it is. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/system/dia_world.h"

static struct t_world *const w = &t_world;

static void refused(const char *reply)
{
    CU_ASSERT_FALSE(t_node_start(&w->node, &w->conf));
    if (strncmp(w->node.reply, reply, strlen(reply)) != 0) {
        printf("# heard \"%s\", not \"%s\"\n", w->node.reply, reply);
        CU_FAIL("reply");
    }
    t_node_stop(&w->node);
}

static void bad_names_are_refused(void)
{
    static const char *const bad[] = {"", "a\";LoadExtension = \"/tmp/x", "a\nPort = 1;", "a b", "a_b", ".a",
                                      "a/b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        t_world_prepare();
        t_set(&w->conf.identity, bad[i]);
        refused("failed diameter-config not a DiameterIdentity");
        t_world_prepare();
        t_set(&w->conf.realm, bad[i]);
        refused("failed diameter-config not a realm");
        t_world_prepare();
        t_set(&w->peers[1].identity, bad[i]);
        refused("failed diameter-config not a DiameterIdentity");
    }
}

static void bad_files_are_refused(void)
{
    t_world_prepare();
    t_set(&w->conf.tls.cert, "a\";LoadExtension = \"/tmp/x");
    refused("failed diameter-config not a usable file name");
    t_set(&w->conf.tls.cert, "/nowhere/cert.pem");
    refused("failed diameter-config TLS needs certificate, key and CA");
    t_set(&w->conf.tls.key, "/nowhere/key.pem");
    t_set(&w->conf.tls.ca, "/nowhere/ca.pem");
    refused("failed diameter-config freeDiameter refused its configuration");
}

/* Said in so many words where there is none; where there is, the node listens. */
static void sctp_needs_the_kernel(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    t_world_prepare();
    w->conf.sctp = true;
    if (fd < 0) {
        refused("failed diameter-config diameter.sctp: this kernel has no SCTP");
    } else {
        close(fd);
        CU_ASSERT_TRUE(t_node_start(&w->node, &w->conf));
        t_node_stop(&w->node);
    }
    t_world_prepare();
    w->peers[1].sctp = true;
    refused("failed diameter-config a peer with SCTP needs diameter.sctp: two.test");
    t_world_prepare();
    w->conf.reconnect_s = 6;
    refused("failed diameter-config the time between attempts to connect must be at most 5 s");
}

static void bad_peers_are_refused(void)
{
    t_world_prepare();
    t_set(&w->peers[1].identity, "ONE.test");
    refused("failed diameter-config the peer is listed twice: ONE.test");
    t_set(&w->peers[1].identity, "Node.test");
    refused("failed diameter-config a peer cannot be ourselves: Node.test");
    t_set(&w->peers[1].identity, "two.test");
    w->peers[1].tls = true;
    refused("failed diameter-config a peer with TLS needs certificate, key and CA: two.test");
    w->peers[1].tls = false;
    t_set(&w->peers[1].address, "localhost\";}");
    refused("failed diameter-config not ADDRESS:PORT: localhost");
    t_set(&w->peers[1].address, "127.0.0.1:0");
    refused("failed diameter-config a port is needed: 127.0.0.1:0");
}

static void bad_numbers_are_refused(void)
{
    t_world_prepare();
    w->conf.watchdog_s = 5;
    refused("failed diameter-config the watchdog must be at least 6 s");
    t_world_prepare();
    w->conf.max_waiting = 0;
    refused("failed diameter-config neither max_waiting nor the applications may be empty");
}

static void taken_port_is_refused(void)
{
    t_world_prepare();
    int fd = t_peer_listen(&w->port);
    refused("failed cannot-listen the Diameter address cannot be listened on");
    close(fd);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"names", bad_names_are_refused},
        {"files", bad_files_are_refused},
        {"SCTP needs the kernel", sctp_needs_the_kernel},
        {"peers", bad_peers_are_refused},
        {"numbers", bad_numbers_are_refused},
        {"port taken", taken_port_is_refused},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
