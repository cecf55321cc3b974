/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources of MAF and MEF as structs and as JSON (TS-0032).
 *
 * The numbers of resource types, the names of the roots and those short names
 * that TS-0004 8.2 does not give (marked D) are this project's choice, because
 * the text of TS-0032 was not at hand: they stand in the two lists below and
 * nowhere else.
 */
#pragma once

#include "gba/wire/json.h"
#include "m2m/keys.h"

/* name, resource type (D), root of the JSON document (D) */
#define M2M_RES_TYPES(X)                                                                                     \
    X(MAF_BASE, 1, "sec:mafb")                                                                               \
    X(MEF_BASE, 2, "sec:mefb")                                                                               \
    X(MAF_CLIENT_REG, 3, "sec:macr")                                                                         \
    X(MEF_CLIENT_REG, 4, "sec:mecr")                                                                         \
    X(SYMM_KEY_REG, 5, "sec:skr")

/* name, short name, how its value is written, member of struct m2m_res */
#define M2M_RES_MEMBERS(X)                                                                                   \
    X(RI, "ri", TEXT, ri)           /* resourceID; of a key registration: RelativeKeyID */                   \
    X(CR, "cr", TEXT, cr)           /* creator: the registered client */                                     \
    X(CT, "ct", TIME, ct)           /* creationTime */                                                       \
    X(LT, "lt", TIME, lt)           /* lastModifiedTime */                                                   \
    X(ET, "et", TIME, et)           /* expirationTime */                                                     \
    X(LBL, "lbl", LABELS, lbl)      /* labels */                                                             \
    X(FQ, "fq", HOST, fq)           /* D: fqdn of a base */                                                  \
    X(ADFQ, "adfq", HOST, adfq)     /* D: adminFQDN */                                                       \
    X(ASKI, "aski", TEXT, aski)     /* D: assignedSymmKeyID */                                               \
    X(SUID, "suid", NUMBER, suid)   /* D: security usage */                                                  \
    X(TGIS, "tgis", TARGETS, tgis)  /* D: targetIDs */                                                       \
    X(KV, "kv", KEY, kv)            /* D: keyValue, base64 */                                                \
    X(CRED, "cred", TEXT, cred)     /* only in records: the PSK identity that aski is another name of */

/* Where the resources are: "/-" the base, "/-/<ri>" all others (D). */
#define M2M_RES_BASE "/-"

enum m2m_res_type {
#define X(name, ty, root) M2M_TY_##name = ty,
    M2M_RES_TYPES(X)
#undef X
};

enum m2m_res_member {
#define X(name, text, kind, field) M2M_AT_##name,
    M2M_RES_MEMBERS(X)
#undef X
};

/* Sets of members. */
enum {
#define X(name, text, kind, field) M2M_HAS_##name = 1 << M2M_AT_##name,
    M2M_RES_MEMBERS(X)
#undef X
    M2M_HAS_ALL = ~0
};

enum { M2M_RES_LABELS_MAX = 8, M2M_RES_TARGETS_MAX = 16, M2M_RES_JSON_MAX = 16 * 1024 };

struct m2m_res_labels {
    gba_text item[M2M_RES_LABELS_MAX];
    size_t n;
};

struct m2m_res_targets {
    struct m2m_id item[M2M_RES_TARGETS_MAX];
    size_t n;
};

/* Wiped by whoever declares it when it may hold kv. */
struct m2m_res {
    enum m2m_res_type ty;
    unsigned has; /* which members below count */
    gba_text ri, cr;
    int64_t ct, lt, et; /* seconds since 1970 */
    struct m2m_res_labels lbl;
    gba_text fq, adfq; /* host names in lower case */
    gba_text aski;
    unsigned suid;
    struct m2m_res_targets tgis;
    m2m_key kv;
    gba_text cred;
};

/* Of {"<root>": {members}}.  A list may be null or [], which leaves it empty.
 * E_REG_MEMBER (unknown member or root, wrong kind of value), E_M2M_ID (a target),
 * E_TIME, E_REG_CONTENT (a list too long, a key that has not 32 octets), E_JSON... */
GBA_MUST_USE gba_rc m2m_res_parse(gba_view json, struct m2m_res *out);

/* The type, and those members of `which` that the resource has, appended to w. */
void m2m_res_write(const struct m2m_res *res, unsigned which, gba_writer *w);

/* Is the client among the targets? */
bool m2m_res_is_target(const struct m2m_res *res, const struct m2m_id *client);
