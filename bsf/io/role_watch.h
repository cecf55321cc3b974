/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics and health of bootstrapping that belong to none of its adapters alone. */
#pragma once

#include "bsf/io/role.h"

/* The role is open, and lives as long as the loop.  E_BUG. */
GBA_MUST_USE gba_rc bsf_role_watch(struct bsf_role *role, struct rt_daemon *daemon);

/* Before anything of the role is closed; also when it was never watched. */
void bsf_role_unwatch(struct bsf_role *role);
