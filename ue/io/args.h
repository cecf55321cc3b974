/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of keystrap-ue. */
#pragma once

#include "gba/wire/http_msg.h"
#include "gba/wire/names.h"
#include "m2m/saef.h"
#include "ue/conf.h"

enum { UE_ARGS_SETS = 32, UE_ARGS_FIELDS = 32 };

enum ue_command {
    UE_BOOTSTRAP,
    UE_STATUS,
    UE_KEY,
    UE_REQUEST,
    UE_CHECK_ID,
    UE_ENROL, /* this and all below: of an Enrolee */
    UE_ENROL_STATUS,
    UE_ENROL_KEYS,
    UE_CONNECT,
    UE_IMPORT,
    UE_FORGET,
    UE_E2E,
};

/* Options of the configuration given on the command line. */
struct ue_args_set {
    const char *option; /* as typed, for messages */
    gba_view key, value;
};

struct ue_args {
    enum ue_command command;
    const char *conf_file; /* NULL: the default one, if it exists */
    bool json, check_only;
    bool fresh, show_keys;    /* enrol, keys */
    enum m2m_saef_way via;    /* connect */
    struct ue_args_set sets[UE_ARGS_SETS];
    size_t n_sets;
    const char *body_file, *output_file;
    struct gba_http_field fields[UE_ARGS_FIELDS];
    size_t n_fields;
    gba_uaid ua;
    char **words; /* behind the command */
    int n_words;
    int exit_code; /* -1: go on */
};

/* What is wrong is said on standard error. */
struct ue_args ue_args_parse(int argc, char **argv);

/* The configuration: file, then what the command line sets.  False when
 * something is wrong, and that was said. */
bool ue_args_conf(const struct ue_args *args, struct ue_conf *conf);
