/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a configuration names (certificates, keys, anchors, revocation
 * lists), read whole and kept together.
 */
#pragma once

#include "m2m/party.h"

struct m2m_file;

/* Zeroed before. */
struct m2m_files {
    struct m2m_file *first;
};

enum { M2M_FILE_MAX = 4 * 1024 * 1024 };

/* The whole file; an empty path is an absent view.  Views live until m2m_files_free.
 * What failed is logged.  E_FILE, E_SPACE (longer than M2M_FILE_MAX), E_MEMORY. */
GBA_MUST_USE gba_rc m2m_files_read(struct m2m_files *files, const gba_text *path, gba_view *out);

/* anchors and crls of the configuration into *expect. */
GBA_MUST_USE gba_rc m2m_files_expect(struct m2m_files *files, const struct m2m_conf_expect *conf,
                                     struct m2m_expect *expect);

/* Everybody in a list of struct m2m_conf_party, with their files; owned by the caller: free. */
GBA_MUST_USE gba_rc m2m_files_parties(struct m2m_files *files, const struct gba_opt_list *list,
                                      struct m2m_party **out);

/* Wipe and free all. */
void m2m_files_free(struct m2m_files *files);
