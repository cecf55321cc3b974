/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/io/soft_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gba_rc read_all(int fd, gba_writer *w)
{
    for (;;) {
        ssize_t n = read(fd, w->p + w->n, w->cap - w->n);
        if (n < 0 && errno == EINTR)
            continue;
        GBA_ENSURE(n >= 0, GBA_E_FILE);
        if (n == 0)
            return w->n < w->cap ? GBA_OK : GBA_E_SPACE;
        w->n += (size_t)n;
    }
}

gba_rc uicc_soft_file_read(const char *path, gba_writer *w)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? GBA_E_ABSENT : GBA_E_FILE;
    gba_rc rc = read_all(fd, w);
    close(fd);
    return rc;
}

static gba_rc write_all(int fd, gba_view v)
{
    while (v.n > 0) {
        ssize_t n = write(fd, v.p, v.n);
        if (n < 0 && errno == EINTR)
            continue;
        GBA_ENSURE(n > 0, GBA_E_FILE);
        v = gba_view_sub(v, (size_t)n, v.n);
    }
    return fdatasync(fd) == 0 ? GBA_OK : GBA_E_FILE;
}

gba_rc uicc_soft_file_write(const char *path, gba_view content)
{
    char beside[1024];
    int n = snprintf(beside, sizeof beside, "%s.new", path);
    GBA_ENSURE(n > 0 && (size_t)n < sizeof beside, GBA_E_FILE);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = fchmod(fd, 0600) == 0 ? write_all(fd, content) : GBA_E_FILE;
    if (close(fd) != 0)
        rc = GBA_E_FILE;
    if (rc == GBA_OK && rename(beside, path) != 0)
        rc = GBA_E_FILE;
    if (rc != GBA_OK)
        unlink(beside);
    return rc;
}
