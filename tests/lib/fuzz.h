/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target is one function.  With --with-fuzzer libFuzzer calls it; in
 * `make check` tests/fuzz/main.c calls it for each file of the target's corpus
 * folder (tests/fuzz/corpus/<target>) and prints TAP.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
