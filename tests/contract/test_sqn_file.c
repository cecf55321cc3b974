/* SPDX-License-Identifier: Apache-2.0 */
/* The file of sequence numbers: whatever happens, no number is issued twice. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hss/io/sqn_file.h"
#include "hss/sqn.h"
#include "tests/lib/tap.h"

enum { BLOCK = 16, SLOT = 512 };

static char folder[32];
static char path[64];
static gba_text impis[3];

static void clean(void)
{
    static const char *const ends[] = {"", ".lock", ".new"};
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static int make_folder(void)
{
    static const char *const names[] = {"a@x.org", "b@x.org", "c@x.org"};
    snprintf(folder, sizeof folder, "/tmp/sqn_file.XXXXXX");
    bool good = mkdtemp(folder) != NULL;
    for (size_t i = 0; i < 3; i++)
        good = gba_text_set(&impis[i], gba_view_cstr(names[i])) == GBA_OK && good;
    snprintf(path, sizeof path, "%s/hss.sqn", folder);
    return good ? 0 : 1;
}

static int remove_folder(void)
{
    clean();
    return rmdir(folder);
}

/* Opened for the first n of the three subscribers. */
struct opened {
    struct hss_sqn_file *file;
    struct hss_sqn_start starts[3];
    gba_text why;
};

static gba_rc open_for(size_t n, struct opened *o)
{
    *o = (struct opened){.file = NULL};
    for (size_t i = 0; i < n; i++)
        o->starts[i].impi = &impis[i];
    return hss_sqn_file_open(path, BLOCK, (struct hss_sqn_starts){o->starts, n}, &o->file, &o->why);
}

static off_t file_size(void)
{
    struct stat st = {0};
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    return st.st_size;
}

static void change_octet(off_t at, int c)
{
    char octet = (char)c;
    int fd = open(path, O_RDWR);
    CU_ASSERT_EQUAL(pwrite(fd, &octet, 1, at), 1);
    close(fd);
}

/* ---- refused ---- */

static void refused(const char *says)
{
    struct opened o;
    off_t before = file_size();
    T_RC(open_for(2, &o), GBA_E_HSS_SQN_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(o.why.s, says));
    CU_ASSERT_PTR_NOT_NULL(strstr(o.why.s, path));
    CU_ASSERT_EQUAL(file_size(), before);
}

static void fresh(void)
{
    struct opened o;
    clean();
    T_OK(open_for(2, &o));
    hss_sqn_file_close(o.file);
}

/* Any octet of the file may be the wrong one: in a name, a number, a sum, a blank, a line end. */
static void damaged_anywhere(void)
{
    static const off_t places[] = {0,   20,  100, 511,  512,  514,  518, 521,
                                   533, 540, 700, 1023, 1024, 1040, 1535};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        fresh();
        change_octet(places[i], '~');
        refused(places[i] < SLOT       ? "not a file of sequence numbers"
                : places[i] < 2 * SLOT ? "line 2"
                                       : "line 3");
    }
}

static void cut_short(void)
{
    static const off_t sizes[] = {1, 511, 513, 1535};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fresh();
        CU_ASSERT_EQUAL(truncate(path, sizes[i]), 0);
        refused(sizes[i] < SLOT ? "not a file of sequence numbers" : "not whole");
    }
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    refused("not a file of sequence numbers");
}

static void same_subscriber_twice(void)
{
    uint8_t slot[SLOT];
    fresh();
    int fd = open(path, O_RDWR);
    CU_ASSERT_EQUAL(pread(fd, slot, SLOT, SLOT), SLOT);
    CU_ASSERT_EQUAL(pwrite(fd, slot, SLOT, 2 * SLOT), SLOT);
    close(fd);
    refused("line 3");
}

static void a_folder_that_is_not_there(void)
{
    struct opened o = {.file = NULL};
    o.starts[0].impi = &impis[0];
    T_RC(hss_sqn_file_open("/nonexistent/hss.sqn", BLOCK, (struct hss_sqn_starts){o.starts, 1}, &o.file,
                           &o.why),
         GBA_E_FILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(o.why.s, "/nonexistent/hss.sqn"));
}

static void a_second_opening(void)
{
    struct opened first, second;
    clean();
    T_OK(open_for(2, &first));
    T_RC(open_for(2, &second), GBA_E_HSS_SQN_LOCKED);
    hss_sqn_file_close(first.file);
    T_OK(open_for(2, &second));
    hss_sqn_file_close(second.file);
}

static void a_second_process(void)
{
    struct opened o;
    int status = 0;
    clean();
    T_OK(open_for(2, &o));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct opened other;
        _exit(open_for(2, &other) == GBA_E_HSS_SQN_LOCKED ? 7 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    hss_sqn_file_close(o.file);
}

static void a_number_that_is_not_there(void)
{
    struct opened o;
    clean();
    T_OK(open_for(2, &o));
    T_RC(hss_sqn_file_put(o.file, &(struct hss_sqn_put){2, 99}, 1), GBA_E_BUG);
    hss_sqn_file_close(o.file);
}

/* ---- kept ---- */

static void a_first_start(void)
{
    struct opened o;
    clean();
    T_OK(open_for(1, &o));
    CU_ASSERT_EQUAL(o.starts[0].last, 0);
    CU_ASSERT_EQUAL(o.starts[0].limit, hss_sqn_block_end(0, BLOCK));
    hss_sqn_file_close(o.file);
    clean();
    o = (struct opened){.starts = {{&impis[0], 0x123440, 0}}};
    T_OK(hss_sqn_file_open(path, BLOCK, (struct hss_sqn_starts){o.starts, 1}, &o.file, &o.why));
    CU_ASSERT_EQUAL(o.starts[0].last, 0x123440);
    hss_sqn_file_close(o.file);
}

/* A child issues numbers as the AuC does, says each one, and is killed in the middle. */
static void issue_until_killed(int out)
{
    struct opened o;
    uint64_t number, limit;
    if (open_for(2, &o) != GBA_OK)
        _exit(1);
    struct hss_sqn s = {o.starts[0].last, o.starts[0].limit, 0};
    for (;;) {
        if (hss_sqn_take(&s, 31, &number) == GBA_OK && write(out, &number, sizeof number) != sizeof number)
            _exit(1);
        if (hss_sqn_wants(&s, BLOCK, &limit)) {
            struct hss_sqn_put put = {0, limit};
            hss_sqn_stored(&s, limit, hss_sqn_file_put(o.file, &put, 1) == GBA_OK);
        }
    }
}

/* All numbers that a killed child told. */
static void run_child(uint64_t *highest, unsigned kill_after)
{
    int ends[2];
    uint64_t number;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        issue_until_killed(ends[1]);
    }
    close(ends[1]);
    for (unsigned n = 0; read(ends[0], &number, sizeof number) == sizeof number; n++) {
        CU_ASSERT_TRUE(number > *highest);
        *highest = number;
        if (n == kill_after)
            kill(child, SIGKILL);
    }
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    close(ends[0]);
}

static void killed_at_any_moment(void)
{
    static const unsigned moments[] = {0, 1, 7, 8, 15, 16, 17, 100, 333};
    uint64_t highest = 0;
    clean();
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        run_child(&highest, moments[i]);
    struct opened o;
    T_OK(open_for(2, &o));
    CU_ASSERT_TRUE(o.starts[0].last >= highest);
    hss_sqn_file_close(o.file);
}

/* A file half written by a process that died is not looked at. */
static void a_left_over_new_file(void)
{
    struct opened o;
    char name[80];
    fresh();
    snprintf(name, sizeof name, "%s.new", path);
    FILE *file = fopen(name, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs("half", file);
    fclose(file);
    T_OK(open_for(2, &o));
    CU_ASSERT_EQUAL(o.starts[0].last, hss_sqn_block_end(0, BLOCK));
    hss_sqn_file_close(o.file);
}

static void what_was_put_counts(void)
{
    struct opened o;
    fresh();
    T_OK(open_for(2, &o));
    const struct hss_sqn_put puts[] = {{0, 0x7ffff}, {1, 0x1f}};
    T_OK(hss_sqn_file_put(o.file, puts, 2));
    hss_sqn_file_close(o.file);
    T_OK(open_for(2, &o));
    CU_ASSERT_EQUAL(o.starts[0].last, 0x7ffff);
    CU_ASSERT_EQUAL(o.starts[1].last, 0x1f);
    hss_sqn_file_close(o.file);
}

/* Taken out of the subscriber file and put back: the numbers go on. */
static void a_subscriber_comes_back(void)
{
    struct opened o;
    clean();
    T_OK(open_for(3, &o));
    T_OK(hss_sqn_file_put(o.file, &(struct hss_sqn_put){2, 0x8001f}, 1));
    hss_sqn_file_close(o.file);
    T_OK(open_for(1, &o));
    hss_sqn_file_close(o.file);
    T_OK(open_for(3, &o));
    CU_ASSERT_EQUAL(o.starts[2].last, 0x8001f);
    hss_sqn_file_close(o.file);
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"damaged anywhere", damaged_anywhere},
        {"cut short", cut_short},
        {"the same subscriber twice", same_subscriber_twice},
        {"a folder that is not there", a_folder_that_is_not_there},
        {"a second opening", a_second_opening},
        {"a second process", a_second_process},
        {"a number that is not there", a_number_that_is_not_there},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"a first start", a_first_start},
        {"killed at any moment", killed_at_any_moment},
        {"a left over new file", a_left_over_new_file},
        {"what was put counts", what_was_put_counts},
        {"a subscriber comes back", a_subscriber_comes_back},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", make_folder, remove_folder, NULL, NULL, hostile},
        {"kept", make_folder, remove_folder, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
