/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/confine.h"

#include <dlfcn.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rt/audit.h"
#include "rt/confine_calls.h"

void rt_confine_early(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static gba_rc refuse(gba_text *why, const char *text)
{
    GBA_TRY(gba_text_set(why, gba_view_cstr(text)));
    return GBA_E_CONFINE;
}

/* Who we become; the names can be looked up now only. */
struct becoming {
    bool changes;
    uid_t uid;
    gid_t gid;
};

static gba_rc find_ids(const struct gba_conf_confine *conf, struct becoming *b, gba_text *why)
{
    *b =
        (struct becoming){.changes = conf->user.n > 0 || conf->group.n > 0, .uid = getuid(), .gid = getgid()};
    if (conf->user.n > 0) {
        const struct passwd *user = getpwnam(conf->user.s);
        if (!user)
            return refuse(why, "confine.user: there is no such user");
        b->uid = user->pw_uid;
        b->gid = user->pw_gid;
    }
    if (conf->group.n > 0) {
        const struct group *group = getgrnam(conf->group.s);
        if (!group)
            return refuse(why, "confine.group: there is no such group");
        b->gid = group->gr_gid;
    }
    return GBA_OK;
}

static gba_rc change_root(const gba_text *path, gba_text *why)
{
    if (path->n > 0 && (chroot(path->s) != 0 || chdir("/") != 0))
        return refuse(why, "confine.chroot: the root folder cannot be changed");
    return GBA_OK;
}

/* libc does this on every thread. */
static gba_rc change_ids(const struct becoming *b, gba_text *why)
{
    if (!b->changes)
        return GBA_OK;
    if (rt_audit_give(b->uid, b->gid) != GBA_OK)
        return refuse(why, "log.audit: the file cannot be given to the new user");
    if (setgroups(1, &b->gid) != 0 || setgid(b->gid) != 0 || setuid(b->uid) != 0)
        return refuse(why, "confine.user: user and group cannot be changed");
    if (b->uid != 0 && (setuid(0) == 0 || geteuid() == 0))
        return refuse(why, "confine.user: the old user comes back");
    return GBA_OK;
}

/* A user who is not root has none left on any thread; this is for root and for those that
 * a service manager gave. */
static gba_rc drop_capabilities(gba_text *why)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &head, none) != 0)
        return refuse(why, "capabilities cannot be given up");
    return GBA_OK;
}

gba_rc rt_confine(const struct gba_conf_confine *conf, gba_text *why)
{
    struct becoming b;
    GBA_TRY(find_ids(conf, &b, why));
    /* libc loads it when the first thread is cancelled, which is too late then */
    if (conf->seccomp != GBA_CONF_SECCOMP_FALSE && !dlopen("libgcc_s.so.1", RTLD_NOW))
        return refuse(why, "libgcc_s.so.1 cannot be loaded");
    GBA_TRY(change_root(&conf->chroot, why));
    GBA_TRY(change_ids(&b, why));
    GBA_TRY(drop_capabilities(why));
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (conf->seccomp == GBA_CONF_SECCOMP_FALSE)
        return GBA_OK;
    if (rt_confine_calls(conf->seccomp == GBA_CONF_SECCOMP_LOG) != 0)
        return refuse(why, "confine.seccomp: the kernel does not take the filter");
    return GBA_OK;
}
