/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators may do at a MAF, or at a peer:
 *
 *   GET    /v1/keys          names, owners, uses and ends of shared keys; never a key
 *   PUT    /v1/keys/NAME     {"use":"km"|"kpsa","key":"<base64>","peer":"<CSE-ID or AE-ID>",
 *                            "until":"20270101T000000"}: a pre-provisioned key; peer and
 *                            until may be left out
 *   DELETE /v1/keys/NAME
 */
#pragma once

#include "m2m/io/admin.h"
#include "m2m/target.h"

/* The target lives as long as the loop. */
void m2m_admin_maf_mount(struct m2m_admin *admin, const struct m2m_target *target);
