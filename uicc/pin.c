/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/pin.h"

#include "gba/base/secret.h"

gba_rc uicc_pin_parse(gba_view digits, struct uicc_pin *pin)
{
    gba_wipe(pin);
    GBA_ENSURE(digits.n >= 4 && digits.n <= sizeof pin->b, GBA_E_PIN_FORM);
    for (size_t i = 0; i < sizeof pin->b; i++) {
        uint8_t c = i < digits.n ? digits.p[i] : 0xff;
        if (i < digits.n && (c < '0' || c > '9')) {
            gba_wipe(pin);
            return GBA_E_PIN_FORM;
        }
        pin->b[i] = c;
    }
    pin->set = true;
    return GBA_OK;
}

gba_rc uicc_pin_state(const struct uicc_card *card, uint8_t reference, struct uicc_pin_state *state)
{
    uint16_t sw;
    gba_writer none = gba_writer_of(NULL, 0);
    struct uicc_command query = {0x00, UICC_INS_VERIFY, 0x00, reference, {NULL, 0}, 0};
    *state = (struct uicc_pin_state){false, 0};
    GBA_TRY(uicc_exchange(card, &query, &none, &sw));
    if (sw >> 4 != 0x63c) {
        state->open = true;
        return uicc_sw_rc(sw);
    }
    state->tries = sw & 0x0f;
    return state->tries > 0 ? GBA_OK : GBA_E_PIN_BLOCKED;
}

gba_rc uicc_pin_open(const struct uicc_card *card, struct uicc_pin *pin, const struct uicc_pin_order *order)
{
    struct uicc_pin_state state;
    gba_writer none = gba_writer_of(NULL, 0);
    struct uicc_command verify = {0x00, UICC_INS_VERIFY, 0x00, order->reference, GBA_ARRAY(pin->b), 0};
    GBA_TRY(uicc_pin_state(card, order->reference, &state));
    if (state.open)
        return GBA_OK;
    GBA_ENSURE(pin->set, GBA_E_PIN_NEEDED);
    GBA_ENSURE(state.tries > 1 || order->risk_last_try, GBA_E_PIN_LAST_TRY);
    gba_rc rc = uicc_call(card, &verify, &none);
    if (rc == GBA_E_PIN_WRONG || rc == GBA_E_PIN_BLOCKED)
        gba_wipe(pin);
    return rc;
}
