/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>

#include "gba/crypto/x509.h"
#include "m2m/io/files.h"
#include "m2m/io/status_int.h"
#include "rt/log.h"

/* Who wants to see the content of a file. */
struct reader {
    SLIST_ENTRY(reader) entry;
    gba_view *crls;
};

struct m2m_status_file {
    SLIST_ENTRY(m2m_status_file) entry;
    gba_text path;
    struct stat seen;
    struct m2m_files content; /* one file */
    gba_view crls;
    SLIST_HEAD(, reader) readers;
};

static bool is_changed(const struct m2m_status_file *file, const struct stat *now)
{
    const struct stat *then = &file->seen;
    return now->st_mtim.tv_sec != then->st_mtim.tv_sec || now->st_mtim.tv_nsec != then->st_mtim.tv_nsec ||
           now->st_size != then->st_size || now->st_ino != then->st_ino || now->st_dev != then->st_dev;
}

static gba_rc read_file(struct m2m_status_file *file)
{
    struct m2m_files fresh = {0};
    struct reader *reader;
    gba_view crls;
    if (stat(file->path.s, &file->seen) != 0)
        file->seen = (struct stat){0};
    gba_rc rc = m2m_files_read(&fresh, &file->path, &crls);
    if (rc == GBA_OK)
        rc = gba_x509_crls_check(crls);
    if (rc != GBA_OK) {
        m2m_files_free(&fresh);
        rt_log(RT_LOG_ERROR, "status.list-unusable", RT_REASON(rc),
               RT_STR("file", gba_text_view(&file->path)));
        return rc;
    }
    m2m_files_free(&file->content);
    file->content = fresh;
    file->crls = crls;
    SLIST_FOREACH(reader, &file->readers, entry)
    *reader->crls = crls;
    rt_log(RT_LOG_INFO, "status.list-read", RT_STR("file", gba_text_view(&file->path)));
    return GBA_OK;
}

void m2m_status_files_look(struct m2m_status_desk *desk)
{
    struct m2m_status_file *file;
    SLIST_FOREACH(file, &desk->files, entry)
    {
        struct stat now;
        if (stat(file->path.s, &now) == 0 && is_changed(file, &now))
            (void)!read_file(file); /* the last good one stays; told in the log */
    }
}

static void free_file(struct m2m_status_file *file)
{
    while (!SLIST_EMPTY(&file->readers)) {
        struct reader *reader = SLIST_FIRST(&file->readers);
        SLIST_REMOVE_HEAD(&file->readers, entry);
        *reader->crls = gba_view_of(NULL, 0);
        free(reader);
    }
    m2m_files_free(&file->content);
    free(file);
}

static gba_rc open_file(struct m2m_status_desk *desk, const gba_text *path, struct m2m_status_file **out)
{
    struct m2m_status_file *file = calloc(1, sizeof *file);
    GBA_ENSURE(file, GBA_E_MEMORY);
    file->path = *path;
    gba_rc rc = read_file(file);
    if (rc != GBA_OK) {
        free_file(file);
        return rc;
    }
    SLIST_INSERT_HEAD(&desk->files, file, entry);
    *out = file;
    return GBA_OK;
}

static gba_rc find_file(struct m2m_status_desk *desk, const gba_text *path, struct m2m_status_file **out)
{
    SLIST_FOREACH(*out, &desk->files, entry)
    {
        if (gba_text_eq(&(*out)->path, path))
            return GBA_OK;
    }
    return open_file(desk, path, out);
}

gba_rc m2m_status_watch(struct m2m_status_desk *desk, const gba_text *path, gba_view *crls)
{
    struct m2m_status_file *file = NULL;
    if (path->n == 0)
        return GBA_OK;
    GBA_TRY(find_file(desk, path, &file));
    struct reader *reader = calloc(1, sizeof *reader);
    GBA_ENSURE(reader, GBA_E_MEMORY);
    reader->crls = crls;
    *crls = file->crls;
    SLIST_INSERT_HEAD(&file->readers, reader, entry);
    return GBA_OK;
}

gba_rc m2m_status_watch_parties(struct m2m_status_desk *desk, const struct gba_opt_list *list,
                                struct m2m_party *parties)
{
    const struct m2m_conf_party *conf = list->items;
    for (size_t i = 0; i < list->n; i++)
        GBA_TRY(m2m_status_watch(desk, &conf[i].expect.crls, &parties[i].expect.crls));
    return GBA_OK;
}

void m2m_status_files_free(struct m2m_status_desk *desk)
{
    while (!SLIST_EMPTY(&desk->files)) {
        struct m2m_status_file *file = SLIST_FIRST(&desk->files);
        SLIST_REMOVE_HEAD(&desk->files, entry);
        free_file(file);
    }
}
