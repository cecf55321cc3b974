/* SPDX-License-Identifier: Apache-2.0 */
/* The subscriber file and the GUSS files it names, as subscribers in memory. */
#pragma once

#include "hss/subs.h"
#include "rt/conf.h"

struct hss_subs_file {
    struct hss_subs subs;
    uint32_t n;
    void *memory;
    size_t memory_n;
    uint8_t **gusses; /* n of them; NULL where there is none */
    gba_triplet **triplets; /* likewise */
};

/* All faults are collected in errors.  E_FILE, E_CONFIG, E_MEMORY; then there is nothing to free. */
GBA_MUST_USE gba_rc hss_subs_file_read(const char *path, struct hss_subs_file *out,
                                       struct rt_conf_errors *errors);

/* Wipe the keys and free; nothing to do for a zeroed one. */
void hss_subs_file_free(struct hss_subs_file *file);
