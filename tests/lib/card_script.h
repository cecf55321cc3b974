/* SPDX-License-Identifier: Apache-2.0 */
/* A card that follows a script: each command must be the next expected one.
 * The end of the script, or another command, is a card that went away. */
#pragma once

#include "gba/base/text.h"
#include "tests/lib/tap.h"
#include "uicc/card.h"

struct t_script {
    const char *const *lines; /* command, response, command, response, ..., NULL */
    size_t at;
};

static inline gba_rc t_script_transmit(void *self, gba_view command, gba_writer *rsp)
{
    struct t_script *script = self;
    const char *want = script->lines[script->at];
    GBA_ENSURE(want != NULL, GBA_E_CARD_GONE);
    T_BYTES(command, t_hex(want));
    GBA_ENSURE(gba_view_eq(command, t_hex(want)), GBA_E_CARD_GONE);
    gba_put_view(rsp, t_hex(script->lines[script->at + 1]));
    script->at += 2;
    return GBA_OK;
}

static inline struct uicc_card t_script_card(struct t_script *script, const char *const *lines)
{
    *script = (struct t_script){lines, 0};
    return (struct uicc_card){.self = script, .transmit = t_script_transmit};
}

static inline bool t_script_done(const struct t_script *script)
{
    return script->lines[script->at] == NULL;
}
