/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/res.h"

#include "gba/wire/names.h"
#include "m2m/prim.h"

enum kind { TEXT, HOST, TIME, NUMBER, LABELS, TARGETS, KEY };

static const struct root {
    enum m2m_res_type ty;
    const char *name;
} roots[] = {
#define X(name, ty, root) {M2M_TY_##name, root},
    M2M_RES_TYPES(X)
#undef X
};

static const struct member {
    const char *name;
    enum kind kind;
    size_t offset;
} members[] = {
#define X(name, text, kind, field) {text, kind, offsetof(struct m2m_res, field)},
    M2M_RES_MEMBERS(X)
#undef X
};

enum { ROOTS = sizeof roots / sizeof roots[0], MEMBERS = sizeof members / sizeof members[0] };

struct parse {
    struct m2m_res *res;
    const struct root *root; /* once one was seen */
};

static const struct root *root_of(gba_view name)
{
    for (size_t i = 0; i < ROOTS; i++) {
        if (gba_view_eq(name, gba_view_cstr(roots[i].name)))
            return &roots[i];
    }
    return NULL;
}

/* MEMBERS: there is none of this name. */
static size_t member_of(gba_view name)
{
    size_t i = 0;
    while (i < MEMBERS && !gba_view_eq(name, gba_view_cstr(members[i].name)))
        i++;
    return i;
}

static gba_rc take_host(gba_text *host, gba_view text)
{
    GBA_ENSURE(gba_is_fqdn(text), GBA_E_REG_CONTENT);
    GBA_TRY(gba_text_set(host, text));
    gba_text_lower(host);
    return GBA_OK;
}

static gba_rc take_key(m2m_key *key, gba_view text)
{
    gba_writer w = gba_writer_of(key->b, sizeof key->b);
    GBA_ENSURE(gba_b64_parse(text, &w) == GBA_OK && w.n == sizeof key->b, GBA_E_REG_CONTENT);
    return GBA_OK;
}

static gba_rc take_item(const struct member *m, void *at, gba_view text)
{
    if (m->kind == LABELS) {
        struct m2m_res_labels *labels = at;
        GBA_ENSURE(labels->n < M2M_RES_LABELS_MAX, GBA_E_REG_CONTENT);
        return gba_text_set(&labels->item[labels->n++], text);
    }
    struct m2m_res_targets *targets = at;
    GBA_ENSURE(targets->n < M2M_RES_TARGETS_MAX, GBA_E_REG_CONTENT);
    return m2m_id_parse(text, &targets->item[targets->n++]);
}

static gba_rc take_scalar(const struct member *m, void *at, const struct gba_json_value *value)
{
    if (m->kind == NUMBER) {
        GBA_ENSURE(value->kind == GBA_JSON_INTEGER, GBA_E_REG_MEMBER);
        GBA_ENSURE(value->integer >= 0 && value->integer <= UINT16_MAX, GBA_E_REG_CONTENT);
        *(unsigned *)at = (unsigned)value->integer;
        return GBA_OK;
    }
    GBA_ENSURE(value->kind == GBA_JSON_TEXT, GBA_E_REG_MEMBER);
    if (m->kind == TIME)
        return m2m_time_parse(value->text, at);
    if (m->kind == HOST)
        return take_host(at, value->text);
    return m->kind == KEY ? take_key(at, value->text) : gba_text_set(at, value->text);
}

static gba_rc take_member(struct m2m_res *res, size_t which, gba_view index,
                          const struct gba_json_value *value)
{
    const struct member *m = &members[which];
    void *at = (uint8_t *)res + m->offset;
    bool list = m->kind == LABELS || m->kind == TARGETS;
    bool none = value->kind == GBA_JSON_EMPTY || value->kind == GBA_JSON_NULL;
    res->has |= 1u << which;
    if (!list) {
        GBA_ENSURE(!index.p, GBA_E_REG_MEMBER);
        return take_scalar(m, at, value);
    }
    if (!index.p)
        return none ? GBA_OK : GBA_E_REG_MEMBER;
    GBA_ENSURE(value->kind == GBA_JSON_TEXT, GBA_E_REG_MEMBER);
    return take_item(m, at, value->text);
}

/* The path is "<root>", "<root>/<member>" or "<root>/<member>/<index>". */
static gba_rc on_value(void *self, gba_view path, const struct gba_json_value *value)
{
    struct parse *parse = self;
    uint64_t ignored;
    gba_view head, rest, name, index;
    gba_view_split(path, '/', &head, &rest);
    const struct root *root = root_of(head);
    GBA_ENSURE(root && (!parse->root || parse->root == root), GBA_E_REG_MEMBER);
    parse->root = root;
    parse->res->ty = root->ty;
    if (!rest.p)
        return value->kind == GBA_JSON_EMPTY ? GBA_OK : GBA_E_REG_MEMBER;
    bool deeper = gba_view_split(rest, '/', &name, &index);
    GBA_ENSURE(!deeper || gba_dec_parse(index, UINT16_MAX, &ignored) == GBA_OK, GBA_E_REG_MEMBER);
    if (gba_view_eq(name, GBA_LIT("ty"))) {
        bool same = value->kind == GBA_JSON_INTEGER && value->integer == (int64_t)root->ty;
        return same ? GBA_OK : GBA_E_REG_MEMBER;
    }
    size_t which = member_of(name);
    GBA_ENSURE(which < MEMBERS, GBA_E_REG_MEMBER);
    return take_member(parse->res, which, index, value);
}

gba_rc m2m_res_parse(gba_view json, struct m2m_res *out)
{
    struct parse parse = {.res = out};
    gba_wipe(out);
    GBA_TRY(gba_json_read(json, on_value, &parse));
    return parse.root ? GBA_OK : GBA_E_REG_MEMBER;
}

static void put_list(struct gba_json_out *o, const struct member *m, const void *at)
{
    const struct m2m_res_labels *labels = at;
    const struct m2m_res_targets *targets = at;
    size_t n = m->kind == LABELS ? labels->n : targets->n;
    gba_json_begin(o, m->name, '[');
    for (size_t i = 0; i < n; i++)
        gba_json_text(o, NULL, gba_text_view(m->kind == LABELS ? &labels->item[i] : &targets->item[i].text));
    gba_json_end(o, ']');
}

static void put_time(struct gba_json_out *o, const char *name, int64_t s)
{
    char text[32];
    gba_writer w = gba_writer_of(text, sizeof text);
    m2m_put_time(&w, s);
    gba_json_text(o, name, gba_writer_view(&w));
}

static void put_member(struct gba_json_out *o, const struct member *m, const void *at)
{
    switch (m->kind) {
    case TEXT:
    case HOST:
        gba_json_text(o, m->name, gba_text_view(at));
        break;
    case TIME:
        put_time(o, m->name, *(const int64_t *)at);
        break;
    case NUMBER:
        gba_json_integer(o, m->name, *(const unsigned *)at);
        break;
    case LABELS:
    case TARGETS:
        put_list(o, m, at);
        break;
    case KEY:
        gba_json_b64(o, m->name, GBA_ARRAY(((const m2m_key *)at)->b));
        break;
    }
}

void m2m_res_write(const struct m2m_res *res, unsigned which, gba_writer *w)
{
    struct gba_json_out o = {.w = w};
    gba_json_begin(&o, NULL, '{');
    for (size_t i = 0; i < ROOTS; i++) {
        if (roots[i].ty == res->ty)
            gba_json_begin(&o, roots[i].name, '{');
    }
    gba_json_integer(&o, "ty", (int64_t)res->ty);
    for (size_t i = 0; i < MEMBERS; i++) {
        if (res->has & which & (1u << i))
            put_member(&o, &members[i], (const uint8_t *)res + members[i].offset);
    }
    gba_json_end(&o, '}');
    gba_json_end(&o, '}');
}

bool m2m_res_is_target(const struct m2m_res *res, const struct m2m_id *client)
{
    for (size_t i = 0; i < res->tgis.n; i++) {
        if (m2m_id_eq(&res->tgis.item[i], client))
            return true;
    }
    return false;
}
