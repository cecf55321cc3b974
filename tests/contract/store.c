/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/store.h"

#include <stdlib.h>
#include <string.h>

#include "bsf/session.h"
#include "tests/contract/store_model.h"
#include "tests/lib/tap.h"

enum { CAP = 64, PATIENCE_MS = 10000, BIG = BSF_RECORD_MAX + GBA_SEAL_RING_OVERHEAD };

static const struct store_contract *contract;
static struct rt_loop *loop;
static struct bsf_store store;
static bool is_open;

/* What came back last. */
static struct {
    unsigned calls;
    gba_rc rc;
    struct {
        bsf_store_key key;
        uint8_t record[BIG];
        size_t n;
        int64_t expiry_ms;
    } found[BSF_STORE_KEEP_MAX];
    size_t n;
    bool inside; /* a store call is running: too early for an answer */
} got;

static void on_answer(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    CU_ASSERT_PTR_EQUAL(arg, &got);
    CU_ASSERT_FALSE(got.inside);
    CU_ASSERT_FATAL(n <= BSF_STORE_KEEP_MAX);
    CU_ASSERT(rc == GBA_OK || n == 0);
    got.calls++;
    got.rc = rc;
    got.n = n;
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_FATAL(found[i].record.n <= BIG);
        got.found[i].key = found[i].key;
        got.found[i].n = found[i].record.n;
        got.found[i].expiry_ms = found[i].expiry_ms;
        gba_copy(got.found[i].record, found[i].record);
    }
}

static void set_up(void)
{
    CU_ASSERT_EQUAL_FATAL(rt_loop_new(&loop), GBA_OK);
    CU_ASSERT_EQUAL_FATAL(contract->open(loop, CAP, &store), GBA_OK);
    is_open = true;
    got.calls = 0;
}

static void tear_down(void)
{
    if (is_open)
        store.close(store.self);
    rt_loop_free(loop);
}

static void on_patience_end(void *arg)
{
    *(bool *)arg = true;
}

static void turn_until(unsigned calls)
{
    bool late = false;
    struct rt_timer *patience = rt_timer_start(loop, PATIENCE_MS, on_patience_end, &late);
    while (got.calls < calls && !late)
        uv_run(rt_loop_uv(loop), UV_RUN_ONCE);
    CU_ASSERT_FALSE_FATAL(late);
    rt_timer_cancel(patience);
    CU_ASSERT_EQUAL(got.calls, calls);
}

static void pass(uint64_t ms)
{
    bool over = false;
    rt_timer_start(loop, ms, on_patience_end, &over);
    while (!over)
        uv_run(rt_loop_uv(loop), UV_RUN_ONCE);
}

static int64_t now_ms(void)
{
    return rt_loop_env(loop)->now_ms;
}

static int64_t soon(void)
{
    return now_ms() + 600000;
}

/* ---- keys: of a kind and a number ---- */

static bsf_store_key key_of(char kind, unsigned i)
{
    bsf_store_key key = {{0}};
    key.b[0] = (uint8_t)kind;
    for (size_t k = 0; k < 4; k++)
        key.b[12 + k] = (uint8_t)(i >> 8 * k);
    return key;
}

/* Record i of owner i with alias i; a test changes what it is about. */
static struct bsf_store_put put_of(unsigned i, gba_view record)
{
    return (struct bsf_store_put){
        .key = key_of('k', i),
        .alias = key_of('a', i),
        .has_alias = true,
        .owner = key_of('o', i),
        .keep = 2,
        .record = record,
        .expiry_ms = soon(),
    };
}

static gba_rc put(const struct bsf_store_put *p)
{
    got.inside = true;
    store.put(store.self, p, on_answer, &got);
    got.inside = false;
    turn_until(got.calls + 1);
    CU_ASSERT_EQUAL(got.n, 0);
    return got.rc;
}

static gba_rc put_plain(unsigned i, gba_view record)
{
    struct bsf_store_put p = put_of(i, record);
    return put(&p);
}

typedef void asking(void *self, const bsf_store_key *key, bsf_store_fn *fn, void *arg);

static gba_rc ask(asking *how, char kind, unsigned i)
{
    bsf_store_key key = key_of(kind, i);
    got.inside = true;
    how(store.self, &key, on_answer, &got);
    got.inside = false;
    turn_until(got.calls + 1);
    return got.rc;
}

static gba_rc get(char kind, unsigned i)
{
    return ask(store.get, kind, i);
}

static gba_rc del(unsigned i)
{
    return ask(store.del, 'k', i);
}

/* The records of an owner, by number: "3 1". */
static const char *owned(unsigned i)
{
    static char text[64];
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    gba_rc rc = ask(store.of, 'o', i);
    CU_ASSERT(rc == GBA_OK ? got.n > 0 : rc == GBA_E_ABSENT);
    for (size_t k = 0; k < got.n; k++) {
        if (k > 0)
            gba_put_str(&w, " ");
        gba_put_dec(&w, got.found[k].key.b[12]);
    }
    text[w.n] = '\0';
    return text;
}

static gba_view record(void)
{
    return gba_view_of(got.found[0].record, got.found[0].n);
}

/* ---- hostile first ---- */

static void absent_is_absent(void)
{
    T_RC(get('k', 1), GBA_E_ABSENT);
    T_OK(del(1));
    CU_ASSERT_STRING_EQUAL(owned(1), "");
    CU_ASSERT_EQUAL(store.count(store.self), 0);
    CU_ASSERT(store.ready(store.self));
}

static void past_records_are_absent(void)
{
    struct bsf_store_put p = put_of(1, GBA_LIT("old"));
    p.expiry_ms = now_ms() - 1;
    T_OK(put(&p));
    T_RC(get('k', 1), GBA_E_ABSENT);
    T_RC(get('a', 1), GBA_E_ABSENT);
    CU_ASSERT_STRING_EQUAL(owned(1), "");
    p.expiry_ms = 1;
    T_OK(put(&p));
    T_RC(get('k', 1), GBA_E_ABSENT);
    CU_ASSERT_EQUAL(store.count(store.self), 0);
}

/* Any octets: equal beginnings, equal ends, zeros, ones. */
static void hostile_keys(void)
{
    bsf_store_key keys[4];
    memset(keys[0].b, 0, 16);
    memset(keys[1].b, 0xff, 16);
    keys[2] = keys[0];
    keys[2].b[15] = 1;
    keys[3] = keys[0];
    keys[3].b[0] = 1;
    for (size_t i = 0; i < 4; i++) {
        struct bsf_store_put p = put_of(0, gba_view_of(&"0123"[i], 1));
        p.key = p.alias = p.owner = keys[i];
        T_OK(put(&p));
    }
    for (size_t i = 0; i < 4; i++) {
        store.get(store.self, &keys[i], on_answer, &got);
        turn_until(got.calls + 1);
        T_OK(got.rc);
        T_BYTES(record(), gba_view_of(&"0123"[i], 1));
        T_BYTES(GBA_ARRAY(got.found[0].key.b), GBA_ARRAY(keys[i].b));
        store.of(store.self, &keys[i], on_answer, &got);
        turn_until(got.calls + 1);
        CU_ASSERT_EQUAL(got.n, 1);
    }
    CU_ASSERT_EQUAL(store.count(store.self), 4);
}

/* Expired ones make room; live ones never do. */
static void full_is_told(void)
{
    if (!contract->bounded)
        return;
    for (unsigned i = 0; i < CAP; i++)
        T_OK(put_plain(i, GBA_LIT("x")));
    CU_ASSERT_EQUAL(gba_rc_class(put_plain(CAP, GBA_LIT("x"))), GBA_CLASS_LIMIT);
    T_RC(get('k', CAP), GBA_E_ABSENT);
    T_RC(get('a', CAP), GBA_E_ABSENT);
    T_OK(put_plain(3, GBA_LIT("again")));
    struct bsf_store_put dying = put_of(4, GBA_LIT("dying"));
    dying.expiry_ms = now_ms() + 30;
    T_OK(put(&dying));
    pass(60);
    T_OK(put_plain(CAP, GBA_LIT("x")));
    for (unsigned i = 0; i <= CAP; i++)
        T_RC(get('k', i), i == 4 ? GBA_E_ABSENT : GBA_OK);
    CU_ASSERT_EQUAL(store.count(store.self), CAP);
}

/* Who replaces one of his own needs no room. */
static void full_is_not_for_owners(void)
{
    if (!contract->bounded)
        return;
    for (unsigned i = 0; i < CAP; i++)
        T_OK(put_plain(i, GBA_LIT("x")));
    struct bsf_store_put p = put_of(200, GBA_LIT("new"));
    p.owner = key_of('o', 5);
    p.keep = 1;
    T_OK(put(&p));
    CU_ASSERT_STRING_EQUAL(owned(5), "200");
    CU_ASSERT_EQUAL(store.count(store.self), CAP);
}

/* ---- records ---- */

static void records_die(void)
{
    struct bsf_store_put p = put_of(1, GBA_LIT("short"));
    p.expiry_ms = now_ms() + 50;
    T_OK(put(&p));
    T_OK(put_plain(2, GBA_LIT("long")));
    T_OK(get('a', 1));
    CU_ASSERT_EQUAL(got.found[0].expiry_ms, p.expiry_ms);
    pass(80);
    T_RC(get('k', 1), GBA_E_ABSENT);
    T_RC(get('a', 1), GBA_E_ABSENT);
    CU_ASSERT_STRING_EQUAL(owned(1), "");
    T_OK(get('k', 2));
    CU_ASSERT_EQUAL(store.count(store.self), 1);
}

static void all_sizes_come_back(void)
{
    static const size_t sizes[] = {0, 1, 15, 308, 1024, 1025, 2047, 4096, 4097, 30000, BIG};
    static uint8_t big[BIG];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31 + i / 256);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        T_OK(put_plain(i, gba_view_of(big, sizes[i])));
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        T_OK(get('k', i));
        T_BYTES(record(), gba_view_of(big, sizes[i]));
    }
}

static void newer_replaces(void)
{
    T_OK(put_plain(1, GBA_LIT("first")));
    struct bsf_store_put p = put_of(1, GBA_LIT("second, and longer"));
    p.alias = key_of('a', 100);
    p.owner = key_of('o', 100);
    T_OK(put(&p));
    T_OK(get('k', 1));
    T_BYTES(record(), GBA_LIT("second, and longer"));
    T_RC(get('a', 1), GBA_E_ABSENT);
    T_OK(get('a', 100));
    CU_ASSERT_STRING_EQUAL(owned(1), "");
    CU_ASSERT_STRING_EQUAL(owned(100), "1");
    CU_ASSERT_EQUAL(store.count(store.self), 1);
    p.expiry_ms = now_ms() - 1;
    T_OK(put(&p));
    T_RC(get('k', 1), GBA_E_ABSENT);
    T_RC(get('a', 100), GBA_E_ABSENT);
}

static void alias_finds(void)
{
    struct bsf_store_put p = put_of(2, GBA_LIT("without"));
    p.has_alias = false;
    T_OK(put_plain(1, GBA_LIT("with")));
    T_OK(put(&p));
    T_OK(get('a', 1));
    T_BYTES(record(), GBA_LIT("with"));
    CU_ASSERT_EQUAL(got.found[0].key.b[0], 'k');
    T_RC(get('a', 2), GBA_E_ABSENT);
    T_OK(ask(store.del, 'a', 1));
    T_OK(get('k', 1));
}

/* Who puts an alias has it; the record that had it is there still. */
static void alias_moves(void)
{
    struct bsf_store_put p = put_of(2, GBA_LIT("second"));
    p.alias = key_of('a', 1);
    T_OK(put_plain(1, GBA_LIT("first")));
    T_OK(put(&p));
    T_OK(get('a', 1));
    T_BYTES(record(), GBA_LIT("second"));
    T_OK(get('k', 1));
    T_OK(del(1));
    T_OK(get('a', 1));
    T_OK(del(2));
    T_RC(get('a', 1), GBA_E_ABSENT);
}

static void forgotten_is_absent(void)
{
    T_OK(put_plain(1, GBA_LIT("1")));
    T_OK(put_plain(2, GBA_LIT("2")));
    T_OK(del(1));
    T_RC(get('k', 1), GBA_E_ABSENT);
    T_RC(get('a', 1), GBA_E_ABSENT);
    CU_ASSERT_STRING_EQUAL(owned(1), "");
    T_OK(get('k', 2));
    T_BYTES(record(), GBA_LIT("2"));
    CU_ASSERT_EQUAL(store.count(store.self), 1);
}

/* ---- owners ---- */

static void put_owned(unsigned i, unsigned owner, uint32_t keep)
{
    struct bsf_store_put p = put_of(i, GBA_LIT("x"));
    p.owner = key_of('o', owner);
    p.keep = keep;
    T_OK(put(&p));
}

static void only_the_newest_stay(void)
{
    for (unsigned i = 1; i <= 3; i++)
        put_owned(i, 9, 3);
    put_owned(8, 7, 1);
    CU_ASSERT_STRING_EQUAL(owned(9), "3 2 1");
    put_owned(4, 9, 3);
    CU_ASSERT_STRING_EQUAL(owned(9), "4 3 2");
    T_RC(get('k', 1), GBA_E_ABSENT);
    T_RC(get('a', 1), GBA_E_ABSENT);
    put_owned(5, 9, 1);
    CU_ASSERT_STRING_EQUAL(owned(9), "5");
    for (unsigned i = 2; i <= 4; i++)
        T_RC(get('a', i), GBA_E_ABSENT);
    CU_ASSERT_STRING_EQUAL(owned(7), "8");
    CU_ASSERT_EQUAL(store.count(store.self), 2);
}

static void as_many_as_may_stay(void)
{
    for (unsigned i = 1; i <= BSF_STORE_KEEP_MAX + 1; i++)
        put_owned(i, 9, BSF_STORE_KEEP_MAX);
    CU_ASSERT_STRING_EQUAL(owned(9), "9 8 7 6 5 4 3 2");
}

/* A replaced record is the newest; an expired or forgotten one takes nobody's place. */
static void owners_lists_are_true(void)
{
    for (unsigned i = 1; i <= 3; i++)
        put_owned(i, 9, 3);
    put_owned(1, 9, 3);
    CU_ASSERT_STRING_EQUAL(owned(9), "1 3 2");
    T_OK(del(3));
    put_owned(4, 9, 3);
    CU_ASSERT_STRING_EQUAL(owned(9), "4 1 2");
    struct bsf_store_put p = put_of(1, GBA_LIT("dying"));
    p.owner = key_of('o', 9);
    p.keep = 3;
    p.expiry_ms = now_ms() + 30;
    T_OK(put(&p));
    pass(60);
    CU_ASSERT_STRING_EQUAL(owned(9), "4 2");
    put_owned(5, 9, 3);
    CU_ASSERT_STRING_EQUAL(owned(9), "5 4 2");
}

/* ---- asking ---- */

static void on_forgotten(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    (void)found;
    *(unsigned *)arg += rc == GBA_OK && n == 0;
}

/* What was asked in one turn is done in that order, and answered once each. */
static void order_is_kept(void)
{
    static const char *const values[] = {"1", "2"};
    bsf_store_key key = key_of('k', 1);
    for (size_t i = 0; i < 2; i++) {
        struct bsf_store_put p = put_of(1, gba_view_cstr(values[i]));
        store.put(store.self, &p, on_answer, &got);
    }
    store.get(store.self, &key, on_answer, &got);
    turn_until(3);
    T_OK(got.rc);
    T_BYTES(record(), GBA_LIT("2"));
    unsigned forgotten = 0;
    store.get(store.self, &key, on_answer, &got);
    store.del(store.self, &key, on_forgotten, &forgotten);
    turn_until(4);
    T_OK(got.rc);
    T_BYTES(record(), GBA_LIT("2"));
    T_RC(get('k', 1), GBA_E_ABSENT);
    CU_ASSERT_EQUAL(forgotten, 1);
}

/* Views and keys need not outlive the call. */
static void asked_is_copied(void)
{
    uint8_t value[] = "value";
    struct bsf_store_put p = put_of(1, gba_view_of(value, 5));
    store.put(store.self, &p, on_answer, &got);
    memset(value, 'x', 5);
    memset(&p, 'x', sizeof p);
    turn_until(1);
    T_OK(got.rc);
    bsf_store_key key = key_of('a', 1);
    store.get(store.self, &key, on_answer, &got);
    memset(&key, 'x', sizeof key);
    turn_until(2);
    T_OK(got.rc);
    T_BYTES(record(), GBA_LIT("value"));
}

static void close_answers_everybody(void)
{
    struct bsf_store_put p = put_of(1, GBA_LIT("1"));
    store.put(store.self, &p, on_answer, &got);
    store.get(store.self, &p.key, on_answer, &got);
    store.of(store.self, &p.owner, on_answer, &got);
    store.del(store.self, &p.key, on_answer, &got);
    store.close(store.self);
    is_open = false;
    turn_until(4);
    /* A store with a thread of its own may just have done it. */
    CU_ASSERT_TRUE(got.rc == GBA_OK || gba_rc_class(got.rc) == GBA_CLASS_UNAVAILABLE);
}

static unsigned many_calls, many_good;

static void on_one_of_many(void *arg, gba_rc rc, const struct bsf_stored *found, size_t n)
{
    const unsigned *i = arg;
    many_calls++;
    many_good += rc == GBA_OK && (n == 0 || gba_view_eq(found->record, gba_view_of(i, sizeof *i)));
    if (many_calls == 3 * 1024)
        got.calls++;
}

/* Thousands at once, and each gets its own answer. */
static void many_at_once(void)
{
    static unsigned numbers[1024];
    many_calls = many_good = 0;
    for (unsigned i = 0; i < 1024; i++) {
        numbers[i] = i;
        struct bsf_store_put p = put_of(i % CAP, gba_view_of(&numbers[i], sizeof numbers[i]));
        store.put(store.self, &p, on_one_of_many, &numbers[i]);
        store.get(store.self, &p.alias, on_one_of_many, &numbers[i]);
        store.of(store.self, &p.owner, on_one_of_many, &numbers[i]);
    }
    turn_until(1);
    CU_ASSERT_EQUAL(many_good, 3 * 1024);
    CU_ASSERT_EQUAL(store.count(store.self), CAP);
}

/* Numbers that look random and are the same in every run. */
static unsigned turn_number(unsigned below)
{
    static uint32_t state = 11;
    state = state * 1664525 + 1013904223;
    return (state >> 16) % below;
}

enum { OWNERS = 8, KEEP = 4 };

static void compare(unsigned key, unsigned alias, unsigned owner)
{
    const struct store_model_record *r = &store_model[key];
    T_RC(get('k', key), r->there ? GBA_OK : GBA_E_ABSENT);
    if (r->there)
        CU_ASSERT_EQUAL(got.found[0].record[0], r->value);
    r = store_model_alias(alias);
    T_RC(get('a', alias), r ? GBA_OK : GBA_E_ABSENT);
    if (r)
        CU_ASSERT_EQUAL(got.found[0].record[0], r->value);
    owned(owner);
    CU_ASSERT_EQUAL(got.n, store_model_owned(owner, &r));
    if (got.n > 0)
        CU_ASSERT_EQUAL(got.found[got.n - 1].record[0], r->value);
}

/* Against the model through many random turns. */
static void agrees_with_a_model(void)
{
    memset(store_model, 0, sizeof store_model);
    for (unsigned turn = 1; turn <= 1500; turn++) {
        unsigned key = turn_number(STORE_MODEL_KEYS), alias = turn_number(STORE_MODEL_KEYS);
        struct store_model_record is = {true, (uint8_t)turn, turn_number(OWNERS), alias, turn};
        if (turn_number(3) > 0) {
            struct bsf_store_put p = put_of(key, gba_view_of(&is.value, 1));
            p.owner = key_of('o', is.owner);
            p.alias = key_of('a', alias);
            p.keep = KEEP;
            p.expiry_ms += turn_number(1000000);
            T_OK(put(&p));
            store_model_put(key, &is, KEEP);
        } else {
            T_OK(del(key));
            store_model[key].there = false;
        }
        compare(turn_number(STORE_MODEL_KEYS), turn_number(STORE_MODEL_KEYS), turn_number(OWNERS));
    }
}

int store_contract_run(const struct store_contract *of)
{
    CU_TestInfo tests[] = {
        {"an absent key", absent_is_absent},
        {"records of the past", past_records_are_absent},
        {"hostile keys", hostile_keys},
        {"full is told", full_is_told},
        {"full is not for who has one", full_is_not_for_owners},
        {"records die", records_die},
        {"all sizes", all_sizes_come_back},
        {"a newer record replaces", newer_replaces},
        {"an alias finds", alias_finds},
        {"an alias moves", alias_moves},
        {"forgetting", forgotten_is_absent},
        {"only the newest stay", only_the_newest_stay},
        {"as many as may stay", as_many_as_may_stay},
        {"owners' lists are true", owners_lists_are_true},
        {"order is kept", order_is_kept},
        {"what is asked is copied", asked_is_copied},
        {"closing answers everybody", close_answers_everybody},
        {"many at once", many_at_once},
        {"agrees with a model", agrees_with_a_model},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{of->name, NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    contract = of;
    return tap_run(suites);
}
