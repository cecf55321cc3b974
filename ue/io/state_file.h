/* SPDX-License-Identifier: Apache-2.0 */
/* The state file: what ue/keys.h keeps, on disk. */
#pragma once

#include "ue/keys.h"

/* Read it.  E_ABSENT when there is none; E_UE_STATE_ACCESS when it is not a
 * plain file of this user with mode 0600; E_UE_STATE when its content is
 * damaged; E_FILE.  *keys is wiped on failure. */
GBA_MUST_USE gba_rc ue_state_read(const char *path, struct ue_keys *keys);

/* Replace it as a whole: a reader sees the old or the new one, and after OK the
 * new one is on disk.  E_FILE, and the old one stays. */
GBA_MUST_USE gba_rc ue_state_write(const char *path, const struct ue_keys *keys);
