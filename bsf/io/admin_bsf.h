/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators see and do at a BSF, beside m2m/io/admin_watch.h:
 *
 *   GET    /v1/sessions                     how many there are
 *   GET    /v1/sessions/BTID                one session; never its key
 *   DELETE /v1/sessions/BTID                revoke it: no NAF gets a key of it any more
 *   GET    /v1/subscribers/IMPI/sessions    those of one subscriber
 *   DELETE /v1/subscribers/IMPI/sessions    revoke them all
 *   GET    /v1/challenges                   how many wait for their response
 *   GET    /v1/peers                        Diameter peers and their state
 *   GET    /v1/explain/NAME                 an IMPI, TMPI or B-TID: what is known of it and what it
 *                                           was refused lately; with ?naf=FQDN (and &ua=PROTOCOL)
 *                                           which rules of zn let whom ask for that NAF
 *
 * Identities in answers are masked as they are in the log.
 */
#pragma once

#include "bsf/io/role.h"
#include "m2m/io/admin.h"

struct bsf_admin;

/* The role lives as long as the loop, and is open.  E_MEMORY. */
GBA_MUST_USE gba_rc bsf_admin_mount(struct m2m_admin *admin, struct rt_daemon *daemon, struct bsf_role *role,
                                    struct bsf_admin **out);

/* Once the store is closed: nothing waits. */
void bsf_admin_free(struct bsf_admin *admin);
