/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of an Enrolee: enrol, enrol-status, keys, connect, import, forget, e2e. */
#pragma once

#include "ue/io/args.h"
#include "ue/io/run.h"

/* What a command that worked came to. */
enum ue_enrol_end {
    UE_END_GOOD,
    UE_END_NO_KEY,       /* enrol-status: unenrolled or expired */
    UE_END_ERROR_STATUS, /* connect: the peer answered with 400 or more */
};

/* Carry it out and print the result. */
GBA_MUST_USE gba_rc ue_enrol_command(struct ue_run *run, const struct ue_args *args, enum ue_enrol_end *end);
