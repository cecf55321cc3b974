/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ue/boot_bench.h"

#include "tests/lib/file.h"

const int64_t now_s = 1893369600;

uint8_t cnonce[16];

static void give_cnonce(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    CU_ASSERT_EQUAL_FATAL(n, sizeof cnonce);
    gba_copy(out, GBA_ARRAY(cnonce));
}

struct ue_boot_conf conf;
struct ue_boot boot;
struct ue_boot_order order;
struct gba_http_msg response;
gba_env env;
static uint8_t field_room[8192];
static uint8_t document_room[1024];
gba_view document;

void step(const struct ue_boot_event *event)
{
    ue_boot_step(&boot, &env, event, &order);
}

void begin(const struct ue_keys *before)
{
    struct ue_keys who = {.app = UICC_APP_ISIM};
    conf = (struct ue_boot_conf){.bsf = GBA_LIT(BSF),
                                 .host = GBA_LIT(BSF),
                                 .product = GBA_LIT("test"),
                                 .tmpi = true,
                                 .max_resyncs = 2};
    env = (gba_env){.now_ms = now_s * 1000, .random = give_cnonce};
    document = t_file("tests/vectors/bsinfo.xml", document_room, sizeof document_room);
    T_OK(gba_text_set(&who.impi, GBA_LIT(IMPI)));
    ue_boot_init(&boot, &conf, &who, before);
}

void start(const struct ue_keys *before)
{
    begin(before);
    step(&(struct ue_boot_event){.kind = UE_BOOT_START, .rc = GBA_OK});
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
}

void answer(unsigned status)
{
    response = (struct gba_http_msg){.status = status, .minor = 1};
}

void with(const char *name, gba_view value)
{
    T_OK(gba_http_field_add(&response, gba_view_cstr(name), value));
}

void http(void)
{
    step(&(struct ue_boot_event){.kind = UE_BOOT_HTTP, .rc = GBA_OK, .response = &response});
}

void challenge(const char *field)
{
    answer(401);
    with("WWW-Authenticate", gba_view_cstr(field));
    http();
}

const uint8_t res[8] = {0xa5, 0x42, 0x11, 0xd5, 0xe3, 0xba, 0x50, 0xbf};

void card_answers(bool in_card)
{
    struct uicc_auth auth = {.in_card = in_card, .res = {.n = sizeof res}};
    gba_copy(auth.res.b, GBA_ARRAY(res));
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = GBA_OK, .auth = &auth, .gba_context = in_card});
}

void card_refuses(gba_rc rc, bool gba_context)
{
    struct uicc_auth auth = {.in_card = false};
    step(&(struct ue_boot_event){.kind = UE_BOOT_CARD, .rc = rc, .auth = &auth, .gba_context = gba_context});
}

/* Up to the second request. */
void until_second(void)
{
    start(NULL);
    challenge(CHALLENGE(NONCE));
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_CHALLENGE);
    card_answers(false);
    CU_ASSERT_EQUAL_FATAL(order.kind, UE_BOOT_SEND);
}

/* A 200 with a right proof over `body`. */
void success(gba_view body)
{
    gba_writer w = gba_writer_of(field_room, sizeof field_room);
    peer_prove(order.msg, GBA_ARRAY(res), body, "", &w);
    answer(200);
    with("Authentication-Info", gba_writer_view(&w));
    response.body = body;
}

void expect_done(gba_rc reason)
{
    CU_ASSERT_EQUAL(order.kind, UE_BOOT_DONE);
    T_RC(order.reason, reason);
}

void expect_no_keys(gba_rc reason)
{
    expect_done(reason);
    CU_ASSERT_EQUAL(boot.result.mode, UE_MODE_NONE);
    CU_ASSERT_EQUAL(boot.result.btid.n, 0);
}

struct ue_keys old_keys(enum ue_mode mode)
{
    struct ue_keys keys = {
        .mode = mode, .app = UICC_APP_ISIM, .created_s = now_s - 10, .expires_s = now_s + 10};
    T_OK(gba_text_set(&keys.impi, GBA_LIT(IMPI)));
    T_OK(gba_text_set(&keys.btid, GBA_LIT("old@" BSF)));
    T_OK(gba_text_set(&keys.tmpi, GBA_LIT(TMPI)));
    return keys;
}

/* A failed run leaves the old keys, unless the card has replaced them. */
