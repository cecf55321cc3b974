/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/dict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include "diameter-dict/result.h"
#include "diameter-dict/zh.h"
#include "tests/lib/dia.h"
#include "tests/lib/tap.h"

/* Exported by libfdcore for its own use; a fresh dictionary needs it. */
int fd_dict_base_protocol(struct dictionary *dict);

static struct dictionary *fresh;

static int set_up_suite(void)
{
    return t_dia_init() == NULL;
}

static void set_up(void)
{
    CU_ASSERT_FATAL(fd_dict_init(&fresh) == 0);
    CU_ASSERT_FATAL(fd_dict_base_protocol(fresh) == 0);
}

/* The codecs go back to the dictionary that lives as long as the program. */
static void tear_down(void)
{
    const char *what;
    fd_dict_fini(&fresh);
    T_OK(dia_dict_load(t_dia_init(), &what));
}

static struct dict_object *vendor_object(void)
{
    vendor_id_t id = 10415;
    struct dict_vendor_data data = {id, (char *)"3GPP"};
    struct dict_object *vendor = NULL;
    fd_dict_search(fresh, DICT_VENDOR, VENDOR_BY_ID, &id, &vendor, 0);
    if (!vendor)
        CU_ASSERT_FATAL(fd_dict_new(fresh, DICT_VENDOR, &data, NULL, &vendor) == 0);
    return vendor;
}

static struct dict_object *foreign_avp(uint32_t code, const char *name, enum dict_avp_basetype data)
{
    struct dict_avp_data avp = {code, 10415, (char *)(uintptr_t)name, T_VM, T_VM, data};
    struct dict_object *object = NULL;
    vendor_object();
    CU_ASSERT_FATAL(fd_dict_new(fresh, DICT_AVP, &avp, NULL, &object) == 0);
    return object;
}

/* ---- what is in the way ---- */

static void no_base_dictionary(void)
{
    struct dictionary *bare = NULL;
    const char *what = "";
    CU_ASSERT_FATAL(fd_dict_init(&bare) == 0);
    T_RC(dia_dict_load(bare, &what), GBA_E_DIA_CONFIG);
    CU_ASSERT_STRING_EQUAL(what, "User-Name");
    fd_dict_fini(&bare);
}

static void other_format_is_refused(void)
{
    const char *what = "";
    foreign_avp(402, "NAF-Id", AVP_TYPE_UNSIGNED32);
    T_RC(dia_dict_load(fresh, &what), GBA_E_DIA_CONFIG);
    CU_ASSERT_STRING_EQUAL(what, "NAF-Id");
}

/* ---- what is already there ---- */

/* as TS 29.109 spells it */
static void other_name_is_kept(void)
{
    struct dict_object *there = foreign_avp(407, "GBA_U-Awareness-Indicator", AVP_TYPE_INTEGER32);
    const char *what = "";
    T_OK(dia_dict_load(fresh, &what));
    CU_ASSERT_PTR_EQUAL(dia_dict_avp(DIA_AVP_GBA_U_AWARENESS_INDICATOR), there);
}

/* Cx has command 303 too; its rules stay its own. */
static void command_is_kept(void)
{
    struct dict_cmd_data data = {303, (char *)"Cx-MAR", CMD_FLAG_REQUEST, CMD_FLAG_REQUEST};
    struct dict_object *request = NULL, *rule = NULL;
    const char *what = "";
    CU_ASSERT_FATAL(fd_dict_new(fresh, DICT_COMMAND, &data, NULL, &request) == 0);
    T_OK(dia_dict_load(fresh, &what));
    CU_ASSERT_PTR_EQUAL(dia_dict_cmd(DIA_CMD_MAR), request);
    struct dict_rule_request ask = {request, dia_dict_avp(DIA_AVP_SESSION_ID)};
    CU_ASSERT(fd_dict_search(fresh, DICT_RULE, RULE_BY_AVP_AND_PARENT, &ask, &rule, ENOENT) == ENOENT);
    ask.rule_parent = dia_dict_cmd(DIA_CMD_BIR);
    CU_ASSERT(fd_dict_search(fresh, DICT_RULE, RULE_BY_AVP_AND_PARENT, &ask, &rule, ENOENT) == 0);
}

/* RFC 4740 has the plain name for 286, and AVPs of the same names without vendor. */
static void names_of_rfc4740(void)
{
    struct dict_cmd_data data = {286, (char *)"Multimedia-Auth-Request", CMD_FLAG_REQUEST, CMD_FLAG_REQUEST};
    struct dict_avp_data item = {376, 0, (char *)"SIP-Auth-Data-Item", T_VM, T_M, AVP_TYPE_GROUPED};
    struct dict_object *command = NULL, *avp = NULL;
    const char *what = "";
    CU_ASSERT_FATAL(fd_dict_new(fresh, DICT_COMMAND, &data, NULL, &command) == 0);
    CU_ASSERT_FATAL(fd_dict_new(fresh, DICT_AVP, &item, NULL, &avp) == 0);
    T_OK(dia_dict_load(fresh, &what));
    CU_ASSERT_PTR_NOT_EQUAL(dia_dict_cmd(DIA_CMD_MAR), command);
    CU_ASSERT_PTR_NOT_EQUAL(dia_dict_avp(DIA_AVP_SIP_AUTH_DATA_ITEM), avp);
}

static void twice(void)
{
    const char *what = "";
    T_OK(dia_dict_load(fresh, &what));
    struct dict_object *first = dia_dict_avp(DIA_AVP_GBA_TYPE);
    T_OK(dia_dict_load(fresh, &what));
    CU_ASSERT_PTR_EQUAL(dia_dict_avp(DIA_AVP_GBA_TYPE), first);
}

/* ---- what is added ---- */

static const struct {
    uint32_t code;
    const char *name, *type;
    uint8_t flags;
    enum dict_avp_basetype data;
} table[] = {
    /*= TS 29.109 table 6.1, TS 29.229 table 6.3.1 */
    {400, "GBA-UserSecSettings", "", T_VM, AVP_TYPE_OCTETSTRING},
    {401, "Transaction-Identifier", "", T_VM, AVP_TYPE_OCTETSTRING},
    {402, "NAF-Id", "", T_VM, AVP_TYPE_OCTETSTRING},
    {403, "GAA-Service-Identifier", "", T_VM, AVP_TYPE_OCTETSTRING},
    {404, "Key-ExpiryTime", "Time", T_VM, AVP_TYPE_OCTETSTRING},
    {405, "ME-Key-Material", "", T_VM, AVP_TYPE_OCTETSTRING},
    {406, "UICC-Key-Material", "", T_VM, AVP_TYPE_OCTETSTRING},
    {407, "GBA-U-Awareness-Indicator", "3GPP/Enumerated(GBA-U-Awareness-Indicator)", T_VM,
     AVP_TYPE_INTEGER32},
    {408, "BootstrapInfoCreationTime", "Time", T_VM, AVP_TYPE_OCTETSTRING},
    {409, "GUSS-Timestamp", "Time", T_V, AVP_TYPE_OCTETSTRING},
    {410, "GBA-Type", "3GPP/Enumerated(GBA-Type)", T_VM, AVP_TYPE_INTEGER32},
    {411, "UE-Id", "", T_VM, AVP_TYPE_OCTETSTRING},
    {412, "UE-Id-Type", "3GPP/Enumerated(UE-Id-Type)", T_VM, AVP_TYPE_INTEGER32},
    {413, "UICC-App-Label", "", T_VM, AVP_TYPE_OCTETSTRING},
    {414, "UICC-ME", "3GPP/Enumerated(UICC-ME)", T_VM, AVP_TYPE_INTEGER32},
    {415, "Requested-Key-Lifetime", "Time", T_VM, AVP_TYPE_OCTETSTRING},
    {416, "Private-Identity-Request", "3GPP/Enumerated(Private-Identity-Request)", T_VM, AVP_TYPE_INTEGER32},
    {417, "GBA-Push-Info", "", T_VM, AVP_TYPE_OCTETSTRING},
    {418, "NAF-SA-Identifier", "", T_VM, AVP_TYPE_OCTETSTRING},
    {419, "Security-Feature-Request", "", T_VM, AVP_TYPE_OCTETSTRING},
    {420, "Security-Feature-Response", "", T_VM, AVP_TYPE_OCTETSTRING},
    {601, "Public-Identity", "UTF8String", T_VM, AVP_TYPE_OCTETSTRING},
    {607, "SIP-Number-Auth-Items", "", T_VM, AVP_TYPE_UNSIGNED32},
    {608, "SIP-Authentication-Scheme", "UTF8String", T_VM, AVP_TYPE_OCTETSTRING},
    {609, "SIP-Authenticate", "", T_VM, AVP_TYPE_OCTETSTRING},
    {610, "SIP-Authorization", "", T_VM, AVP_TYPE_OCTETSTRING},
    {611, "SIP-Authentication-Context", "", T_VM, AVP_TYPE_OCTETSTRING},
    {612, "SIP-Auth-Data-Item", "", T_VM, AVP_TYPE_GROUPED},
    {613, "SIP-Item-Number", "", T_VM, AVP_TYPE_UNSIGNED32},
    {625, "Confidentiality-Key", "", T_VM, AVP_TYPE_OCTETSTRING},
    {626, "Integrity-Key", "", T_VM, AVP_TYPE_OCTETSTRING},
    {635, "SIP-Digest-Authenticate", "", T_V, AVP_TYPE_GROUPED},
};

static bool row_is_loaded(size_t i)
{
    struct dict_avp_request ask = {10415, table[i].code, NULL};
    struct dict_object *avp = NULL, *type = NULL;
    struct dict_avp_data data;
    struct dict_type_data type_data = {.type_name = (char *)""};
    if (fd_dict_search(fresh, DICT_AVP, AVP_BY_CODE_AND_VENDOR, &ask, &avp, ENOENT) != 0)
        return false;
    fd_dict_getval(avp, &data);
    if (fd_dict_search(fresh, DICT_TYPE, TYPE_OF_AVP, avp, &type, 0) == 0 && type)
        fd_dict_getval(type, &type_data);
    return strcmp(data.avp_name, table[i].name) == 0 && strcmp(type_data.type_name, table[i].type) == 0 &&
           data.avp_flag_mask == T_VM && data.avp_flag_val == table[i].flags &&
           data.avp_basetype == table[i].data;
}

static void avps(void)
{
    const char *what = "";
    T_OK(dia_dict_load(fresh, &what));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bool good = row_is_loaded(i);
        if (!good)
            printf("# AVP %u\n", table[i].code);
        CU_ASSERT(good);
    }
}

static const char *value_name(const char *type, int32_t value)
{
    struct dict_enumval_request ask = {.type_name = (char *)(uintptr_t)type, .search.enum_value.i32 = value};
    struct dict_object *object = NULL;
    static struct dict_enumval_data data;
    if (fd_dict_search(fresh, DICT_ENUMVAL, ENUMVAL_BY_STRUCT, &ask, &object, ENOENT) != 0)
        return "";
    fd_dict_getval(object, &data);
    return data.enum_name;
}

/*= TS 29.109 6.3.1.17: the sense is inverted */
static void enumerated_values(void)
{
    const char *what = "";
    T_OK(dia_dict_load(fresh, &what));
    CU_ASSERT_STRING_EQUAL(value_name("3GPP/Enumerated(GBA-Type)", 1), "2G GBA");
    CU_ASSERT_STRING_EQUAL(value_name("3GPP/Enumerated(GBA-Type)", 3), "");
    CU_ASSERT_STRING_EQUAL(value_name("3GPP/Enumerated(UICC-ME)", 1), "GBA_U");
    CU_ASSERT_STRING_EQUAL(value_name("3GPP/Enumerated(UE-Id-Type)", 0), "Private user identity");
    CU_ASSERT_STRING_EQUAL(value_name("3GPP/Enumerated(Private-Identity-Request)", 0),
                           "Private identity requested");
    CU_ASSERT_STRING_EQUAL(value_name("3GPP/Enumerated(GBA-U-Awareness-Indicator)", 1), "YES");
}

static void applications_and_commands(void)
{
    static const uint32_t apps[] = {DIA_APP_ZN, DIA_APP_ZH, DIA_APP_ZPN};
    static const uint32_t commands[] = {DIA_CMD_MA, DIA_CMD_BI, DIA_CMD_GP};
    const char *what = "";
    struct dict_object *object = NULL;
    T_OK(dia_dict_load(fresh, &what));
    for (size_t i = 0; i < 3; i++) {
        struct dict_cmd_data data;
        CU_ASSERT(fd_dict_search(fresh, DICT_APPLICATION, APPLICATION_BY_ID, &apps[i], &object, ENOENT) == 0);
        CU_ASSERT(fd_dict_search(fresh, DICT_COMMAND, CMD_BY_CODE_A, &commands[i], &object, ENOENT) == 0);
        CU_ASSERT(fd_dict_search(fresh, DICT_COMMAND, CMD_BY_CODE_R, &commands[i], &object, ENOENT) == 0);
        fd_dict_getval(object, &data);
        CU_ASSERT((data.cmd_flag_val & data.cmd_flag_mask) == (CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE));
    }
}

/* ---- rules ---- */

/* What libfdcore would answer to a message by itself; "" when it takes it. */
static const char *verdict(gba_view octets)
{
    struct fd_pei info = {0};
    struct msg *msg = t_dia_parse(octets, NULL);
    static char text[64];
    int refused = fd_msg_parse_rules(msg, t_dia_init(), &info);
    snprintf(text, sizeof text, "%s", refused && info.pei_errcode ? info.pei_errcode : "");
    if (info.pei_avp_free && info.pei_avp)
        fd_msg_free(info.pei_avp);
    t_dia_free(msg);
    return text;
}

static void rules_of_requests(void)
{
    struct dia_mar mar = {
        .route = {.origin_host = GBA_LIT("b.example"),
                  .origin_realm = GBA_LIT("example"),
                  .dest_realm = GBA_LIT("h.example")},
        .impi = GBA_LIT("i@example"),
    };
    struct t_avps list = {.n = 0};
    struct msg *msg = NULL;
    T_OK(dia_mar_encode(&mar, &msg));
    CU_ASSERT_STRING_EQUAL(verdict(t_dia_octets(msg)), "");
    t_dia_free(msg);
    mar.route.dest_realm = (gba_view){NULL, 0};
    T_OK(dia_mar_encode(&mar, &msg));
    CU_ASSERT_STRING_EQUAL(verdict(t_dia_octets(msg)), "DIAMETER_MISSING_AVP");
    t_dia_free(msg);
    t_dia_add(&list, 263, GBA_LIT("x;1;1"));
    t_dia_add(&list, 264, GBA_LIT("b.example"));
    t_dia_add(&list, 264, GBA_LIT("b.example"));
    t_dia_add(&list, 296, GBA_LIT("example"));
    t_dia_add(&list, 283, GBA_LIT("h.example"));
    CU_ASSERT_STRING_EQUAL(verdict(t_dia_message(T_REQUEST, DIA_CMD_MA, DIA_APP_ZH, &list)),
                           "DIAMETER_AVP_OCCURS_TOO_MANY_TIMES");
}

/* An answer that breaks a rule would be dropped and its sender left waiting. */
static void answers_have_no_rules(void)
{
    const struct t_avps empty = {.n = 0};
    CU_ASSERT_STRING_EQUAL(verdict(t_dia_message(0, DIA_CMD_MA, DIA_APP_ZH, &empty)), "");
    CU_ASSERT_STRING_EQUAL(verdict(t_dia_message(0, DIA_CMD_BI, DIA_APP_ZN, &empty)), "");
}

/* ---- sessions ---- */

/* Does libfdproto still have the session of that Session-Id?  (Its own counter
 * forgets to count down.) */
static bool session_lives(const char *sid)
{
    struct session *session = NULL;
    int made = 0;
    CU_ASSERT_FATAL(fd_sess_fromsid((uint8_t *)(uintptr_t)sid, strlen(sid), &session, &made) == 0);
    if (made)
        fd_sess_destroy(&session);
    return !made;
}

/* Each request has a session in libfdproto; none may outlive its message. */
static void sessions_end_with_their_messages(void)
{
    const struct dia_mar mar = {
        .route = {.origin_host = GBA_LIT("b.example"), .origin_realm = GBA_LIT("example")},
        .impi = GBA_LIT("i@example"),
    };
    const struct dia_fault busy = {{false, DIA_TOO_BUSY}, 0};
    for (size_t i = 0; i < 1000; i++) {
        struct msg *msg = NULL;
        uint8_t *sid;
        char copy[64];
        struct session *session = NULL;
        CU_ASSERT_FATAL(dia_mar_encode(&mar, &msg) == GBA_OK);
        CU_ASSERT_FATAL(fd_msg_sess_get(t_dia_init(), msg, &session, NULL) == 0 && session);
        fd_sess_getsid(session, &sid, NULL);
        snprintf(copy, sizeof copy, "%s", (char *)sid);
        if (i % 2 == 0)
            CU_ASSERT_FATAL(dia_error_encode(&msg, &mar.route, &busy) == GBA_OK);
        CU_ASSERT_TRUE(session_lives(copy));
        t_dia_free(msg);
        CU_ASSERT_FALSE(session_lives(copy));
    }
}

static CU_TestInfo conflict_tests[] = {
    {"no base dictionary", no_base_dictionary},
    {"another data format is refused", other_format_is_refused},
    {"another name is kept", other_name_is_kept},
    {"a command is kept", command_is_kept},
    {"names of RFC 4740", names_of_rfc4740},
    {"loaded twice", twice},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo content_tests[] = {
    {"AVPs", avps},
    {"enumerated values", enumerated_values},
    {"applications and commands", applications_and_commands},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo use_tests[] = {
    {"rules of requests", rules_of_requests},
    {"answers have no rules", answers_have_no_rules},
    {"sessions end with their messages", sessions_end_with_their_messages},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"conflicts", set_up_suite, NULL, set_up, tear_down, conflict_tests},
    {"content", set_up_suite, NULL, set_up, tear_down, content_tests},
    {"use", set_up_suite, NULL, NULL, NULL, use_tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return tap_run(suites);
}
