/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/conf_sample.h"
#include "tests/lib/tap.h"

static struct rt_conf_errors errors;
static struct t_conf conf;

static gba_rc parse(const char *yaml)
{
    errors = (struct rt_conf_errors){0};
    return rt_conf_parse("f", gba_view_cstr(yaml), t_rows, &conf, &errors);
}

static void all_zero(void)
{
    static const struct t_conf zero;
    T_BYTES(gba_view_of(&conf, sizeof conf), gba_view_of(&zero, sizeof zero));
}

/* The file is refused, the message is this, and nothing stays behind. */
static void refused(const char *yaml, const char *message)
{
    T_RC(parse(yaml), GBA_E_CONFIG);
    T_STR(gba_view_of(errors.text, errors.n), message);
    all_zero();
}

#define KEYS "keys:\n- {name: a, key: 00112233}\n"

/* ---- hostile first ---- */

static void bad_values(void)
{
    refused("name: node\nnumber: 10\n" KEYS, "f:2: number: \"10\": expected a number from 0 to 9\n");
    refused("name: \"\\e[31m\\n\"\nnumber: \"x\\x7f\"\n" KEYS,
            "f:2: number: \"x?\": expected a number from 0 to 9\n");
    refused("name: node\nlog: {level: loud}\n" KEYS,
            "f:2: log.level: \"loud\": expected one of debug, info, notice, warn or error\n");
    refused(
        "name: "
        "a123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\n" KEYS,
        "f:1: name: \"a1234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "...\": expected a text of 1 to 8 octets\n");
}

static void keys_are_not_repeated(void)
{
    refused("name: node\nkeys:\n- name: a\n  key: 0011223344\n",
            "f:4: keys[1].key: (value not shown): expected 4 octets in hexadecimal digits\n");
}

static void unknown_and_repeated_keys(void)
{
    refused("name: node\nnumbre: 3\n" KEYS, "f:2: \"numbre\": unknown key; did you mean number?\n");
    refused("name: node\nqwertz: {a: [b, {c: d}]}\n" KEYS,
            "f:2: \"qwertz\": unknown key; expected one of name, number, tls, keys, log\n");
    refused("name: node\n" KEYS "name: [x, y]\n", "f:4: name: the key stands here twice\n");
    refused("name: node\nlog: {level: warn, levels: warn}\n" KEYS,
            "f:2: log: \"levels\": unknown key; did you mean level?\n");
}

static void missing_keys(void)
{
    refused(KEYS, "f:1: name: missing: expected a text of 1 to 8 octets\n");
    refused("", "f:1: name: missing: expected a text of 1 to 8 octets\n"
                "f:1: keys: missing: expected a list of 1 to 20 entries\n");
    refused("name: n\nkeys:\n- key: 00112233\n",
            "f:3: keys[1].name: missing: expected a text of 1 to 255 octets\n");
    refused("name: n\ntls: {}\n" KEYS, "f:2: tls.cert: missing: expected a text of 1 to 255 octets\n");
    refused("name: n\nkeys:\n", "f:2: keys: missing: expected a list of 1 to 20 entries\n");
}

static void wrong_kinds(void)
{
    refused("name: [a]\n" KEYS, "f:1: name: a list: expected a text of 1 to 8 octets\n");
    refused("name: n\nlog: 5\n" KEYS, "f:2: log: a single value: expected a section with keys of its own\n");
    refused("name: n\nkeys: {a: {b: c}}\n", "f:2: keys: a section: expected a list of 1 to 20 entries\n");
    refused("name: n\nkeys: [5]\n", "f:2: keys[1]: a single value: expected a section with keys of its own\n"
                                    "f:2: keys: a shorter list: expected a list of 1 to 20 entries\n");
    refused("- a\n", "f:1: expected a mapping of keys and values\n");
    refused("hello\n", "f:1: expected a mapping of keys and values\n");
    refused("name: n\n? [a, b]\n: c\n", "f:2: expected a key\n");
}

static void list_bounds(void)
{
    char yaml[4096];
    gba_writer w = gba_writer_of(yaml, sizeof yaml - 1);
    gba_put_str(&w, "name: n\nkeys:\n");
    for (unsigned i = 0; i < 21; i++)
        gba_put_str(&w, "- {name: a, key: 00112233, tags: [x, y]}\n");
    yaml[w.n] = '\0';
    refused(yaml, "f:23: keys[21]: one entry too many: expected a list of 1 to 20 entries\n");
    refused("name: n\nkeys:\n- {name: a, key: 00112233, tags: [x, y, z, u]}\n",
            "f:3: keys[1].tags[4]: one entry too many: expected a list of 0 to 3 entries\n");
    refused("name: n\nkeys: []\n",
            "f:2: keys: a shorter list: expected a list of 1 to 20 entries\n");
}

static void yaml_extras(void)
{
    refused("name: &x n\nnumber: 3\n" KEYS, "f:1: name: an anchor (&name) is not allowed\n");
    refused("name: !!str n\n" KEYS, "f:1: name: a tag (!name) is not allowed\n");
    refused("name: n\nnumber: *x\n" KEYS, "f:2: number: an alias (*name) is not allowed\n");
    refused("name: n\nlog: !a &x {level: warn}\n" KEYS, "f:2: log: an anchor (&name) is not allowed\n"
                                                        "f:2: log: a tag (!name) is not allowed\n");
    refused("name: n\n" KEYS "---\nname: m\n", "f:4: expected the end of the file, not a second document\n");
}

static void not_yaml(void)
{
    refused("name: n\n\tnumber: 3\n",
            "f:2: not YAML: found a tab character that violates indentation while scanning a plain scalar\n");
    refused("name: n\nnumber: \"\xc3(\"\n", "f:2: not YAML: invalid trailing UTF-8 octet\n");
    T_RC(parse("name: {\n"), GBA_E_CONFIG);
    all_zero();
    T_RC(rt_conf_parse("f", GBA_LIT("name: a\0b\n"), t_rows, &conf, &errors), GBA_E_CONFIG);
    all_zero();
}

static void several_errors_at_once(void)
{
    refused("name: 123456789\nnumber: x\nkeys:\n- {key: 0, name: a}\nlog: {level: a, identities: b}\n",
            "f:1: name: \"123456789\": expected a text of 1 to 8 octets\n"
            "f:2: number: \"x\": expected a number from 0 to 9\n"
            "f:4: keys[1].key: (value not shown): expected 4 octets in hexadecimal digits\n"
            "f:5: log.level: \"a\": expected one of debug, info, notice, warn or error\n"
            "f:5: log.identities: \"b\": expected one of masked or shown\n");
}

static void more_errors_than_fit(void)
{
    static char yaml[20000];
    gba_writer w = gba_writer_of(yaml, sizeof yaml - 1);
    for (unsigned i = 0; i < 500; i++)
        gba_put_str(&w, "a rather long key that is unknown: 1\n");
    T_RC(rt_conf_parse("f", gba_writer_view(&w), t_rows, &conf, &errors), GBA_E_CONFIG);
    CU_ASSERT_TRUE(errors.n < sizeof errors.text);
    CU_ASSERT_TRUE(
        gba_view_ends(gba_view_of(errors.text, errors.n), GBA_LIT("\nmore errors are not shown\n")));
}

static void deep_and_big(void)
{
    static char yaml[RT_CONF_FILE_MAX + 1];
    gba_writer w = gba_writer_of(yaml, sizeof yaml);
    gba_put_str(&w, "name: n\nunknown: ");
    gba_put_fill(&w, '[', 100000);
    errors = (struct rt_conf_errors){0};
    T_RC(rt_conf_parse("f", gba_writer_view(&w), t_rows, &conf, &errors), GBA_E_CONFIG);
    w = gba_writer_of(yaml, sizeof yaml);
    gba_put_fill(&w, '#', sizeof yaml);
    errors = (struct rt_conf_errors){0};
    T_RC(rt_conf_parse("f", gba_writer_view(&w), t_rows, &conf, &errors), GBA_E_CONFIG);
    T_STR(gba_view_of(errors.text, errors.n), "f: file: larger than 4 MiB\n");
}

static void no_such_file(void)
{
    errors = (struct rt_conf_errors){0};
    T_RC(rt_conf_read("/nonexistent/x.yaml", t_rows, &conf, &errors), GBA_E_FILE);
    T_STR(gba_view_of(errors.text, errors.n),
          "/nonexistent/x.yaml: cannot be read: No such file or directory\n");
    errors = (struct rt_conf_errors){0};
    T_RC(rt_conf_read("/", t_rows, &conf, &errors), GBA_E_FILE);
    T_STR(gba_view_of(errors.text, errors.n), "/: cannot be read: Is a directory\n");
}

/* ---- then the good cases ---- */

static void fallbacks(void)
{
    T_OK(parse("name: node\nkeys:\n- name: a\n  key: 00112233\n"));
    CU_ASSERT_EQUAL(conf.number, 7);
    CU_ASSERT_EQUAL(conf.log.level, 1);
    CU_ASSERT_EQUAL(conf.log.identities, GBA_CONF_IDENTITIES_MASKED);
    CU_ASSERT_EQUAL(conf.tls.cert.n, 0);
    CU_ASSERT_EQUAL(conf.keys.n, 1);
    rt_conf_free(t_rows, &conf);
    all_zero();
}

static void everything_given(void)
{
    T_OK(parse(
        "%YAML 1.1\n---\nname: 'no: de'\nnumber: 0\ntls:\nlog:\n  level: error\n  identities: shown\nkeys:\n"
        "  - {name: a, key: '00112233', tags: []}\n"
        "  - {name: b, key: aabbccdd, tags: [x, 'y z']}\n"
        "  - {name: c, key: aabbccdd}\n  - {name: d, key: aabbccdd}\n  - {name: e, key: aabbccdd}\n...\n"));
    T_STR(gba_text_view(&conf.name), "no: de");
    CU_ASSERT_EQUAL(conf.number, 0);
    CU_ASSERT_EQUAL(conf.log.level, 4);
    CU_ASSERT_EQUAL(conf.log.identities, GBA_CONF_IDENTITIES_SHOWN);
    CU_ASSERT_EQUAL_FATAL(conf.keys.n, 5);
    const struct t_key *keys = conf.keys.items;
    const gba_text *tags = keys[1].tags.items;
    T_STR(gba_text_view(&keys[4].name), "e");
    T_BYTES(gba_view_of(keys[1].key.b, keys[1].key.n), t_hex("aabbccdd"));
    CU_ASSERT_EQUAL_FATAL(keys[1].tags.n, 2);
    T_STR(gba_text_view(&tags[1]), "y z");
    rt_conf_free(t_rows, &conf);
    all_zero();
}

static void from_a_file(void)
{
    char path[] = "/tmp/test_conf.XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, "name: n\n" KEYS, sizeof KEYS + 7), (ssize_t)sizeof KEYS + 7);
    close(fd);
    errors = (struct rt_conf_errors){0};
    T_OK(rt_conf_read(path, t_rows, &conf, &errors));
    T_STR(gba_text_view(&conf.name), "n");
    rt_conf_free(t_rows, &conf);
    unlink(path);
}

static void later_complaints(void)
{
    errors = (struct rt_conf_errors){0};
    rt_conf_complain(&errors, "f", "a.b", "is wrong");
    rt_conf_complain(&errors, "f", "c", "too");
    T_STR(gba_view_of(errors.text, errors.n), "f: a.b: is wrong\nf: c: too\n");
}

int main(void)
{
    CU_TestInfo hostile[] = {
        {"values", bad_values},
        {"keys do not appear in messages", keys_are_not_repeated},
        {"unknown and repeated keys", unknown_and_repeated_keys},
        {"missing keys", missing_keys},
        {"wrong kinds of node", wrong_kinds},
        {"list bounds", list_bounds},
        {"anchors, aliases, tags, documents", yaml_extras},
        {"not YAML", not_yaml},
        {"several errors at once", several_errors_at_once},
        {"more errors than fit", more_errors_than_fit},
        {"deep and big", deep_and_big},
        {"no such file", no_such_file},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo good[] = {
        {"fallbacks", fallbacks},
        {"everything given", everything_given},
        {"from a file", from_a_file},
        {"complaints of later checks", later_complaints},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, hostile},
        {"accepted", NULL, NULL, NULL, NULL, good},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
