/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/apdu.h"

#include "gba/base/secret.h"

enum { STEPS_MAX = 16 }; /* of one exchange: no card has reason for more */

gba_rc uicc_apdu_encode(const struct uicc_command *command, bool t0, gba_writer *w)
{
    GBA_ENSURE(command->data.n <= 255 && command->le <= 256, GBA_E_APDU);
    gba_put_u8(w, command->cla);
    gba_put_u8(w, command->ins);
    gba_put_u8(w, command->p1);
    gba_put_u8(w, command->p2);
    if (command->data.n > 0) {
        gba_put_u8(w, (uint8_t)command->data.n);
        gba_put_view(w, command->data);
    }
    if (command->le > 0 && !(t0 && command->data.n > 0))
        gba_put_u8(w, (uint8_t)command->le); /* 256 is 00 */
    return gba_writer_end(w);
}

static unsigned le_of(uint8_t octet)
{
    return octet ? octet : 256;
}

gba_rc uicc_apdu_decode(gba_view wire, struct uicc_command *command)
{
    GBA_ENSURE(wire.n >= 4, GBA_E_APDU);
    *command = (struct uicc_command){wire.p[0], wire.p[1], wire.p[2], wire.p[3], {NULL, 0}, 0};
    if (wire.n == 4)
        return GBA_OK;
    if (wire.n == 5) {
        command->le = le_of(wire.p[4]);
        return GBA_OK;
    }
    size_t lc = wire.p[4];
    GBA_ENSURE(lc > 0 && (wire.n == 5 + lc || wire.n == 5 + lc + 1), GBA_E_APDU);
    command->data = gba_view_sub(wire, 5, lc);
    if (wire.n > 5 + lc)
        command->le = le_of(wire.p[5 + lc]);
    return GBA_OK;
}

gba_rc uicc_response_parse(gba_view wire, struct uicc_response *response)
{
    GBA_ENSURE(wire.n >= 2 && wire.n <= UICC_RESPONSE_MAX, GBA_E_CARD_RESPONSE);
    response->data = gba_view_sub(wire, 0, wire.n - 2);
    response->sw = (uint16_t)(wire.p[wire.n - 2] << 8 | wire.p[wire.n - 1]);
    return GBA_OK;
}

/*= ETSI TS 102 221 10.2.1, TS 31.102 7.3.1 */
static const struct {
    uint16_t sw, mask;
    gba_rc rc;
} meanings[] = {
    {0x9000, 0xffff, GBA_OK},
    {0x9100, 0xff00, GBA_OK}, /* and a proactive command waits: not for us */
    {0x6283, 0xffff, GBA_E_CARD_INVALIDATED},
    {0x63c0, 0xfff0, GBA_E_PIN_WRONG},
    {0x6400, 0xff00, GBA_E_CARD_FAULT},
    {0x6500, 0xff00, GBA_E_CARD_FAULT},
    {0x6700, 0xff00, GBA_E_CARD_LENGTH},
    {0x6800, 0xff00, GBA_E_CARD_FUNCTION},
    {0x6981, 0xffff, GBA_E_CARD_FUNCTION},
    {0x6982, 0xffff, GBA_E_PIN_NEEDED},
    {0x6983, 0xffff, GBA_E_PIN_BLOCKED},
    {0x6984, 0xffff, GBA_E_CARD_INVALIDATED},
    {0x6985, 0xffff, GBA_E_CARD_CONDITION},
    {0x6986, 0xffff, GBA_E_CARD_CONDITION},
    {0x6a80, 0xffff, GBA_E_CARD_PARAMETER},
    {0x6a81, 0xffff, GBA_E_CARD_FUNCTION},
    {0x6a82, 0xffff, GBA_E_CARD_FILE},
    {0x6a83, 0xffff, GBA_E_CARD_RECORD},
    {0x6a84, 0xffff, GBA_E_CARD_MEMORY},
    {0x6a86, 0xffff, GBA_E_CARD_PARAMETER},
    {0x6a87, 0xffff, GBA_E_CARD_LENGTH},
    {0x6a88, 0xffff, GBA_E_CARD_REFERENCE},
    {0x6b00, 0xffff, GBA_E_CARD_PARAMETER},
    {0x6d00, 0xff00, GBA_E_CARD_INS},
    {0x6e00, 0xff00, GBA_E_CARD_INS},
    {0x6f00, 0xff00, GBA_E_CARD_FAULT},
    {0x9300, 0xffff, GBA_E_CARD_BUSY},
    {0x9862, 0xffff, GBA_E_CARD_MAC},
    {0x9864, 0xffff, GBA_E_CARD_CONTEXT},
    {0x9865, 0xffff, GBA_E_CARD_FRESHNESS},
    {0x9866, 0xffff, GBA_E_CARD_MEMORY},
    {0x9867, 0xffff, GBA_E_CARD_MEMORY},
};

gba_rc uicc_sw_rc(uint16_t sw)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if ((sw & meanings[i].mask) == meanings[i].sw)
            return meanings[i].rc;
    }
    return GBA_E_CARD_STATUS;
}

/* One command and its response; data is appended, the status word returned.
 * Both directions may hold secrets (a PIN; RES, CK, IK). */
static gba_rc transmit(const struct uicc_card *card, const struct uicc_command *command, gba_writer *data,
                       uint16_t *sw)
{
    uint8_t sent[UICC_APDU_MAX], received[UICC_RESPONSE_MAX];
    gba_writer out = gba_writer_of(sent, sizeof sent), in = gba_writer_of(received, sizeof received);
    struct uicc_response response = {{NULL, 0}, 0};
    gba_rc rc = uicc_apdu_encode(command, card->t0, &out);
    if (rc == GBA_OK)
        rc = card->transmit(card->self, gba_writer_view(&out), &in);
    if (rc == GBA_OK)
        rc = in.bad ? GBA_E_CARD_RESPONSE : uicc_response_parse(gba_writer_view(&in), &response);
    if (rc == GBA_OK) {
        gba_put_view(data, response.data);
        rc = gba_writer_end(data);
    }
    *sw = response.sw;
    gba_wipe_bytes(sent, sizeof sent);
    gba_wipe_bytes(received, sizeof received);
    return rc;
}

/*= ETSI TS 102 221 7.3.1.1.4: how 61xx and 6Cxx go on */
gba_rc uicc_exchange(const struct uicc_card *card, const struct uicc_command *command, gba_writer *data,
                     uint16_t *sw)
{
    struct uicc_command next = *command;
    for (int step = 0; step < STEPS_MAX; step++) {
        GBA_TRY(transmit(card, &next, data, sw));
        unsigned le = le_of(*sw & 0xff);
        if (*sw >> 8 == 0x61)
            next = (struct uicc_command){command->cla & 0x03, UICC_INS_GET_RESPONSE, 0, 0, {NULL, 0}, le};
        else if (*sw >> 8 == 0x6c)
            next.le = le;
        else
            return GBA_OK;
    }
    return GBA_E_CARD_ENDLESS;
}

gba_rc uicc_call(const struct uicc_card *card, const struct uicc_command *command, gba_writer *data)
{
    uint16_t sw;
    GBA_TRY(uicc_exchange(card, command, data, &sw));
    return uicc_sw_rc(sw);
}
