/* SPDX-License-Identifier: Apache-2.0 */
/* What every record store does (m2m/db.h), and the vault over it. */
#pragma once

#include "m2m/db.h"
#include "tests/lib/tap.h"

struct records_world {
    const char *name;
    const struct m2m_db *(*open)(
        void); /* empty, with room for 40 to 200 records of 10000 octets; NULL: failed */
    void (*close)(void);
    CU_TestInfo *own; /* further tests, ended by CU_TEST_INFO_NULL; may be NULL */
};

/* Runs the suite; for main. */
int records_contract_run(const struct records_world *world);
