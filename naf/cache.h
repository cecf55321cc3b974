/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that the BSF handed out, by (B-TID, NAF-Id): two NAF-Ids that differ
 * only in the Ua id have different keys (TS 33.220 B.3).  Bounded; the entry
 * longest in the cache makes room.
 */
#pragma once

#include "gba/base/secret.h"
#include "gba/base/slots.h"
#include "gba/wire/names.h"

enum { NAF_IDENTITIES_MAX = 1024 };

/* What is known of one bootstrapped device at one service. */
struct naf_key {
    gba_text btid;
    gba_nafid nafid;
    gba_ks_naf me;   /* Ks_NAF or Ks_ext_NAF */
    gba_ks_naf uicc; /* Ks_int_NAF */
    bool has_me, has_uicc;
    uint32_t gba_type; /* as in the GBA-Type AVP */
    int64_t expiry_s;
    int64_t creation_s; /* 0 when the BSF did not say */
    bool has_uss;
    gba_text impi; /* empty when withheld */
    uint16_t identities_n;
    char identities[NAF_IDENTITIES_MAX]; /* USS uids as a list: "id1", "id2" */
};

struct naf_cache {
    struct gba_slots slots;
    struct naf_key *keys;
};

/* Octets of memory for cap keys. */
size_t naf_cache_memory(uint32_t cap);

/* memory has naf_cache_memory(cap) octets, aligned for any type, and lives as
 * long; the caller wipes it in the end. */
void naf_cache_init(struct naf_cache *c, void *memory, uint32_t cap, uint64_t seed);

/* The unexpired key, or NULL. An expired one is wiped and forgotten. */
const struct naf_key *naf_cache_find(struct naf_cache *c, gba_view btid, const gba_nafid *nafid,
                                     int64_t now_s);

/* Keep a copy of the key, replacing the one under the same names. */
void naf_cache_keep(struct naf_cache *c, const struct naf_key *key);

/* Forget the key under these names, if any. */
void naf_cache_drop(struct naf_cache *c, gba_view btid, const gba_nafid *nafid);
