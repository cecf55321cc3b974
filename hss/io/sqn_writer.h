/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes limits to the file of sequence numbers on a thread, so that the loop
 * never waits for the disk.  What is asked for while a write runs goes into
 * the next one: any number of subscribers cost one wait for the disk.
 */
#pragma once

#include "hss/io/sqn_file.h"
#include "rt/loop.h"

struct hss_sqn_writer;

/* On the loop: this limit is on disk, or it failed. */
typedef void hss_sqn_stored_fn(void *arg, uint32_t i, uint64_t limit, gba_rc rc);

/* Takes the file when it succeeds; E_MEMORY. */
GBA_MUST_USE gba_rc hss_sqn_writer_open(struct rt_loop *loop, struct hss_sqn_file *file,
                                        hss_sqn_stored_fn *fn, void *arg, struct hss_sqn_writer **out);

/* Write this limit.  A limit for the same subscriber that has not been started
 * on is replaced, and nothing is said of it. */
void hss_sqn_writer_ask(struct hss_sqn_writer *writer, uint32_t i, uint64_t limit);

/* Nothing is called any more; ends on the loop with the write that runs. */
void hss_sqn_writer_close(struct hss_sqn_writer *writer);
