/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt/log_line.h"

/* One file a process, as with the log. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    gba_text path;
    const char *program;
    int fd; /* -1: none */
    bool required;
    bool torn;  /* the last line has no end */
    bool fails; /* the last line could not be written */
    struct rt_audit_counts counts;
} audit = {.fd = -1};

/* -1, and the log tells why.  Others may neither read nor write it. */
static int open_file(const gba_text *path)
{
    struct stat st;
    gba_view name = gba_text_view(path);
    int fd = open(path->s, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0 || fstat(fd, &st) != 0) {
        rt_log(RT_LOG_ERROR, "audit.no-file", RT_REASON(GBA_E_FILE), RT_STR("path", name),
               RT_NUM("errno", errno));
    } else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        rt_log(RT_LOG_ERROR, "audit.no-file", RT_REASON(GBA_E_FILE), RT_STR("path", name),
               RT_CSTR("why", "others may read or write it; its mode must be 0600"));
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

gba_rc rt_audit_open(const char *program, const struct gba_conf_log *conf)
{
    audit.path = conf->audit;
    audit.program = program;
    audit.required = conf->audit_required;
    if (conf->audit.n == 0)
        return GBA_OK;
    audit.fd = open_file(&audit.path);
    return audit.fd >= 0 ? GBA_OK : GBA_E_FILE;
}

gba_rc rt_audit_give(uid_t uid, gid_t gid)
{
    struct stat st;
    if (audit.fd < 0)
        return GBA_OK;
    GBA_ENSURE(fstat(audit.fd, &st) == 0, GBA_E_FILE);
    GBA_ENSURE(!S_ISREG(st.st_mode) || fchown(audit.fd, uid, gid) == 0, GBA_E_FILE);
    return GBA_OK;
}

gba_rc rt_audit_reopen(void)
{
    int fd = audit.path.n > 0 ? open_file(&audit.path) : -1;
    if (audit.path.n == 0)
        return GBA_OK;
    GBA_ENSURE(fd >= 0, GBA_E_FILE);
    pthread_mutex_lock(&lock);
    int old = audit.fd;
    audit.fd = fd;
    audit.torn = false;
    pthread_mutex_unlock(&lock);
    if (old >= 0)
        close(old);
    return GBA_OK;
}

/* ---- lines ---- */

/* 0, or the errno.  What a full disk cut off is ended first, so that lines stay lines. */
static int write_line(gba_view line)
{
    if (audit.torn && write(audit.fd, "\n", 1) != 1)
        return errno != 0 ? errno : ENOSPC;
    audit.torn = false;
    ssize_t n = write(audit.fd, line.p, line.n);
    if (n == (ssize_t)line.n)
        return 0;
    audit.torn = n > 0;
    return n < 0 ? errno : ENOSPC;
}

/* True when this is worth a line in the log: not each of many. */
static bool count(int failure)
{
    bool news = (failure != 0) != audit.fails;
    audit.fails = failure != 0;
    if (failure == 0)
        audit.counts.written++;
    else
        audit.counts.lost++;
    return news || (failure != 0 && (audit.counts.lost & (audit.counts.lost - 1)) == 0);
}

static void tell(const char *event, int failure, uint64_t lines)
{
    gba_view path = gba_text_view(&audit.path);
    if (failure != 0)
        rt_log(RT_LOG_ERROR, "audit.lost", RT_CSTR("what", event), RT_NUM("errno", failure),
               RT_NUM("lines", lines), RT_STR("path", path));
    else
        rt_log(RT_LOG_NOTICE, "audit.written-again", RT_NUM("lost", lines), RT_STR("path", path));
}

gba_rc rt_audit_fields(const char *event, const struct rt_log_field *fields)
{
    uint8_t room[RT_LOG_LINE_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    const struct rt_log_style style = {audit.program, true, rt_log_shows_identities()};
    const struct rt_log_head head = {NULL, event, rt_log_run_now()};
    if (audit.path.n == 0)
        return GBA_OK;
    rt_log_line(&w, &style, &head, fields);
    pthread_mutex_lock(&lock);
    int failure = audit.fd >= 0 ? write_line(gba_writer_view(&w)) : EBADF;
    bool news = count(failure);
    uint64_t lines = audit.counts.lost;
    pthread_mutex_unlock(&lock);
    if (news)
        tell(event, failure, lines);
    return failure != 0 && audit.required ? GBA_E_AUDIT : GBA_OK;
}

void rt_audit_note_fields(const char *event, const struct rt_log_field *fields)
{
    gba_rc rc = rt_audit_fields(event, fields);
    (void)rc; /* it was logged and counted */
}

struct rt_audit_counts rt_audit_count(void)
{
    pthread_mutex_lock(&lock);
    struct rt_audit_counts counts = audit.counts;
    pthread_mutex_unlock(&lock);
    return counts;
}

void rt_audit_close(void)
{
    if (audit.fd >= 0)
        close(audit.fd);
    audit.fd = -1;
    audit.path.n = 0;
}
