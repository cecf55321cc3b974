/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/soft_fs.h"

#include "uicc/file.h"
#include "uicc/gba_u.h"
#include "uicc/isim.h"
#include "uicc/tlv.h"
#include "uicc/usim.h"

enum {
    FID_ADF = 0x7fff, /* "the application that is active" */
    DIR_RECORD = 38,
    TAG_TEXT = 0x80,
    UST_SIZE = 17,
    AID_PART_MIN = 5,
    BY_FID = 0x00,
    BY_AID = 0x04,
    WANT_FCP = 0x04,
    WANT_NOTHING = 0x0c,
    SFI = 0x80,
    ABSOLUTE = 0x04,
};

uint8_t *uicc_soft_content(struct uicc_soft *s, const struct uicc_soft_file *file)
{
    return s->store + file->at;
}

bool uicc_soft_pin_open(const struct uicc_soft *s)
{
    return !s->pin.set || s->pin_verified;
}

/* ---- layout ---- */

/* A file of file.size octets (0: as many as content), the rest erased (FF). */
static gba_rc add(struct uicc_soft *s, struct uicc_soft_file file, gba_view content)
{
    gba_writer store = gba_writer_of(s->store, sizeof s->store);
    size_t size = file.size ? file.size : content.n;
    GBA_ENSURE(s->files_n < UICC_SOFT_FILES_MAX && content.n <= size && size <= UINT16_MAX, GBA_E_SPACE);
    store.n = s->store_n;
    file.at = (uint16_t)store.n;
    file.size = (uint16_t)size;
    gba_put_view(&store, content);
    gba_put_fill(&store, 0xff, size - content.n);
    GBA_TRY(gba_writer_end(&store));
    s->store_n = store.n;
    s->files[s->files_n++] = file;
    return GBA_OK;
}

static gba_rc add_text(struct uicc_soft *s, enum uicc_soft_dir dir, uint16_t fid, const gba_text *text)
{
    uint8_t octets[4 + GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    struct uicc_soft_file file = {.dir = dir, .fid = fid, .read = UICC_SOFT_PIN, .update = UICC_SOFT_NEVER};
    if (text->n > 0)
        uicc_put_tlv(&w, TAG_TEXT, gba_text_view(text));
    else
        gba_put_fill(&w, 0xff, 2);
    return add(s, file, gba_writer_view(&w));
}

static void set_service(uint8_t *table, unsigned service)
{
    table[(service - 1) / 8] |= (uint8_t)(1U << (service - 1) % 8);
}

/* The service table: GBA under this number, and in the USIM GSM access. */
static gba_rc add_services(struct uicc_soft *s, struct uicc_soft_file file, unsigned service)
{
    uint8_t table[UST_SIZE] = {0};
    if (s->gba)
        set_service(table, service);
    if (s->gsm && file.dir == UICC_SOFT_USIM)
        set_service(table, UICC_USIM_SERVICE_GSM);
    return add(s, file, gba_view_of(table, file.size));
}

static gba_rc add_ad(struct uicc_soft *s, enum uicc_soft_dir dir, const struct uicc_conf *conf)
{
    uint8_t ad[4] = {0, 0, 0, (uint8_t)conf->mnc_length};
    struct uicc_soft_file file = {.dir = dir, .fid = UICC_USIM_AD, .update = UICC_SOFT_NEVER};
    return add(s, file, GBA_ARRAY(ad));
}

/*= TS 31.102 4.2.79, 4.2.83: present when the service is */
static gba_rc add_gba(struct uicc_soft *s, enum uicc_soft_dir dir, const struct uicc_conf *conf)
{
    bool usim = dir == UICC_SOFT_USIM;
    struct uicc_soft_file gbabp = {
        .dir = dir,
        .fid = usim ? UICC_USIM_GBABP : UICC_ISIM_GBABP,
        .size = (uint16_t)conf->gbabp_size,
        .read = UICC_SOFT_PIN,
        .update = UICC_SOFT_PIN,
    };
    struct uicc_soft_file gbanl = {
        .dir = dir,
        .fid = usim ? UICC_USIM_GBANL : UICC_ISIM_GBANL,
        .record_size = UICC_SOFT_GBANL_RECORD,
        .size = (uint16_t)(UICC_SOFT_GBANL_RECORD * conf->gbanl_records),
        .read = UICC_SOFT_PIN,
        .update = UICC_SOFT_NEVER,
    };
    if (!s->gba)
        return GBA_OK;
    GBA_ENSURE(conf->gbanl_records <= UICC_CONF_GBANL_MAX && conf->gbabp_size <= UICC_CONF_GBABP_MAX,
               GBA_E_SPACE);
    GBA_TRY(add(s, gbabp, GBA_LIT("")));
    s->app[dir].gbabp = &s->files[s->files_n - 1];
    GBA_TRY(add(s, gbanl, GBA_LIT("")));
    s->app[dir].gbanl = &s->files[s->files_n - 1];
    return GBA_OK;
}

static gba_rc add_usim(struct uicc_soft *s, const struct uicc_conf *conf)
{
    uint8_t imsi[9];
    gba_writer w = gba_writer_of(imsi, sizeof imsi);
    struct uicc_soft_file ef_imsi = {.dir = UICC_SOFT_USIM,
                                     .fid = UICC_USIM_IMSI,
                                     .size = sizeof imsi,
                                     .read = UICC_SOFT_PIN,
                                     .update = UICC_SOFT_NEVER};
    struct uicc_soft_file ust = {.dir = UICC_SOFT_USIM,
                                 .fid = UICC_USIM_UST,
                                 .size = UST_SIZE,
                                 .read = UICC_SOFT_PIN,
                                 .update = UICC_SOFT_NEVER};
    GBA_TRY(uicc_imsi_encode(gba_text_view(&conf->imsi), &w));
    GBA_TRY(add(s, ef_imsi, gba_writer_view(&w)));
    GBA_TRY(add_ad(s, UICC_SOFT_USIM, conf));
    GBA_TRY(add_services(s, ust, UICC_USIM_SERVICE_GBA));
    return add_gba(s, UICC_SOFT_USIM, conf);
}

static gba_rc add_impus(struct uicc_soft *s, const struct uicc_conf *conf)
{
    uint8_t records[UICC_CONF_IMPU_MAX * 255];
    gba_writer w = gba_writer_of(records, sizeof records);
    struct uicc_soft_file file = {.dir = UICC_SOFT_ISIM,
                                  .fid = UICC_ISIM_IMPU,
                                  .record_size = 2,
                                  .read = UICC_SOFT_PIN,
                                  .update = UICC_SOFT_NEVER};
    const gba_text *impu = conf->impu.items;
    for (size_t i = 0; i < conf->impu.n; i++) {
        uint16_t needs = impu[i].n + (impu[i].n > 0x7f ? 3 : 2);
        if (needs > file.record_size)
            file.record_size = needs;
    }
    for (size_t i = 0; i < conf->impu.n; i++) {
        uicc_put_tlv(&w, TAG_TEXT, gba_text_view(&impu[i]));
        gba_put_fill(&w, 0xff, (i + 1) * file.record_size - w.n);
    }
    if (conf->impu.n == 0)
        gba_put_fill(&w, 0xff, file.record_size);
    GBA_TRY(gba_writer_end(&w));
    return add(s, file, gba_writer_view(&w));
}

static gba_rc add_isim(struct uicc_soft *s, const struct uicc_conf *conf)
{
    struct uicc_soft_file ist = {.dir = UICC_SOFT_ISIM,
                                 .fid = UICC_ISIM_IST,
                                 .size = 1,
                                 .read = UICC_SOFT_PIN,
                                 .update = UICC_SOFT_NEVER};
    GBA_TRY(add_text(s, UICC_SOFT_ISIM, UICC_ISIM_IMPI, &conf->impi));
    GBA_TRY(add_text(s, UICC_SOFT_ISIM, UICC_ISIM_DOMAIN, &conf->domain));
    GBA_TRY(add_impus(s, conf));
    GBA_TRY(add_ad(s, UICC_SOFT_ISIM, conf));
    GBA_TRY(add_services(s, ist, UICC_ISIM_SERVICE_GBA));
    return add_gba(s, UICC_SOFT_ISIM, conf);
}

static void put_dir_record(const struct uicc_aid *aid, const char *label, gba_writer *w)
{
    struct uicc_dir_entry entry = {.aid = *aid};
    size_t end = w->n + DIR_RECORD;
    if (aid->n == 0 || gba_text_set(&entry.label, gba_view_cstr(label)) != GBA_OK)
        return;
    uicc_dir_encode(&entry, w);
    gba_put_fill(w, 0xff, end - w->n);
}

static void take_aid(const struct gba_opt_hex *hex, struct uicc_aid *aid)
{
    aid->n = hex->n <= sizeof aid->b ? hex->n : 0;
    gba_copy(aid->b, gba_view_of(hex->b, aid->n));
}

gba_rc uicc_soft_fs_init(struct uicc_soft *s, const struct uicc_conf *conf)
{
    uint8_t dir[2 * DIR_RECORD];
    gba_writer w = gba_writer_of(dir, sizeof dir);
    struct uicc_soft_file ef_dir = {
        .dir = UICC_SOFT_MF, .fid = UICC_FID_DIR, .record_size = DIR_RECORD, .update = UICC_SOFT_NEVER};
    take_aid(&conf->usim_aid, &s->app[UICC_SOFT_USIM].aid);
    take_aid(&conf->isim_aid, &s->app[UICC_SOFT_ISIM].aid);
    put_dir_record(&s->app[UICC_SOFT_USIM].aid, "USIM", &w);
    put_dir_record(&s->app[UICC_SOFT_ISIM].aid, "ISIM", &w);
    GBA_TRY(add(s, ef_dir, gba_writer_view(&w)));
    if (s->app[UICC_SOFT_USIM].aid.n > 0)
        GBA_TRY(add_usim(s, conf));
    if (s->app[UICC_SOFT_ISIM].aid.n > 0)
        GBA_TRY(add_isim(s, conf));
    return GBA_OK;
}

/* ---- FCP ---- */

/*= ETSI TS 102 221 11.1.1.4.3: shareable; transparent, linear fixed, DF or ADF */
static void put_descriptor(const struct uicc_soft_file *file, gba_writer *w)
{
    gba_put_u8(w, UICC_TAG_DESCRIPTOR);
    gba_put_u8(w, file && file->record_size ? 5 : 2);
    gba_put_u8(w, !file ? 0x78 : file->record_size ? 0x42 : 0x41);
    gba_put_u8(w, 0x21);
    if (file && file->record_size) {
        gba_put_u16(w, file->record_size);
        gba_put_u8(w, (uint8_t)(file->size / file->record_size));
    }
}

static void put_pin_status(const struct uicc_soft *s, gba_writer *w)
{
    uint8_t status[] = {UICC_TAG_PIN_ENABLED, 1, s->pin.set ? 0x80 : 0x00, UICC_TAG_PIN_REFERENCE, 1, 1};
    uicc_put_tlv(w, UICC_TAG_PIN_STATUS, GBA_ARRAY(status));
}

static void put_fid(uint16_t fid, gba_writer *w)
{
    gba_put_u8(w, UICC_TAG_FID);
    gba_put_u8(w, 2);
    gba_put_u16(w, fid);
}

/* Of the current file, or of the current directory when file is NULL. */
static void put_fcp(const struct uicc_soft *s, const struct uicc_soft_file *file, gba_writer *out)
{
    uint8_t octets[64];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    put_descriptor(file, &w);
    if (file) {
        put_fid(file->fid, &w);
        gba_put_u8(&w, UICC_TAG_SIZE);
        gba_put_u8(&w, 2);
        gba_put_u16(&w, file->size);
    } else {
        if (s->dir == UICC_SOFT_MF)
            put_fid(UICC_FID_MF, &w);
        else
            uicc_put_tlv(&w, UICC_TAG_AID, uicc_aid_view(&s->app[s->dir].aid));
        put_pin_status(s, &w);
    }
    uicc_put_tlv(out, UICC_TAG_FCP, gba_writer_view(&w));
}

/* ---- commands ---- */

uint16_t uicc_soft_give(const struct uicc_soft *s, const struct uicc_command *c, gba_view data,
                        gba_writer *out)
{
    if (c->le == 0)
        return UICC_SW_LENGTH;
    if (c->le != data.n && (s->t0 || c->le != 256))
        return 0x6c00 | (data.n & 0xff);
    gba_put_view(out, data);
    return UICC_SW_OK;
}

static bool enter_dir(struct uicc_soft *s, enum uicc_soft_dir dir)
{
    s->dir = dir;
    s->file = NULL;
    return true;
}

static bool select_fid(struct uicc_soft *s, uint16_t fid)
{
    if (fid == UICC_FID_MF)
        return enter_dir(s, UICC_SOFT_MF);
    if (fid == FID_ADF && s->active != UICC_SOFT_MF)
        return enter_dir(s, s->active);
    for (size_t i = 0; i < s->files_n; i++) {
        if (s->files[i].fid == fid && s->files[i].dir == s->dir) {
            s->file = &s->files[i];
            return true;
        }
    }
    return false;
}

/*= ETSI TS 102 221 8.5.1.2: a part of the AID selects the first that begins so */
static bool select_aid(struct uicc_soft *s, gba_view part)
{
    for (enum uicc_soft_dir dir = UICC_SOFT_USIM; dir < UICC_SOFT_DIRS; dir++) {
        if (part.n >= AID_PART_MIN && gba_view_starts(uicc_aid_view(&s->app[dir].aid), part)) {
            s->active = dir;
            return enter_dir(s, dir);
        }
    }
    return false;
}

uint16_t uicc_soft_select(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    bool found;
    if (c->p2 != WANT_FCP && c->p2 != WANT_NOTHING)
        return UICC_SW_PARAMETERS;
    if (c->p1 == BY_FID && c->data.n == 2)
        found = select_fid(s, (uint16_t)(c->data.p[0] << 8 | c->data.p[1]));
    else if (c->p1 == BY_AID && c->data.n > 0)
        found = select_aid(s, c->data);
    else
        return c->p1 == BY_FID || c->p1 == BY_AID ? UICC_SW_LENGTH : UICC_SW_PARAMETERS;
    if (!found)
        return UICC_SW_NO_FILE;
    if (c->p2 == WANT_FCP)
        put_fcp(s, s->file, out);
    return UICC_SW_OK;
}

uint16_t uicc_soft_status(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    uint8_t fcp[64];
    gba_writer w = gba_writer_of(fcp, sizeof fcp);
    if (c->p1 > 2 || (c->p2 != 0 && c->p2 != WANT_NOTHING))
        return UICC_SW_PARAMETERS;
    if (c->p2 == WANT_NOTHING)
        return UICC_SW_OK;
    put_fcp(s, NULL, &w);
    return uicc_soft_give(s, c, gba_writer_view(&w), out);
}

static bool allowed(const struct uicc_soft *s, enum uicc_soft_access access)
{
    return access == UICC_SOFT_ALWAYS || (access == UICC_SOFT_PIN && uicc_soft_pin_open(s));
}

/* Is there a transparent file, and the offset in it? */
static uint16_t check_binary(const struct uicc_soft *s, const struct uicc_command *c, size_t *at)
{
    if (c->p1 & SFI)
        return UICC_SW_NO_FILE;
    if (!s->file)
        return UICC_SW_NO_EF;
    if (s->file->record_size)
        return UICC_SW_STRUCTURE;
    *at = (size_t)c->p1 << 8 | c->p2;
    return *at < s->file->size ? UICC_SW_OK : UICC_SW_OFFSET;
}

uint16_t uicc_soft_read_binary(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    size_t at;
    uint16_t sw = check_binary(s, c, &at);
    if (sw != UICC_SW_OK)
        return sw;
    if (!allowed(s, s->file->read))
        return UICC_SW_SECURITY;
    size_t left = s->file->size - at;
    return uicc_soft_give(s, c, gba_view_of(uicc_soft_content(s, s->file) + at, left < c->le ? left : c->le),
                          out);
}

uint16_t uicc_soft_update_binary(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    size_t at;
    uint16_t sw = check_binary(s, c, &at);
    (void)out;
    if (sw != UICC_SW_OK)
        return sw;
    if (!allowed(s, s->file->update))
        return UICC_SW_SECURITY;
    if (c->data.n == 0 || c->data.n > s->file->size - at)
        return UICC_SW_LENGTH;
    gba_copy(uicc_soft_content(s, s->file) + at, c->data);
    s->changed = true;
    return UICC_SW_OK;
}

/* Is there a linear fixed file, and where is the record in it? */
static uint16_t check_record(const struct uicc_soft *s, const struct uicc_command *c, size_t *at)
{
    if (c->p2 >> 3)
        return UICC_SW_NO_FILE;
    if (c->p2 != ABSOLUTE)
        return UICC_SW_PARAMETERS;
    if (!s->file)
        return UICC_SW_NO_EF;
    if (!s->file->record_size)
        return UICC_SW_STRUCTURE;
    *at = ((size_t)c->p1 - 1) * s->file->record_size;
    return c->p1 > 0 && *at < s->file->size ? UICC_SW_OK : UICC_SW_NO_RECORD;
}

uint16_t uicc_soft_read_record(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    size_t at;
    uint16_t sw = check_record(s, c, &at);
    if (sw != UICC_SW_OK)
        return sw;
    if (!allowed(s, s->file->read))
        return UICC_SW_SECURITY;
    return uicc_soft_give(s, c, gba_view_of(uicc_soft_content(s, s->file) + at, s->file->record_size), out);
}

/* Every record file here is updated by the operator or by the card itself. */
uint16_t uicc_soft_update_record(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    size_t at;
    uint16_t sw = check_record(s, c, &at);
    (void)out;
    return sw == UICC_SW_OK ? UICC_SW_SECURITY : sw;
}
