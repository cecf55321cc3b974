/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt/file.h"

enum { MAX = 256 * 1024 };

static bool ours(const struct stat *st, mode_t forbidden)
{
    return (st->st_uid == geteuid() || st->st_uid == 0) && (st->st_mode & forbidden) == 0;
}

static gba_rc fail(struct ue_files *files, const char *why)
{
    return gba_text_set(&files->why, gba_view_cstr(why)) == GBA_OK ? GBA_E_FILE : GBA_E_BUG;
}

static gba_rc read_all(struct ue_files *files, int fd, bool secret, gba_view *content)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return fail(files, "not a plain file");
    if (secret && !ours(&st, 077))
        return fail(files, "the file belongs to somebody else, or others may read or write it");
    if (st.st_size > MAX)
        return fail(files, "the file is too long");
    uint8_t *room = calloc(1, (size_t)st.st_size + 1);
    GBA_ENSURE(room, GBA_E_MEMORY);
    gba_writer w = gba_writer_of(room, (size_t)st.st_size + 1);
    files->file[files->n].p = room;
    files->file[files->n++].n = w.cap;
    if (rt_file_read(fd, &w) != GBA_OK)
        return fail(files, "the file cannot be read");
    *content = gba_writer_view(&w);
    return GBA_OK;
}

gba_rc ue_files_read(struct ue_files *files, const gba_text *path, bool secret, gba_view *content)
{
    *content = (gba_view){NULL, 0};
    if (path->n == 0)
        return GBA_OK;
    GBA_ENSURE(files->n < UE_FILES_MAX, GBA_E_BUG);
    int fd = open(path->s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(files, strerror(errno));
    gba_rc rc = read_all(files, fd, secret, content);
    close(fd);
    return rc;
}

void ue_files_drop(struct ue_files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        gba_wipe_bytes(files->file[i].p, files->file[i].n);
        free(files->file[i].p);
    }
    files->n = 0;
}

/*= TS-0003 9.2.1.1: instructions come from who is authenticated; on a device that is whoever
 * may write the file */
gba_rc ue_files_trusted(const char *path)
{
    struct stat st;
    GBA_ENSURE(stat(path, &st) == 0, GBA_E_FILE);
    return ours(&st, 022) ? GBA_OK : GBA_E_ENROL_ACCESS;
}
