/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter-dict/dict.h"

#include <errno.h>
#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

#include "diameter-dict/result.h"

/* libfdproto copies every name it is given but takes them as plain char *. */
#define NAME(s) ((char *)(uintptr_t)(s))

enum app {
#define DIA_APP(token, id, name) APP_##token,
#include "diameter-dict/gba.def"
    APP_COUNT,
    APP_NONE = APP_COUNT
};

static const struct app_row {
    application_id_t id;
    const char *name;
} app_rows[APP_COUNT] = {
#define DIA_APP(token, id, name) {id, name},
#include "diameter-dict/gba.def"
};

enum cmd_kind { CMD_ANSWER_ROW, CMD_REQUEST_ROW };

static const struct cmd_row {
    command_code_t code;
    const char *name;
    enum cmd_kind kind;
    enum app app;
} cmd_rows[DIA_CMD_COUNT] = {
#define DIA_CMD(token, code, name, flags, app) {code, name, CMD_##flags##_ROW, APP_##app},
#include "diameter-dict/gba.def"
};

enum avp_type { TYPE_NONE, TYPE_TEXT, TYPE_TIME, TYPE_ENUM };
enum {
    FLAGS_VM = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY,
    FLAGS_V = AVP_FLAG_VENDOR,
    FLAGS_M = AVP_FLAG_MANDATORY,
};

static const struct avp_row {
    vendor_id_t vendor;
    avp_code_t code;
    enum dict_avp_basetype data;
    enum avp_type type;
    uint8_t flags;
    bool ours; /* added when it is not there */
    const char *name;
    const char *enum_name;
} avp_rows[DIA_AVP_COUNT] = {
#define DIA_BASE(token, code, data, name) {0, code, AVP_TYPE_##data, TYPE_NONE, 0, false, name, NULL},
#define DIA_SIP(token, code, data, type, name)                                                               \
    {0, code, AVP_TYPE_##data, TYPE_##type, FLAGS_M, true, name, NULL},
#define DIA_IETF(token, code, data, name) {0, code, AVP_TYPE_##data, TYPE_NONE, 0, true, name, NULL},
#define DIA_AVP(token, code, data, type, flags, name)                                                        \
    {DIA_VENDOR_3GPP,                                                                                        \
     code,                                                                                                   \
     AVP_TYPE_##data,                                                                                        \
     TYPE_##type,                                                                                            \
     FLAGS_##flags,                                                                                          \
     true,                                                                                                   \
     name,                                                                                                   \
     "3GPP/Enumerated(" name ")"},
#include "diameter-dict/gba.def"
};

static const struct value_row {
    enum dia_avp avp;
    int32_t value;
    const char *name;
} value_rows[] = {
#define DIA_VALUE(avp, value, name) {DIA_AVP_##avp, value, name},
#include "diameter-dict/gba.def"
};

static const struct rule_row {
    enum dia_cmd cmd;
    enum dia_avp avp;
    enum rule_position position;
    int min, max;
} rule_rows[] = {
#define DIA_RULE(cmd, avp, position, min, max) {DIA_CMD_##cmd, DIA_AVP_##avp, RULE_##position, min, max},
#include "diameter-dict/gba.def"
};

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* Filled once at start, then only read: codecs must not search per message. */
static struct loaded {
    struct dictionary *dict;
    struct dict_object *vendor;
    struct dict_object *apps[APP_COUNT];
    struct dict_object *cmds[DIA_CMD_COUNT];
    struct dict_object *avps[DIA_AVP_COUNT];
    bool own_cmd[DIA_CMD_COUNT]; /* added by us, so that its rules are ours to give */
} loaded;

static struct dict_object *find(enum dict_object_type type, int by, const void *what)
{
    struct dict_object *object = NULL;
    return fd_dict_search(loaded.dict, type, by, what, &object, 0) == 0 ? object : NULL;
}

/* A new object, or NULL. */
static struct dict_object *add(enum dict_object_type type, void *data, struct dict_object *parent)
{
    struct dict_object *object = NULL;
    return fd_dict_new(loaded.dict, type, data, parent, &object) == 0 ? object : NULL;
}

static gba_rc load_vendor(void)
{
    vendor_id_t id = DIA_VENDOR_3GPP;
    struct dict_vendor_data data = {id, NAME("3GPP")};
    loaded.vendor = find(DICT_VENDOR, VENDOR_BY_ID, &id);
    if (!loaded.vendor)
        loaded.vendor = add(DICT_VENDOR, &data, NULL);
    return loaded.vendor ? GBA_OK : GBA_E_DIA_CONFIG;
}

static gba_rc load_app(enum app app)
{
    struct dict_application_data data = {app_rows[app].id, NAME(app_rows[app].name)};
    loaded.apps[app] = find(DICT_APPLICATION, APPLICATION_BY_ID, &data.application_id);
    if (!loaded.apps[app])
        loaded.apps[app] = add(DICT_APPLICATION, &data, loaded.vendor);
    return loaded.apps[app] ? GBA_OK : GBA_E_DIA_CONFIG;
}

/* Commands are known by code alone: a Cx extension may have added 303. */
static gba_rc load_cmd(enum dia_cmd cmd)
{
    const struct cmd_row *row = &cmd_rows[cmd];
    bool request = row->kind == CMD_REQUEST_ROW;
    struct dict_cmd_data data = {
        .cmd_code = row->code,
        .cmd_name = NAME(row->name),
        .cmd_flag_mask = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE,
        .cmd_flag_val = request ? CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE : CMD_FLAG_PROXIABLE,
    };
    loaded.cmds[cmd] = find(DICT_COMMAND, request ? CMD_BY_CODE_R : CMD_BY_CODE_A, &data.cmd_code);
    loaded.own_cmd[cmd] = loaded.cmds[cmd] == NULL;
    if (!loaded.cmds[cmd])
        loaded.cmds[cmd] = add(DICT_COMMAND, &data, row->app == APP_NONE ? NULL : loaded.apps[row->app]);
    return loaded.cmds[cmd] ? GBA_OK : GBA_E_DIA_CONFIG;
}

static struct dict_object *find_avp(const struct avp_row *row)
{
    struct dict_avp_request what = {row->vendor, row->code, NULL};
    if (row->vendor == 0)
        return find(DICT_AVP, AVP_BY_CODE, &row->code);
    return find(DICT_AVP, AVP_BY_CODE_AND_VENDOR, &what);
}

/* Reading a value through the wrong member of the union would be worse than not starting. */
static gba_rc check_avp(const struct avp_row *row, struct dict_object *avp)
{
    struct dict_avp_data data;
    GBA_ENSURE(avp && fd_dict_getval(avp, &data) == 0, GBA_E_DIA_CONFIG);
    GBA_ENSURE(data.avp_basetype == row->data, GBA_E_DIA_CONFIG);
    return GBA_OK;
}

/* The enumerated type of an AVP, with its values. */
static struct dict_object *enum_type(enum dia_avp avp)
{
    struct dict_type_data data = {
        AVP_TYPE_INTEGER32, NAME(avp_rows[avp].enum_name), NULL, NULL, NULL, NULL, NULL};
    struct dict_object *type = add(DICT_TYPE, &data, NULL);
    for (size_t i = 0; type && i < COUNT(value_rows); i++) {
        struct dict_enumval_data value = {NAME(value_rows[i].name), {.i32 = value_rows[i].value}};
        if (value_rows[i].avp == avp && !add(DICT_ENUMVAL, &value, type))
            return NULL;
    }
    return type;
}

/* NULL when the AVP needs none, or when there is none: *ok tells. */
static struct dict_object *avp_type(enum dia_avp avp, bool *ok)
{
    struct dict_object *type = NULL;
    switch (avp_rows[avp].type) {
    case TYPE_TEXT:
        type = find(DICT_TYPE, TYPE_BY_NAME, "UTF8String");
        break;
    case TYPE_TIME:
        type = find(DICT_TYPE, TYPE_BY_NAME, "Time");
        break;
    case TYPE_ENUM:
        type = enum_type(avp);
        break;
    case TYPE_NONE:
        break;
    }
    *ok = type != NULL || avp_rows[avp].type == TYPE_NONE;
    return type;
}

static gba_rc load_avp(enum dia_avp avp)
{
    const struct avp_row *row = &avp_rows[avp];
    struct dict_avp_data data = {
        .avp_code = row->code,
        .avp_vendor = row->vendor,
        .avp_name = NAME(row->name),
        .avp_flag_mask = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY,
        .avp_flag_val = row->flags,
        .avp_basetype = row->data,
    };
    loaded.avps[avp] = find_avp(row);
    if (!loaded.avps[avp] && row->ours) {
        bool ok;
        struct dict_object *type = avp_type(avp, &ok);
        GBA_ENSURE(ok, GBA_E_DIA_CONFIG);
        loaded.avps[avp] = add(DICT_AVP, &data, type);
    }
    return check_avp(row, loaded.avps[avp]);
}

static gba_rc load_rule(const struct rule_row *row)
{
    struct dict_rule_data data = {
        .rule_avp = loaded.avps[row->avp],
        .rule_position = row->position,
        .rule_order = row->position == RULE_FIXED_HEAD ? 1 : 0,
        .rule_min = row->min,
        .rule_max = row->max,
    };
    if (!loaded.own_cmd[row->cmd])
        return GBA_OK;
    return add(DICT_RULE, &data, loaded.cmds[row->cmd]) ? GBA_OK : GBA_E_DIA_CONFIG;
}

gba_rc dia_dict_load(struct dictionary *dict, const char **what)
{
    loaded = (struct loaded){.dict = dict};
    *what = "3GPP";
    GBA_TRY(load_vendor());
    for (enum app app = 0; app < APP_COUNT; app++) {
        *what = app_rows[app].name;
        GBA_TRY(load_app(app));
    }
    for (enum dia_cmd cmd = 0; cmd < DIA_CMD_COUNT; cmd++) {
        *what = cmd_rows[cmd].name;
        GBA_TRY(load_cmd(cmd));
    }
    for (enum dia_avp avp = 0; avp < DIA_AVP_COUNT; avp++) {
        *what = avp_rows[avp].name;
        GBA_TRY(load_avp(avp));
    }
    for (size_t i = 0; i < COUNT(rule_rows); i++) {
        *what = avp_rows[rule_rows[i].avp].name;
        GBA_TRY(load_rule(&rule_rows[i]));
    }
    *what = "";
    return GBA_OK;
}

struct dictionary *dia_dict(void)
{
    return loaded.dict;
}

struct dict_object *dia_dict_cmd(enum dia_cmd cmd)
{
    return loaded.cmds[cmd];
}

struct dict_object *dia_dict_avp(enum dia_avp avp)
{
    return loaded.avps[avp];
}

enum dia_avp dia_avp_of(uint32_t code, uint32_t vendor)
{
    switch ((uint64_t)vendor << 32 | code) {
#define DIA_BASE(token, code, data, name)                                                                    \
    case code:                                                                                               \
        return DIA_AVP_##token;
#define DIA_SIP(token, code, data, type, name)                                                               \
    case code:                                                                                               \
        return DIA_AVP_##token;
#define DIA_IETF(token, code, data, name)                                                                    \
    case code:                                                                                               \
        return DIA_AVP_##token;
#define DIA_AVP(token, code, data, type, flags, name)                                                        \
    case (uint64_t)DIA_VENDOR_3GPP << 32 | code:                                                             \
        return DIA_AVP_##token;
#include "diameter-dict/gba.def"
    default:
        return DIA_AVP_COUNT;
    }
}

uint32_t dia_avp_code(enum dia_avp avp)
{
    return avp_rows[avp].code;
}
