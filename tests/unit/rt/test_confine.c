/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process can still do, and what ends it: each case is a child. */
#include "rt/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/tap.h"

enum { GOOD = 0, BAD = 1, NOT_CONFINED = 2 };

static int in_child(const struct gba_conf_confine *conf, int (*act)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        gba_text why;
        rt_confine_early();
        _exit(rt_confine(conf, &why) == GBA_OK ? act() : NOT_CONFINED);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
    return status;
}

static int confined(int (*act)(void))
{
    static const struct gba_conf_confine conf = {.seccomp = GBA_CONF_SECCOMP_TRUE};
    return in_child(&conf, act);
}

static bool killed(int (*act)(void))
{
    int status = confined(act);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static bool works(int (*act)(void))
{
    int status = confined(act);
    return WIFEXITED(status) && WEXITSTATUS(status) == GOOD;
}

/* ---- what ends it ---- */

static int act_exec(void)
{
    char *const args[] = {"true", NULL};
    return execve("/bin/true", args, args + 1);
}

static int act_fork(void)
{
    return fork() < 0 ? BAD : GOOD;
}

static int act_ptrace(void)
{
    return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int act_kill(void)
{
    return kill(getppid(), 0);
}

static int act_packet(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static int act_raw(void)
{
    return socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
}

static int act_denied(void)
{
    bool unix_denied = socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EACCES;
    bool udp_denied = socket(AF_INET6, SOCK_DGRAM, 0) < 0 && errno == EACCES;
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return unix_denied && udp_denied && p == MAP_FAILED && errno == EPERM ? GOOD : BAD;
}

static int act_bind(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any, sizeof any);
}

static int act_write_file(void)
{
    return open("/tmp/keystrap-confined", O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

static int act_unlink(void)
{
    return unlink("/tmp/keystrap-confined");
}

static int act_chmod(void)
{
    return chmod("/tmp", 0777);
}

static int act_make_runnable(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int act_become_root(void)
{
    return setuid(0);
}

static void what_ends_it(void)
{
    static const struct {
        const char *what;
        int (*act)(void);
    } rows[] = {
        {"execve", act_exec},
        {"fork", act_fork},
        {"ptrace", act_ptrace},
        {"kill", act_kill},
        {"AF_PACKET", act_packet},
        {"SOCK_RAW", act_raw},
        {"bind", act_bind},
        {"write a file", act_write_file},
        {"unlink", act_unlink},
        {"chmod", act_chmod},
        {"mprotect to run", act_make_runnable},
        {"setuid", act_become_root},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!killed(rows[i].act))
            CU_FAIL(rows[i].what);
    }
}

/* Threads that ran before are confined as well. */
static pthread_barrier_t gate;

static void *other_thread(void *arg)
{
    char *const args[] = {"true", NULL};
    (void)arg;
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    execve("/bin/true", args, args + 1);
    return NULL;
}

static void all_threads(void)
{
    static const struct gba_conf_confine conf = {.seccomp = GBA_CONF_SECCOMP_TRUE};
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        gba_text why;
        pthread_barrier_init(&gate, NULL, 2);
        pthread_create(&thread, NULL, other_thread, NULL);
        pthread_barrier_wait(&gate);
        if (rt_confine(&conf, &why) != GBA_OK)
            _exit(NOT_CONFINED);
        pthread_barrier_wait(&gate);
        pthread_join(thread, NULL);
        _exit(GOOD);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

/* ---- what goes on ---- */

static int act_read_file(void)
{
    char c;
    int fd = open("/proc/self/status", O_RDONLY);
    return read(fd, &c, 1) == 1 ? GOOD : BAD;
}

static int act_append(void)
{
    int fd = open("/dev/null", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return write(fd, "x", 1) == 1 ? GOOD : BAD;
}

static void *nothing(void *arg)
{
    prctl(PR_SET_NAME, "thread", 0, 0, 0);
    return arg;
}

static int act_threads(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return BAD;
    return GOOD;
}

/* freeDiameter cancels its threads. */
static void *wait_for_cancel(void *arg)
{
    for (;;)
        sleep(1000);
    return arg;
}

static int act_cancel(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_cancel, NULL) != 0 || pthread_cancel(thread) != 0)
        return BAD;
    return pthread_join(thread, NULL) == 0 ? GOOD : BAD;
}

static int act_connect(void)
{
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&nobody, sizeof nobody) != 0 && errno == ECONNREFUSED
               ? GOOD
               : BAD;
}

static int act_memory(void)
{
    volatile char *p = malloc(8 << 20);
    p[4 << 20] = 1;
    free((void *)p);
    return GOOD;
}

static void what_goes_on(void)
{
    CU_ASSERT_TRUE(works(act_read_file));
    CU_ASSERT_TRUE(works(act_append));
    CU_ASSERT_TRUE(works(act_threads));
    CU_ASSERT_TRUE(works(act_cancel));
    CU_ASSERT_TRUE(works(act_connect));
    CU_ASSERT_TRUE(works(act_memory));
    CU_ASSERT_TRUE(works(act_denied));
}

/* ---- users ---- */

static void unknown_names(void)
{
    const struct gba_conf_confine user = {.user = {14, "no-such-user-x"}}, group = {.group = {3, "nog"}};
    gba_text why;
    T_RC(rt_confine(&user, &why), GBA_E_CONFINE);
    CU_ASSERT_TRUE(gba_view_starts(gba_text_view(&why), GBA_LIT("confine.user")));
    T_RC(rt_confine(&group, &why), GBA_E_CONFINE);
    CU_ASSERT_TRUE(gba_view_starts(gba_text_view(&why), GBA_LIT("confine.group")));
}

static int act_is_nobody(void)
{
    bool other = getuid() != 0 && geteuid() != 0 && getgid() != 0 && getgroups(0, NULL) == 1;
    return other && setuid(0) != 0 && chroot("/") != 0 ? GOOD : BAD;
}

static void becomes_another(void)
{
    const struct gba_conf_confine conf = {.user = {6, "nobody"}, .chroot = {5, "/proc"}};
    if (geteuid() != 0)
        return; /* only root can */
    int status = in_child(&conf, act_is_nobody);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == GOOD);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"unknown users and groups are refused", unknown_names},
        {"calls that end it", what_ends_it},
        {"on every thread", all_threads},
        {"what a daemon needs", what_goes_on},
        {"user and root folder", becomes_another},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"confine", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
