/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/guss.h"

#include "gba/wire/chars.h"
#include "gba/wire/xml.h"

enum node { GUSS = 1, BSFINFO, UICCTYPE, LIFETIME, USSLIST, USS, UIDS, UID, FLAGS, FLAG, KEYCHOICE, NODES };

static const struct gba_xml_rule rules[] = {
    {GBA_XML_TOP, "guss", GUSS},
    {GBA_XML_TOP, "ussList", USSLIST},
    {GUSS, "bsfInfo", BSFINFO},
    {BSFINFO, "uiccType", UICCTYPE},
    {BSFINFO, "lifeTime", LIFETIME},
    {GUSS, "ussList", USSLIST},
    {USSLIST, "uss", USS},
    {USS, "uids", UIDS},
    {UIDS, "uid", UID},
    {USS, "flags", FLAGS},
    {FLAGS, "flag", FLAG},
    {USS, "keyChoice", KEYCHOICE},
    {0, NULL, 0},
};

struct reading {
    struct gba_guss *guss;
    gba_arena *arena;
    size_t room;      /* how many uss were counted beforehand */
    bool seen[NODES]; /* elements that may stand once in the document */
};

/* ---- parse ---- */

/* At least as many as there are elements named uss, with or without prefix:
 * the array must be in one piece while texts fill the same arena. */
static size_t count_uss(gba_view xml)
{
    size_t n = 0;
    gba_view rest = xml, skipped, name, local;
    while (gba_view_split(rest, '<', &skipped, &rest)) {
        size_t end = 0;
        while (end < rest.n && end < 128 &&
               (gba_char_is_token(rest.p[end]) || rest.p[end] == ':' || rest.p[end] >= 0x80))
            end++;
        name = gba_view_sub(rest, 0, end);
        if (!gba_view_split(name, ':', &skipped, &local))
            local = name;
        n += gba_view_eq(local, GBA_LIT("uss"));
    }
    return n;
}

static gba_rc open_uss(struct reading *reading, const struct gba_xml_element *e)
{
    struct gba_guss *guss = reading->guss;
    gba_view id = gba_xml_attribute(e, GBA_LIT("id"));
    gba_view type = gba_xml_attribute(e, GBA_LIT("type"));
    gba_view group = gba_xml_attribute(e, GBA_LIT("nafGroup"));
    uint64_t number = 0;
    GBA_ENSURE(guss->n_uss < GBA_GUSS_MAX_USS && guss->n_uss < reading->room, GBA_E_XML_SIZE);
    GBA_ENSURE(id.n > 0, GBA_E_XML_CONTENT);
    GBA_ENSURE(!type.p || gba_dec_parse(type, UINT32_MAX, &number) == GBA_OK, GBA_E_XML_CONTENT);
    struct gba_uss *uss = &guss->uss[guss->n_uss++];
    uss->type = (uint32_t)number;
    if (group.p)
        GBA_TRY(gba_arena_copy(reading->arena, group, &uss->naf_group));
    return gba_arena_copy(reading->arena, id, &uss->id);
}

static bool stands_once(int node)
{
    return node == GUSS || node == USSLIST || node == BSFINFO || node == UICCTYPE || node == LIFETIME;
}

static gba_rc on_open(void *self, const struct gba_xml_element *e)
{
    struct reading *reading = self;
    gba_view id = gba_xml_attribute(e, GBA_LIT("id"));
    GBA_ENSURE(!stands_once(e->node) || !reading->seen[e->node], GBA_E_XML_CONTENT);
    reading->seen[e->node] = true;
    if (e->node == GUSS && id.p)
        return gba_arena_copy(reading->arena, id, &reading->guss->impi);
    return e->node == USS ? open_uss(reading, e) : GBA_OK;
}

static gba_rc parse_uicc_type(gba_view text, enum gba_uicc_type *type)
{
    bool gba_u = gba_view_eq_nocase(text, GBA_LIT("GBA_U"));
    GBA_ENSURE(gba_u || gba_view_eq_nocase(text, GBA_LIT("GBA")), GBA_E_XML_CONTENT);
    *type = gba_u ? GBA_UICC_GBA_U : GBA_UICC_GBA;
    return GBA_OK;
}

static const char *const key_choices[] = {
    [GBA_KEY_ME] = "ME-based-key",
    [GBA_KEY_UICC] = "UICC-based-key",
    [GBA_KEY_BOTH] = "ME-UICC-based-keys",
};

/* The literals differ between releases and the service-based form: '_' and
 * blanks read as '-', singular as plural. */
static gba_rc parse_key_choice(gba_view text, enum gba_key_choice *choice)
{
    uint8_t room[32];
    gba_writer w = gba_writer_of(room, sizeof room);
    for (size_t i = 0; i < text.n; i++)
        gba_put_u8(&w, text.p[i] == '_' || text.p[i] == ' ' ? '-' : text.p[i]);
    GBA_ENSURE(gba_writer_end(&w) == GBA_OK, GBA_E_XML_CONTENT);
    gba_view word = gba_writer_view(&w);
    size_t plural = word.n > 0 && (word.p[word.n - 1] | 0x20) == 's';
    for (int i = GBA_KEY_ME; i <= GBA_KEY_BOTH; i++) {
        gba_view known = gba_view_cstr(key_choices[i]);
        known.n -= known.p[known.n - 1] == 's';
        if (gba_view_eq_nocase(gba_view_sub(word, 0, word.n - plural), known)) {
            *choice = (enum gba_key_choice)i;
            return GBA_OK;
        }
    }
    return GBA_E_XML_CONTENT;
}

static gba_rc parse_number(gba_view text, uint32_t *out)
{
    uint64_t number = 0;
    GBA_ENSURE(gba_dec_parse(text, UINT32_MAX, &number) == GBA_OK, GBA_E_XML_CONTENT);
    *out = (uint32_t)number;
    return GBA_OK;
}

static gba_rc close_uid(struct reading *reading, struct gba_uss *uss, gba_view text)
{
    GBA_ENSURE(uss->n_uids < GBA_USS_MAX_ITEMS, GBA_E_XML_SIZE);
    return gba_arena_copy(reading->arena, text, &uss->uids[uss->n_uids++]);
}

static gba_rc close_flag(struct gba_uss *uss, gba_view text)
{
    GBA_ENSURE(uss->n_flags < GBA_USS_MAX_ITEMS, GBA_E_XML_SIZE);
    return parse_number(text, &uss->flags[uss->n_flags++]);
}

static gba_rc close_key_choice(struct gba_uss *uss, gba_view text)
{
    GBA_ENSURE(uss->key_choice == GBA_KEY_UNSAID, GBA_E_XML_CONTENT);
    return parse_key_choice(text, &uss->key_choice);
}

static gba_rc on_close(void *self, const struct gba_xml_element *e)
{
    struct reading *reading = self;
    struct gba_guss *guss = reading->guss;
    struct gba_uss *uss = guss->n_uss > 0 ? &guss->uss[guss->n_uss - 1] : NULL;
    switch ((enum node)e->node) {
    case UICCTYPE:
        return parse_uicc_type(e->text, &guss->uicc_type);
    case LIFETIME:
        return parse_number(e->text, &guss->lifetime_s);
    case UID:
        return close_uid(reading, uss, e->text);
    case FLAG:
        return close_flag(uss, e->text);
    case KEYCHOICE:
        return close_key_choice(uss, e->text);
    default:
        return GBA_OK;
    }
}

gba_rc gba_guss_parse(gba_view xml, gba_arena *arena, struct gba_guss *out)
{
    struct gba_guss guss = {.uicc_type = GBA_UICC_GBA};
    struct reading reading = {.guss = &guss, .arena = arena};
    struct gba_xml_reader reader = {rules, &reading, on_open, on_close};
    GBA_ENSURE(xml.n <= GBA_GUSS_MAX, GBA_E_XML_SIZE);
    reading.room = count_uss(xml);
    GBA_ENSURE(reading.room <= GBA_GUSS_MAX_USS, GBA_E_XML_SIZE);
    guss.uss = gba_arena_take(arena, reading.room * sizeof *guss.uss);
    GBA_ENSURE(guss.uss != NULL, GBA_E_SPACE);
    GBA_TRY(gba_xml_parse(xml, &reader));
    *out = guss;
    return GBA_OK;
}

/* ---- format ---- */

static void put_attribute(gba_writer *w, const char *name, gba_view value)
{
    gba_put_u8(w, ' ');
    gba_put_str(w, name);
    gba_put_str(w, "=\"");
    gba_put_xml_text(w, value);
    gba_put_u8(w, '"');
}

static void put_number_element(gba_writer *w, const char *name, uint32_t number)
{
    uint8_t room[10];
    gba_writer digits = gba_writer_of(room, sizeof room);
    gba_put_dec(&digits, number);
    gba_put_xml_element(w, name, gba_writer_view(&digits));
}

static void put_uss(gba_writer *w, const struct gba_uss *uss)
{
    gba_put_str(w, "<uss");
    put_attribute(w, "id", uss->id);
    gba_put_str(w, " type=\"");
    gba_put_dec(w, uss->type);
    gba_put_u8(w, '"');
    if (uss->naf_group.p)
        put_attribute(w, "nafGroup", uss->naf_group);
    gba_put_str(w, "><uids>");
    for (size_t i = 0; i < uss->n_uids; i++)
        gba_put_xml_element(w, "uid", uss->uids[i]);
    gba_put_str(w, "</uids><flags>");
    for (size_t i = 0; i < uss->n_flags; i++)
        put_number_element(w, "flag", uss->flags[i]);
    gba_put_str(w, "</flags>");
    if (uss->key_choice != GBA_KEY_UNSAID)
        gba_put_xml_element(w, "keyChoice", gba_view_cstr(key_choices[uss->key_choice]));
    gba_put_str(w, "</uss>\n");
}

static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

void gba_put_guss(gba_writer *w, const struct gba_guss *guss)
{
    gba_put_str(w, declaration);
    gba_put_str(w, "<guss");
    if (guss->impi.p)
        put_attribute(w, "id", guss->impi);
    gba_put_str(w, ">\n<bsfInfo>");
    gba_put_xml_element(w, "uiccType", guss->uicc_type == GBA_UICC_GBA_U ? GBA_LIT("GBA_U") : GBA_LIT("GBA"));
    if (guss->lifetime_s > 0)
        put_number_element(w, "lifeTime", guss->lifetime_s);
    gba_put_str(w, "</bsfInfo>\n<ussList>\n");
    for (size_t i = 0; i < guss->n_uss; i++)
        put_uss(w, &guss->uss[i]);
    gba_put_str(w, "</ussList>\n</guss>\n");
}

void gba_put_usslist(gba_writer *w, const struct gba_uss *const *uss, size_t n)
{
    gba_put_str(w, declaration);
    gba_put_str(w, "<ussList>\n");
    for (size_t i = 0; i < n; i++)
        put_uss(w, uss[i]);
    gba_put_str(w, "</ussList>\n");
}

bool gba_gsid_eq(gba_view a, gba_view b)
{
    uint64_t x, y;
    if (gba_dec_parse(a, UINT64_MAX, &x) == GBA_OK && gba_dec_parse(b, UINT64_MAX, &y) == GBA_OK)
        return x == y;
    return gba_view_eq(a, b);
}
