/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of keystrap-ctl: keystrap-ctl(1). */
#pragma once

#include "gba/base/text.h"

enum m2m_ctl_command {
    M2M_CTL_NEW_KEY,
    M2M_CTL_ENROLEE_PUT,
    M2M_CTL_ENROLEE_LIST,
    M2M_CTL_ENROLEE_SHOW,
    M2M_CTL_ENROLEE_DELETE,
    M2M_CTL_TOKEN_ISSUE,
    M2M_CTL_TOKEN_REVOKE,
    M2M_CTL_ENROLMENT_KEY_LIST,
    M2M_CTL_ENROLMENT_KEY_DELETE,
    M2M_CTL_KEY_LIST,
    M2M_CTL_KEY_IMPORT,
    M2M_CTL_KEY_DELETE,
    M2M_CTL_HEALTH,
    M2M_CTL_METRICS,
    M2M_CTL_VERSION,
    M2M_CTL_CONFIGURATION,
    M2M_CTL_PEERS,
    M2M_CTL_CHALLENGES,
    M2M_CTL_SESSIONS,
    M2M_CTL_SESSIONS_OF,
    M2M_CTL_SESSION_SHOW,
    M2M_CTL_REVOKE_SESSION,
    M2M_CTL_REVOKE_SUBSCRIBER,
    M2M_CTL_EXPLAIN,
    M2M_CTL_RELOAD,
};

struct m2m_ctl_args {
    enum m2m_ctl_command command;
    const char *what; /* the command's words, for messages */
    const char *word; /* FILE or NAME; NULL: none */
    gba_text address;
    const char *token_file;
    const char *sig, *key; /* files; NULL: not given */
    const char *use, *peer, *until;
    const char *naf, *ua;
    uint32_t lifetime_s; /* 0: not given */
    bool json;
};

/* True: go on with *args.  False: exit with *exit_code (help, version, wrong usage). */
bool m2m_ctl_args_parse(int argc, char **argv, struct m2m_ctl_args *args, int *exit_code);
