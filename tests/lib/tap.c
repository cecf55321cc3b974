/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"

#include <CUnit/TestRun.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gba/base/text.h"

static unsigned number;

static void print_failures(const CU_pFailureRecord first)
{
    for (CU_pFailureRecord f = first; f; f = f->pNext)
        printf("# %s:%u: %s\n", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
               f->strCondition ? f->strCondition : "?");
}

static void on_test_done(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
    printf("%sok %u - %s: %s\n", failures ? "not " : "", ++number, suite->pName, test->pName);
    print_failures(failures);
    fflush(stdout);
}

static void on_suite_init_failed(const CU_pSuite suite)
{
    printf("Bail out! suite %s could not be set up\n", suite->pName);
}

int tap_run(CU_SuiteInfo *suites)
{
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        fprintf(stderr, "cannot build the test registry: %s\n", CU_get_error_msg());
        return 1;
    }
    printf("1..%u\n", CU_get_registry()->uiNumberOfTests);
    CU_set_test_complete_handler(on_test_done);
    CU_set_suite_init_failure_handler(on_suite_init_failed);
    CU_run_all_tests();
    CU_cleanup_registry();
    return 0;
}

static void fail(const char *what, const char *file, unsigned line)
{
    CU_assertImplementation(CU_FALSE, line, what, file, "", CU_FALSE);
}

void tap_rc(gba_rc got, gba_rc want, const char *file, unsigned line)
{
    char what[160];
    if (got == want) {
        CU_assertImplementation(CU_TRUE, line, "rc", file, "", CU_FALSE);
        return;
    }
    snprintf(what, sizeof what, "result is %s, expected %s", gba_rc_token(got), gba_rc_token(want));
    fail(what, file, line);
}

static bool printable(gba_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (!isprint(v.p[i]) && v.p[i] != '\n')
            return false;
    }
    return true;
}

static void show(const char *label, gba_view v)
{
    printf("# %s (%zu): ", label, v.n);
    for (size_t i = 0; i < v.n && i < 400; i++)
        printf(printable(v) ? (v.p[i] == '\n' ? "\\n" : "%c") : "%02x", v.p[i]);
    printf("\n");
}

void tap_bytes(gba_view got, gba_view want, const char *file, unsigned line)
{
    if (gba_view_eq(got, want)) {
        CU_assertImplementation(CU_TRUE, line, "bytes", file, "", CU_FALSE);
        return;
    }
    show("got", got);
    show("want", want);
    fail("octets differ", file, line);
}

gba_view t_hex(const char *text)
{
    static uint8_t ring[16][1024];
    static unsigned turn;
    uint8_t *out = ring[turn++ % 16];
    size_t n = strlen(text) / 2;
    if (n > sizeof ring[0] || gba_hex_parse(gba_view_cstr(text), out, n) != GBA_OK) {
        fprintf(stderr, "bad hexadecimal in a test: %s\n", text);
        abort();
    }
    return gba_view_of(out, n);
}
