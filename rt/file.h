/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files that hold secrets: read whole, replaced whole.  No stream's buffer
 * keeps a copy; the caller wipes what it read into or wrote from.
 */
#pragma once

#include "gba/base/bytes.h"

/* Everything that is left of an open file to w.  E_FILE; E_SPACE when the file
 * fills all the room of w, which must therefore be one octet more than allowed. */
GBA_MUST_USE gba_rc rt_file_read(int fd, gba_writer *w);

/* Replace a file, or make it, with mode 0600: a reader sees the old content or the
 * new, and after OK the new one is on disk, also under its name.  E_FILE, and the
 * old one stays. */
GBA_MUST_USE gba_rc rt_file_replace(const char *path, gba_view content);

/* Wait until the names in the folder of `path` are on disk, after a rename; E_FILE. */
GBA_MUST_USE gba_rc rt_file_sync_folder(const char *path);
