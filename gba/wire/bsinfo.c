/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/wire/bsinfo.h"

#include "gba/base/stamp.h"
#include "gba/wire/names.h"
#include "gba/wire/xml.h"

enum node { INFO = 1, BTID, LIFETIME, EXTENSION, CURRENTTIME, NODES };

static const struct gba_xml_rule rules[] = {
    {GBA_XML_TOP, "BootstrappingInfo", INFO},
    {INFO, "btid", BTID},
    {INFO, "lifetime", LIFETIME},
    {INFO, "Extension", EXTENSION},
    {EXTENSION, "currenttime", CURRENTTIME},
    {0, NULL, 0},
};

struct reading {
    struct gba_bsinfo *info;
    bool seen[NODES];
};

static gba_rc on_open(void *self, const struct gba_xml_element *e)
{
    struct reading *reading = self;
    if (e->node == INFO)
        GBA_ENSURE(gba_view_eq(e->space, GBA_LIT("uri:3gpp-gba")), GBA_E_XML_CONTENT);
    GBA_ENSURE(!reading->seen[e->node], GBA_E_XML_CONTENT);
    reading->seen[e->node] = true;
    return GBA_OK;
}

static gba_rc on_close(void *self, const struct gba_xml_element *e)
{
    struct gba_bsinfo *info = ((struct reading *)self)->info;
    gba_view domain;
    gba_rc rc = GBA_OK;
    if (e->node == BTID) {
        GBA_ENSURE(gba_btid_domain(e->text, &domain) == GBA_OK, GBA_E_XML_CONTENT);
        rc = gba_text_set(&info->btid, e->text);
    }
    if (e->node == LIFETIME)
        rc = gba_datetime_parse(e->text, &info->lifetime_s);
    if (e->node == CURRENTTIME)
        rc = gba_datetime_parse(e->text, &info->currenttime_s);
    return rc == GBA_OK ? GBA_OK : GBA_E_XML_CONTENT;
}

gba_rc gba_bsinfo_parse(gba_view xml, struct gba_bsinfo *out)
{
    struct gba_bsinfo info = {.lifetime_s = 0};
    struct reading reading = {.info = &info};
    struct gba_xml_reader reader = {rules, &reading, on_open, on_close};
    GBA_ENSURE(xml.n <= GBA_BSINFO_MAX, GBA_E_XML_SIZE);
    GBA_TRY(gba_xml_parse(xml, &reader));
    GBA_ENSURE(reading.seen[BTID] && reading.seen[LIFETIME], GBA_E_XML_CONTENT);
    *out = info;
    return GBA_OK;
}

void gba_put_bsinfo(gba_writer *w, const struct gba_bsinfo *info)
{
    gba_put_str(w,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BootstrappingInfo xmlns=\"uri:3gpp-gba\">\n");
    gba_put_xml_element(w, "btid", gba_text_view(&info->btid));
    gba_put_str(w, "\n<lifetime>");
    gba_put_datetime(w, info->lifetime_s);
    gba_put_str(w, "</lifetime>\n");
    if (info->currenttime_s != 0) {
        gba_put_str(w, "<Extension><currenttime>");
        gba_put_datetime(w, info->currenttime_s);
        gba_put_str(w, "</currenttime></Extension>\n");
    }
    gba_put_str(w, "</BootstrappingInfo>\n");
}
