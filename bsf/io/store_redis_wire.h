/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of Redis (RESP2): hiredis writes commands and reads replies, within
 * bounds that no server can exceed.  The only file that knows hiredis.
 */
#pragma once

#include "rt/buf.h"

enum {
    BSF_REDIS_ITEMS = 512,         /* in one reply, however it is nested */
    BSF_REDIS_REPLY = 1024 * 1024, /* octets of one reply */
    BSF_REDIS_ARGS = 16,           /* of a command */
};

/* Append a command to out; E_TOO_LONG (over BSF_REDIS_ARGS), E_MEMORY. */
GBA_MUST_USE gba_rc bsf_redis_command(const gba_view *args, size_t n, struct rt_buf *out);

enum bsf_redis_kind { BSF_REDIS_NIL, BSF_REDIS_NUMBER, BSF_REDIS_TEXT, BSF_REDIS_ERROR, BSF_REDIS_ARRAY };

struct bsf_redis_item {
    enum bsf_redis_kind kind;
    int64_t number;
    size_t at, n; /* text and error: where in the reply's octets */
};

/* Items in the order of the reply, an array before its members; items[0] is the whole. */
struct bsf_redis_reply {
    struct bsf_redis_item items[BSF_REDIS_ITEMS];
    size_t n;
    struct rt_buf octets;
};

/* The octets of item i; absent when there is no such item or it has none. */
gba_view bsf_redis_text(const struct bsf_redis_reply *reply, size_t i);

/* "READONLY" of "-READONLY You can't ..."; absent when the reply is no error or the
 * word is none. */
gba_view bsf_redis_error(const struct bsf_redis_reply *reply);

struct bsf_redis_reader;

/* E_MEMORY. */
GBA_MUST_USE gba_rc bsf_redis_reader_new(struct bsf_redis_reader **out);

/* Octets of the server.  E_MEMORY, E_REDIS_REPLY (after such a failure). */
GBA_MUST_USE gba_rc bsf_redis_reader_feed(struct bsf_redis_reader *reader, gba_view octets);

/* The next complete reply, valid until the next call; NULL: there is none yet.
 * E_REDIS_REPLY when what came is no reply or over a bound: nothing more can be read. */
GBA_MUST_USE gba_rc bsf_redis_reader_next(struct bsf_redis_reader *reader,
                                          const struct bsf_redis_reply **out);

/* NULL is ignored. */
void bsf_redis_reader_free(struct bsf_redis_reader *reader);
