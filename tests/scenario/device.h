/* SPDX-License-Identifier: Apache-2.0 */
/* The device of a scenario: builds requests, honest or not, and checks answers. */
#pragma once

#include "tests/scenario/script.h"
#include "tests/scenario/world.h"

/* RECV ub first|answer|resync|replay, with the changes that the line's arguments name. */
void device_ub(struct world *w, struct world_device *d, const struct script_line *line);

/* RECV ua METHOD TARGET, likewise. */
void device_ua(struct world *w, struct world_device *d, const struct script_line *line);

/* Remember what an answer on Ub (Ua) brought: challenge, B-TID, nonce. */
void device_learn_ub(struct world_device *d);
void device_learn_ua(struct world_device *d);

/* Is the rspauth of the last answer right? */
bool device_trusts_ub(const struct world_device *d);
bool device_trusts_ua(const struct world_device *d);
