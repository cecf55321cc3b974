/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/profile.h"

#include <stdio.h>

#include "rt/conf.h"
#include "uicc/conf.h"

struct check {
    const char *path;
    bool bad;
};

static void complain(void *ctx, const char *key, const char *text)
{
    struct check *check = ctx;
    fprintf(stderr, "%s: %s: %s\n", check->path, key, text);
    check->bad = true;
}

bool bench_profile_read(const char *path, struct bench_profile *out)
{
    static struct rt_conf_errors errors;
    struct uicc_conf card = {0};
    struct check check = {path, false};
    if (rt_conf_read(path, uicc_conf_rows, &card, &errors) != GBA_OK) {
        fputs(errors.text, stderr);
        return false;
    }
    uicc_conf_check(&card, &(struct gba_conf_sink){complain, &check});
    if (!check.bad && uicc_conf_key(&card, &out->key) != GBA_OK)
        complain(&check, "k", "no usable key");
    out->imsi = card.imsi;
    out->mnc_n = card.mnc_length;
    rt_conf_free(uicc_conf_rows, &card);
    return !check.bad;
}
