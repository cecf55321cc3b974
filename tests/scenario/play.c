/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays scenario files: every line must be understood and every EXPECT must
 * hold.  One TAP line a file.  The language is described in tests/scenario/README.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/device.h"

struct play {
    struct world *w;
    struct world_device *d;
    struct script_line line;
    char why[512]; /* empty: all is well */
};

__attribute__((format(printf, 2, 3))) static void fail(struct play *p, const char *format, ...)
{
    va_list list;
    if (p->why[0])
        return;
    int n = snprintf(p->why, sizeof p->why, "line %u: ", p->line.number);
    va_start(list, format);
    vsnprintf(p->why + n, sizeof p->why - (size_t)n, format, list);
    va_end(list);
}

static const char *word(const struct play *p, size_t i)
{
    return script_word(&p->line, i);
}

static bool says(const struct play *p, size_t i, const char *what)
{
    return strcmp(word(p, i), what) == 0;
}

static const char *arg(struct play *p, const char *name)
{
    return script_arg(&p->line, name, NULL);
}

/* ---- SET, SUBSCRIBER, CARD, STORE, DEVICE, PASS ---- */

/* "services.uss_required": sections are entered, of lists the first entry. */
static gba_rc set_option(const struct gba_opt *rows, char *base, char *path, gba_view value)
{
    char *dot = strchr(path, '.');
    if (dot)
        *dot = 0;
    while (rows->key && strcmp(rows->key, path) != 0)
        rows++;
    if (!rows->key)
        return GBA_E_CONFIG;
    if (rows->type == GBA_OPT_LIST)
        base = ((struct gba_opt_list *)(void *)(base + rows->offset))->items;
    else if (rows->type == GBA_OPT_SECTION)
        base += rows->offset;
    if (dot)
        return set_option(rows->rows, base, dot + 1, value);
    if (rows->type == GBA_OPT_LIST) /* of plain values */
        return gba_text_set((gba_text *)(void *)base, value);
    return gba_opt_set(rows, base, value);
}

static void do_set(struct play *p)
{
    char path[128];
    bool bsf = says(p, 1, "bsf");
    snprintf(path, sizeof path, "%s", word(p, 2));
    const struct gba_opt *rows = bsf ? bsf_conf_rows : naf_conf_rows;
    char *base = bsf ? (char *)&p->w->bsf_conf : (char *)&p->w->naf_conf;
    if (p->w->running && !says(p, 4, "live"))
        fail(p, "SET comes before the first request");
    if (set_option(rows, base, path, gba_view_cstr(word(p, 3))) != GBA_OK)
        fail(p, "no such option, or not its value");
}

static void do_subscriber(struct play *p)
{
    const char *lifetime = arg(p, "lifetime");
    const char *group = arg(p, "group");
    const char *gsid = arg(p, "gsid");
    struct world_device *d = p->d;
    const char *with = script_arg(&p->line, "with", "usim");
    d->kind = strcmp(with, "sim") == 0 ? WITH_SIM : strcmp(with, "digest") == 0 ? WITH_DIGEST : WITH_USIM;
    if (says(p, 1, "without-guss")) {
        d->guss_n = 0;
        return;
    }
    const char *uicc = script_arg(&p->line, "uicc", "gba");
    int n = snprintf(d->guss, sizeof d->guss,
                     "<guss id=\"%s\"><bsfInfo><uiccType>%s</uiccType>%s%s%s</bsfInfo><ussList>", d->impi.s,
                     strcmp(uicc, "gba_u") == 0 ? "GBA_U" : "GBA", lifetime ? "<lifeTime>" : "",
                     lifetime ? lifetime : "", lifetime ? "</lifeTime>" : "");
    if (gsid)
        n +=
            snprintf(d->guss + n, sizeof d->guss - (size_t)n,
                     "<uss id=\"%s\" type=\"2\"%s%s%s><uids><uid>sip:%s@home1.net</uid></uids><flags/></uss>",
                     gsid, group ? " nafGroup=\"" : "", group ? group : "", group ? "\"" : "", d->name);
    n += snprintf(d->guss + n, sizeof d->guss - (size_t)n, "</ussList></guss>");
    d->guss_n = (size_t)n;
}

static void do_card(struct play *p)
{
    const char *sqn = arg(p, "sqn");
    uint64_t highest = 0;
    if (says(p, 1, "gba_u"))
        p->d->gba_u = true;
    else if (says(p, 1, "other-key"))
        p->d->key.k.b[0] ^= 1;
    else if (!sqn || gba_dec_parse(gba_view_cstr(sqn), GBA_SQN_MAX, &highest) != GBA_OK)
        fail(p, "CARD gba_u | CARD other-key | CARD sqn=NUMBER");
    if (sqn)
        p->d->sqn.seq[highest % GBA_SQN_INDS] = highest / GBA_SQN_INDS;
}

static void do_pass(struct play *p)
{
    char *unit;
    long n = strtol(word(p, 1), &unit, 10);
    if (strcmp(unit, "s") != 0)
        fail(p, "PASS NUMBERs");
    fake_world_pass(&p->w->fake, n * 1000);
}

/* ---- GIVE ---- */

static gba_rc failure_of(const char *what)
{
    if (strcmp(what, "timeout") == 0)
        return GBA_E_DIA_TIMEOUT;
    return strcmp(what, "no-peer") == 0 ? GBA_E_DIA_UNDELIVERABLE : GBA_OK;
}

static void give_zh(struct play *p)
{
    struct dia_maa maa = {0};
    uint64_t code;
    if (p->d->ub.state != SIDE_ASKED) {
        fail(p, "the BSF did not ask");
        return;
    }
    if (says(p, 2, "MAA"))
        world_hss_answer(p->d, &p->w->fake.env, &maa);
    else if (gba_dec_parse(gba_view_cstr(word(p, 2)), 9999, &code) == GBA_OK)
        maa.result = (struct dia_result){code != 5012 && code != 3004 && code != 3002, (uint32_t)code};
    else if (failure_of(word(p, 2)) == GBA_OK)
        fail(p, "GIVE zh MAA|CODE|timeout|no-peer");
    if (says(p, 3, "without-vector"))
        maa.has_vector = false;
    world_ub_vector(p->w, p->d, failure_of(word(p, 2)), &maa);
    gba_wipe(&maa);
}

static void give_zn(struct play *p)
{
    struct dia_bia bia = {0};
    uint64_t code;
    if (p->d->ua.state != SIDE_ASKED) {
        fail(p, "the NAF did not ask");
        return;
    }
    if (says(p, 2, "BIA"))
        world_bsf_answer(p->w, p->d, &bia);
    else if (gba_dec_parse(gba_view_cstr(word(p, 2)), 9999, &code) == GBA_OK)
        bia.result = (struct dia_result){true, (uint32_t)code};
    else if (failure_of(word(p, 2)) == GBA_OK)
        fail(p, "GIVE zn BIA|CODE|timeout|no-peer");
    world_ua_key(p->w, p->d, failure_of(word(p, 2)), &bia);
    gba_wipe(&bia);
}

static void give_upstream(struct play *p)
{
    struct gba_http_msg rsp = {.status = (unsigned)strtoul(word(p, 2), NULL, 10), .minor = 1};
    const char *body = arg(p, "body");
    if (p->d->ua.state != SIDE_FORWARDED) {
        fail(p, "nothing was forwarded");
        return;
    }
    rsp.body = gba_view_cstr(body ? body : "");
    gba_rc rc = says(p, 2, "timeout") ? GBA_E_TIMEOUT : says(p, 2, "refused") ? GBA_E_CONNECT : GBA_OK;
    world_ua_upstream(p->w, p->d, rc, &rsp);
}

/* ---- EXPECT ---- */

static void check_flag(struct play *p, const char *name, bool is)
{
    const char *want = arg(p, name);
    if (want && is != (strcmp(want, "yes") == 0))
        fail(p, "%s is %s", name, is ? "yes" : "no");
}

static void check_text(struct play *p, const struct world_side *side)
{
    gba_view all = gba_view_of(side->text, side->n);
    for (size_t i = 0; i < p->line.n_args; i++) {
        bool has = strcmp(p->line.names[i], "has") == 0;
        if (!has && strcmp(p->line.names[i], "lacks") != 0)
            continue;
        p->line.used[i] = true;
        if (gba_view_contains(all, gba_view_cstr(p->line.values[i])) != has)
            fail(p, "%s \"%s\"; the message is:\n%.*s", has ? "lacks" : "has", p->line.values[i],
                 (int)side->n, side->text);
    }
}

static void check_reply(struct play *p, const struct world_side *side, bool trusted)
{
    unsigned status = (unsigned)strtoul(word(p, 2), NULL, 10);
    const char *reason = arg(p, "reason");
    if (side->state != SIDE_REPLIED) {
        fail(p, "there is no answer (state %d)", side->state);
        return;
    }
    if (side->msg.status != status)
        fail(p, "the answer is %u (%s)", side->msg.status, gba_rc_token(side->reason));
    if (strcmp(reason ? reason : status < 300 ? "ok" : "", gba_rc_token(side->reason)) != 0)
        fail(p, "the reason is %s", gba_rc_token(side->reason));
    check_flag(p, "trusted", trusted);
    check_text(p, side);
}

static void expect_ub(struct play *p)
{
    struct world_device *d = p->d;
    check_reply(p, &d->ub, d->ub.state == SIDE_REPLIED && device_trusts_ub(d));
    device_learn_ub(d);
    const char *life = arg(p, "lifetime");
    if (life && d->expiry_s - gba_env_now_s(&p->w->fake.env) != strtol(life, NULL, 10))
        fail(p, "the lifetime is %ld", (long)(d->expiry_s - gba_env_now_s(&p->w->fake.env)));
}

static void expect_ua(struct play *p)
{
    check_reply(p, &p->d->ua, p->d->ua.state == SIDE_REPLIED && device_trusts_ua(p->d));
    device_learn_ua(p->d);
}

static void expect_zh(struct play *p)
{
    const struct world_device *d = p->d;
    const char *impi = arg(p, "impi");
    if (d->ub.state != SIDE_ASKED || !says(p, 2, "MAR")) {
        fail(p, "the BSF does not ask the HSS (%s)", gba_rc_token(d->ub.reason));
        return;
    }
    if (impi && strcmp(impi, d->mar_impi.s) != 0)
        fail(p, "the identity is %s", d->mar_impi.s);
    const char *scheme = script_arg(&p->line, "scheme", "");
    gba_view said = d->mar.scheme.p ? d->mar.scheme : GBA_LIT("Digest-AKAv1-MD5");
    if (*scheme && !gba_view_eq(said, gba_view_cstr(scheme)))
        fail(p, "the scheme is %.*s", (int)said.n, (const char *)said.p);
    check_flag(p, "resync", d->mar.resync);
    check_flag(p, "stamp", d->mar.has_guss_stamp);
}

static void expect_zn(struct play *p)
{
    const struct world_device *d = p->d;
    const char *btid = arg(p, "btid");
    if (d->ua.state != SIDE_ASKED || !says(p, 2, "BIR")) {
        fail(p, "the NAF does not ask the BSF (%s)", gba_rc_token(d->ua.reason));
        return;
    }
    if (btid && !gba_view_eq(gba_view_cstr(btid), d->bir.btid))
        fail(p, "the B-TID is %.*s", (int)d->bir.btid.n, (const char *)d->bir.btid.p);
    check_flag(p, "gba_u_aware", d->bir.gba_u_aware);
}

static void expect_upstream(struct play *p)
{
    const struct world_side *side = &p->d->ua;
    if (side->state != SIDE_FORWARDED || !gba_view_eq(side->msg.method, gba_view_cstr(word(p, 2))))
        fail(p, "nothing of the kind was forwarded (%s)", gba_rc_token(side->reason));
    else
        check_text(p, side);
}

static void expect_card(struct play *p)
{
    if (strcmp(word(p, 2), gba_rc_token(p->d->card_rc)) != 0)
        fail(p, "the card says %s", gba_rc_token(p->d->card_rc));
}

static void expect_sessions(struct play *p)
{
    if (world_sessions(p->w) != strtoul(word(p, 2), NULL, 10))
        fail(p, "there are %zu sessions", world_sessions(p->w));
}

/* ---- lines ---- */

static void do_recv(struct play *p)
{
    if (says(p, 1, "ub"))
        device_ub(p->w, p->d, &p->line);
    else
        device_ua(p->w, p->d, &p->line);
}

static void do_device(struct play *p)
{
    p->d = world_device(p->w, word(p, 1));
}

static void do_store(struct play *p)
{
    p->w->store.broken = says(p, 1, "broken");
}

static const struct {
    const char *verb, *object; /* object NULL: any */
    void (*run)(struct play *p);
} verbs[] = {
    {"SET", NULL, do_set},
    {"DEVICE", NULL, do_device},
    {"SUBSCRIBER", NULL, do_subscriber},
    {"CARD", NULL, do_card},
    {"STORE", NULL, do_store},
    {"PASS", NULL, do_pass},
    {"RECV", "ub", do_recv},
    {"RECV", "ua", do_recv},
    {"GIVE", "zh", give_zh},
    {"GIVE", "zn", give_zn},
    {"GIVE", "upstream", give_upstream},
    {"EXPECT", "ub", expect_ub},
    {"EXPECT", "ua", expect_ua},
    {"EXPECT", "zh", expect_zh},
    {"EXPECT", "zn", expect_zn},
    {"EXPECT", "card", expect_card},
    {"EXPECT", "upstream", expect_upstream},
    {"EXPECT", "sessions", expect_sessions},
};

static void run_line(struct play *p)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!says(p, 0, verbs[i].verb) || (verbs[i].object && !says(p, 1, verbs[i].object)))
            continue;
        verbs[i].run(p);
        if (script_unused(&p->line))
            fail(p, "argument %s is not understood", script_unused(&p->line));
        return;
    }
    fail(p, "not understood: %s %s", word(p, 0), word(p, 1));
}

/* "$IMPI" and its like become the device's own values. */
static void substitute(struct play *p, const char *raw)
{
    const struct {
        const char *name, *value;
    } values[] = {
        {"$IMPI", p->d->impi.s}, {"$BTID", p->d->btid.s}, {"$TMPI", p->d->tmpi.s},
        {"$NAF", WORLD_NAF},     {"$BSF", WORLD_BSF},
    };
    char *out = p->line.text, *end = p->line.text + sizeof p->line.text - 1;
    while (*raw && out < end) {
        size_t i = 0;
        while (i < sizeof values / sizeof *values &&
               strncmp(raw, values[i].name, strlen(values[i].name)) != 0)
            i++;
        if (i == sizeof values / sizeof *values) {
            *out++ = *raw++;
            continue;
        }
        raw += strlen(values[i].name);
        out += snprintf(out, (size_t)(end - out), "%s", values[i].value);
    }
    *out = 0;
}

static void print_why(const char *why)
{
    while (*why) {
        size_t n = strcspn(why, "\n");
        printf("# %.*s\n", (int)n, why);
        why += n + (why[n] == '\n');
    }
}

/* The first comment is the title. */
static void play_file(const char *path, unsigned number)
{
    static struct play p;
    char raw[SCRIPT_LINE / 2], title[128] = "";
    FILE *f = fopen(path, "r");
    p = (struct play){.w = world_new()};
    if (!f || !p.w)
        abort();
    p.d = world_device(p.w, "alice");
    while (!p.why[0] && fgets(raw, sizeof raw, f)) {
        p.line.number++;
        if (!title[0] && raw[0] == '#')
            snprintf(title, sizeof title, "%.*s", (int)strcspn(raw + 2, "\n"), raw + 2);
        substitute(&p, raw);
        if (script_split(&p.line))
            run_line(&p);
    }
    fclose(f);
    world_free(p.w);
    const char *slash = strrchr(path, '/');
    printf("%sok %u - %s: %s\n", p.why[0] ? "not " : "", number, slash ? slash + 1 : path, title);
    if (p.why[0])
        print_why(p.why);
}

static int is_scenario(const struct dirent *e)
{
    const char *dot = strrchr(e->d_name, '.');
    return dot && strcmp(dot, ".scn") == 0;
}

int main(int argc, char **argv)
{
    const char *top = getenv("top_srcdir");
    char folder[1024], path[2048];
    struct dirent **entries;
    if (argc > 1) {
        play_file(argv[1], 1);
        return 0;
    }
    snprintf(folder, sizeof folder, "%s/tests/scenario", top ? top : ".");
    int n = scandir(folder, &entries, is_scenario, alphasort);
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        play_file(path, (unsigned)i + 1);
        free(entries[i]);
    }
    free(entries);
    return n > 0 ? 0 : 1;
}
