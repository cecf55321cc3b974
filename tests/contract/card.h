/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every implementation of the card port must do, run over each of them.
 * The card is one of tests/contract/card.yaml, in any state that this very
 * contract leaves behind.
 */
#pragma once

#include "tests/lib/tap.h"
#include "uicc/card.h"

/* Where the cards come from: a new connection to the same card each time. */
struct t_card_source {
    gba_rc (*open)(struct uicc_card *card);
    bool short_commands; /* commands of less than 4 octets reach the card */
};

/* A suite's set-up function says which source its tests use. */
void contract_card_use(const struct t_card_source *source);

/* The tests, ended by CU_TEST_INFO_NULL. */
extern CU_TestInfo contract_card_tests[];
