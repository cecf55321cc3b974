/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/lines.h"

#include "gba/base/stamp.h"
#include "gba/base/text.h"

void gba_put_line(gba_writer *w, const char *name, gba_view value)
{
    gba_put_str(w, name);
    gba_put_u8(w, ' ');
    gba_put_view(w, value);
    gba_put_u8(w, '\n');
}

void gba_put_hex_line(gba_writer *w, const char *name, gba_view octets)
{
    gba_put_str(w, name);
    gba_put_u8(w, ' ');
    gba_put_hex(w, octets);
    gba_put_u8(w, '\n');
}

void gba_put_time_line(gba_writer *w, const char *name, int64_t s)
{
    gba_put_str(w, name);
    gba_put_u8(w, ' ');
    gba_put_datetime(w, s);
    gba_put_u8(w, '\n');
}

gba_view gba_get_line(gba_view *rest, const char *name)
{
    gba_view line, tail, found, value;
    if (!gba_view_split(*rest, '\n', &line, &tail) || !gba_view_split(line, ' ', &found, &value))
        return (gba_view){NULL, 0};
    if (!gba_view_eq(found, gba_view_cstr(name)))
        return (gba_view){NULL, 0};
    *rest = tail;
    return value;
}
