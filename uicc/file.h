/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the selected application: SELECT, READ and UPDATE of transparent
 * and linear fixed files (ETSI TS 102 221 11.1.1 to 11.1.6).
 */
#pragma once

#include "uicc/apdu.h"

enum {
    UICC_CLA = 0x00,
    UICC_INS_SELECT = 0xa4,
    UICC_INS_READ_BINARY = 0xb0,
    UICC_INS_READ_RECORD = 0xb2,
    UICC_INS_UPDATE_BINARY = 0xd6,
    UICC_INS_UPDATE_RECORD = 0xdc,
    UICC_FID_MF = 0x3f00,
    UICC_FID_DIR = 0x2f00,
    UICC_FILE_MAX = 1024, /* largest file read as a whole */
};

struct uicc_aid {
    uint8_t b[16];
    size_t n;
};
gba_view uicc_aid_view(const struct uicc_aid *aid);

enum {
    UICC_TAG_FCP = 0x62,
    UICC_TAG_SIZE = 0x80,
    UICC_TAG_DESCRIPTOR = 0x82,
    UICC_TAG_FID = 0x83,
    UICC_TAG_AID = 0x84,
    UICC_TAG_PIN_STATUS = 0xc6,
    UICC_TAG_PIN_ENABLED = 0x90,
    UICC_TAG_PIN_REFERENCE = 0x83,
};

/* From the FCP template (tag 62): the sizes, and the PIN that protects. */
struct uicc_file {
    uint16_t fid;
    uint32_t size;         /* transparent: octets */
    uint16_t record_size;  /* linear fixed, else 0 */
    uint8_t records;
    uint8_t pin_reference; /* key reference of the application's PIN; 1 when not told */
    bool pin_enabled;      /* true when not told */
};

/* What SELECT answers (TS 102 221 11.1.1.3); E_TLV, E_CARD_CONTENT. */
GBA_MUST_USE gba_rc uicc_fcp_parse(gba_view fcp, struct uicc_file *file);

/* SELECT by file id below the current directory; by application id (a leading
 * part is enough).  E_CARD_FILE when there is none. */
GBA_MUST_USE gba_rc uicc_select(const struct uicc_card *card, uint16_t fid, struct uicc_file *file);
GBA_MUST_USE gba_rc uicc_select_aid(const struct uicc_card *card, gba_view aid, struct uicc_file *file);

/* Select a transparent file and read it whole; E_SPACE when w is too small. */
GBA_MUST_USE gba_rc uicc_read_file(const struct uicc_card *card, uint16_t fid, gba_writer *w);

/* Overwrite the beginning of a transparent file; E_CARD_FILE_SIZE, and nothing
 * is written, when data does not fit. */
GBA_MUST_USE gba_rc uicc_update_file(const struct uicc_card *card, uint16_t fid, gba_view data);

/* Read record number 1.. of the selected linear fixed file; E_CARD_RECORD past the last. */
GBA_MUST_USE gba_rc uicc_read_record(const struct uicc_card *card, const struct uicc_file *file,
                                     unsigned number, gba_writer *w);
