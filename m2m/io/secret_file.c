/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt/file.h"

gba_rc m2m_file_fault(gba_text *why, const char *path, const char *what)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view name = gba_view_cstr(path);
    gba_put_view(&w, name.n > 150 ? gba_view_sub(name, name.n - 150, 150) : name);
    gba_put_str(&w, ": ");
    gba_put_view(&w, gba_view_sub(gba_view_cstr(what), 0, sizeof room - w.n));
    if (gba_text_set(why, gba_writer_view(&w)) != GBA_OK)
        why->n = 0;
    return GBA_E_FILE;
}

static gba_rc check_access(int fd, const char *path, gba_text *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return m2m_file_fault(why, path, "is not a plain file");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return m2m_file_fault(why, path, "belongs to another user");
    if ((st.st_mode & 077) != 0)
        return m2m_file_fault(why, path, "others may use it; its mode must be 0600");
    return GBA_OK;
}

gba_rc m2m_secret_file_read(const char *path, gba_writer *w, gba_text *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return m2m_file_fault(why, path, strerror(errno));
    gba_rc rc = check_access(fd, path, why);
    if (rc == GBA_OK) {
        rc = rt_file_read(fd, w);
        if (rc != GBA_OK)
            (void)m2m_file_fault(why, path, rc == GBA_E_SPACE ? "is too large" : "cannot be read");
    }
    close(fd);
    return rc;
}

static gba_rc parse_key(gba_view content, gba_seal_key *key)
{
    if (content.n == sizeof key->b) {
        gba_copy(key->b, content);
        return GBA_OK;
    }
    if (gba_view_ends(content, GBA_LIT("\n")))
        content.n--;
    return gba_hex_parse(content, key->b, sizeof key->b);
}

gba_rc m2m_key_file_read(const char *path, gba_seal_key *key, gba_text *why)
{
    uint8_t room[80];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_rc rc = m2m_secret_file_read(path, &w, why);
    if (rc == GBA_OK) {
        rc = parse_key(gba_writer_view(&w), key);
        if (rc != GBA_OK)
            (void)m2m_file_fault(why, path, "is not a key: 32 octets, or 64 hexadecimal digits");
    }
    gba_wipe(&room);
    return rc;
}

static gba_rc write_key(int fd)
{
    uint8_t octets[32], text[65];
    gba_writer w = gba_writer_of(text, sizeof text);
    bool good = getrandom(octets, sizeof octets, 0) == (ssize_t)sizeof octets;
    gba_put_hex(&w, GBA_ARRAY(octets));
    gba_put_u8(&w, '\n');
    good = good && write(fd, text, sizeof text) == (ssize_t)sizeof text && fsync(fd) == 0;
    gba_wipe(&octets);
    gba_wipe(&text);
    return good ? GBA_OK : GBA_E_FILE;
}

gba_rc m2m_key_file_make(const char *path, gba_text *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return m2m_file_fault(why, path, strerror(errno));
    gba_rc rc = write_key(fd);
    if (close(fd) != 0)
        rc = GBA_E_FILE;
    if (rc == GBA_OK)
        rc = rt_file_sync_folder(path);
    if (rc != GBA_OK) {
        unlink(path);
        return m2m_file_fault(why, path, "cannot be written");
    }
    return GBA_OK;
}
