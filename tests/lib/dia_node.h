/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process that runs the Diameter port: freeDiameter has one life a
 * process, so every test that needs a node gets a new child.  The child answers
 * MARs and BIRs, and does what it is told in words.
 */
#pragma once

#include <sys/types.h>

#include "rt/fdiam.h"

struct t_node {
    pid_t pid;
    int fd; /* where words go and come from */
    const char *log; /* file for a debug log; NULL: errors only, to stderr */
    char reply[512];
};

/* Fork and open; node->log is set before.  True when the node is up; else reply says "failed TOKEN WHY". */
bool t_node_start(struct t_node *node, const struct rt_dia_conf *conf);

/* Tell a command; hear a reply (in node->reply), false after ms without one; say is both.
 *   ask N MS      send N MARs to hss.test with a timeout of MS each; when all are completed:
 *                 "asked ok=N time=N drop=N nopeer=N busy=N gone=N twice=N ms=N"
 *   peers         "peers N" that are open
 *   knows         "knows IDENTITY=STATE,OPENED,REQUESTS-IN,ANSWERS-OUT,REQUESTS-OUT,ANSWERS-IN ..."
 *   served        "served N" requests given to a handler
 *   name NAME     is what each sender's certificate is asked for; "name"
 *   certified     "certified 0|1" of the last request's sender
 *   hold 0|1      whether requests are kept unanswered; "hold"
 *   nap MS        the loop sleeps; "nap"
 *   listens       "listens ADDRESS:PORT ..." of all listening sockets, as the kernel has them
 *   delayed N     "delayed M" of N TCP connections have Nagle's algorithm on; "delayed -1": not N
 *   anchor        "anchor N": the session anchor ends N days before a session that begins now
 *   close MS      close the node; "closed T" after T ms (and the child is gone) */
bool t_node_tell(struct t_node *node, const char *command);
bool t_node_hear(struct t_node *node, int ms);
bool t_node_say(struct t_node *node, int ms, const char *command);

/* Say until the reply is `want` or ms are over. */
bool t_node_until(struct t_node *node, int ms, const char *command, const char *want);

/* Is the process there? */
bool t_node_alive(struct t_node *node);

/* End it (close 1000, then kill); returns its exit status, or -1 when killed. */
int t_node_stop(struct t_node *node);
