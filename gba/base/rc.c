/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/base/rc.h"

#include <stddef.h>

static const struct {
    enum gba_class cls;
    const char *token;
    const char *text;
} rows[] = {
#define GBA_RC(name, cls, token, text) {GBA_CLASS_##cls, token, text},
#include "gba/base/rc.def"
#undef GBA_RC
};

/* Values outside the list read as the bug they are. */
static size_t row_of(gba_rc rc)
{
    return (size_t)rc < GBA_RC_COUNT ? (size_t)rc : (size_t)GBA_E_BUG;
}

enum gba_class gba_rc_class(gba_rc rc)
{
    return rows[row_of(rc)].cls;
}

const char *gba_rc_token(gba_rc rc)
{
    return rows[row_of(rc)].token;
}

const char *gba_rc_text(gba_rc rc)
{
    return rows[row_of(rc)].text;
}
