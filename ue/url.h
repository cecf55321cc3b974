/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request goes: http and https URLs with a host name (RFC 9110 4.2). */
#pragma once

#include "gba/base/text.h"

struct ue_url {
    gba_text host; /* name, lower case, as it enters NAF_Id */
    uint16_t port;
    gba_text authority; /* the value of Host: the name, with a port when it is not the scheme's */
    gba_view target;    /* path and query, into the text that was parsed */
    gba_text connect;   /* ADDRESS:PORT to connect to instead; empty: where the host is */
};

/* http://HOST[:PORT][/PATH][?QUERY]; no user, no fragment; E_UE_URL. */
GBA_MUST_USE gba_rc ue_url_parse(gba_view text, struct ue_url *url);

/* The same with https://. */
GBA_MUST_USE gba_rc ue_url_parse_tls(gba_view text, struct ue_url *url);

/* HOST[:PORT] of an https server; likewise. */
GBA_MUST_USE gba_rc ue_url_host_tls(gba_view text, struct ue_url *url);

/* HOST[:PORT]; the target is "/", connect is left empty; E_UE_URL. */
GBA_MUST_USE gba_rc ue_url_host(gba_view text, struct ue_url *url);
