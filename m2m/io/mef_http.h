/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the MEF, whichever way they came:
 *   GET  /fetchCredentials/<KeID>[/<SUID>]   targets (TS-0003 8.3.2.1)
 *   POST /enrol                              Enrolees with an Enrolment-Token
 *   *    /-, /-/<ri>                         registrations */
#pragma once

#include "m2m/io/mef_server.h"

enum { M2M_MEF_ANSWER_MAX = 64 * 1024 };

/* The answer to one request; its views point into room. */
struct m2m_mef_reply {
    struct gba_http_msg http;
    uint8_t room[M2M_MEF_ANSWER_MAX];
};

/* Serve a request of this connection.  The reply may hold a key: wipe it. */
void m2m_mef_http_serve(struct m2m_mef_server *server, struct rt_tls *tls, const struct gba_http_msg *req,
                        struct m2m_mef_reply *reply);
