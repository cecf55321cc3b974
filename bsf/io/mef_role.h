/* SPDX-License-Identifier: Apache-2.0 */
/* The MEF beside bootstrapping: what the GBA framework of oneM2M needs of both
 * (TS-0003 8.3.2.3). */
#pragma once

#include "bsf/io/role.h"
#include "m2m/io/mef_server.h"

/* Zeroed before. */
struct bsf_mef_role {
    struct m2m_mef_server *server;
    struct bsf_zn_mef zn;
};

/* How bootstrapping hears of the MEF; all NULL without one.  mef lives as long. */
struct bsf_role_mef bsf_mef_role_of(struct bsf_mef_role *mef, struct m2m_mef_server *server);
