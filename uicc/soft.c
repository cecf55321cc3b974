/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/soft.h"

#include "uicc/auth.h"
#include "uicc/file.h"
#include "uicc/soft_auth.h"
#include "uicc/soft_fs.h"

enum { INS_STATUS = 0xf2, CLA_STATUS = 0x80, CHANNELS = 0x03, PIN1 = 0x01 };

/* ---- making one ---- */

static void take_sqn(struct uicc_soft *s, const struct gba_opt_hex *hex)
{
    gba_reader r = gba_reader_of(gba_view_of(hex->b, hex->n));
    uint64_t sqn = gba_get_u48(&r);
    s->sqn.seq[sqn % GBA_SQN_INDS] = sqn >> GBA_SQN_IND_BITS;
}

static gba_rc init(struct uicc_soft *s, const struct uicc_conf *conf)
{
    GBA_TRY(uicc_conf_key(conf, &s->key));
    if (conf->pin.n > 0)
        GBA_TRY(uicc_pin_parse(gba_text_view(&conf->pin), &s->pin));
    take_sqn(s, &conf->sqn);
    return uicc_soft_fs_init(s, conf);
}

gba_rc uicc_soft_init(struct uicc_soft *s, const struct uicc_conf *conf, bool t0)
{
    gba_wipe(s);
    s->t0 = t0;
    s->gba = conf->gba;
    s->gsm = conf->gsm;
    s->pin_tries = UICC_SOFT_PIN_TRIES;
    gba_rc rc = init(s, conf);
    if (rc != GBA_OK)
        gba_wipe(s);
    return rc;
}

void uicc_soft_reset(struct uicc_soft *s)
{
    s->dir = UICC_SOFT_MF;
    s->active = UICC_SOFT_MF;
    s->file = NULL;
    s->pin_verified = false;
    s->pending_n = 0;
    gba_wipe(&s->pending);
}

void uicc_soft_desync(struct uicc_soft *s, uint32_t by)
{
    uint64_t max = GBA_SQN_MAX >> GBA_SQN_IND_BITS;
    uint64_t seq = gba_sqn_ms_highest(&s->sqn) >> GBA_SQN_IND_BITS;
    seq = by < max - seq ? seq + by : max;
    for (unsigned ind = 0; ind < GBA_SQN_INDS; ind++)
        s->sqn.seq[ind] = seq;
    s->changed = true;
}

/* ---- VERIFY PIN and GET RESPONSE ---- */

/*= ETSI TS 102 221 11.1.9: without data it asks for the tries left */
static uint16_t verify(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    (void)out;
    if (c->p1 != 0)
        return UICC_SW_PARAMETERS;
    if (c->p2 != PIN1)
        return UICC_SW_NO_REFERENCE;
    if (!s->pin.set)
        return c->data.n == 0 ? UICC_SW_OK : UICC_SW_INVALIDATED;
    if (s->pin_tries == 0)
        return UICC_SW_BLOCKED;
    if (c->data.n == 0)
        return s->pin_verified ? UICC_SW_OK : (uint16_t)(0x63c0 | s->pin_tries);
    if (c->data.n != sizeof s->pin.b)
        return UICC_SW_LENGTH;
    s->pin_verified = gba_ct_eq(c->data, GBA_ARRAY(s->pin.b));
    unsigned left = s->pin_verified ? UICC_SOFT_PIN_TRIES : s->pin_tries - 1;
    s->changed = s->changed || left != s->pin_tries;
    s->pin_tries = left;
    return s->pin_verified ? UICC_SW_OK : (uint16_t)(0x63c0 | left);
}

static uint16_t get_response(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    if (c->p1 != 0 || c->p2 != 0)
        return UICC_SW_PARAMETERS;
    if (s->pending_n == 0)
        return UICC_SW_CONDITIONS;
    return uicc_soft_give(s, c, gba_view_of(s->pending, s->pending_n), out);
}

/* ---- one command ---- */

static const struct {
    uint8_t cla, ins;
    uint16_t (*run)(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
} instructions[] = {
    {UICC_CLA, UICC_INS_SELECT, uicc_soft_select},
    {UICC_CLA, UICC_INS_READ_BINARY, uicc_soft_read_binary},
    {UICC_CLA, UICC_INS_READ_RECORD, uicc_soft_read_record},
    {UICC_CLA, UICC_INS_UPDATE_BINARY, uicc_soft_update_binary},
    {UICC_CLA, UICC_INS_UPDATE_RECORD, uicc_soft_update_record},
    {UICC_CLA, UICC_INS_VERIFY, verify},
    {UICC_CLA, UICC_INS_GET_RESPONSE, get_response},
    {UICC_CLA, UICC_INS_AUTHENTICATE, uicc_soft_authenticate},
    {CLA_STATUS, INS_STATUS, uicc_soft_status},
};

static uint16_t run(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    if (c->cla != UICC_CLA && c->cla != CLA_STATUS)
        return (c->cla & ~CHANNELS) == UICC_CLA || (c->cla & ~CHANNELS) == CLA_STATUS ? UICC_SW_CHANNEL
                                                                                      : UICC_SW_CLA;
    for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++) {
        if (instructions[i].cla == c->cla && instructions[i].ins == c->ins)
            return instructions[i].run(s, c, out);
    }
    return UICC_SW_INS;
}

/* A command that brought data cannot take data back in T=0, and not without Le
 * in T=1: it then waits for GET RESPONSE. */
static uint16_t hold_back(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out)
{
    if (out->n == 0 || c->data.n == 0 || (!s->t0 && c->le >= out->n))
        return UICC_SW_OK;
    gba_copy(s->pending, gba_writer_view(out));
    s->pending_n = out->n;
    out->n = 0;
    return 0x6100 | (s->pending_n & 0xff);
}

void uicc_soft_transmit(struct uicc_soft *s, gba_view command, gba_writer *rsp)
{
    uint8_t octets[sizeof s->pending];
    gba_writer out = gba_writer_of(octets, sizeof octets);
    struct uicc_command c = {0};
    uint16_t sw = UICC_SW_LENGTH;
    if (uicc_apdu_decode(command, &c) == GBA_OK) {
        if (c.ins != UICC_INS_GET_RESPONSE)
            s->pending_n = 0;
        sw = run(s, &c, &out);
        if (sw == UICC_SW_OK)
            sw = hold_back(s, &c, &out);
    }
    if (sw == UICC_SW_OK)
        gba_put_view(rsp, gba_writer_view(&out));
    gba_put_u16(rsp, sw);
    if (s->pending_n == 0 || (c.ins == UICC_INS_GET_RESPONSE && sw == UICC_SW_OK)) {
        s->pending_n = 0;
        gba_wipe(&s->pending);
    }
    gba_wipe_bytes(octets, sizeof octets);
}
