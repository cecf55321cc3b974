/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made by tests/lib/pki.sh in a folder that goes away with the program. */
#pragma once

#include "gba/base/bytes.h"

/* The folder; made at the first call. */
const char *t_pki_dir(void);

/* pki.sh in that folder; words are separated by blanks.  A failure ends the program. */
void t_pki(const char *words);

/* A file of the folder, e.g. "root.pem"; lives as long as the program.  Missing: ends it. */
gba_view t_pki_file(const char *name);

/* Start the OCSP responder of a CA on 127.0.0.1, or stop it; one at a time, stopped at the end of
 * the program too.  The port. */
unsigned t_pki_responder(const char *ca);
void t_pki_responder_stop(void);

/* How many requests it got so far. */
unsigned t_pki_responder_requests(void);
