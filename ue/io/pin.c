/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L

#include "ue/io/pin.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "gba/base/secret.h"

enum { LINE_MAX_N = 64 };

/* Up to the first line feed; read(2), so that no copy stays in a buffer. */
static gba_rc take_line(int fd, gba_writer *w)
{
    uint8_t line[LINE_MAX_N];
    size_t n = 0;
    ssize_t got = 1;
    while (got > 0 && n < sizeof line && gba_view_find(gba_view_of(line, n), '\n') == n) {
        got = read(fd, line + n, sizeof line - n);
        n += got > 0 ? (size_t)got : 0;
    }
    gba_view first = gba_view_sub(gba_view_of(line, n), 0, gba_view_find(gba_view_of(line, n), '\n'));
    if (gba_view_ends(first, GBA_LIT("\r")))
        first.n--;
    gba_put_view(w, gba_view_trim(first));
    gba_wipe_bytes(line, sizeof line);
    GBA_ENSURE(got >= 0, GBA_E_FILE);
    return gba_writer_end(w) == GBA_OK ? GBA_OK : GBA_E_PIN_FORM;
}

gba_rc ue_pin_from_file(const char *path, gba_writer *w)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    gba_rc rc = take_line(fd, w);
    close(fd);
    return rc;
}

static void say(int fd, const char *text)
{
    gba_view v = gba_view_cstr(text);
    ssize_t put = write(fd, v.p, v.n);
    (void)put; /* the question is a courtesy */
}

gba_rc ue_pin_from_terminal(gba_writer *w)
{
    struct termios before, quiet;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    GBA_ENSURE(fd >= 0, GBA_E_PIN_NEEDED);
    gba_rc rc = GBA_E_PIN_NEEDED;
    if (tcgetattr(fd, &before) == 0) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        say(fd, "PIN of the card: ");
        tcsetattr(fd, TCSAFLUSH, &quiet);
        rc = take_line(fd, w);
        tcsetattr(fd, TCSAFLUSH, &before);
        say(fd, "\n");
    }
    close(fd);
    return rc;
}
