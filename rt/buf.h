/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing buffer on the heap for octets that may hold secrets: whatever it
 * leaves behind when it grows, shrinks or ends is wiped.  Zeroed = empty, and
 * empty holds no memory.
 */
#pragma once

#include "gba/base/bytes.h"

struct rt_buf {
    uint8_t *p;
    size_t n, cap;
};

/* Room for n octets more; E_MEMORY. */
GBA_MUST_USE gba_rc rt_buf_reserve(struct rt_buf *buf, size_t n);

/* A writer over the n octets that were reserved; add what it wrote to buf->n. */
gba_writer rt_buf_room(const struct rt_buf *buf, size_t n);

/* E_MEMORY, and nothing is appended. v is outside of the buffer. */
GBA_MUST_USE gba_rc rt_buf_append(struct rt_buf *buf, gba_view v);

/* Drop the first n octets; E_MEMORY, and nothing is dropped. */
GBA_MUST_USE gba_rc rt_buf_drop(struct rt_buf *buf, size_t n);

gba_view rt_buf_view(const struct rt_buf *buf);

/* Wipe and free; empty afterwards. */
void rt_buf_free(struct rt_buf *buf);
