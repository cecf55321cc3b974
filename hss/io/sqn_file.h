/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of sequence numbers: for each subscriber the limit up to which
 * numbers may have been issued.  A limit is on disk before a number below it
 * is issued, so a process that is killed at any moment leaves a file that
 * stands above everything it issued.
 *
 * Text in slots of 512 octets, so that one write stays inside a disk sector:
 * a header, then IMPI, limit in hexadecimal and check sum, filled with blanks.
 * Subscribers that are not in the subscriber file any more keep their slot.
 * A lock on PATH.lock keeps a second process out.
 */
#pragma once

#include "gba/base/text.h"

struct hss_sqn_file;

/* One subscriber at opening. */
struct hss_sqn_start {
    const gba_text *impi;
    uint64_t last;  /* in: where to start without a slot; out: nothing above it was ever issued */
    uint64_t limit; /* out: on disk now */
};

/* All of them. */
struct hss_sqn_starts {
    struct hss_sqn_start *at;
    size_t n;
};

/* Lock, read, reserve the first block of everybody, and replace the file by a
 * new one in one step.  Refuses a damaged file (E_HSS_SQN_FILE), a second process
 * (E_HSS_SQN_LOCKED) and what cannot be read or written (E_FILE, E_MEMORY);
 * *why says it for people, and nothing was changed. */
GBA_MUST_USE gba_rc hss_sqn_file_open(const char *path, uint32_t block, struct hss_sqn_starts starts,
                                      struct hss_sqn_file **out, gba_text *why);

/* How many subscribers it was opened for. */
size_t hss_sqn_file_count(const struct hss_sqn_file *file);

/* A new limit for the i-th subscriber of hss_sqn_file_open. */
struct hss_sqn_put {
    uint32_t i;
    uint64_t limit;
};

/* Write limits and wait until they are on disk; E_FILE.  On any one thread at a time. */
GBA_MUST_USE gba_rc hss_sqn_file_put(struct hss_sqn_file *file, const struct hss_sqn_put *puts, size_t n);

/* Give up the lock; NULL is ignored. */
void hss_sqn_file_close(struct hss_sqn_file *file);
