/* SPDX-License-Identifier: Apache-2.0 */
/* What a device keeps, on disk: ue/keys.h in the state file, m2m/keyring.h in the store. */
#pragma once

#include "m2m/keyring.h"
#include "ue/keys.h"

/* Read it.  E_ABSENT when there is none; E_UE_STATE_ACCESS when it is not a
 * plain file of this user with mode 0600; E_UE_STATE when its content is
 * damaged; E_FILE.  *keys is wiped on failure. */
GBA_MUST_USE gba_rc ue_state_read(const char *path, struct ue_keys *keys);

/* Replace it as a whole: a reader sees the old or the new one, and after OK the
 * new one is on disk.  E_FILE, and the old one stays. */
GBA_MUST_USE gba_rc ue_state_write(const char *path, const struct ue_keys *keys);

/* The same for the keys of an Enrolee; E_ENROL_STORE for damage. */
GBA_MUST_USE gba_rc ue_store_read(const char *path, struct m2m_keyring *ring);
GBA_MUST_USE gba_rc ue_store_write(const char *path, const struct m2m_keyring *ring);
