/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gba/base/secret.h"
#include "rt/file.h"
#include "rt/log.h"

struct m2m_file {
    struct m2m_file *next;
    size_t n;
    uint8_t octets[];
};

/* rt_file_read wants one octet more than there is. */
static gba_rc read_open(struct m2m_files *files, int fd, gba_view *out)
{
    struct stat st;
    GBA_ENSURE(fstat(fd, &st) == 0 && S_ISREG(st.st_mode), GBA_E_FILE);
    GBA_ENSURE(st.st_size <= M2M_FILE_MAX, GBA_E_SPACE);
    size_t cap = (size_t)st.st_size + 1;
    struct m2m_file *file = calloc(1, sizeof *file + cap);
    GBA_ENSURE(file, GBA_E_MEMORY);
    gba_writer w = gba_writer_of(file->octets, cap);
    gba_rc rc = rt_file_read(fd, &w);
    if (rc != GBA_OK) {
        gba_wipe_bytes(file->octets, cap);
        free(file);
        return rc;
    }
    file->n = w.n;
    file->next = files->first;
    files->first = file;
    *out = gba_writer_view(&w);
    return GBA_OK;
}

gba_rc m2m_files_read(struct m2m_files *files, const gba_text *path, gba_view *out)
{
    *out = (gba_view){NULL, 0};
    if (path->n == 0)
        return GBA_OK;
    int fd = open(path->s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    gba_rc rc = fd < 0 ? GBA_E_FILE : read_open(files, fd, out);
    if (fd >= 0)
        close(fd);
    if (rc != GBA_OK)
        rt_log(RT_LOG_ERROR, "m2m.file-unreadable", RT_REASON(rc), RT_STR("file", gba_text_view(path)));
    return rc;
}

gba_rc m2m_files_expect(struct m2m_files *files, const struct m2m_conf_expect *conf,
                        struct m2m_expect *expect)
{
    GBA_TRY(m2m_files_read(files, &conf->anchors, &expect->anchors));
    return m2m_files_read(files, &conf->crls, &expect->crls);
}

gba_rc m2m_files_parties(struct m2m_files *files, const struct gba_opt_list *list, struct m2m_party **out)
{
    const struct m2m_conf_party *conf = list->items;
    struct m2m_party *party = calloc(list->n + 1, sizeof *party);
    GBA_ENSURE(party, GBA_E_MEMORY);
    for (size_t i = 0; i < list->n; i++) {
        gba_rc rc = m2m_party_of(&conf[i], &party[i]);
        if (rc == GBA_OK)
            rc = m2m_files_expect(files, &conf[i].expect, &party[i].expect);
        if (rc != GBA_OK) {
            rt_log(RT_LOG_ERROR, "m2m.party-unusable", RT_REASON(rc),
                   RT_STR("id", gba_text_view(&conf[i].id)));
            free(party);
            return rc;
        }
    }
    *out = party;
    return GBA_OK;
}

void m2m_files_free(struct m2m_files *files)
{
    while (files->first) {
        struct m2m_file *file = files->first;
        files->first = file->next;
        gba_wipe_bytes(file->octets, file->n);
        free(file);
    }
}
