/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the MEF, HTTP over TLS and CoAP over DTLS:
 *   GET  /fetchCredentials/<KeID>[/<SUID>]   targets (TS-0003 8.3.2.1)
 *   POST /enrol                              Enrolees with an Enrolment-Token
 *   *    /-, /-/<ri>                         registrations */
#pragma once

#include "m2m/io/mef_server.h"

/* An rt_httpd_fn: arg is the server.  An m2m_coap_fn: likewise. */
void m2m_mef_desk_http(void *arg, struct rt_http_tx *tx, const struct gba_http_msg *http);
void m2m_mef_desk_coap(void *arg, struct rt_tls *tls, const struct m2m_request *req, gba_writer *room,
                       struct m2m_response *rsp);
