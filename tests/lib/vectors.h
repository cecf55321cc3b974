/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector files (tests/vectors/): blocks of `key value` lines, a blank line
 * between blocks, '#' at the start of a line for comments.  A value goes to
 * the end of the line; a key alone has an empty one; "\n" in it is a line feed.
 *
 *   for (struct vec *v = vec_open("kdf.vec"); vec_next(v);) ... vec_hex(v, "ks")
 *
 * A file that cannot be read or a key that is missing ends the program: a
 * vector must not be skipped silently.
 */
#pragma once

#include "gba/base/bytes.h"

struct vec;

/* Open tests/vectors/<name>; vec_next frees it at its end. */
struct vec *vec_open(const char *name);

/* Go to the next block; false behind the last, and then v is gone. */
bool vec_next(struct vec *v);

bool vec_has(const struct vec *v, const char *key);

/* Values of the current block; the octets live until the next block. */
gba_view vec_text(struct vec *v, const char *key);
gba_view vec_hex(struct vec *v, const char *key);
uint64_t vec_number(struct vec *v, const char *key);

/* Exactly n octets of hexadecimal into a fixed-size object. */
void vec_get(struct vec *v, const char *key, void *out, size_t n);

/* Name of the current block for messages: the value of its first line. */
const char *vec_name(const struct vec *v);
