/* SPDX-License-Identifier: Apache-2.0 */
/* Result codes of Zh, Zn and the base protocol that we speak, TS 29.109 6.2, RFC 6733 7.1. */
#pragma once

#include "gba/base/bytes.h"

enum {
    DIA_VENDOR_3GPP = 10415,
    DIA_APP_ZN = 16777220,
    DIA_APP_ZH = 16777221,
    DIA_APP_ZPN = 16777268,
    DIA_CMD_MA = 303,
    DIA_CMD_BI = 310,
    DIA_CMD_GP = 312,
};

/* Result-Code when experimental is false, else Experimental-Result-Code of 3GPP. */
struct dia_result {
    bool experimental;
    uint32_t code;
};

enum {
    DIA_SUCCESS = 2001,
    DIA_COMMAND_UNSUPPORTED = 3001,
    DIA_UNABLE_TO_DELIVER = 3002,
    DIA_REALM_NOT_SERVED = 3003,
    DIA_TOO_BUSY = 3004,
    DIA_REDIRECT_INDICATION = 3006,
    DIA_APPLICATION_UNSUPPORTED = 3007,
    DIA_AVP_UNSUPPORTED = 5001,
    DIA_AUTHORIZATION_REJECTED = 5003,
    DIA_INVALID_AVP_VALUE = 5004,
    DIA_MISSING_AVP = 5005,
    DIA_AVP_OCCURS_TOO_MANY_TIMES = 5009,
    DIA_UNABLE_TO_COMPLY = 5012,
    DIA_INVALID_AVP_LENGTH = 5014,
    DIA_EXP_USER_UNKNOWN = 5001, /* Cx; some HSS send it for 5401 */
    DIA_EXP_AUTH_SCHEME_NOT_SUPPORTED = 5006,
    DIA_EXP_OPERATION_NOT_ALLOWED = 5101, /* Sh */
    DIA_EXP_IDENTITY_UNKNOWN = 5401,
    DIA_EXP_NOT_AUTHORIZED = 5402,
    DIA_EXP_TRANSACTION_IDENTIFIER_INVALID = 5403,
};

/* Why a request cannot be understood: what the answer must say. */
struct dia_fault {
    struct dia_result result;
    uint32_t avp_code; /* for Failed-AVP; 0 when none */
};

/* Who the two ends are; absent host means "any host of the realm". */
struct dia_route {
    gba_view origin_host, origin_realm;
    gba_view dest_host, dest_realm;
};
