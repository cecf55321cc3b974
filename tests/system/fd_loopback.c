/* SPDX-License-Identifier: Apache-2.0 */
/* An extension for a test's freeDiameterd: it listens on 127.0.0.1 only, which ListenOn cannot say. */
#include <netinet/in.h>

#include <freeDiameter/extension.h>

int fd_ext_init(int major, int minor, char *conffile); /* which the macro below defines */

static int listen_on_loopback(char *conffile)
{
    struct sockaddr_in loopback = {.sin_family = AF_INET};
    (void)conffile;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd_ep_add_merge(&fd_g_config->cnf_endpoints, (struct sockaddr *)&loopback, sizeof loopback,
                           EP_FL_CONF | EP_ACCEPTALL);
}

EXTENSION_ENTRY("fd_loopback", listen_on_loopback)
