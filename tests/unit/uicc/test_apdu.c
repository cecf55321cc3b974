/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/card_script.h"
#include "tests/lib/tap.h"
#include "uicc/apdu.h"
#include "uicc/pin.h"

static uint8_t room[600];
static struct t_script script;

/* ---- hostile first ---- */

static void decode_refuses(void)
{
    static const char *const bad[] = {"",
                                      "00",
                                      "00a4",
                                      "00a400",
                                      "00a40004000000",
                                      "00a40004023f",
                                      "00a40004013f0000",
                                      "00b000000000",
                                      "00a4000403"};
    struct uicc_command command;
    for (size_t i = 0; i < 8; i++)
        T_RC(uicc_apdu_decode(t_hex(bad[i]), &command), GBA_E_APDU);
    /* five octets: the fifth is Le, not an Lc without data */
    T_OK(uicc_apdu_decode(t_hex(bad[8]), &command));
    CU_ASSERT_EQUAL(command.le, 3);
    CU_ASSERT_EQUAL(command.data.n, 0);
}

static void response_refuses(void)
{
    static uint8_t big[UICC_RESPONSE_MAX + 1];
    struct uicc_response response;
    T_RC(uicc_response_parse(t_hex(""), &response), GBA_E_CARD_RESPONSE);
    T_RC(uicc_response_parse(t_hex("90"), &response), GBA_E_CARD_RESPONSE);
    T_RC(uicc_response_parse(GBA_ARRAY(big), &response), GBA_E_CARD_RESPONSE);
}

static void encode_refuses(void)
{
    static uint8_t big[256];
    gba_writer w = gba_writer_of(room, sizeof room);
    struct uicc_command too_much = {0, 0xa4, 0, 0, GBA_ARRAY(big), 0};
    struct uicc_command too_wide = {0, 0xb0, 0, 0, {NULL, 0}, 257};
    T_RC(uicc_apdu_encode(&too_much, false, &w), GBA_E_APDU);
    T_RC(uicc_apdu_encode(&too_wide, false, &w), GBA_E_APDU);
    w = gba_writer_of(room, 4);
    too_wide.le = 1;
    T_RC(uicc_apdu_encode(&too_wide, false, &w), GBA_E_SPACE);
}

static gba_rc endless(void *self, gba_view command, gba_writer *rsp)
{
    unsigned *count = self;
    (void)command;
    ++*count;
    gba_put_u16(rsp, *count % 2 ? 0x6101 : 0x6c01);
    return GBA_OK;
}

static void chains_end(void)
{
    unsigned count = 0;
    struct uicc_card card = {.self = &count, .transmit = endless};
    struct uicc_command read = {0, 0xb0, 0, 0, {NULL, 0}, 9};
    gba_writer w = gba_writer_of(room, sizeof room);
    uint16_t sw;
    T_RC(uicc_exchange(&card, &read, &w, &sw), GBA_E_CARD_ENDLESS);
    CU_ASSERT(count > 1 && count <= 32);
}

static gba_rc says_nothing(void *self, gba_view command, gba_writer *rsp)
{
    (void)self;
    (void)command;
    (void)rsp;
    return GBA_OK;
}

static gba_rc says_too_much(void *self, gba_view command, gba_writer *rsp)
{
    (void)self;
    (void)command;
    gba_put_fill(rsp, 0x90, UICC_RESPONSE_MAX + 1);
    return GBA_OK;
}

static void odd_transports(void)
{
    struct uicc_card silent = {.transmit = says_nothing}, loud = {.transmit = says_too_much};
    struct uicc_command read = {0, 0xb0, 0, 0, {NULL, 0}, 9};
    gba_writer w = gba_writer_of(room, sizeof room);
    uint16_t sw;
    T_RC(uicc_exchange(&silent, &read, &w, &sw), GBA_E_CARD_RESPONSE);
    T_RC(uicc_exchange(&loud, &read, &w, &sw), GBA_E_CARD_RESPONSE);
}

static void more_data_than_room(void)
{
    static const char *const lines[] = {"00b0000004", "010203049000", NULL};
    struct uicc_card card = t_script_card(&script, lines);
    struct uicc_command read = {0, 0xb0, 0, 0, {NULL, 0}, 4};
    gba_writer w = gba_writer_of(room, 3);
    T_RC(uicc_call(&card, &read, &w), GBA_E_SPACE);
}

/*= TS 102 221 10.2.1; TS 31.102 7.3.1 */
static void status_words(void)
{
    static const struct {
        uint16_t sw;
        gba_rc rc;
    } rows[] = {
        {0x9862, GBA_E_CARD_MAC},
        {0x9864, GBA_E_CARD_CONTEXT},
        {0x9865, GBA_E_CARD_FRESHNESS},
        {0x9866, GBA_E_CARD_MEMORY},
        {0x6985, GBA_E_CARD_CONDITION},
        {0x6982, GBA_E_PIN_NEEDED},
        {0x63c2, GBA_E_PIN_WRONG},
        {0x63c0, GBA_E_PIN_WRONG},
        {0x6983, GBA_E_PIN_BLOCKED},
        {0x6984, GBA_E_CARD_INVALIDATED},
        {0x6a82, GBA_E_CARD_FILE},
        {0x6a83, GBA_E_CARD_RECORD},
        {0x6a86, GBA_E_CARD_PARAMETER},
        {0x6a88, GBA_E_CARD_REFERENCE},
        {0x6700, GBA_E_CARD_LENGTH},
        {0x6d00, GBA_E_CARD_INS},
        {0x6e00, GBA_E_CARD_INS},
        {0x6581, GBA_E_CARD_FAULT},
        {0x6f00, GBA_E_CARD_FAULT},
        {0x6881, GBA_E_CARD_FUNCTION},
        {0x9300, GBA_E_CARD_BUSY},
        {0x62f1, GBA_E_CARD_STATUS},
        {0x0000, GBA_E_CARD_STATUS},
        {0x6100, GBA_E_CARD_STATUS},
        {0x9000, GBA_OK},
        {0x9112, GBA_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_RC(uicc_sw_rc(rows[i].sw), rows[i].rc);
}

/* ---- PIN ---- */

static const struct uicc_pin_order careful = {1, false}, bold = {1, true};

static void pin_forms(void)
{
    static const char *const bad[] = {"", "123", "123456789", "12a4", "12 4", "-123"};
    struct uicc_pin pin;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_RC(uicc_pin_parse(gba_view_cstr(bad[i]), &pin), GBA_E_PIN_FORM);
    CU_ASSERT_FALSE(pin.set);
}

/* The script has no second VERIFY with data: a wrong PIN is sent once. */
static void wrong_pin_is_sent_once(void)
{
    static const char *const lines[] = {"00200001",
                                        "63c3",
                                        "0020000108"
                                        "31323334ffffffff",
                                        "63c2",
                                        "00200001",
                                        "63c2",
                                        NULL};
    struct uicc_card card = t_script_card(&script, lines);
    struct uicc_pin pin;
    T_OK(uicc_pin_parse(GBA_LIT("1234"), &pin));
    T_RC(uicc_pin_open(&card, &pin, &careful), GBA_E_PIN_WRONG);
    CU_ASSERT_FALSE(pin.set);
    CU_ASSERT_EQUAL(pin.b[0], 0);
    T_RC(uicc_pin_open(&card, &pin, &careful), GBA_E_PIN_NEEDED);
    CU_ASSERT_TRUE(t_script_done(&script));
}

static void last_try_is_not_risked(void)
{
    static const char *const lines[] = {"00200001",
                                        "63c1",
                                        "00200001",
                                        "63c1",
                                        "0020000108"
                                        "31323334ffffffff",
                                        "9000",
                                        NULL};
    struct uicc_card card = t_script_card(&script, lines);
    struct uicc_pin pin;
    T_OK(uicc_pin_parse(GBA_LIT("1234"), &pin));
    T_RC(uicc_pin_open(&card, &pin, &careful), GBA_E_PIN_LAST_TRY);
    CU_ASSERT_TRUE(pin.set);
    T_OK(uicc_pin_open(&card, &pin, &bold));
    CU_ASSERT_TRUE(t_script_done(&script));
}

static void blocked_pin(void)
{
    static const char *const lines[] = {"00200001", "63c0", "00200001", "6983", NULL};
    struct uicc_card card = t_script_card(&script, lines);
    struct uicc_pin pin;
    T_OK(uicc_pin_parse(GBA_LIT("1234"), &pin));
    T_RC(uicc_pin_open(&card, &pin, &bold), GBA_E_PIN_BLOCKED);
    T_RC(uicc_pin_open(&card, &pin, &bold), GBA_E_PIN_BLOCKED);
    CU_ASSERT_TRUE(t_script_done(&script));
}

/*= TS 102 221 11.1.9 */
static void open_pin_costs_nothing(void)
{
    static const char *const lines[] = {"00200001", "9000", NULL};
    struct uicc_card card = t_script_card(&script, lines);
    struct uicc_pin pin = {.set = false};
    T_OK(uicc_pin_open(&card, &pin, &careful));
}

/* ---- good ---- */

static void four_cases(void)
{
    static const struct {
        struct uicc_command command;
        const char *t1, *t0;
    } rows[] = {
        {{0x00, 0x20, 0x00, 0x01, {NULL, 0}, 0}, "00200001", "00200001"},
        {{0x00, 0xb0, 0x01, 0x02, {NULL, 0}, 256}, "00b0010200", "00b0010200"},
        {{0x00, 0xd6, 0x00, 0x00, GBA_LIT("\x10"), 0}, "00d600000110", "00d600000110"},
        {{0x00, 0xa4, 0x00, 0x04, GBA_LIT("\x3f\x00"), 256}, "00a40004023f0000", "00a40004023f00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uicc_command back;
        gba_writer w = gba_writer_of(room, sizeof room);
        T_OK(uicc_apdu_encode(&rows[i].command, false, &w));
        T_BYTES(gba_writer_view(&w), t_hex(rows[i].t1));
        T_OK(uicc_apdu_decode(gba_writer_view(&w), &back));
        CU_ASSERT_EQUAL(back.ins, rows[i].command.ins);
        CU_ASSERT_EQUAL(back.le, rows[i].command.le);
        T_BYTES(back.data, rows[i].command.data);
        w = gba_writer_of(room, sizeof room);
        T_OK(uicc_apdu_encode(&rows[i].command, true, &w));
        T_BYTES(gba_writer_view(&w), t_hex(rows[i].t0));
    }
}

/*= TS 102 221 7.3.1.1.4 */
static void follows_61(void)
{
    static const char *const lines[] = {"01a40004023f00", "6103",     "01c0000003", "aabbcc6102",
                                        "01c0000002",     "ddee9000", NULL};
    struct uicc_card card = t_script_card(&script, lines);
    struct uicc_command select = {0x01, 0xa4, 0x00, 0x04, GBA_LIT("\x3f\x00"), 256};
    gba_writer w = gba_writer_of(room, sizeof room);
    card.t0 = true;
    T_OK(uicc_call(&card, &select, &w));
    T_BYTES(gba_writer_view(&w), t_hex("aabbccddee"));
    CU_ASSERT_TRUE(t_script_done(&script));
}

/*= TS 102 221 7.3.1.1.4 */
static void follows_6c(void)
{
    static const char *const lines[] = {"00b0000000", "6c02", "00b0000002", "aabb9000", NULL};
    struct uicc_card card = t_script_card(&script, lines);
    struct uicc_command read = {0x00, 0xb0, 0x00, 0x00, {NULL, 0}, 256};
    gba_writer w = gba_writer_of(room, sizeof room);
    T_OK(uicc_call(&card, &read, &w));
    T_BYTES(gba_writer_view(&w), t_hex("aabb"));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"commands that are cut", decode_refuses},
        {"responses that are cut", response_refuses},
        {"commands out of range", encode_refuses},
        {"61 and 6C without end", chains_end},
        {"silent and overlong transports", odd_transports},
        {"more data than room", more_data_than_room},
        {"status words", status_words},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo pin[] = {
        {"not a PIN", pin_forms},
        {"a wrong PIN is sent once", wrong_pin_is_sent_once},
        {"the last try is not risked unless told", last_try_is_not_risked},
        {"blocked", blocked_pin},
        {"open already", open_pin_costs_nothing},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"four cases in T=0 and T=1", four_cases},
        {"61xx on the same channel", follows_61},
        {"6Cxx", follows_6c},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"PIN", NULL, NULL, NULL, NULL, pin},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
