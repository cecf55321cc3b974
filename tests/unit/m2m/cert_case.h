/* SPDX-License-Identifier: Apache-2.0 */
/* One question about certificates of the test's PKI (tests/lib/pki.h), told by names. */
#pragma once

#include "m2m/cert.h"

struct cert_case {
    const char *chain; /* "leaf sub": file names without ".der", leaf first */
    enum m2m_flavour flavour;
    const char *id;
    const char *anchors; /* "root.pem" */
    const char *crls;    /* NULL: none */
    enum m2m_status status;
    const char *staple, *ocsp; /* NULL: none */
    int64_t now_s;             /* 0: the machine's clock */
    gba_rc want;
    struct m2m_ocsp_question *missing; /* NULL: not asked for */
};

/* The chain of a case as a peer shows it; lives until the next call. */
struct m2m_shown cert_shown(const char *chain);

gba_rc cert_judge(const struct cert_case *one);

/* Judge all; each that differs is a failed assertion with its chain and id. */
void cert_judge_all(const struct cert_case *rows, size_t n);
