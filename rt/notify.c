/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gba/base/text.h"

struct rt_notify {
    struct rt_loop *loop;
    int fd;
    uint64_t watchdog_ms; /* between two signs of life; 0: nobody wants any */
    struct rt_timer *watchdog;
};

/* The manager's queue may be full: then it misses a message, and we do not wait. */
static void tell(const struct rt_notify *notify, gba_view text)
{
    ssize_t n = send(notify->fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)n;
}

static void on_watchdog(void *arg)
{
    struct rt_notify *notify = arg;
    tell(notify, GBA_LIT("WATCHDOG=1"));
    notify->watchdog = rt_timer_start(notify->loop, notify->watchdog_ms, on_watchdog, notify);
}

/* A path, or with '@' a name that is in no file system. */
static gba_rc address_of(gba_view name, struct sockaddr_un *addr, socklen_t *n)
{
    GBA_ENSURE(name.n > 1 && name.n < sizeof addr->sun_path && (name.p[0] == '/' || name.p[0] == '@'),
               GBA_E_ADDRESS);
    *addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    gba_copy(addr->sun_path, name);
    *n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name.n);
    if (name.p[0] == '@')
        addr->sun_path[0] = '\0';
    else
        ++*n;
    return GBA_OK;
}

static gba_rc dial(gba_view name, int *fd)
{
    struct sockaddr_un addr;
    socklen_t n;
    GBA_TRY(address_of(name, &addr, &n));
    *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && connect(*fd, (struct sockaddr *)&addr, n) == 0)
        return GBA_OK;
    if (*fd >= 0)
        close(*fd);
    return GBA_E_CONNECT;
}

/* Half of WATCHDOG_USEC, when it is meant for this process. */
static uint64_t watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t us = 0, whose = (uint64_t)getpid();
    if (!usec || gba_dec_parse(gba_view_cstr(usec), UINT64_MAX, &us) != GBA_OK)
        return 0;
    if (pid && gba_dec_parse(gba_view_cstr(pid), INT32_MAX, &whose) != GBA_OK)
        return 0;
    return whose == (uint64_t)getpid() ? us / 2000 : 0;
}

static void take_out_of_environment(void)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

gba_rc rt_notify_open(struct rt_loop *loop, struct rt_notify **out)
{
    const char *name = getenv("NOTIFY_SOCKET");
    *out = NULL;
    if (!name)
        return GBA_OK;
    struct rt_notify *notify = calloc(1, sizeof *notify);
    GBA_ENSURE(notify, GBA_E_MEMORY);
    gba_rc rc = dial(gba_view_cstr(name), &notify->fd);
    if (rc != GBA_OK) {
        free(notify);
        return rc;
    }
    notify->loop = loop;
    notify->watchdog_ms = watchdog_ms();
    take_out_of_environment();
    if (notify->watchdog_ms > 0)
        on_watchdog(notify);
    *out = notify;
    return GBA_OK;
}

void rt_notify_ready(struct rt_notify *notify, const char *status)
{
    uint8_t text[256];
    gba_writer w = gba_writer_of(text, sizeof text);
    if (!notify)
        return;
    gba_put_str(&w, "READY=1\nSTATUS=");
    gba_put_str(&w, status);
    tell(notify, gba_writer_view(&w));
}

void rt_notify_reloading(struct rt_notify *notify)
{
    uint8_t text[128];
    gba_writer w = gba_writer_of(text, sizeof text);
    if (!notify)
        return;
    gba_put_str(&w, "RELOADING=1\nSTATUS=reloading\nMONOTONIC_USEC=");
    gba_put_dec(&w, uv_hrtime() / 1000);
    tell(notify, gba_writer_view(&w));
}

void rt_notify_stopping(struct rt_notify *notify)
{
    if (notify)
        tell(notify, GBA_LIT("STOPPING=1\nSTATUS=stopping"));
}

void rt_notify_close(struct rt_notify *notify)
{
    if (!notify)
        return;
    rt_timer_cancel(notify->watchdog);
    close(notify->fd);
    free(notify);
}
