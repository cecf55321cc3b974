/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of gba/crypto/x509*.c share; for nobody else. */
#pragma once

#include <openssl/x509v3.h>

#include "gba/crypto/x509.h"

/* NULL unless der is one certificate whose extensions can be read. */
X509 *gba_x509_read(gba_view der);

bool gba_x509_time(const ASN1_TIME *t, int64_t *s);

bool gba_x509_key_is_p256(const X509 *cert);

/* Type and value of an otherName as one dotted object identifier.  In a name
 * constraint the value may be an empty text: all of the type. */
bool gba_x509_oid(const OTHERNAME *name, bool constraint, gba_text *dotted);

/* All certificates of a PEM text; NULL when there are none or one is broken. */
STACK_OF(X509) * gba_x509_read_pem(gba_view pem);

/* Did reading PEM stop because no other BEGIN line follows? */
bool gba_x509_pem_ended(void);

/* Name constraints of the verified chain on the kinds of names that libcrypto cannot
 * judge.  `skipped`: it was told to go on after such a name, so what else the names
 * hold must be judged here too, or refused. */
GBA_MUST_USE gba_rc gba_x509_constraints(const STACK_OF(X509) * chain, bool skipped);

/* What a response says about cert; E_CERT_REVOKED, or E_CERT_STATUS for everything
 * but a good and current answer of the issuer or its delegate. */
GBA_MUST_USE gba_rc gba_x509_ocsp_status(gba_view response, X509 *cert, X509 *issuer, int64_t now_s);
