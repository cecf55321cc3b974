/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the simulated card: contents from the profile, SELECT, READ, UPDATE, STATUS. */
#pragma once

#include "uicc/soft.h"

enum {
    UICC_SW_LENGTH = 0x6700,
    UICC_SW_STRUCTURE = 0x6981,
    UICC_SW_SECURITY = 0x6982,
    UICC_SW_BLOCKED = 0x6983,
    UICC_SW_INVALIDATED = 0x6984,
    UICC_SW_CONDITIONS = 0x6985,
    UICC_SW_NO_EF = 0x6986,
    UICC_SW_DATA = 0x6a80,
    UICC_SW_NO_FILE = 0x6a82,
    UICC_SW_NO_RECORD = 0x6a83,
    UICC_SW_PARAMETERS = 0x6a86,
    UICC_SW_NO_REFERENCE = 0x6a88,
    UICC_SW_OFFSET = 0x6b00,
    UICC_SW_INS = 0x6d00,
    UICC_SW_CLA = 0x6e00,
    UICC_SW_CHANNEL = 0x6881,
    UICC_SW_TECHNICAL = 0x6f00,
    UICC_SW_MAC = 0x9862,
    UICC_SW_CONTEXT = 0x9864,
    UICC_SW_MEMORY = 0x9866,
};

/* Lay out all files.  E_SPACE when the profile needs more than the store has. */
GBA_MUST_USE gba_rc uicc_soft_fs_init(struct uicc_soft *s, const struct uicc_conf *conf);

/* Where the file's octets are; whether PIN-protected things are open now. */
uint8_t *uicc_soft_content(struct uicc_soft *s, const struct uicc_soft_file *file);
bool uicc_soft_pin_open(const struct uicc_soft *s);

/* Answer a case 2 command that has exactly these octets to give: 6Cxx when Le
 * is another number (T=1: Le 00 takes what there is). */
uint16_t uicc_soft_give(const struct uicc_soft *s, const struct uicc_command *c, gba_view data,
                        gba_writer *out);

/* Commands: the data of the answer goes to out, the status word is returned. */
uint16_t uicc_soft_select(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
uint16_t uicc_soft_status(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
uint16_t uicc_soft_read_binary(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
uint16_t uicc_soft_read_record(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
uint16_t uicc_soft_update_binary(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
uint16_t uicc_soft_update_record(struct uicc_soft *s, const struct uicc_command *c, gba_writer *out);
