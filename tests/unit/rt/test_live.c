/* SPDX-License-Identifier: Apache-2.0 */
/* What a running program takes over of a new configuration, and how long old ones live. */
#include "rt/live.h"

#include "rt/conf.h"
#include "tests/lib/conf_sample.h"
#include "tests/lib/tap.h"

static struct t_conf first;
static struct rt_live *live;
static char told_room[512];
static gba_writer told;

static void parse(const char *yaml, struct t_conf *conf)
{
    struct rt_conf_errors errors = {.n = 0};
    T_OK(rt_conf_parse("f", gba_view_cstr(yaml), t_rows, conf, &errors));
}

static void begin(const char *yaml)
{
    first = (struct t_conf){.number = 0};
    parse(yaml, &first);
    T_OK(rt_live_new(t_rows, &first, sizeof first, &live));
}

static void end(void)
{
    rt_live_free(live);
    rt_conf_free(t_rows, &first);
}

static void on_differs(void *ctx, const char *key, bool is_live)
{
    (void)ctx;
    gba_put_str(&told, key);
    gba_put_str(&told, is_live ? "+ " : "- ");
}

static struct t_conf *follow(const char *yaml)
{
    struct t_conf *next = rt_live_draft(live);
    parse(yaml, next);
    told = gba_writer_of(told_room, sizeof told_room);
    T_OK(rt_conf_follow(t_rows, rt_live_now(live), next, on_differs, NULL));
    return next;
}

#define KEYS_A "keys: [{name: a, key: '00112233', tags: [x, y]}]\n"
#define KEYS_B "keys: [{name: a, key: '00112234', tags: [x, y]}, {name: b, key: '44556677'}]\n"

static void fixed_values_stay(void)
{
    begin("name: one\nnumber: 1\ntls: {cert: /a}\n" KEYS_A);
    struct t_conf *next = follow("name: two\nnumber: 2\n" KEYS_A);
    T_STR(gba_writer_view(&told), "name- number- tls.cert- ");
    CU_ASSERT(gba_view_eq(gba_text_view(&next->name), GBA_LIT("one")));
    CU_ASSERT_EQUAL(next->number, 1);
    CU_ASSERT(gba_view_eq(gba_text_view(&next->tls.cert), GBA_LIT("/a")));
    rt_live_replace(live, next);
    end();
}

static void live_values_change(void)
{
    begin("name: one\n" KEYS_A);
    struct t_conf *next = follow("name: one\nlog: {level: debug}\n" KEYS_B);
    T_STR(gba_writer_view(&told), "keys+ log.level+ ");
    CU_ASSERT_EQUAL(next->keys.n, 2);
    CU_ASSERT_EQUAL(next->log.level, 0);
    rt_live_replace(live, next);
    CU_ASSERT_PTR_EQUAL(rt_live_now(live), next);
    end();
}

static void equal_is_silent(void)
{
    begin("name: one\n" KEYS_B);
    rt_live_replace(live, follow("name: one\n" KEYS_B));
    T_STR(gba_writer_view(&told), "");
    end();
}

/* A list that needs a restart is copied whole, with the lists in it. */
static void a_fixed_list_is_copied(void)
{
    struct gba_opt rows[sizeof t_rows / sizeof *t_rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i] = t_rows[i];
        rows[i].change = GBA_OPT_AS_ABOVE;
    }
    struct t_conf now = {.number = 0}, next = {.number = 0};
    parse("name: one\n" KEYS_A, &now);
    parse("name: one\n" KEYS_B, &next);
    told = gba_writer_of(told_room, sizeof told_room);
    T_OK(rt_conf_follow(rows, &now, &next, on_differs, NULL));
    T_STR(gba_writer_view(&told), "keys- ");
    const struct t_key *old = now.keys.items, *kept = next.keys.items;
    CU_ASSERT_EQUAL_FATAL(next.keys.n, 1);
    CU_ASSERT_PTR_NOT_EQUAL(old, kept);
    CU_ASSERT_EQUAL(kept->key.b[3], 0x33);
    CU_ASSERT_EQUAL_FATAL(kept->tags.n, 2);
    CU_ASSERT_PTR_NOT_EQUAL(old->tags.items, kept->tags.items);
    CU_ASSERT(gba_view_eq(gba_text_view((const gba_text *)kept->tags.items + 1), GBA_LIT("y")));
    rt_conf_free(t_rows, &now);
    rt_conf_free(t_rows, &next);
}

static void held_ones_live_on(void)
{
    begin("name: one\nlog: {level: info}\n" KEYS_A);
    const struct t_conf *a = rt_live_hold(live);
    rt_live_replace(live, follow("name: one\nlog: {level: warn}\n" KEYS_A));
    const struct t_conf *b = rt_live_hold(live), *b2 = rt_live_hold(live);
    rt_live_replace(live, follow("name: one\nlog: {level: error}\n" KEYS_B));
    CU_ASSERT_EQUAL(rt_live_count(live), 3);
    CU_ASSERT_PTR_EQUAL(a, &first);
    CU_ASSERT_PTR_EQUAL(b, b2);
    CU_ASSERT_EQUAL(b->log.level, 3);
    rt_live_drop(live, b);
    CU_ASSERT_EQUAL(rt_live_count(live), 3);
    rt_live_drop(live, b2);
    CU_ASSERT_EQUAL(rt_live_count(live), 2);
    rt_live_drop(live, a);
    CU_ASSERT_EQUAL(rt_live_count(live), 2); /* the first stays */
    rt_live_replace(live, follow("name: one\n" KEYS_A));
    CU_ASSERT_EQUAL(rt_live_count(live), 2); /* nobody held it */
    end();
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"what needs a restart keeps its value and is named", fixed_values_stay},
        {"what is live changes", live_values_change},
        {"equal files change nothing", equal_is_silent},
        {"a list that needs a restart is copied", a_fixed_list_is_copied},
        {"a replaced configuration lives until it is dropped", held_ones_live_on},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"reload", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
