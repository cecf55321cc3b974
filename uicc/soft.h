/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated UICC: answers APDUs as a card with USIM and ISIM does, with
 * Milenage or TUAK, both security contexts and the files that GBA needs
 * (ETSI TS 102 221, TS 31.102, TS 31.103, TS 33.220 5 and G).
 *
 * Not simulated, and answered with the clause's status word: logical channels,
 * short file identifiers, selection by path, proactive commands.
 */
#pragma once

#include "gba/crypto/sqn.h"
#include "uicc/conf.h"
#include "uicc/dir.h"
#include "uicc/pin.h"

enum {
    UICC_SOFT_FILES_MAX = 24,
    UICC_SOFT_STORE_MAX = 12 * 1024,
    UICC_SOFT_GBANL_RECORD = 255,
    UICC_SOFT_PIN_TRIES = 3
};

enum uicc_soft_dir { UICC_SOFT_MF, UICC_SOFT_USIM, UICC_SOFT_ISIM, UICC_SOFT_DIRS };

enum uicc_soft_access { UICC_SOFT_ALWAYS, UICC_SOFT_PIN, UICC_SOFT_NEVER };

struct uicc_soft_file {
    enum uicc_soft_dir dir;
    uint16_t fid;
    uint16_t record_size; /* 0: transparent */
    uint16_t size;        /* of all records */
    enum uicc_soft_access read, update;
    uint16_t at; /* where its octets are in the store */
};

/* What one application keeps of GBA_U (TS 33.220 G). */
struct uicc_soft_app {
    struct uicc_aid aid; /* n is 0: the card has no such application */
    struct uicc_soft_file *gbabp, *gbanl;
    bool has_ks;
    gba_ks ks;
    gba_rand rand;
    uint32_t turn;                              /* counts derivations */
    uint32_t used[UICC_CONF_GBANL_MAX];         /* a record's turn; 0: empty */
    gba_ks_naf ks_int_naf[UICC_CONF_GBANL_MAX]; /* never leave the card */
};

/* The whole card.  Big: keep it static or on the heap.  Wipe it at the end. */
struct uicc_soft {
    bool t0;
    bool gba, gsm;
    gba_aka_key key;
    struct uicc_pin pin; /* not set: disabled */
    struct uicc_soft_app app[UICC_SOFT_DIRS];
    struct uicc_soft_file files[UICC_SOFT_FILES_MAX];
    size_t files_n;
    uint8_t store[UICC_SOFT_STORE_MAX];
    size_t store_n;

    /* Remembered without power, with Ks, the derived keys, EF_GBABP and EF_GBANL. */
    struct gba_sqn_ms sqn;
    unsigned pin_tries;
    bool changed; /* set whenever what is remembered changed; the owner saves and clears it */

    /* Lost at reset. */
    enum uicc_soft_dir dir;      /* current directory */
    enum uicc_soft_dir active;   /* application last selected by AID; MF: none */
    struct uicc_soft_file *file; /* current file or NULL */
    bool pin_verified;
    uint8_t pending[256]; /* for GET RESPONSE */
    size_t pending_n;
};

/* A new card of this profile, with T=0 or T=1 behaviour, as after power on.
 * MALFORMED or LIMIT class for a profile that uicc_conf_check would refuse. */
GBA_MUST_USE gba_rc uicc_soft_init(struct uicc_soft *s, const struct uicc_conf *conf, bool t0);

/* Power on, or reset. */
void uicc_soft_reset(struct uicc_soft *s);

/* Answer one command: whatever the octets, rsp gets data and a status word. */
void uicc_soft_transmit(struct uicc_soft *s, gba_view command, gba_writer *rsp);

/* Put the card out of step with its AuC: every SEQ becomes `by` higher than the highest. */
void uicc_soft_desync(struct uicc_soft *s, uint32_t by);
