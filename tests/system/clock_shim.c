/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded: the wall clock is as many seconds ahead as the file CLOCK_FILE says (8 octets,
 * mapped, so that a change is seen at once); the monotonic clock is left alone.  A library
 * that fakes time and a sanitizer do not start together.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t ahead(void)
{
    static const volatile int64_t *seconds;
    const char *path = seconds ? NULL : getenv("CLOCK_FILE");
    if (path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        void *p = mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, fd, 0);
        seconds = p == MAP_FAILED ? NULL : p;
    }
    return seconds ? *seconds : 0;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    long rc = syscall(SYS_clock_gettime, id, out);
    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        out->tv_sec += ahead();
    return (int)rc;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_REALTIME, &now);
    (void)zone;
    *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return rc;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
