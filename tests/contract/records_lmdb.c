/* SPDX-License-Identifier: Apache-2.0 */
/* The store in a folder: what any store does, and what happens to its files. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "m2m/io/db_lmdb.h"
#include "m2m/io/secret_file.h"
#include "m2m/io/store.h"
#include "tests/contract/records.h"

static char folder[40], path[64], data[80];
static struct rt_loop *loop;
static struct m2m_lmdb *lmdb;
static gba_text why;

static gba_rc open_there(uint32_t size_mib)
{
    struct m2m_lmdb_conf conf = {path, size_mib};
    lmdb = NULL;
    why.n = 0;
    return m2m_lmdb_open(loop, &conf, &lmdb, &why);
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/records.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/store", folder);
    snprintf(data, sizeof data, "%s/data.mdb", path);
    T_OK(rt_loop_new(&loop));
}

static void remove_folder(void)
{
    static const char *const names[] = {
        "store/data.mdb", "store/lock.mdb", "store/in-use", "key", "short", "link"};
    m2m_lmdb_close(lmdb);
    lmdb = NULL;
    rt_loop_free(loop);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
    rmdir(path);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static const struct m2m_db *open_empty(void)
{
    make_folder();
    T_OK(open_there(1));
    return m2m_lmdb_db(lmdb);
}

static void close_again(void)
{
    m2m_lmdb_close(lmdb);
    lmdb = NULL;
}

static gba_rc put(const char *name, const char *record)
{
    const struct m2m_db *db = m2m_lmdb_db(lmdb);
    return db->put(db->self, gba_view_cstr(name), gba_view_cstr(record));
}

static void expect(const char *name, const char *record)
{
    const struct m2m_db *db = m2m_lmdb_db(lmdb);
    uint8_t room[64];
    gba_writer w = gba_writer_of(room, sizeof room);
    T_OK(db->get(db->self, gba_view_cstr(name), &w));
    T_STR(gba_writer_view(&w), record);
}

static void expect_why(const char *part)
{
    CU_ASSERT_TRUE(gba_view_contains(gba_text_view(&why), gba_view_cstr(part)));
    if (!gba_view_contains(gba_text_view(&why), gba_view_cstr(part)))
        printf("# why: %s\n", why.s);
}

/* ---- refused ---- */

static void folders_of_others(void)
{
    make_folder();
    CU_ASSERT_EQUAL(mkdir(path, 0750), 0);
    T_RC(open_there(1), GBA_E_FILE);
    expect_why("mode must be 0700");
    CU_ASSERT_EQUAL(rmdir(path), 0);
    CU_ASSERT_EQUAL(symlink(folder, path), 0);
    T_RC(open_there(1), GBA_E_FILE);
    expect_why("not a folder");
    CU_ASSERT_EQUAL(unlink(path), 0);
    snprintf(path, sizeof path, "%s/no/store", folder);
    T_RC(open_there(1), GBA_E_FILE);
    remove_folder();
}

static void a_second_process(void)
{
    int ends[2];
    gba_rc rc = GBA_OK;
    make_folder();
    T_OK(open_there(1));
    T_OK(put("a", "1"));
    struct m2m_lmdb *first = lmdb;
    T_RC(open_there(1), GBA_E_DB);
    expect_why("another process uses this store");
    lmdb = first;
    expect("a", "1");
    fflush(stdout);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        rc = open_there(1);
        _exit(write(ends[1], &rc, sizeof rc) == sizeof rc ? 0 : 1);
    }
    close(ends[1]);
    CU_ASSERT_EQUAL(read(ends[0], &rc, sizeof rc), sizeof rc);
    T_RC(rc, GBA_E_DB);
    close(ends[0]);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    close_again();
    T_OK(open_there(1));
    expect("a", "1");
    remove_folder();
}

static void fill_file(void)
{
    static char record[1000];
    memset(record, 'r', sizeof record - 1);
    T_OK(open_there(1));
    for (char name[] = "a"; name[0] <= 'z'; name[0]++)
        T_OK(put(name, record));
    close_again();
}

static void overwrite(off_t at, const char *octets, size_t n)
{
    int fd = open(data, O_WRONLY);
    CU_ASSERT_TRUE(fd >= 0 && pwrite(fd, octets, n, at) == (ssize_t)n);
    close(fd);
}

static void damaged_files(void)
{
    static const char zeros[8192], noise[] = "this is no store of records";
    struct stat st;
    make_folder();
    fill_file();
    CU_ASSERT_TRUE(stat(data, &st) == 0 && (st.st_mode & 0777) == 0600);
    CU_ASSERT_EQUAL(truncate(data, 12 * 4096 - 1), 0);
    T_RC(open_there(1), GBA_E_DB);
    expect_why("damaged");
    CU_ASSERT_EQUAL(truncate(data, 100), 0);
    T_RC(open_there(1), GBA_E_DB);
    CU_ASSERT_EQUAL(truncate(data, 0), 0);
    T_RC(open_there(1), GBA_E_DB);
    expect_why("gone");
    CU_ASSERT_EQUAL(unlink(data), 0);
    T_RC(open_there(1), GBA_E_DB);
    expect_why("gone");
    remove_folder();

    make_folder();
    fill_file();
    overwrite(0, noise, sizeof noise);
    overwrite(4096, noise, sizeof noise);
    T_RC(open_there(1), GBA_E_DB);
    overwrite(0, zeros, sizeof zeros);
    T_RC(open_there(1), GBA_E_DB);
    remove_folder();
}

static void write_file(const char *name, const char *content, mode_t mode)
{
    char full[80];
    snprintf(full, sizeof full, "%s/%s", folder, name);
    unlink(full);
    int fd = open(full, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CU_ASSERT_TRUE(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
    close(fd);
}

static gba_rc key_from(const char *name, gba_seal_key *key)
{
    char full[80];
    snprintf(full, sizeof full, "%s/%s", folder, name);
    return m2m_key_file_read(full, key, &why);
}

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static void key_files(void)
{
    gba_seal_key key, again;
    char full[80];
    make_folder();
    snprintf(full, sizeof full, "%s/key", folder);
    T_RC(key_from("key", &key), GBA_E_FILE);
    T_OK(m2m_key_file_make(full, &why));
    T_OK(key_from("key", &key));
    T_RC(m2m_key_file_make(full, &why), GBA_E_FILE);
    expect_why("File exists");
    T_OK(key_from("key", &again));
    T_BYTES(GBA_ARRAY(key.b), GBA_ARRAY(again.b));
    write_file("key", HEX "\n", 0600);
    T_OK(key_from("key", &key));
    T_BYTES(GBA_ARRAY(key.b), t_hex(HEX));
    write_file("key", "0123456789abcdef0123456789abcdef", 0400);
    T_OK(key_from("key", &key));
    T_STR(GBA_ARRAY(key.b), "0123456789abcdef0123456789abcdef");
    write_file("key", HEX, 0640);
    T_RC(key_from("key", &key), GBA_E_FILE);
    expect_why("0600");
    write_file("short", HEX "\n\n", 0600);
    T_RC(key_from("short", &key), GBA_E_HEX);
    write_file("short", "xx", 0600);
    T_RC(key_from("short", &key), GBA_E_HEX);
    expect_why("not a key");
    write_file("short", HEX HEX, 0600);
    T_RC(key_from("short", &key), GBA_E_SPACE);
    write_file("short", "", 0600);
    T_RC(key_from("short", &key), GBA_E_HEX);
    T_RC(m2m_key_file_read(folder, &key, &why), GBA_E_FILE);
    expect_why("not a plain file");
    remove_folder();
}

static void a_store_and_its_key(void)
{
    struct m2m_conf_store conf = {.size_mib = 1};
    struct m2m_store store = {.lmdb = NULL};
    make_folder();
    snprintf(conf.key_file.s, sizeof conf.key_file.s, "%s/key", folder);
    snprintf(conf.path.s, sizeof conf.path.s, "%s", path);
    T_RC(m2m_store_open(loop, &conf, &store), GBA_E_FILE);
    m2m_store_close(&store);
    write_file("key", HEX, 0600);
    T_OK(m2m_store_open(loop, &conf, &store));
    T_OK(m2m_vault_put(&store.vault, rt_loop_env(loop), "ke", GBA_LIT("a"), GBA_LIT("x")));
    m2m_store_close(&store);
    write_file("key", "0123456789abcdef0123456789abcdef", 0600);
    T_RC(m2m_store_open(loop, &conf, &store), GBA_E_SEAL);
    m2m_store_close(&store);
    write_file("key", HEX, 0600);
    T_OK(m2m_store_open(loop, &conf, &store));
    const struct m2m_db *db = store.vault.db;
    T_OK(db->put(db->self, GBA_LIT("ke:b"), GBA_LIT("changed by somebody, or by a failing disk")));
    m2m_store_close(&store);
    T_RC(m2m_store_open(loop, &conf, &store), GBA_E_SEAL);
    m2m_store_close(&store);
    remove_folder();
}

/* The disk is full: what is there stays, and there is room again later. */
static void a_full_disk(void)
{
    static char record[M2M_DB_RECORD_MAX];
    struct rlimit all, little = {.rlim_cur = 1024 * 1024};
    make_folder();
    T_OK(open_there(64));
    T_OK(put("a", "1"));
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &all), 0);
    little.rlim_max = all.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
    const struct m2m_db *db = m2m_lmdb_db(lmdb);
    gba_rc rc = GBA_OK;
    for (uint8_t i = 0; i < 200 && rc == GBA_OK; i++)
        rc = db->put(db->self, gba_view_of(&i, 1), gba_view_of(record, i % 2 ? 100 : sizeof record));
    T_RC(rc, GBA_E_DB_FULL);
    expect("a", "1");
    T_RC(put("a", "2"), GBA_E_DB_FULL);
    expect("a", "1");
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &all), 0);
    T_OK(put("a", "2"));
    close_again();
    T_OK(open_there(64));
    expect("a", "2");
    remove_folder();
}

/* ---- kept ---- */

/* Puts and says so, until it is killed. */
static void put_until_killed(int to)
{
    bool good = open_there(1) == GBA_OK;
    for (uint32_t i = 0; good; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i % 500);
        good = put(name, name) == GBA_OK && write(to, &i, sizeof i) == sizeof i;
    }
    _exit(1);
}

static void killed(void)
{
    int ends[2];
    uint32_t i = 0, last = 0;
    make_folder();
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        put_until_killed(ends[1]);
    close(ends[1]);
    while (last < 300 && read(ends[0], &i, sizeof i) == sizeof i)
        last = i;
    kill(child, SIGKILL);
    while (read(ends[0], &i, sizeof i) == sizeof i)
        last = i;
    close(ends[0]);
    CU_ASSERT_TRUE(waitpid(child, NULL, 0) == child && last >= 300);
    T_OK(open_there(1));
    for (i = 0; i <= last && i < 500; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i);
        expect(name, name);
    }
    remove_folder();
}

static void stop_loop(void *arg)
{
    rt_loop_stop(arg);
}

static void run_for(uint64_t ms)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(rt_timer_start(loop, ms, stop_loop, loop));
    rt_loop_run(loop);
}

/* Writing to disk runs meanwhile; closing then waits for it. */
static void written_meanwhile(void)
{
    make_folder();
    T_OK(open_there(1));
    T_OK(put("a", "1"));
    run_for(1100);
    T_OK(put("a", "2"));
    run_for(1001);
    close_again();
    run_for(20);
    T_OK(open_there(4));
    expect("a", "2");
    remove_folder();
}

static CU_TestInfo own[] = {
    {"folders of others", folders_of_others},
    {"a second process", a_second_process},
    {"damaged files", damaged_files},
    {"a full disk", a_full_disk},
    {"key files", key_files},
    {"a store and its key", a_store_and_its_key},
    {"killed while it writes", killed},
    {"written to disk meanwhile", written_meanwhile},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return records_contract_run(&(struct records_world){"folder", open_empty, remove_folder, own});
}
