/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L

#include "ue/io/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

/* ---- read ---- */

static gba_rc check_access(int fd)
{
    struct stat st;
    GBA_ENSURE(fstat(fd, &st) == 0, GBA_E_FILE);
    bool ours = S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 07777) == 0600;
    return ours ? GBA_OK : GBA_E_UE_STATE_ACCESS;
}

static gba_rc read_all(int fd, struct ue_keys *keys)
{
    uint8_t text[UE_KEYS_TEXT_MAX + 1];
    size_t n = 0;
    ssize_t got = 1;
    GBA_TRY(check_access(fd));
    while (got > 0 && n < sizeof text) {
        got = read(fd, text + n, sizeof text - n);
        n += got > 0 ? (size_t)got : 0;
    }
    gba_rc rc = got < 0 ? GBA_E_FILE : ue_keys_parse(gba_view_of(text, n), keys);
    gba_wipe_bytes(text, sizeof text);
    return rc;
}

gba_rc ue_state_read(const char *path, struct ue_keys *keys)
{
    gba_wipe(keys);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return GBA_E_ABSENT;
    if (fd < 0)
        return errno == ELOOP || errno == EACCES ? GBA_E_UE_STATE_ACCESS : GBA_E_FILE;
    gba_rc rc = read_all(fd, keys);
    close(fd);
    return rc;
}

/* ---- write ---- */

static gba_rc write_all(int fd, gba_view text)
{
    while (text.n > 0) {
        ssize_t put = write(fd, text.p, text.n);
        GBA_ENSURE(put > 0 || (put < 0 && errno == EINTR), GBA_E_FILE);
        if (put > 0)
            text = gba_view_sub(text, (size_t)put, text.n);
    }
    return fsync(fd) == 0 ? GBA_OK : GBA_E_FILE;
}

/* The new name must be on disk too. */
static gba_rc sync_folder(const char *path)
{
    char copy[PATH_ROOM];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = fsync(fd) == 0 ? GBA_OK : GBA_E_FILE;
    close(fd);
    return rc;
}

static gba_rc write_temporary(char *name, gba_view text)
{
    int fd = mkstemp(name); /* makes it with mode 0600 */
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = write_all(fd, text);
    if (close(fd) != 0)
        rc = GBA_E_FILE;
    return rc;
}

gba_rc ue_state_write(const char *path, const struct ue_keys *keys)
{
    uint8_t text[UE_KEYS_TEXT_MAX];
    char temporary[PATH_ROOM];
    gba_writer w = gba_writer_of(text, sizeof text);
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    GBA_ENSURE(n > 0 && (size_t)n < sizeof temporary, GBA_E_FILE);
    ue_keys_put(keys, &w);
    gba_rc rc = gba_writer_end(&w);
    if (rc == GBA_OK)
        rc = write_temporary(temporary, gba_writer_view(&w));
    gba_wipe_bytes(text, sizeof text);
    if (rc == GBA_OK && rename(temporary, path) != 0)
        rc = GBA_E_FILE;
    if (rc != GBA_OK)
        unlink(temporary);
    return rc == GBA_OK ? sync_folder(path) : rc;
}
