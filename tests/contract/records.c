/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/records.h"

#include <string.h>

#include "gba/base/text.h"
#include "m2m/vault.h"
#include "tests/lib/fakes.h"

static const struct records_world *world;
static const struct m2m_db *db;
static uint8_t big[M2M_DB_RECORD_MAX + 1];

static void open_db(void)
{
    db = world->open();
    CU_ASSERT_PTR_NOT_NULL_FATAL(db);
}

static void close_db(void)
{
    world->close();
}

static gba_rc put(const char *name, const char *record)
{
    return db->put(db->self, gba_view_cstr(name), gba_view_cstr(record));
}

static void expect(const char *name, const char *record)
{
    uint8_t room[64];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_rc rc = db->get(db->self, gba_view_cstr(name), &w);
    T_RC(rc, record ? GBA_OK : GBA_E_ABSENT);
    if (record)
        T_STR(gba_writer_view(&w), record);
}

/* ---- refused ---- */

static void names_and_records_that_do_not_fit(void)
{
    gba_view name = gba_view_of(big, M2M_DB_NAME_MAX), more = gba_view_of(big, M2M_DB_NAME_MAX + 1);
    gba_writer w = gba_writer_of(big, sizeof big);
    T_RC(db->put(db->self, GBA_LIT(""), GBA_LIT("x")), GBA_E_TOO_LONG);
    T_RC(db->put(db->self, more, GBA_LIT("x")), GBA_E_TOO_LONG);
    T_RC(db->get(db->self, more, &w), GBA_E_ABSENT);
    T_RC(db->get(db->self, GBA_LIT(""), &w), GBA_E_ABSENT);
    T_OK(db->del(db->self, more));
    T_RC(db->put(db->self, name, GBA_ARRAY(big)), GBA_E_TOO_LONG);
    T_RC(db->get(db->self, name, &w), GBA_E_ABSENT);
    T_OK(db->put(db->self, name, gba_view_of(big, M2M_DB_RECORD_MAX)));
    w = gba_writer_of(big, M2M_DB_RECORD_MAX - 1);
    T_RC(db->get(db->self, name, &w), GBA_E_SPACE);
    w = gba_writer_of(big, M2M_DB_RECORD_MAX);
    T_OK(db->get(db->self, name, &w));
}

static size_t fill(uint8_t first)
{
    size_t n = 0;
    for (gba_rc rc = GBA_OK; n < 1000; n++) {
        uint8_t name[] = {first, (uint8_t)(n >> 8), (uint8_t)n};
        rc = db->put(db->self, GBA_ARRAY(name), gba_view_of(big, 10000));
        if (rc != GBA_OK) {
            T_RC(rc, GBA_E_DB_FULL);
            break;
        }
    }
    return n;
}

static void a_full_store(void)
{
    T_OK(put("keep", "this"));
    size_t n = fill('x');
    CU_ASSERT_TRUE(n > 40 && n < 200);
    T_RC(db->put(db->self, GBA_LIT("more"), gba_view_of(big, M2M_DB_RECORD_MAX)), GBA_E_DB_FULL);
    expect("more", NULL);
    expect("keep", "this");
    for (size_t i = 0; i < n; i++) {
        uint8_t name[] = {'x', (uint8_t)(i >> 8), (uint8_t)i};
        T_OK(db->del(db->self, GBA_ARRAY(name)));
    }
    size_t again = fill('y');
    CU_ASSERT_TRUE(again + 20 > n);
    expect("keep", "this");
}

/* ---- good ---- */

static void keep_replace_forget(void)
{
    expect("a", NULL);
    T_OK(put("a", "1"));
    T_OK(put("ab", "2"));
    T_OK(put("a", ""));
    expect("a", "");
    expect("ab", "2");
    T_OK(put("a", "3"));
    expect("a", "3");
    T_OK(db->del(db->self, GBA_LIT("a")));
    T_OK(db->del(db->self, GBA_LIT("a")));
    expect("a", NULL);
    expect("ab", "2");
    T_OK(db->put(db->self, GBA_LIT("\0\xff"), GBA_LIT("\0")));
    uint8_t room[4];
    gba_writer w = gba_writer_of(room, sizeof room);
    T_OK(db->get(db->self, GBA_LIT("\0\xff"), &w));
    T_BYTES(gba_writer_view(&w), GBA_LIT("\0"));
}

static void several_changes(void)
{
    T_OK(put("a", "1"));
    T_RC(db->end(db->self, GBA_OK), GBA_E_BUG);
    T_OK(db->begin(db->self));
    T_RC(db->begin(db->self), GBA_E_BUG);
    T_OK(put("b", "2"));
    T_OK(db->del(db->self, GBA_LIT("a")));
    T_OK(db->del(db->self, GBA_LIT("z")));
    expect("a", NULL);
    expect("b", "2");
    T_RC(db->end(db->self, GBA_E_WORD), GBA_E_WORD);
    expect("a", "1");
    expect("b", NULL);
    T_OK(db->begin(db->self));
    T_OK(put("b", "3"));
    T_OK(db->del(db->self, GBA_LIT("a")));
    T_OK(db->end(db->self, GBA_OK));
    expect("a", NULL);
    expect("b", "3");
}

struct seen {
    uint8_t text[256];
    gba_writer w;
    unsigned left; /* calls until it refuses */
};

static gba_rc on_record(void *arg, gba_view name, gba_view record)
{
    struct seen *seen = arg;
    gba_put_view(&seen->w, name);
    gba_put_u8(&seen->w, '=');
    gba_put_view(&seen->w, record);
    gba_put_u8(&seen->w, ' ');
    expect("k:b", "2");
    return --seen->left > 0 ? GBA_OK : GBA_E_WORD;
}

static gba_rc see(const char *prefix, unsigned calls, const char *want)
{
    struct seen seen = {.left = calls};
    seen.w = gba_writer_of(seen.text, sizeof seen.text);
    gba_rc rc = db->each(db->self, gba_view_cstr(prefix), on_record, &seen);
    T_STR(gba_writer_view(&seen.w), want);
    return rc;
}

static void by_prefix(void)
{
    T_OK(see("", 9, ""));
    T_OK(put("k:b", "2"));
    T_OK(put("k:\xff", "3"));
    T_OK(put("k:a", "1"));
    T_OK(put("kk", "4"));
    T_OK(put("j:z", "0"));
    T_OK(see("k:", 9, "k:a=1 k:b=2 k:\xff=3 "));
    T_OK(see("", 9, "j:z=0 k:a=1 k:b=2 k:\xff=3 kk=4 "));
    T_OK(see("k:b", 9, "k:b=2 "));
    T_OK(see("l", 9, ""));
    T_OK(see("k:bb", 9, ""));
    T_RC(see("k:", 2, "k:a=1 k:b=2 "), GBA_E_WORD);
}

static gba_rc on_plain(void *arg, gba_view rest, gba_view plain)
{
    struct seen *seen = arg;
    gba_put_view(&seen->w, rest);
    gba_put_u8(&seen->w, '=');
    gba_put_view(&seen->w, plain);
    gba_put_u8(&seen->w, ' ');
    return GBA_OK;
}

static gba_rc unseal(const struct m2m_vault *vault, const char *kind, const char *rest, const char *want)
{
    uint8_t room[64];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_rc rc = m2m_vault_get(vault, kind, gba_view_cstr(rest), &w);
    T_STR(gba_writer_view(&w), want);
    return rc;
}

static void sealed(void)
{
    struct fake_world fakes;
    const gba_seal_key key = {{1}}, other = {{2}};
    struct m2m_vault vault = {db, &key}, stranger = {db, &other};
    struct seen seen = {.left = 9};
    uint8_t room[64];
    gba_writer w = gba_writer_of(room, sizeof room);
    fake_world_init(&fakes);
    T_OK(m2m_vault_put(&vault, &fakes.env, "ke", GBA_LIT("b"), GBA_LIT("second secret")));
    T_OK(m2m_vault_put(&vault, &fakes.env, "ke", GBA_LIT("a"), GBA_LIT("secret")));
    T_OK(m2m_vault_put(&vault, &fakes.env, "k", GBA_LIT("e:a"), GBA_LIT("else")));
    T_OK(unseal(&vault, "ke", "a", "secret"));
    T_RC(unseal(&vault, "ke", "c", ""), GBA_E_ABSENT);
    T_RC(unseal(&stranger, "ke", "a", ""), GBA_E_SEAL);
    T_OK(db->get(db->self, GBA_LIT("ke:a"), &w));
    CU_ASSERT_FALSE(gba_view_contains(gba_writer_view(&w), GBA_LIT("secret")));
    seen.w = gba_writer_of(seen.text, sizeof seen.text);
    T_OK(m2m_vault_each(&vault, "ke", on_plain, &seen));
    T_STR(gba_writer_view(&seen.w), "a=secret b=second secret ");
    T_RC(m2m_vault_each(&stranger, "ke", on_plain, &seen), GBA_E_SEAL);
    T_OK(db->put(db->self, GBA_LIT("ke:c"), gba_writer_view(&w)));
    T_RC(unseal(&vault, "ke", "c", ""), GBA_E_SEAL);
    T_OK(put("ke:d", "short"));
    T_RC(unseal(&vault, "ke", "d", ""), GBA_E_SEAL);
    T_OK(m2m_vault_del(&vault, "ke", GBA_LIT("a")));
    T_RC(unseal(&vault, "ke", "a", ""), GBA_E_ABSENT);
    T_RC(m2m_vault_put(&vault, &fakes.env, "ke", gba_view_of(big, 298), GBA_LIT("")), GBA_E_TOO_LONG);
    T_RC(m2m_vault_put(&vault, &fakes.env, "ke", GBA_LIT("e"), gba_view_of(big, M2M_DB_RECORD_MAX - 27)),
         GBA_E_TOO_LONG);
    T_OK(m2m_vault_put(&vault, &fakes.env, "ke", GBA_LIT("e"), gba_view_of(big, M2M_DB_RECORD_MAX - 28)));
}

int records_contract_run(const struct records_world *over)
{
    static CU_TestInfo none[] = {CU_TEST_INFO_NULL};
    CU_TestInfo tests[] = {
        {"names and records that do not fit", names_and_records_that_do_not_fit},
        {"a full store", a_full_store},
        {"keep, replace, forget", keep_replace_forget},
        {"several changes as one", several_changes},
        {"by prefix", by_prefix},
        {"sealed", sealed},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{"any record store", NULL, NULL, open_db, close_db, tests},
                             {"this record store", NULL, NULL, NULL, NULL, over->own ? over->own : none},
                             CU_SUITE_INFO_NULL};
    if (!over->own)
        suites[1] = suites[2];
    world = over;
    memset(big, 'b', sizeof big);
    return tap_run(suites);
}
