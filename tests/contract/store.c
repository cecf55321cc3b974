/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/store.h"

#include <stdlib.h>
#include <string.h>

#include "gba/base/text.h"
#include "tests/lib/tap.h"

enum { CAP = 64, PATIENCE_MS = 5000, BIG = 64 * 1024 };

static store_contract_open *open_store;
static struct rt_loop *loop;
static struct bsf_store store;
static bool is_open;

/* What came back. */
static struct {
    unsigned calls;
    gba_rc rc;
    uint8_t record[BIG];
    size_t n;
    bool inside; /* a store call is running: too early for an answer */
} got;

static void on_answer(void *arg, gba_rc rc, gba_view record)
{
    CU_ASSERT_PTR_EQUAL(arg, &got);
    CU_ASSERT_FALSE(got.inside);
    CU_ASSERT_FATAL(record.n <= sizeof got.record);
    got.calls++;
    got.rc = rc;
    got.n = record.n;
    gba_copy(got.record, record);
}

static void set_up(void)
{
    CU_ASSERT_EQUAL_FATAL(rt_loop_new(&loop), GBA_OK);
    CU_ASSERT_EQUAL_FATAL(open_store(loop, CAP, &store), GBA_OK);
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

static int64_t soon(void)
{
    return rt_loop_env(loop)->now_ms + 600000;
}

static gba_rc put(const char *key, gba_view record, int64_t expiry_ms)
{
    got.inside = true;
    store.put(store.self, gba_view_cstr(key), record, expiry_ms, on_answer, &got);
    got.inside = false;
    turn_until(got.calls + 1);
    return got.rc;
}

static gba_rc get(const char *key)
{
    got.inside = true;
    store.get(store.self, gba_view_cstr(key), on_answer, &got);
    got.inside = false;
    turn_until(got.calls + 1);
    return got.rc;
}

static gba_rc del(const char *key)
{
    got.inside = true;
    store.del(store.self, gba_view_cstr(key), on_answer, &got);
    got.inside = false;
    turn_until(got.calls + 1);
    return got.rc;
}

static gba_view record(void)
{
    return gba_view_of(got.record, got.n);
}

static const char *numbered(unsigned i)
{
    static char text[32];
    gba_writer w = gba_writer_of(text, sizeof text - 1);
    gba_put_str(&w, "key ");
    gba_put_dec(&w, i);
    text[w.n] = '\0';
    return text;
}

static void absent_is_absent(void)
{
    T_RC(get("nobody"), GBA_E_ABSENT);
    CU_ASSERT_EQUAL(got.n, 0);
    T_OK(del("nobody"));
    CU_ASSERT_EQUAL(store.count(store.self), 0);
}

static void past_records_are_absent(void)
{
    T_OK(put("a", GBA_LIT("old"), rt_loop_env(loop)->now_ms - 1));
    T_RC(get("a"), GBA_E_ABSENT);
    T_OK(put("b", GBA_LIT("now"), rt_loop_env(loop)->now_ms));
    T_RC(get("b"), GBA_E_ABSENT);
}

static void records_die(void)
{
    bool over = false;
    T_OK(put("a", GBA_LIT("short"), rt_loop_env(loop)->now_ms + 50));
    T_OK(put("b", GBA_LIT("long"), soon()));
    rt_timer_start(loop, 80, on_patience_end, &over);
    while (!over)
        uv_run(rt_loop_uv(loop), UV_RUN_ONCE);
    T_RC(get("a"), GBA_E_ABSENT);
    T_OK(get("b"));
    CU_ASSERT_EQUAL(store.count(store.self), 1);
}

/* Expired ones make room; live ones never do. */
static void full_is_told(void)
{
    for (unsigned i = 0; i < CAP; i++)
        T_OK(put(numbered(i), GBA_LIT("x"), soon()));
    CU_ASSERT_EQUAL(gba_rc_class(put("one more", GBA_LIT("x"), soon())), GBA_CLASS_LIMIT);
    T_RC(get("one more"), GBA_E_ABSENT);
    T_OK(put(numbered(3), GBA_LIT("again"), soon()));
    T_OK(put(numbered(4), GBA_LIT("dying"), rt_loop_env(loop)->now_ms - 1));
    T_OK(put("one more", GBA_LIT("x"), soon()));
    for (unsigned i = 0; i < CAP; i++)
        T_RC(get(numbered(i)), i == 4 ? GBA_E_ABSENT : GBA_OK);
}

static void keys_and_records_are_octets(void)
{
    static const uint8_t odd[] = {0, 'a', 0, 0xff, '\n'};
    store.put(store.self, GBA_ARRAY(odd), GBA_ARRAY(odd), soon(), on_answer, &got);
    turn_until(1);
    store.get(store.self, gba_view_of(odd, 4), on_answer, &got);
    turn_until(2);
    T_RC(got.rc, GBA_E_ABSENT);
    store.get(store.self, GBA_ARRAY(odd), on_answer, &got);
    turn_until(3);
    T_OK(got.rc);
    T_BYTES(record(), GBA_ARRAY(odd));
}

static void big_records_come_back(void)
{
    static uint8_t big[BIG];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31 + i / 256);
    T_OK(put("big", GBA_ARRAY(big), soon()));
    T_OK(get("big"));
    T_BYTES(record(), GBA_ARRAY(big));
}

static void newer_replaces(void)
{
    T_OK(put("a", GBA_LIT("first"), soon()));
    T_OK(put("a", GBA_LIT("second, and longer"), soon() + 1));
    T_OK(get("a"));
    T_BYTES(record(), GBA_LIT("second, and longer"));
    CU_ASSERT_EQUAL(store.count(store.self), 1);
    T_OK(put("a", GBA_LIT("past"), rt_loop_env(loop)->now_ms - 1));
    T_RC(get("a"), GBA_E_ABSENT);
}

static void forgotten_is_absent(void)
{
    T_OK(put("a", GBA_LIT("1"), soon()));
    T_OK(put("b", GBA_LIT("2"), soon()));
    T_OK(del("a"));
    T_RC(get("a"), GBA_E_ABSENT);
    T_OK(get("b"));
    T_BYTES(record(), GBA_LIT("2"));
}

/* What was asked in one turn is answered in that order, once each. */
static void order_is_kept(void)
{
    store.put(store.self, GBA_LIT("a"), GBA_LIT("1"), soon(), on_answer, &got);
    store.get(store.self, GBA_LIT("a"), on_answer, &got);
    turn_until(2);
    T_OK(got.rc);
    T_BYTES(record(), GBA_LIT("1"));
}

/* Views need not outlive the call. */
static void views_are_copied(void)
{
    char key[] = "a", value[] = "value";
    store.put(store.self, gba_view_cstr(key), gba_view_cstr(value), soon(), on_answer, &got);
    memset(key, 'x', 1);
    memset(value, 'x', 5);
    turn_until(1);
    T_OK(get("a"));
    T_BYTES(record(), GBA_LIT("value"));
    key[0] = 'a';
    store.get(store.self, gba_view_cstr(key), on_answer, &got);
    memset(key, 'x', 1);
    turn_until(3);
    T_OK(got.rc);
}

static void close_answers_everybody(void)
{
    store.put(store.self, GBA_LIT("a"), GBA_LIT("1"), soon(), on_answer, &got);
    store.get(store.self, GBA_LIT("a"), on_answer, &got);
    store.del(store.self, GBA_LIT("a"), on_answer, &got);
    store.close(store.self);
    is_open = false;
    turn_until(3);
    CU_ASSERT_EQUAL(gba_rc_class(got.rc), GBA_CLASS_UNAVAILABLE);
}

/* Numbers that look random and are the same in every run. */
static unsigned turn_number(unsigned below)
{
    static uint32_t state = 11;
    state = state * 1664525 + 1013904223;
    return (state >> 16) % below;
}

/* Against a plain array through many random turns. */
static void agrees_with_an_array(void)
{
    enum { KEYS = 40 };
    int held[KEYS];
    memset(held, -1, sizeof held);
    for (int turn = 0; turn < 3000; turn++) {
        unsigned key = turn_number(KEYS), what = turn_number(4);
        uint8_t value = (uint8_t)turn;
        if (what == 0) {
            T_OK(put(numbered(key), gba_view_of(&value, 1), soon() + turn_number(1000)));
            held[key] = value;
        } else if (what == 1) {
            T_OK(del(numbered(key)));
            held[key] = -1;
        } else if (get(numbered(key)) == GBA_OK) {
            CU_ASSERT_EQUAL(got.record[0], held[key]);
        } else {
            CU_ASSERT_EQUAL(held[key], -1);
        }
    }
}

int store_contract_run(const char *name, store_contract_open *open)
{
    CU_TestInfo tests[] = {
        {"an absent key", absent_is_absent},
        {"records of the past", past_records_are_absent},
        {"records die", records_die},
        {"full is told", full_is_told},
        {"keys and records are octets", keys_and_records_are_octets},
        {"big records", big_records_come_back},
        {"a newer record replaces", newer_replaces},
        {"forgetting", forgotten_is_absent},
        {"order is kept", order_is_kept},
        {"views are copied", views_are_copied},
        {"closing answers everybody", close_answers_everybody},
        {"agrees with an array", agrees_with_an_array},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {{name, NULL, NULL, set_up, tear_down, tests}, CU_SUITE_INFO_NULL};
    open_store = open;
    return tap_run(suites);
}
