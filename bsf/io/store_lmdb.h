/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions in a folder, by LMDB (m2m/io/lmdb_env.h).  A thread of its own does what is
 * asked, many things in one transaction while others wait for theirs, so the loop never
 * waits for a disk.
 *
 * What was acknowledged is the kernel's: a killed process loses nothing.  It is on disk
 * within a second and at closing; after a loss of power the last second may be gone.
 * When disk or map are full, puts are refused with E_STORE_FULL, all else goes on, and
 * puts are taken again as soon as there is room.
 */
#pragma once

#include "bsf/store.h"
#include "gba/base/text.h"
#include "rt/loop.h"

struct bsf_store_lmdb_conf {
    const char *path;     /* the folder */
    uint32_t size_mib;    /* of the records and what finds them */
    uint32_t max_records; /* live ones */
};

/* E_FILE (folder: other owner or mode, cannot be made), E_DB (in use by another process,
 * damaged, or no session store), E_MEMORY; *why says it for people. */
GBA_MUST_USE gba_rc bsf_store_lmdb_open(struct rt_loop *loop, const struct bsf_store_lmdb_conf *conf,
                                        struct bsf_store *out, gba_text *why);
