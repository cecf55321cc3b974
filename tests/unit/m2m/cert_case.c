/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/m2m/cert_case.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/lib/pki.h"
#include "tests/lib/tap.h"

/* Files are read once: t_pki_file keeps them for good. */
static gba_view file(const char *name)
{
    static struct {
        char name[64];
        gba_view content;
    } known[128];
    size_t i = 0;
    if (!name)
        return (gba_view){NULL, 0};
    while (known[i].name[0] && strcmp(known[i].name, name) != 0)
        i++;
    if (!known[i].name[0]) {
        snprintf(known[i].name, sizeof known[i].name, "%s", name);
        known[i].content = t_pki_file(name);
    }
    return known[i].content;
}

struct m2m_shown cert_shown(const char *chain)
{
    static gba_view certs[16];
    struct m2m_shown shown = {.chain = certs};
    for (const char *at = chain; *at;) {
        char name[64];
        int n = (int)strcspn(at, " ");
        snprintf(name, sizeof name, "%.*s.der", n, at);
        certs[shown.n++] = file(name);
        at += at[n] ? n + 1 : n;
    }
    return shown;
}

gba_rc cert_judge(const struct cert_case *one)
{
    struct m2m_shown shown = cert_shown(one->chain);
    struct m2m_expect expect = {.flavour = one->flavour, .status = one->status};
    T_OK(gba_text_set(&expect.id, gba_view_cstr(one->id)));
    expect.anchors = file(one->anchors);
    expect.crls = file(one->crls);
    expect.ocsp = file(one->ocsp);
    shown.staple = file(one->staple);
    shown.missing = one->missing;
    return m2m_cert_check(&expect, &shown, one->now_s ? one->now_s : (int64_t)time(NULL));
}

void cert_judge_all(const struct cert_case *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gba_rc rc = cert_judge(&rows[i]);
        if (rc != rows[i].want)
            printf("# %s as %s %s\n", rows[i].chain, m2m_flavour_name(rows[i].flavour), rows[i].id);
        T_RC(rc, rows[i].want);
    }
}
