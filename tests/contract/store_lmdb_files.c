/* SPDX-License-Identifier: Apache-2.0 */
/* What only a store in a folder has: it is there again after the process was killed, it is
 * somebody else's, damaged, full. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bsf/io/store_lmdb.h"
#include "bsf/session.h"
#include "m2m/io/db_lmdb.h"
#include "tests/lib/tap.h"

enum { BIG = BSF_RECORD_MAX, PATIENCE_MS = 10000 };

static char folder[40], path[64], data[80];
static struct rt_loop *loop;
static struct bsf_store store;
static bool is_open;
static gba_text why;
static uint8_t big[BIG];

static struct {
    unsigned calls;
    gba_rc rc;
    size_t n;
    uint8_t first[8];
} got;

static void on_answer(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    (void)arg;
    got.calls++;
    got.rc = rc;
    got.n = n;
    if (n > 0)
        gba_copy(got.first, gba_view_sub(found->record, 0, sizeof got.first));
}

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/sessions.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/store", folder);
    snprintf(data, sizeof data, "%s/data.mdb", path);
    T_OK(rt_loop_new(&loop));
}

static void close_store(void)
{
    if (is_open)
        store.close(store.self);
    is_open = false;
}

static void tear_down(void)
{
    static const char *const names[] = {"store/data.mdb", "store/lock.mdb", "store/in-use", "store", ""};
    close_store();
    rt_loop_free(loop);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        (void)remove(name);
    }
}

static gba_rc open_there(uint32_t size_mib)
{
    why.n = 0;
    gba_rc rc =
        bsf_store_lmdb_open(loop, &(struct bsf_store_lmdb_conf){path, size_mib, 1000000}, &store, &why);
    is_open = rc == GBA_OK;
    return rc;
}

static void expect_why(const char *part)
{
    CU_ASSERT_TRUE(gba_view_contains(gba_text_view(&why), gba_view_cstr(part)));
}

static void on_patience_end(void *arg)
{
    (void)arg;
    abort();
}

static gba_rc answer(void)
{
    unsigned calls = got.calls;
    struct rt_timer *patience = rt_timer_start(loop, PATIENCE_MS, on_patience_end, NULL);
    while (got.calls == calls)
        uv_run(rt_loop_uv(loop), UV_RUN_ONCE);
    rt_timer_cancel(patience);
    return got.rc;
}

static bsf_store_key key_of(char kind, uint32_t i)
{
    bsf_store_key key = {{(uint8_t)kind, (uint8_t)(i * 37), (uint8_t)(i >> 8), (uint8_t)i}};
    return key;
}

static gba_rc put(uint32_t i, size_t n, int64_t lives_ms)
{
    struct bsf_store_put p = {
        .key = key_of('k', i),
        .alias = key_of('a', i),
        .has_alias = true,
        .owner = key_of('o', i),
        .keep = 1,
        .record = gba_view_of(big, n),
        .expiry_ms = rt_loop_env(loop)->now_ms + lives_ms,
    };
    gba_copy(big, gba_view_of(&i, sizeof i));
    store.put(store.self, &p, on_answer, NULL);
    return answer();
}

static gba_rc get(char kind, uint32_t i)
{
    bsf_store_key key = key_of(kind, i);
    store.get(store.self, &key, on_answer, NULL);
    gba_rc rc = answer();
    if (rc == GBA_OK)
        T_BYTES(gba_view_of(got.first, sizeof i), gba_view_of(&i, sizeof i));
    return rc;
}

static gba_rc of(uint32_t i)
{
    bsf_store_key key = key_of('o', i);
    store.of(store.self, &key, on_answer, NULL);
    return answer();
}

static gba_rc del(uint32_t i)
{
    bsf_store_key key = key_of('k', i);
    store.del(store.self, &key, on_answer, NULL);
    return answer();
}

/* ---- refused ---- */

static void folders_of_others(void)
{
    CU_ASSERT_EQUAL(mkdir(path, 0750), 0);
    T_RC(open_there(1), GBA_E_FILE);
    expect_why("mode must be 0700");
    CU_ASSERT_EQUAL(rmdir(path), 0);
    CU_ASSERT_EQUAL(symlink(folder, path), 0);
    T_RC(open_there(1), GBA_E_FILE);
    expect_why("not a folder");
}

static void in_use(void)
{
    T_OK(open_there(1));
    struct bsf_store first = store;
    T_RC(open_there(1), GBA_E_DB);
    expect_why("another process uses this store");
    store = first;
    is_open = true;
    T_OK(put(1, 100, 60000));
}

/* The folder of the MEF's records is none for sessions. */
static void store_of_something_else(void)
{
    struct m2m_lmdb *lmdb;
    struct m2m_lmdb_conf conf = {path, 1};
    T_OK(m2m_lmdb_open(loop, &conf, &lmdb, &why));
    const struct m2m_db *db = m2m_lmdb_db(lmdb);
    T_OK(db->put(db->self, GBA_LIT("name"), GBA_LIT("record")));
    m2m_lmdb_close(lmdb);
    T_RC(open_there(1), GBA_E_DB);
    expect_why("no store of sessions");
}

static void overwrite(off_t at, const char *octets, size_t n)
{
    int fd = open(data, O_WRONLY);
    CU_ASSERT_TRUE(fd >= 0 && pwrite(fd, octets, n, at) == (ssize_t)n);
    close(fd);
}

static void damaged_files(void)
{
    static const char noise[] = "this is no store";
    struct stat st;
    T_OK(open_there(1));
    for (uint32_t i = 0; i < 50; i++)
        T_OK(put(i, 1000, 60000));
    close_store();
    CU_ASSERT_TRUE(stat(data, &st) == 0 && (st.st_mode & 0777) == 0600);
    CU_ASSERT_EQUAL(truncate(data, 12 * 4096 - 1), 0);
    T_RC(open_there(1), GBA_E_DB);
    expect_why("damaged");
    overwrite(0, noise, sizeof noise);
    overwrite(4096, noise, sizeof noise);
    T_RC(open_there(1), GBA_E_DB);
    CU_ASSERT_EQUAL(unlink(data), 0);
    T_RC(open_there(1), GBA_E_DB);
    expect_why("gone");
}

/* ---- full ---- */

static uint32_t fill(size_t n, uint32_t most)
{
    uint32_t i = 0;
    gba_rc rc = GBA_OK;
    while (rc == GBA_OK && i < most)
        rc = put(i++, n, 600000);
    T_RC(rc, GBA_E_STORE_FULL);
    CU_ASSERT_EQUAL(gba_rc_class(rc), GBA_CLASS_LIMIT);
    return i - 1;
}

/* What was acknowledged is there; what was refused left nothing. */
static void check_full(uint32_t n)
{
    T_OK(get('k', 0));
    T_OK(get('a', n - 1));
    T_OK(of(n - 1));
    T_RC(get('k', n), GBA_E_ABSENT);
    T_RC(get('a', n), GBA_E_ABSENT);
    T_RC(of(n), GBA_E_ABSENT);
    CU_ASSERT_EQUAL(store.count(store.self), n);
    CU_ASSERT(store.ready(store.self));
}

static void a_full_map(void)
{
    T_OK(open_there(1));
    uint32_t n = fill(1000, 5000);
    CU_ASSERT(n > 300);
    check_full(n);
    for (uint32_t i = 0; i < 100; i++)
        T_OK(del(i));
    T_OK(put(n, 1000, 60000));
    T_OK(get('k', n));
    close_store();
    T_OK(open_there(1));
    T_OK(get('a', n));
    T_OK(get('k', n - 1));
    T_RC(get('k', 50), GBA_E_ABSENT);
}

/* Many at once, of which some have no room: the others are done all the same. */
static void a_full_map_in_batches(void)
{
    T_OK(open_there(1));
    unsigned all = got.calls + 2000;
    for (uint32_t i = 0; i < 2000; i++) {
        struct bsf_store_put p = {.key = key_of('k', i),
                                  .owner = key_of('o', i),
                                  .keep = 1,
                                  .record = gba_view_of(big, 1000),
                                  .expiry_ms = rt_loop_env(loop)->now_ms + 60000};
        store.put(store.self, &p, on_answer, NULL);
    }
    while (got.calls < all)
        (void)answer();
    size_t n = store.count(store.self);
    CU_ASSERT(n > 300 && n < 1000);
    T_RC(put(3000, 1000, 60000), GBA_E_STORE_FULL);
    T_OK(del(5));
}

static void a_full_disk(void)
{
    struct rlimit all, little = {.rlim_cur = 66 * 1024 * 1024};
    T_OK(open_there(512));
    T_OK(put(999999, 100, 60000));
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &all), 0);
    little.rlim_max = all.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
    uint32_t n = fill(BIG, 2000);
    T_OK(get('k', 999999));
    T_OK(get('k', n - 1));
    T_RC(get('k', n), GBA_E_ABSENT);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &all), 0);
    T_OK(put(n, BIG, 60000));
    close_store();
    T_OK(open_there(512));
    T_OK(get('a', n));
}

/* ---- kept ---- */

/* Puts and says so, until it is killed. */
static void put_until_killed(int to)
{
    bool good = rt_loop_new(&loop) == GBA_OK && open_there(64) == GBA_OK;
    for (uint32_t i = 0; good; i++)
        good = put(i, 400, 600000) == GBA_OK && write(to, &i, sizeof i) == sizeof i;
    _exit(1);
}

static void killed(void)
{
    int ends[2];
    uint32_t i = 0, last = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        put_until_killed(ends[1]);
    close(ends[1]);
    while (last < 500 && read(ends[0], &i, sizeof i) == sizeof i)
        last = i;
    kill(child, SIGKILL);
    while (read(ends[0], &i, sizeof i) == sizeof i)
        last = i;
    close(ends[0]);
    CU_ASSERT_TRUE(waitpid(child, NULL, 0) == child && last >= 500);
    T_OK(open_there(64));
    for (i = 0; i <= last; i++) {
        T_OK(get('k', i));
        T_OK(get('a', i));
        T_OK(of(i));
    }
    CU_ASSERT(store.count(store.self) >= last + 1);
}

static void on_passed(void *arg)
{
    *(bool *)arg = true;
}

static void pass(uint64_t ms)
{
    bool over = false;
    rt_timer_start(loop, ms, on_passed, &over);
    while (!over)
        uv_run(rt_loop_uv(loop), UV_RUN_ONCE);
}

/* Nothing of what has expired stays, also when it did while nobody looked. */
static void expired_meanwhile(void)
{
    T_OK(open_there(1));
    T_OK(put(1, 100, 40));
    T_OK(put(2, 100, 600000));
    close_store();
    pass(60);
    T_OK(open_there(1));
    T_RC(get('k', 1), GBA_E_ABSENT);
    T_RC(get('a', 1), GBA_E_ABSENT);
    T_OK(get('k', 2));
    CU_ASSERT_EQUAL(store.count(store.self), 1);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"folders of others", folders_of_others},
        {"in use", in_use},
        {"a store of something else", store_of_something_else},
        {"damaged files", damaged_files},
        {"a full map", a_full_map},
        {"a full map, many at once", a_full_map_in_batches},
        {"a full disk", a_full_disk},
        {"killed", killed},
        {"expired meanwhile", expired_meanwhile},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"LMDB files", NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    return tap_run(suites);
}
