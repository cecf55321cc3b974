/* SPDX-License-Identifier: Apache-2.0 */
/* The card contract over the simulated card: in memory with T=1 and T=0, and with its files. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/contract/card.h"
#include "tests/lib/file.h"
#include "uicc/io/card_open.h"
#include "uicc/soft.h"

static struct uicc_soft soft;
static char folder[] = "/tmp/keystrap-card.XXXXXX";
static char profile[64], state[80], name[80];

static void read_profile(struct uicc_conf *conf)
{
    static struct rt_conf_errors errors;
    char path[512];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/tests/contract/card.yaml", top ? top : ".");
    *conf = (struct uicc_conf){.imsi = {0}};
    if (rt_conf_read(path, uicc_conf_rows, conf, &errors) != GBA_OK) {
        printf("Bail out! %s", errors.text);
        exit(1);
    }
}

static gba_rc transmit(void *self, gba_view command, gba_writer *rsp)
{
    uicc_soft_transmit(self, command, rsp);
    return GBA_OK;
}

static void let_go(void *self)
{
    (void)self;
}

/* The card alone, without files. */
static gba_rc open_soft(struct uicc_card *card)
{
    *card = (struct uicc_card){.self = &soft, .transmit = transmit, .t0 = soft.t0, .close = let_go};
    return GBA_OK;
}

static gba_rc open_sim(struct uicc_card *card)
{
    static struct rt_conf_errors errors;
    return uicc_card_open(gba_view_cstr(name), card, &errors);
}

static const struct t_card_source in_memory = {open_soft, true};
static const struct t_card_source with_files = {open_sim, true};

/* For set-up functions, in which CUnit allows no assertion. */
static int make(bool t0)
{
    struct uicc_conf conf;
    read_profile(&conf);
    gba_rc rc = uicc_soft_init(&soft, &conf, t0);
    rt_conf_free(uicc_conf_rows, &conf);
    contract_card_use(&in_memory);
    return rc == GBA_OK ? 0 : 1;
}

static int set_up_t1(void)
{
    return make(false);
}

static int set_up_t0(void)
{
    return make(true);
}

static int set_up_files(void)
{
    static char text[8192];
    gba_view sample = t_file("tests/contract/card.yaml", text, sizeof text);
    if (!mkdtemp(folder))
        return 1;
    snprintf(profile, sizeof profile, "%s/card.yaml", folder);
    snprintf(state, sizeof state, "%s.state", profile);
    snprintf(name, sizeof name, "sim:%s", profile);
    contract_card_use(&with_files);
    FILE *file = fopen(profile, "w");
    if (!file)
        return 1;
    bool written = fwrite(sample.p, 1, sample.n, file) == sample.n;
    return fclose(file) == 0 && written ? 0 : 1;
}

static int tear_down_files(void)
{
    unlink(profile);
    unlink(state);
    return rmdir(folder);
}

/* ---- what only a card with files has ---- */

static void one_user_at_a_time(void)
{
    struct uicc_card one, two;
    T_OK(open_sim(&one));
    T_RC(open_sim(&two), GBA_E_CARD_IN_USE);
    one.close(one.self);
    T_OK(open_sim(&two));
    two.close(two.self);
}

static void state_is_private(void)
{
    struct stat st;
    CU_ASSERT_EQUAL_FATAL(stat(state, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
}

static void damaged_state(void)
{
    static struct rt_conf_errors errors;
    struct uicc_card card;
    CU_ASSERT_EQUAL(truncate(state, 100), 0);
    T_RC(uicc_card_open(gba_view_cstr(name), &card, &errors), GBA_E_CARD_STATE);
    CU_ASSERT_TRUE(gba_view_contains(gba_view_cstr(errors.text), gba_view_cstr(state)));
    unlink(state);
    T_OK(open_sim(&card));
    card.close(card.self);
}

/* Nothing of an answer leaves a card that cannot remember it. */
static void state_cannot_be_written(void)
{
    struct uicc_card card;
    uint8_t octets[UICC_RESPONSE_MAX];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    T_OK(open_sim(&card));
    unlink(state);
    CU_ASSERT_EQUAL(mkdir(state, 0700), 0);
    T_RC(card.transmit(card.self, t_hex("002000010839393939ffffffff"), &w), GBA_E_FILE);
    T_BYTES(gba_writer_view(&w), t_hex("6581"));
    CU_ASSERT_EQUAL(rmdir(state), 0);
    w.n = 0;
    T_OK(card.transmit(card.self, t_hex("002000010831323334ffffffff"), &w));
    T_BYTES(gba_writer_view(&w), t_hex("9000"));
    card.close(card.self);
}

static void card_names(void)
{
    static const char *const bad[] = {"", "sim", "sim:", "usb:1", "pcs", "PCSC"};
    static struct rt_conf_errors errors;
    struct uicc_card card;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(uicc_card_open(gba_view_cstr(bad[i]), &card, &errors), GBA_E_CARD_NAME);
    T_RC(uicc_card_open(GBA_LIT("sim:/nonexistent/card.yaml"), &card, &errors), GBA_E_FILE);
}

static void no_pcsc_service(void)
{
    static struct rt_conf_errors errors;
    struct uicc_card card;
    setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd", 1);
    T_RC(uicc_card_open(GBA_LIT("pcsc"), &card, &errors), GBA_E_PCSC);
    T_RC(uicc_card_open(GBA_LIT("pcsc:Virtual"), &card, &errors), GBA_E_PCSC);
}

int main(void)
{
    CU_TestInfo files[] = {
        {"one user at a time", one_user_at_a_time},
        {"the state file is private", state_is_private},
        {"a state file that cannot be written", state_cannot_be_written},
        {"a damaged state file", damaged_state},
        {"names of cards", card_names},
        {"no PC/SC service", no_pcsc_service},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"T=1", set_up_t1, NULL, NULL, NULL, contract_card_tests},
        {"T=0", set_up_t0, NULL, NULL, NULL, contract_card_tests},
        {"sim:", set_up_files, NULL, NULL, NULL, contract_card_tests},
        {"files", NULL, tear_down_files, NULL, NULL, files},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
