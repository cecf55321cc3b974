/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configurations of all programs share: the `diameter`, `http`, `https` and
 * `log` sections (rows in config/common.opt) and how a cross-field check complains.
 *
 * A program's table takes a section in with one row:
 *   {.key = "diameter", .type = GBA_OPT_SECTION, .offset = offsetof(struct bsf_conf, diameter),
 *    .rows = gba_conf_diameter_rows, .text = "..."},
 */
#pragma once

#include "gba/base/opt.h"

struct gba_conf_tls {
    gba_text cert, key, ca; /* PEM files; all empty: no TLS */
};

/* An entry of gba_conf_diameter.peers. */
struct gba_conf_peer {
    gba_text identity; /* DiameterIdentity */
    gba_text address;  /* ADDRESS:PORT to connect to; empty: it connects to us */
    bool tls;
    bool relay; /* passes on what is for other hosts */
    bool sctp;  /* connect to it over SCTP */
};

struct gba_conf_diameter {
    gba_text identity, realm;
    gba_text listen, listen_tls; /* ADDRESS:PORT; empty: do not listen so */
    struct gba_conf_tls tls;
    struct gba_opt_list peers; /* of struct gba_conf_peer */
    uint32_t watchdog_s;       /* RFC 3539 Tw; at least 6 */
    uint32_t reconnect_s;      /* RFC 6733 Tc */
    bool sctp;                 /* listen on SCTP too, and peers may be connected to so */
    uint32_t timeout_ms;       /* for an answer to a request of ours */
    uint32_t max_waiting;      /* requests of ours that may wait for an answer */
};

enum gba_conf_identities { GBA_CONF_IDENTITIES_MASKED, GBA_CONF_IDENTITIES_SHOWN };
enum gba_conf_format { GBA_CONF_FORMAT_TEXT, GBA_CONF_FORMAT_JSON };

struct gba_conf_log {
    int level;      /* debug, info, notice, warn, error: 0 to 4 */
    int identities; /* enum gba_conf_identities */
    int format;     /* enum gba_conf_format */
    gba_text audit; /* file; empty: none */
    bool audit_required;
};

enum gba_conf_seccomp { GBA_CONF_SECCOMP_FALSE, GBA_CONF_SECCOMP_TRUE, GBA_CONF_SECCOMP_LOG };

/* What a daemon gives up once it is running. */
struct gba_conf_confine {
    gba_text user, group, chroot; /* empty: stay */
    int seccomp;                  /* enum gba_conf_seccomp */
};

/* Where and how a daemon serves HTTP. */
struct gba_conf_http {
    struct gba_opt_list listen;  /* of gba_text: ADDRESS:PORT */
    uint32_t max_head, max_body; /* octets of a request */
    uint32_t max_connections;    /* on one address */
    uint32_t request_ms;         /* from its first octet a request must be complete */
    uint32_t idle_ms;            /* a kept-alive connection may wait this long */
    uint32_t workers;            /* threads that read, parse and encrypt; 0: the main loop does */
};

/* The same over TLS; bounds of requests are those of the plain side. */
struct gba_conf_https {
    struct gba_opt_list listen; /* of gba_text: ADDRESS:PORT; none: no TLS */
    gba_text cert, key;         /* PEM files, for names without files of their own; may be empty */
    uint32_t handshake_ms;
};

extern const struct gba_opt gba_conf_http_rows[];
extern const struct gba_opt gba_conf_https_rows[];
extern const struct gba_opt gba_conf_diameter_rows[];
extern const struct gba_opt gba_conf_log_rows[];
extern const struct gba_opt gba_conf_confine_rows[];

/* Where a cross-field check reports to: any number of faults. */
struct gba_conf_sink {
    void (*fault)(void *ctx, const char *key, const char *text);
    void *ctx;
};

/* Report one fault: the key ("diameter.listen_tls") and what is wrong with it. */
void gba_conf_fault(const struct gba_conf_sink *sink, const char *key, const char *text);

/* What no single row can say: TLS needs its three files, a node needs a
 * peer, no peer twice and none named as we are. */
void gba_conf_diameter_check(const struct gba_conf_diameter *conf, const struct gba_conf_sink *sink);
