/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files that the configuration names, kept until they are dropped together. */
#pragma once

#include "gba/base/secret.h"
#include "gba/base/text.h"

enum { UE_FILES_MAX = 8 };

struct ue_files {
    struct {
        uint8_t *p;
        size_t n;
    } file[UE_FILES_MAX];
    size_t n;
    gba_text why; /* of the last failure, for people */
};

/* The content; an empty path is empty content.  A secret file belongs to this user or to
 * root, and nobody else reads or writes it.  E_FILE, E_MEMORY. */
GBA_MUST_USE gba_rc ue_files_read(struct ue_files *files, const gba_text *path, bool secret,
                                  gba_view *content);

/* Wipe and free them. */
void ue_files_drop(struct ue_files *files);

/* May this file instruct us?  It belongs to this user or to root, and nobody else can
 * write to it.  E_ENROL_ACCESS; E_FILE. */
GBA_MUST_USE gba_rc ue_files_trusted(const char *path);
