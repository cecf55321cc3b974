/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files of the source tree. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "gba/base/bytes.h"

/* The content of a file below top_srcdir; a missing or larger file ends the program. */
static inline gba_view t_file(const char *name, void *room, size_t cap)
{
    const char *root = getenv("top_srcdir");
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root ? root : ".", name);
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(room, 1, cap, file) : 0;
    if (!file || n == 0 || !feof(file)) {
        printf("Bail out! cannot read %s\n", path);
        exit(1);
    }
    fclose(file);
    return gba_view_of(room, n);
}
