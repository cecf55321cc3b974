/* SPDX-License-Identifier: Apache-2.0 */
/* What a BSF knows of an IMPI or B-TID, for operators; never keys, identities masked as in the log. */
#pragma once

#include "bsf/io/lookup.h"
#include "bsf/io/seen.h"
#include "bsf/io/ub_http.h"
#include "m2m/io/admin.h"

void bsf_explain_session(struct gba_json_out *o, const struct bsf_lookup_session *session);

/* Can the question be understood?  E_ADMIN_QUERY, E_NAFID, E_WORD. */
GBA_MUST_USE gba_rc bsf_explain_check(const struct m2m_admin_ask *ask);

struct bsf_explain {
    const struct bsf_conf *conf;
    const struct bsf_seen *seen;
    const struct bsf_lookup *lookup; /* the sessions of ask->name */
    const struct m2m_admin_ask *ask;
    const struct bsf_ub_http *ub;
};

/* The answer to ask->out. */
GBA_MUST_USE gba_rc bsf_explain(const struct bsf_explain *about);
