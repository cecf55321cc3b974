/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* O_PATH */

#include "rt/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

gba_rc rt_file_read(int fd, gba_writer *w)
{
    ssize_t got = 1;
    while (got != 0 && w->n < w->cap) {
        got = read(fd, w->p + w->n, w->cap - w->n);
        GBA_ENSURE(got >= 0 || errno == EINTR, GBA_E_FILE);
        w->n += got > 0 ? (size_t)got : 0;
    }
    return w->n < w->cap ? GBA_OK : GBA_E_SPACE;
}

struct rt_file_place rt_file_place_of(const char *path)
{
    gba_text folder;
    gba_view whole = gba_view_cstr(path);
    size_t n = gba_view_find_last(whole, '/');
    bool split = n < whole.n && gba_text_set(&folder, gba_view_sub(whole, 0, n + 1)) == GBA_OK;
    int fd = open(split ? folder.s : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return (struct rt_file_place){AT_FDCWD, path, path};
    return (struct rt_file_place){fd, split ? path + n + 1 : path, path};
}

void rt_file_place_close(struct rt_file_place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    place->folder = AT_FDCWD;
}

int rt_file_place_open(const struct rt_file_place *place)
{
    return openat(place->folder, place->name, O_RDONLY | O_CLOEXEC);
}

static gba_rc write_all(int fd, gba_view content)
{
    while (content.n > 0) {
        ssize_t put = write(fd, content.p, content.n);
        GBA_ENSURE(put > 0 || (put < 0 && errno == EINTR), GBA_E_FILE);
        if (put > 0)
            content = gba_view_sub(content, (size_t)put, content.n);
    }
    return fsync(fd) == 0 ? GBA_OK : GBA_E_FILE;
}

static gba_rc write_temporary(char *name, gba_view content)
{
    int fd = mkstemp(name); /* makes it with mode 0600 */
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = write_all(fd, content);
    if (close(fd) != 0)
        rc = GBA_E_FILE;
    if (rc != GBA_OK)
        unlink(name);
    return rc;
}

gba_rc rt_file_sync_folder(const char *path)
{
    char copy[PATH_ROOM];
    int n = snprintf(copy, sizeof copy, "%s", path);
    GBA_ENSURE(n > 0 && (size_t)n < sizeof copy, GBA_E_FILE);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = fsync(fd) == 0 ? GBA_OK : GBA_E_FILE;
    close(fd);
    return rc;
}

gba_rc rt_file_replace(const char *path, gba_view content)
{
    char temporary[PATH_ROOM];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    GBA_ENSURE(n > 0 && (size_t)n < sizeof temporary, GBA_E_FILE);
    GBA_TRY(write_temporary(temporary, content));
    if (rename(temporary, path) != 0) {
        unlink(temporary);
        return GBA_E_FILE;
    }
    return rt_file_sync_folder(path);
}
