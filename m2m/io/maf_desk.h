/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a MAF over its associations: HTTP over TLS, CoAP over DTLS. */
#pragma once

#include "m2m/io/coap_server.h"
#include "m2m/reg.h"
#include "m2m/res.h"
#include "m2m/target.h"
#include "rt/httpd.h"

enum { M2M_MAF_ROOM = M2M_RES_JSON_MAX + 32 * 1024 };

/* Zeroed before, lives as long as the loop; target and reg are the caller's. */
struct m2m_maf_desk {
    struct rt_loop *loop;
    const struct m2m_target *target; /* is told of names that are assigned */
    struct m2m_reg reg;
    struct rt_reasons counts;
    uint8_t room[M2M_MAF_ROOM]; /* of the request that is served; wiped after it */
    struct m2m_coap_server coap;
};

/* Set the loop, and who serves datagrams; the other members are the caller's. */
void m2m_maf_desk_init(struct m2m_maf_desk *desk, struct rt_loop *loop);

/* An rt_httpd_fn: arg is the desk. */
void m2m_maf_desk_http(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *http);
