/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small XML documents by rule: a table says which element may stand in which,
 * everything else is skipped with all it holds.  Namespaces are resolved, UTF-8
 * only.  A DTD is refused before any of it is read, so there are no entities
 * but the five of XML itself.
 */
#pragma once

#include "gba/base/text.h"

enum {
    GBA_XML_TOP = -1,       /* the parent of the root */
    GBA_XML_DEPTH_MAX = 32, /* deeper documents are refused: E_XML_SIZE */
    GBA_XML_TEXT_MAX = 1024 /* of one element; E_XML_CONTENT when it is used */
};

/* `name` inside `parent` is `node` (1 or more).  Ended by {0}. */
struct gba_xml_rule {
    int parent;
    const char *name;
    int node;
};

/* An element as its handlers see it. */
struct gba_xml_element {
    int node;
    gba_view space;                /* namespace; absent when it has none */
    const char *const *attributes; /* open only: for gba_xml_attribute */
    gba_view text;                 /* close only: without blanks around it */
};

struct gba_xml_reader {
    const struct gba_xml_rule *rules;
    void *self;
    gba_rc (*open)(void *self, const struct gba_xml_element *e); /* any failure ends the parse */
    gba_rc (*close)(void *self, const struct gba_xml_element *e);
};

/* Parse a whole document.  A root that no rule names is E_XML_CONTENT.
 * E_XML, E_XML_FORBIDDEN, E_XML_CONTENT, E_XML_SIZE or what a handler said. */
GBA_MUST_USE gba_rc gba_xml_parse(gba_view xml, const struct gba_xml_reader *reader);

/* The value of an attribute by local name; absent when missing.  Valid in open. */
gba_view gba_xml_attribute(const struct gba_xml_element *e, gba_view name);

/* ---- writing ---- */

/* Text escaped for content and for attribute values in double quotes.
 * Characters that XML cannot carry make w bad. */
void gba_put_xml_text(gba_writer *w, gba_view text);

/* <name>text</name> */
void gba_put_xml_element(gba_writer *w, const char *name, gba_view text);
