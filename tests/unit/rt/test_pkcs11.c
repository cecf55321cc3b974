/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/pkcs11.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/softtoken.h"
#include "tests/lib/tap.h"

static char folder[] = "/tmp/keystrap-token.XXXXXX";
static char rogue[512];
static const char *softhsm;
static gba_seal_key key;
static gba_text why;

static gba_rc from(const char *module, const char *token, const char *label, const char *pin)
{
    const struct rt_pkcs11 conf = {
        .module = module, .token = token, .label = label, .pin = gba_view_cstr(pin), .key_id = 1};
    memset(&key, 0x55, sizeof key);
    why.n = 0;
    return rt_pkcs11_key(&conf, &key, &why);
}

static bool tells(const char *text)
{
    if (!gba_view_contains(gba_text_view(&why), gba_view_cstr(text)))
        printf("# says: %.*s\n", (int)why.n, why.s);
    return gba_view_contains(gba_text_view(&why), gba_view_cstr(text));
}

static bool wiped(void)
{
    static const gba_seal_key none;
    return gba_view_eq(GBA_ARRAY(key.b), GBA_ARRAY(none.b));
}

/* ---- modules that are none, or do not do as they should ---- */

static void no_module(void)
{
    T_RC(from("/nowhere/module.so", "t", "k", "1234"), GBA_E_P11_MODULE);
    CU_ASSERT_TRUE(tells("module /nowhere/module.so: "));
    CU_ASSERT_TRUE(wiped());
    T_RC(from("libm.so.6", "t", "k", "1234"), GBA_E_P11_MODULE);
    CU_ASSERT_TRUE(tells("module libm.so.6: is no PKCS#11 module"));
}

static void rogue_does(const char *role, gba_rc want, const char *text)
{
    setenv("ROGUE_TOKEN", role, 1);
    T_RC(from(rogue, "rogue", "k", "1234"), want);
    CU_ASSERT_TRUE(tells(text));
    CU_ASSERT_TRUE(want == GBA_OK || wiped());
}

static void rogue_modules(void)
{
    rogue_does("good", GBA_OK, "");
    rogue_does("empty", GBA_E_P11_MODULE, "does not speak PKCS#11 version 2");
    rogue_does("version", GBA_E_P11_MODULE, "does not speak PKCS#11 version 2");
    rogue_does("dead", GBA_E_P11_MODULE, "cannot be initialised");
    rogue_does("crowd", GBA_E_P11, "the slots cannot be listed (CKR 0x00000150)");
    rogue_does("blind", GBA_E_P11, "its objects cannot be listed");
    rogue_does("silent", GBA_E_P11, "does not tell how the key is protected");
    rogue_does("unable", GBA_E_P11, "token rogue: HMAC-SHA-256 fails (CKR 0x00000070)");
    rogue_does("short", GBA_E_P11, "wrong length");
}

/* A wrong PIN again at each start would lock the token. */
static void last_try(void)
{
    rogue_does("final", GBA_E_P11_PIN, "only one try is left");
    rogue_does("locked", GBA_E_P11_PIN, "locked");
    rogue_does("expired", GBA_E_P11_PIN, "locked, expired or not set");
}

/* ---- SoftHSM2 ---- */

static bool make(const char *token, const char *label, bool readable, unsigned keys)
{
    return softtoken_make(&(struct softtoken){.module = softhsm,
                                              .token = token,
                                              .pin = "5678",
                                              .label = label,
                                              .readable = readable,
                                              .keys = keys});
}

static void wrong_names(void)
{
    CU_ASSERT_TRUE_FATAL(make("one", "seal", false, 1));
    T_RC(from(softhsm, "another", "seal", "5678"), GBA_E_P11_TOKEN);
    CU_ASSERT_TRUE(tells("token another: no token has this label"));
    T_RC(from(softhsm, "on", "seal", "5678"), GBA_E_P11_TOKEN);
    T_RC(from(softhsm, "one", "seal2", "5678"), GBA_E_P11_KEY);
    CU_ASSERT_TRUE(tells("object seal2: the token has no secret key of this label"));
    CU_ASSERT_TRUE(wiped());
}

static void wrong_pin(void)
{
    T_RC(from(softhsm, "one", "seal", "1234"), GBA_E_P11_PIN);
    CU_ASSERT_TRUE(tells("token one: the PIN is wrong (CKR 0x000000a0)"));
    CU_ASSERT_FALSE(gba_view_contains(gba_text_view(&why), GBA_LIT("1234")));
    T_RC(from(softhsm, "one", "seal", ""), GBA_E_P11_PIN);
    T_OK(from(softhsm, "one", "seal", "5678"));
}

static void twice(void)
{
    CU_ASSERT_TRUE_FATAL(make("two", "seal", false, 2));
    T_RC(from(softhsm, "two", "seal", "5678"), GBA_E_P11_KEY);
    CU_ASSERT_TRUE(tells("several secret keys"));
    CU_ASSERT_TRUE_FATAL(make("two", "other", false, 1));
    T_RC(from(softhsm, "two", "seal", "5678"), GBA_E_P11_TOKEN);
    CU_ASSERT_TRUE(tells("several tokens"));
}

static void readable_or_unfit(void)
{
    CU_ASSERT_TRUE_FATAL(make("open", "seal", true, 1));
    T_RC(from(softhsm, "open", "seal", "5678"), GBA_E_P11_READABLE);
    CU_ASSERT_TRUE(tells("object seal: can leave the token"));
    CU_ASSERT_TRUE(softtoken_make(&(struct softtoken){
        .module = softhsm, .token = "aes", .pin = "5678", .label = "seal", .aes = true, .keys = 1}));
    T_RC(from(softhsm, "aes", "seal", "5678"), GBA_E_P11_KEY);
    CU_ASSERT_TRUE(tells("not a generic secret"));
}

/* The same each time, another for another id, and nothing that was there before. */
static void keys(void)
{
    T_OK(from(softhsm, "one", "seal", "5678"));
    gba_seal_key first = key;
    CU_ASSERT_FALSE(wiped());
    T_OK(from(softhsm, "one", "seal", "5678"));
    T_BYTES(GBA_ARRAY(key.b), GBA_ARRAY(first.b));
    const struct rt_pkcs11 second = {
        .module = softhsm, .token = "one", .label = "seal", .pin = GBA_LIT("5678"), .key_id = 2};
    T_OK(rt_pkcs11_key(&second, &key, &why));
    CU_ASSERT_FALSE(gba_view_eq(GBA_ARRAY(key.b), GBA_ARRAY(first.b)));
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"no module", no_module},
        {"modules that fail", rogue_modules},
        {"the last try is not risked", last_try},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo tokens[] = {
        {"wrong token and object", wrong_names},
        {"wrong PIN", wrong_pin},
        {"ambiguous labels", twice},
        {"keys that can be read, or cannot sign", readable_or_unfit},
        {"keys", keys},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"pkcs11", NULL, NULL, NULL, NULL, hostile},
        {"pkcs11 with SoftHSM2", NULL, NULL, NULL, NULL, tokens},
        CU_SUITE_INFO_NULL,
    };
    softhsm = softtoken_module();
    snprintf(rogue, sizeof rogue, "%s/tests/unit/rt/.libs/rogue_token.so", getenv("top_builddir"));
    if (!softhsm)
        suites[1] = (CU_SuiteInfo)CU_SUITE_INFO_NULL;
    if (!mkdtemp(folder) || !softtoken_folder(folder))
        return 1;
    int code = tap_run(suites);
    softtoken_folder_remove(folder);
    return code;
}
