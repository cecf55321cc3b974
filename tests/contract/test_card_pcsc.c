/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card contract over PC/SC; tests/system/pcscd.sh runs it.
 *
 *   test_card_pcsc NAME READER     the contract, with NAME before each line
 *   test_card_pcsc open READER     say what opening gives: "ok" or a reason code
 *   test_card_pcsc removal READER  open, say "opened", wait for a line, use the card, say what that gives
 */
#include <stdio.h>
#include <string.h>

#include "tests/contract/card.h"
#include "uicc/apdu.h"
#include "uicc/io/pcsc.h"

static const char *reader;

static gba_rc open_pcsc(struct uicc_card *card)
{
    return uicc_pcsc_open(gba_view_cstr(reader), card);
}

/* A command of one octet would be one of vpcd's own. */
static const struct t_card_source over_pcsc = {open_pcsc, false};

static int set_up(void)
{
    contract_card_use(&over_pcsc);
    return 0;
}

static int say_open(bool then_removed)
{
    struct uicc_card card;
    char line[16];
    uint8_t octets[UICC_RESPONSE_MAX];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    gba_rc rc = open_pcsc(&card);
    if (rc == GBA_OK && then_removed) {
        printf("opened %s\n", card.t0 ? "T=0" : "T=1");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return 1;
        rc = card.begin(card.self);
        if (rc == GBA_OK)
            rc = card.transmit(card.self, t_hex("00a4000c023f00"), &w);
    }
    if (rc == GBA_OK || then_removed)
        card.close(card.self);
    printf("%s\n", gba_rc_token(rc));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: test_card_pcsc NAME|open|removal READER\n");
        return 2;
    }
    reader = argv[2];
    if (strcmp(argv[1], "open") == 0 || strcmp(argv[1], "removal") == 0)
        return say_open(strcmp(argv[1], "removal") == 0);
    CU_SuiteInfo suites[] = {
        {argv[1], set_up, NULL, NULL, NULL, contract_card_tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
