/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/xml.h"

#include <expat.h>

/* Between namespace and local name; no name can contain it. */
static const char separator = '\n';

struct walk {
    const struct gba_xml_reader *reader;
    XML_Parser parser;
    gba_rc rc;
    int path[GBA_XML_DEPTH_MAX]; /* nodes from the root down; 0: skipped */
    size_t depth;
    uint8_t text[GBA_XML_TEXT_MAX];
    gba_writer content;
};

static void stop(struct walk *walk, gba_rc rc)
{
    if (walk->rc == GBA_OK)
        walk->rc = rc;
    XML_StopParser(walk->parser, XML_FALSE);
}

static void split_name(const char *full, gba_view *space, gba_view *local)
{
    gba_view name = gba_view_cstr(full);
    size_t at = gba_view_find_last(name, (uint8_t)separator);
    *space = (gba_view){NULL, 0};
    *local = name;
    if (at < name.n) {
        *space = gba_view_sub(name, 0, at);
        *local = gba_view_sub(name, at + 1, name.n);
    }
}

static int node_of(const struct gba_xml_rule *rules, int parent, gba_view name)
{
    for (const struct gba_xml_rule *rule = rules; rule->name; rule++) {
        if (rule->parent == parent && gba_view_eq(name, gba_view_cstr(rule->name)))
            return rule->node;
    }
    return 0;
}

static void XMLCALL on_open(void *data, const XML_Char *full, const XML_Char **attributes)
{
    struct walk *walk = data;
    gba_view local;
    int parent = walk->depth > 0 ? walk->path[walk->depth - 1] : GBA_XML_TOP;
    struct gba_xml_element e = {.attributes = (const char *const *)attributes};
    if (walk->rc != GBA_OK)
        return;
    if (walk->depth == GBA_XML_DEPTH_MAX) {
        stop(walk, GBA_E_XML_SIZE);
        return;
    }
    split_name(full, &e.space, &local);
    e.node = node_of(walk->reader->rules, parent, local);
    walk->path[walk->depth++] = e.node;
    walk->content = gba_writer_of(walk->text, sizeof walk->text);
    gba_rc rc = GBA_OK;
    if (e.node > 0)
        rc = walk->reader->open(walk->reader->self, &e);
    else if (parent == GBA_XML_TOP)
        rc = GBA_E_XML_CONTENT;
    if (rc != GBA_OK)
        stop(walk, rc);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gba_view trim(gba_view v)
{
    while (v.n > 0 && is_space(v.p[0]))
        v = gba_view_sub(v, 1, v.n);
    while (v.n > 0 && is_space(v.p[v.n - 1]))
        v.n--;
    return v;
}

static void XMLCALL on_close(void *data, const XML_Char *full)
{
    struct walk *walk = data;
    gba_view local;
    struct gba_xml_element e = {.attributes = NULL};
    if (walk->rc != GBA_OK)
        return;
    split_name(full, &e.space, &local);
    e.node = walk->path[--walk->depth];
    e.text = trim(gba_writer_view(&walk->content));
    gba_rc rc = GBA_OK;
    if (e.node > 0 && walk->content.bad)
        rc = GBA_E_XML_CONTENT;
    else if (e.node > 0)
        rc = walk->reader->close(walk->reader->self, &e);
    walk->content = gba_writer_of(walk->text, sizeof walk->text);
    if (rc != GBA_OK)
        stop(walk, rc);
}

static void XMLCALL on_text(void *data, const XML_Char *text, int n)
{
    struct walk *walk = data;
    gba_put_view(&walk->content, gba_view_of(text, (size_t)n));
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    stop(data, GBA_E_XML_FORBIDDEN);
}

gba_rc gba_xml_parse(gba_view xml, const struct gba_xml_reader *reader)
{
    struct walk walk = {.reader = reader, .rc = GBA_OK};
    GBA_ENSURE(xml.n <= INT32_MAX, GBA_E_XML_SIZE);
    walk.content = gba_writer_of(walk.text, sizeof walk.text);
    walk.parser = XML_ParserCreateNS("UTF-8", separator);
    GBA_ENSURE(walk.parser != NULL, GBA_E_MEMORY);
    XML_SetUserData(walk.parser, &walk);
    XML_SetElementHandler(walk.parser, on_open, on_close);
    XML_SetCharacterDataHandler(walk.parser, on_text);
    XML_SetStartDoctypeDeclHandler(walk.parser, on_doctype);
    enum XML_Status status = XML_Parse(walk.parser, (const char *)xml.p, (int)xml.n, XML_TRUE);
    XML_ParserFree(walk.parser);
    GBA_TRY(walk.rc);
    return status == XML_STATUS_OK ? GBA_OK : GBA_E_XML;
}

gba_view gba_xml_attribute(const struct gba_xml_element *e, gba_view name)
{
    gba_view space, local;
    for (const char *const *at = e->attributes; at && at[0]; at += 2) {
        split_name(at[0], &space, &local);
        if (gba_view_eq(local, name))
            return gba_view_cstr(at[1]);
    }
    return (gba_view){NULL, 0};
}

/* ---- writing ---- */

static const char *reference_of(uint8_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

void gba_put_xml_text(gba_writer *w, gba_view text)
{
    for (size_t i = 0; i < text.n; i++) {
        const char *reference = reference_of(text.p[i]);
        if (reference)
            gba_put_str(w, reference);
        else if (text.p[i] < ' ')
            w->bad = true;
        else
            gba_put_u8(w, text.p[i]);
    }
}

void gba_put_xml_element(gba_writer *w, const char *name, gba_view text)
{
    gba_put_u8(w, '<');
    gba_put_str(w, name);
    gba_put_u8(w, '>');
    gba_put_xml_text(w, text);
    gba_put_str(w, "</");
    gba_put_str(w, name);
    gba_put_u8(w, '>');
}
