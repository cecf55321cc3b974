/* SPDX-License-Identifier: Apache-2.0 */
#include "hss/io/subs_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { PATH_SIZE = 1024, KEY_SIZE = 80, ARENA = 512 * 1024 };

/* What reading needs for a while. */
struct scratch {
    struct gba_uss uss[GBA_GUSS_MAX_USS];
    uint8_t xml[GBA_GUSS_MAX + 1];
    _Alignas(max_align_t) uint8_t arena[ARENA];
};

struct reading {
    const char *path;
    struct rt_conf_errors *errors;
    struct scratch *scratch;
    struct hss_subs_file *file;
    size_t entry; /* from 1 */
    gba_rc rc;
};

static void complain(void *ctx, const char *key, const char *text)
{
    struct reading *r = ctx;
    char place[KEY_SIZE];
    snprintf(place, sizeof place, "subscribers[%zu].%s", r->entry, key);
    rt_conf_complain(r->errors, r->path, place, text);
    r->rc = GBA_E_CONFIG;
}

/* ---- GUSS ---- */

/* Beside the subscriber file, unless the path is absolute. */
static FILE *open_beside(const struct reading *r, const gba_text *name)
{
    char path[PATH_SIZE];
    const char *slash = name->s[0] == '/' ? NULL : strrchr(r->path, '/');
    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - r->path + 1) : 0, r->path, name->s);
    return fopen(path, "rbe");
}

/* A document that a BSF could not use is a fault here, not there. */
static bool guss_good(struct reading *r, gba_view xml, const gba_text *impi)
{
    gba_arena arena = gba_arena_of(r->scratch->arena, sizeof r->scratch->arena);
    struct gba_guss guss;
    gba_rc rc = gba_guss_parse(xml, &arena, &guss);
    if (rc != GBA_OK)
        complain(r, "guss_file", gba_rc_text(rc));
    else if (guss.impi.p && !gba_view_eq(guss.impi, gba_text_view(impi)))
        complain(r, "guss_file", "expected the id of the document to be this subscriber's impi");
    return r->rc == GBA_OK;
}

static gba_view read_guss_file(struct reading *r, const struct hss_sub_conf *conf)
{
    FILE *file = open_beside(r, &conf->guss_file);
    if (!file) {
        complain(r, "guss_file", strerror(errno));
        return (gba_view){NULL, 0};
    }
    size_t n = fread(r->scratch->xml, 1, sizeof r->scratch->xml, file);
    gba_view xml = gba_view_of(r->scratch->xml, n);
    bool good = !ferror(file);
    fclose(file);
    if (!good)
        complain(r, "guss_file", "cannot be read");
    return good && guss_good(r, xml, &conf->impi) ? xml : (gba_view){NULL, 0};
}

static gba_view format_guss(struct reading *r, const struct hss_sub_conf *conf)
{
    gba_writer w = gba_writer_of(r->scratch->xml, GBA_GUSS_MAX);
    if (hss_guss_format(conf, r->scratch->uss, &w) != GBA_OK)
        complain(r, "guss", "longer than 64 KiB as a document");
    return gba_writer_view(&w);
}

/* The document of this subscriber, absent when there is none. */
static void take_guss(struct reading *r, const struct hss_sub_conf *conf, uint32_t number)
{
    gba_view xml = {NULL, 0};
    if (conf->guss_file.n > 0)
        xml = read_guss_file(r, conf);
    else if (conf->guss.uicc_type != HSS_NO_GUSS)
        xml = format_guss(r, conf);
    if (!xml.p || r->rc != GBA_OK)
        return;
    r->file->gusses[number] = malloc(xml.n + 1);
    if (!r->file->gusses[number]) {
        r->rc = GBA_E_MEMORY;
        return;
    }
    gba_copy(r->file->gusses[number], xml);
    r->file->subs.sub[number].guss = gba_view_of(r->file->gusses[number], xml.n);
}

/* ---- other credentials ---- */

/* The fixed triplets of this subscriber. */
static void take_triplets(struct reading *r, const struct hss_sub_conf *conf, uint32_t number)
{
    const struct hss_triplet_conf *items = conf->triplets.items;
    struct hss_sub *sub = &r->file->subs.sub[number];
    if (conf->triplets.n == 0)
        return;
    gba_triplet *made = calloc(conf->triplets.n, sizeof *made);
    r->file->triplets[number] = made;
    if (!made) {
        r->rc = GBA_E_MEMORY;
        return;
    }
    for (size_t i = 0; i < conf->triplets.n; i++) {
        gba_copy(made[i].rand.b, gba_view_of(items[i].rand.b, sizeof made[i].rand.b));
        gba_copy(made[i].sres, gba_view_of(items[i].sres.b, sizeof made[i].sres));
        gba_copy(made[i].kc, gba_view_of(items[i].kc.b, sizeof made[i].kc));
    }
    sub->triplets = made;
    sub->n_triplets = (uint32_t)conf->triplets.n;
}

/* The first line of a file beside. */
static void take_password(struct reading *r, const struct hss_sub_conf *conf, struct hss_sub *sub)
{
    char line[256];
    gba_view password, rest;
    if (conf->sip_digest.password_file.n == 0)
        return;
    FILE *file = open_beside(r, &conf->sip_digest.password_file);
    if (!file) {
        complain(r, "sip_digest.password_file", strerror(errno));
        return;
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy in a buffer */
    size_t n = fread(line, 1, sizeof line, file);
    fclose(file);
    gba_view_split(gba_view_of(line, n), '\n', &password, &rest);
    if (password.n == 0 || password.n == sizeof line || hss_sub_password(sub, password) != GBA_OK)
        complain(r, "sip_digest.password_file", "expected a password in the first line");
    gba_wipe_bytes(line, sizeof line);
}

/* ---- subscribers ---- */

static void take(struct reading *r, const struct hss_sub_conf *conf)
{
    const struct gba_conf_sink sink = {complain, r};
    const gba_text *impus = conf->impus.items;
    struct hss_sub sub;
    uint32_t number = 0;
    if (hss_sub_make(conf, &sink, &sub) != GBA_OK)
        return;
    take_password(r, conf, &sub);
    if (hss_subs_add(&r->file->subs, &sub, &number) != GBA_OK) {
        complain(r, "impi", "another subscriber has it already");
    } else {
        for (size_t i = 0; i < conf->impus.n; i++)
            hss_subs_add_impu(&r->file->subs, &impus[i], number);
        take_triplets(r, conf, number);
        take_guss(r, conf, number);
    }
    gba_wipe(&sub);
}

static gba_rc make_room(struct hss_subs_file *file, const struct hss_sub_conf *subs, size_t n)
{
    size_t impus = 0;
    uint64_t seed = 0;
    for (size_t i = 0; i < n; i++)
        impus += subs[i].impus.n;
    file->n = (uint32_t)n;
    file->memory_n = hss_subs_memory((uint32_t)n, (uint32_t)impus);
    file->memory = calloc(1, file->memory_n);
    file->gusses = calloc(n, sizeof *file->gusses);
    file->triplets = calloc(n, sizeof *file->triplets);
    GBA_ENSURE(file->memory && file->gusses && file->triplets, GBA_E_MEMORY);
    GBA_ENSURE(getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed, GBA_E_FILE);
    hss_subs_init(&file->subs, file->memory, (uint32_t)n, (uint32_t)impus, seed);
    return GBA_OK;
}

gba_rc hss_subs_file_read(const char *path, struct hss_subs_file *out, struct rt_conf_errors *errors)
{
    struct hss_subs_conf conf = {{NULL, 0}};
    struct reading r = {.path = path, .errors = errors, .file = out};
    *out = (struct hss_subs_file){.n = 0};
    GBA_TRY(rt_conf_read(path, hss_subs_rows, &conf, errors));
    const struct hss_sub_conf *subs = conf.subscribers.items;
    r.scratch = malloc(sizeof *r.scratch);
    r.rc = r.scratch ? make_room(out, subs, conf.subscribers.n) : GBA_E_MEMORY;
    for (size_t i = 0; i < conf.subscribers.n && (r.rc == GBA_OK || r.rc == GBA_E_CONFIG); i++) {
        r.entry = i + 1;
        take(&r, &subs[i]);
    }
    free(r.scratch);
    rt_conf_free(hss_subs_rows, &conf);
    if (r.rc != GBA_OK)
        hss_subs_file_free(out);
    return r.rc;
}

void hss_subs_file_free(struct hss_subs_file *file)
{
    for (uint32_t i = 0; i < file->n && file->gusses; i++)
        free(file->gusses[i]);
    free(file->gusses);
    for (uint32_t i = 0; i < file->n && file->triplets; i++) {
        if (file->triplets[i])
            gba_wipe_bytes(file->triplets[i], file->subs.sub[i].n_triplets * sizeof(gba_triplet));
        free(file->triplets[i]);
    }
    free(file->triplets);
    if (file->memory)
        gba_wipe_bytes(file->memory, file->memory_n);
    free(file->memory);
    *file = (struct hss_subs_file){.n = 0};
}
