/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a BSF over TLS, whose certificate must be for the BSF's name. */
#pragma once

#include "ue/io/files.h"
#include "ue/io/peer.h"
#include "ue/url.h"

/* Zeroed before. */
struct ue_bsf_tls {
    struct ue_files files;
    struct ue_peer_conf conf;
    struct ue_peer *peer; /* NULL: there is none */
    struct rt_buf octets; /* of the last response */
    struct gba_http_msg response;
    gba_rc rc;
};

struct ue_bsf_tls_conf {
    const struct ue_url *url;
    const gba_text *ca; /* PEM file; empty: whom the system trusts */
    uint32_t timeout_ms, max_body;
};

/* Connect, closing the one before.  E_FILE, E_CONNECT, E_TIMEOUT, E_TLS_*, E_CERT_NAME, E_CERT_PATH,
 * E_CERT_EXPIRED, E_MEMORY. */
GBA_MUST_USE gba_rc ue_bsf_tls_open(struct ue_bsf_tls *tls, const struct ue_bsf_tls_conf *conf);

/* Send and wait for the response, which lives until the next call. */
GBA_MUST_USE gba_rc ue_bsf_tls_send(struct ue_bsf_tls *tls, const struct gba_http_msg *msg,
                                    const struct gba_http_msg **response);

/* Keying material of the connection that the next message goes over. */
GBA_MUST_USE gba_rc ue_bsf_tls_export(struct ue_bsf_tls *tls, const gba_text *label, gba_tls_mk *out);

void ue_bsf_tls_close(struct ue_bsf_tls *tls);
