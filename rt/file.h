/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files that hold secrets: read whole, replaced whole.  No stream's buffer
 * keeps a copy; the caller wipes what it read into or wrote from.
 */
#pragma once

#include "gba/base/text.h"

/* Everything that is left of an open file to w.  E_FILE; E_SPACE when the file
 * fills all the room of w, which must therefore be one octet more than allowed. */
GBA_MUST_USE gba_rc rt_file_read(int fd, gba_writer *w);

/* A file that is read again later: its folder stays open, so that a changed root does not hide it. */
struct rt_file_place {
    int folder; /* AT_FDCWD: none, name is a path */
    const char *name;
    const char *path;
};

/* path lives as long.  A folder that cannot be opened shows when the file is. */
struct rt_file_place rt_file_place_of(const char *path);
void rt_file_place_close(struct rt_file_place *place);

/* A descriptor to read from; -1 with errno. */
int rt_file_place_open(const struct rt_file_place *place);

/* Replace a file, or make it, with mode 0600: a reader sees the old content or the
 * new, and after OK the new one is on disk, also under its name.  E_FILE, and the
 * old one stays. */
GBA_MUST_USE gba_rc rt_file_replace(const char *path, gba_view content);

/* Wait until the names in the folder of `path` are on disk, after a rename; E_FILE. */
GBA_MUST_USE gba_rc rt_file_sync_folder(const char *path);
