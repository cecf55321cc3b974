/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small JSON documents (RFC 8259) by path: the reader calls back once for every
 * value that is no container, with the path of member names and array indices
 * that lead to it: "sec:skr/tgis/0".  Refused: duplicate members, anything behind
 * the end, more than GBA_JSON_DEPTH_MAX levels or GBA_JSON_SIZE_MAX octets, NUL in
 * a string, member names with '/' in them.  The parser is jansson.
 */
#pragma once

#include "gba/base/text.h"

enum { GBA_JSON_DEPTH_MAX = 8, GBA_JSON_SIZE_MAX = 64 * 1024, GBA_JSON_PATH_MAX = 255 };

enum gba_json_kind {
    GBA_JSON_TEXT,
    GBA_JSON_INTEGER,
    GBA_JSON_REAL,
    GBA_JSON_BOOL,
    GBA_JSON_NULL,
    GBA_JSON_EMPTY, /* {} or [] without members */
};

/* Views live during the call. */
struct gba_json_value {
    enum gba_json_kind kind;
    gba_view text;   /* TEXT, UTF-8 */
    int64_t integer; /* INTEGER */
    bool truth;      /* BOOL */
};

/* Any failure ends the reading and is its result. */
typedef gba_rc gba_json_fn(void *self, gba_view path, const struct gba_json_value *value);

/* E_JSON (not well-formed), E_JSON_SIZE, E_MEMORY, or what fn said.  What jansson
 * held is wiped. */
GBA_MUST_USE gba_rc gba_json_read(gba_view document, gba_json_fn *fn, void *self);

/* ---- writing: commas are set by themselves; name NULL inside an array ---- */

struct gba_json_out {
    gba_writer *w;
    bool more; /* a comma is due */
};

void gba_json_begin(struct gba_json_out *o, const char *name, char bracket); /* '{' or '[' */
void gba_json_end(struct gba_json_out *o, char bracket);                     /* '}' or ']' */
/* Escaped; text that is not UTF-8 makes w bad. */
void gba_json_text(struct gba_json_out *o, const char *name, gba_view text);
void gba_json_integer(struct gba_json_out *o, const char *name, int64_t value);
void gba_json_bool(struct gba_json_out *o, const char *name, bool value);
void gba_json_b64(struct gba_json_out *o, const char *name, gba_view octets);
