/* SPDX-License-Identifier: Apache-2.0 */
/* A small secret file, replaced as a whole: mode 0600, written beside and renamed. */
#pragma once

#include "gba/base/bytes.h"

/* The whole file to w.  E_ABSENT when there is none; E_FILE; E_SPACE. */
GBA_MUST_USE gba_rc uicc_soft_file_read(const char *path, gba_writer *w);

/* Old or new content is on disk, never a part; E_FILE and the old one stays. */
GBA_MUST_USE gba_rc uicc_soft_file_write(const char *path, gba_view content);
