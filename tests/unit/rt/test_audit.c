/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt/audit.h"
#include "tests/lib/tap.h"

static char folder[] = "/tmp/keystrap-audit.XXXXXX";
static char path[64], moved[64], text[8192];
static struct gba_conf_log conf;

static void use(const char *file, bool required)
{
    conf = (struct gba_conf_log){.audit_required = required};
    T_OK(gba_text_set(&conf.audit, gba_view_cstr(file)));
}

static gba_view content(const char *file)
{
    int fd = open(file, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : 0;
    if (fd >= 0)
        close(fd);
    return gba_view_of(text, n > 0 ? (size_t)n : 0);
}

static size_t lines(gba_view v)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n += v.p[i] == '\n';
    return n;
}

static void full_disk(void)
{
    struct rt_audit_counts before = rt_audit_count();
    use("/dev/full", false);
    T_OK(rt_audit_open("prog", &conf));
    T_OK(rt_audit("a.b", RT_NUM("n", 1)));
    rt_audit_close();
    use("/dev/full", true);
    T_OK(rt_audit_open("prog", &conf));
    T_RC(rt_audit("a.b", RT_NUM("n", 1)), GBA_E_AUDIT);
    rt_audit_note("a.b", RT_NUM("n", 2));
    CU_ASSERT_EQUAL(rt_audit_count().lost, before.lost + 3);
    CU_ASSERT_EQUAL(rt_audit_count().written, before.written);
    rt_audit_close();
}

static void no_folder(void)
{
    use("/nowhere/audit.json", false);
    T_RC(rt_audit_open("prog", &conf), GBA_E_FILE);
    rt_audit_close();
}

static void link_is_not_followed(void)
{
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(symlink("/dev/null", path), 0);
    use(path, false);
    T_RC(rt_audit_open("prog", &conf), GBA_E_FILE);
    rt_audit_close();
    unlink(path);
}

static void others_may_read_it(void)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CU_ASSERT_EQUAL_FATAL(fchmod(fd, 0640), 0);
    close(fd);
    use(path, false);
    T_RC(rt_audit_open("prog", &conf), GBA_E_FILE);
    rt_audit_close();
    CU_ASSERT_EQUAL(content(path).n, 0);
    unlink(path);
}

static void forged_lines(void)
{
    use(path, true);
    T_OK(rt_audit_open("prog", &conf));
    T_OK(rt_audit("a.b", RT_CSTR("c", "x\"}\n{\"event\":\"forged\"")));
    rt_audit_close();
    gba_view got = content(path);
    CU_ASSERT_EQUAL(lines(got), 1);
    CU_ASSERT_TRUE(gba_view_ends(got, GBA_LIT("\"c\":\"x\\\"}\\n{\\\"event\\\":\\\"forged\\\"\"}\n")));
    unlink(path);
}

static void appends_for_this_user_only(void)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CU_ASSERT_EQUAL_FATAL(write(fd, "before\n", 7), 7);
    close(fd);
    use(path, true);
    T_OK(rt_audit_open("prog", &conf));
    rt_log_run(0x1234);
    T_OK(rt_audit("a.b", RT_ID("impi", GBA_LIT("001010123456789@ims"))));
    rt_log_run(0);
    rt_audit_close();
    gba_view got = content(path);
    CU_ASSERT_TRUE(gba_view_starts(got, GBA_LIT("before\n{\"time\":\"2")));
    CU_ASSERT_TRUE(gba_view_ends(
        got, GBA_LIT("\"event\":\"a.b\",\"impi\":\"0010***@ims\",\"run\":\"000000001234\"}\n")));
    CU_ASSERT_FALSE(gba_view_contains(got, GBA_LIT("level")));
    CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
    unlink(path);
}

static void given_to_ourselves(void)
{
    T_OK(rt_audit_give(getuid(), getgid()));
    use(path, true);
    T_OK(rt_audit_open("prog", &conf));
    T_OK(rt_audit_give(getuid(), getgid()));
    if (getuid() != 0)
        T_RC(rt_audit_give(0, 0), GBA_E_FILE);
    rt_audit_close();
    unlink(path);
}

static void moved_away(void)
{
    use(path, true);
    T_OK(rt_audit_open("prog", &conf));
    T_OK(rt_audit("a.first", RT_NUM("n", 1)));
    CU_ASSERT_EQUAL_FATAL(rename(path, moved), 0);
    T_OK(rt_audit("a.second", RT_NUM("n", 2)));
    T_OK(rt_audit_reopen());
    T_OK(rt_audit("a.third", RT_NUM("n", 3)));
    CU_ASSERT_EQUAL(lines(content(moved)), 2);
    CU_ASSERT_TRUE(gba_view_contains(content(moved), GBA_LIT("a.second")));
    CU_ASSERT_EQUAL(lines(content(path)), 1);
    CU_ASSERT_TRUE(gba_view_contains(content(path), GBA_LIT("a.third")));
    /* a folder that is gone: the open file stays */
    CU_ASSERT_EQUAL_FATAL(unlink(path), 0);
    CU_ASSERT_EQUAL_FATAL(symlink("/nowhere/x", path), 0);
    T_RC(rt_audit_reopen(), GBA_E_FILE);
    T_OK(rt_audit("a.fourth", RT_NUM("n", 4)));
    rt_audit_close();
    unlink(path);
    unlink(moved);
}

static void none(void)
{
    struct rt_audit_counts before = rt_audit_count();
    use("", true);
    T_OK(rt_audit_open("prog", &conf));
    T_OK(rt_audit_reopen());
    T_OK(rt_audit("a.b", RT_NUM("n", 1)));
    CU_ASSERT_EQUAL(rt_audit_count().written, before.written);
    rt_audit_close();
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"a full disk", full_disk},
        {"no folder", no_folder},
        {"a link in its place", link_is_not_followed},
        {"others may read it", others_may_read_it},
        {"forged lines", forged_lines},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"appends, for this user only", appends_for_this_user_only},
        {"given to a user", given_to_ourselves},
        {"moved away and opened anew", moved_away},
        {"no audit log", none},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"hostile", NULL, NULL, NULL, NULL, hostile},
        {"lines", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    const struct rt_log_conf quiet = {
        .program = "prog", .level = RT_LOG_ERROR, .fd = open("/dev/null", O_WRONLY)};
    rt_log_init(&quiet);
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/audit.json", folder);
    snprintf(moved, sizeof moved, "%s/audit.1", folder);
    int code = tap_run(suites);
    rmdir(folder);
    return code;
}
