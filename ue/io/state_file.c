/* SPDX-License-Identifier: Apache-2.0 */
#include "ue/io/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt/file.h"

static gba_rc check_access(int fd)
{
    struct stat st;
    GBA_ENSURE(fstat(fd, &st) == 0, GBA_E_FILE);
    bool ours = S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 07777) == 0600;
    return ours ? GBA_OK : GBA_E_UE_STATE_ACCESS;
}

/* Everything in a file that nobody else can read; `damaged` when it is too long. */
static gba_rc read_text(const char *path, gba_writer *w, gba_rc damaged)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return GBA_E_ABSENT;
    if (fd < 0)
        return errno == ELOOP || errno == EACCES ? GBA_E_UE_STATE_ACCESS : GBA_E_FILE;
    gba_rc rc = check_access(fd);
    if (rc == GBA_OK)
        rc = rt_file_read(fd, w);
    close(fd);
    return rc == GBA_E_SPACE ? damaged : rc;
}

static gba_rc write_text(const char *path, const gba_writer *w)
{
    GBA_TRY(gba_writer_end(w));
    return rt_file_replace(path, gba_writer_view(w));
}

gba_rc ue_state_read(const char *path, struct ue_keys *keys)
{
    uint8_t text[UE_KEYS_TEXT_MAX + 1];
    gba_writer w = gba_writer_of(text, sizeof text);
    gba_wipe(keys);
    gba_rc rc = read_text(path, &w, GBA_E_UE_STATE);
    if (rc == GBA_OK)
        rc = ue_keys_parse(gba_writer_view(&w), keys);
    gba_wipe_bytes(text, sizeof text);
    return rc;
}

gba_rc ue_state_write(const char *path, const struct ue_keys *keys)
{
    uint8_t text[UE_KEYS_TEXT_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    ue_keys_put(keys, &w);
    gba_rc rc = write_text(path, &w);
    gba_wipe_bytes(text, sizeof text);
    return rc;
}

gba_rc ue_store_read(const char *path, struct m2m_keyring *ring)
{
    uint8_t text[M2M_KEYRING_TEXT_MAX + 1];
    gba_writer w = gba_writer_of(text, sizeof text);
    gba_wipe(ring);
    gba_rc rc = read_text(path, &w, GBA_E_ENROL_STORE);
    if (rc == GBA_OK)
        rc = m2m_keyring_parse(gba_writer_view(&w), ring);
    gba_wipe_bytes(text, sizeof text);
    return rc;
}

gba_rc ue_store_write(const char *path, const struct m2m_keyring *ring)
{
    uint8_t text[M2M_KEYRING_TEXT_MAX];
    gba_writer w = gba_writer_of(text, sizeof text);
    m2m_keyring_put(ring, &w);
    gba_rc rc = write_text(path, &w);
    gba_wipe_bytes(text, sizeof text);
    return rc;
}
