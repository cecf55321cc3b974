/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/io/ctl_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gba/wire/json.h"
#include "m2m/io/secret_file.h"
#include "rt/file.h"

enum { KEY_MIN = 16, KEY_MAX = 256 };

static gba_rc check_owned(int fd, const char *path, gba_text *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return m2m_file_fault(why, path, "is not a plain file");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return m2m_file_fault(why, path, "belongs to another user; give a signature with --sig");
    if ((st.st_mode & 022) != 0)
        return m2m_file_fault(why, path, "others may write it; give a signature with --sig");
    return GBA_OK;
}

gba_rc m2m_ctl_file_read(const char *path, enum m2m_ctl_trust trust, gba_writer *w, gba_text *why)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return m2m_file_fault(why, path, strerror(errno));
    gba_rc rc = trust == M2M_CTL_OWNED && !input ? check_owned(fd, path, why) : GBA_OK;
    if (rc == GBA_OK) {
        rc = rt_file_read(fd, w);
        if (rc != GBA_OK)
            (void)m2m_file_fault(why, path, rc == GBA_E_SPACE ? "is too large" : "cannot be read");
    }
    if (!input)
        close(fd);
    return rc;
}

bool m2m_ctl_file_readable(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && (stat(path, &st) != 0 || (st.st_mode & 044) != 0);
}

struct naming {
    gba_text *name;
    bool *has_key;
};

static gba_rc on_member(void *arg, gba_view path, const struct gba_json_value *value)
{
    const struct naming *naming = arg;
    if (gba_view_eq(path, GBA_LIT("kpm")))
        *naming->has_key = true;
    if (!gba_view_eq(path, GBA_LIT("name")) || value->kind != GBA_JSON_TEXT)
        return GBA_OK;
    return gba_text_set(naming->name, value->text);
}

gba_rc m2m_ctl_instr_name(gba_view json, gba_text *name, bool *has_key)
{
    struct naming naming = {name, has_key};
    name->n = 0;
    *has_key = false;
    GBA_TRY(gba_json_read(json, on_member, &naming));
    return name->n > 0 ? GBA_OK : GBA_E_M2M_INSTR;
}

gba_rc m2m_ctl_key_parse(gba_view text, gba_writer *w)
{
    if (gba_view_ends(text, GBA_LIT("\n")))
        text.n--;
    GBA_ENSURE(text.n >= 2 * KEY_MIN && text.n <= 2 * KEY_MAX, GBA_E_HEX);
    uint8_t *room = gba_put_room(w, text.n / 2);
    GBA_ENSURE(room, GBA_E_SPACE);
    return gba_hex_parse(text, room, text.n / 2);
}
