/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zh: MAR and MAA, TS 29.109 4.2; plain structs to freeDiameter messages and
 * back, both roles.  Decoded views point into the message and end with it.
 */
#pragma once

#include "diameter-dict/result.h"
#include "gba/base/secret.h"

struct msg;

/* RFC 7683 4.2, 4.3: an overload report (OC-OLR); what was left out is told. */
struct dia_olr {
    bool realm; /* of the sender's realm, else of the sender itself */
    uint64_t sequence;
    bool has_reduction, has_validity;
    uint32_t reduction;  /* percent */
    uint32_t validity_s; /* 0: it is over */
};

enum { DIA_REDIRECTS = 4, DIA_OLRS = 2 };

/*= RFC 6733 6.13: what the answer of a redirect agent is good for */
enum dia_redirect_usage {
    DIA_REDIRECT_DONT_CACHE,
    DIA_REDIRECT_ALL_SESSION,
    DIA_REDIRECT_ALL_REALM,
    DIA_REDIRECT_REALM_AND_APPLICATION,
    DIA_REDIRECT_ALL_APPLICATION,
    DIA_REDIRECT_ALL_HOST,
    DIA_REDIRECT_ALL_USER,
};

struct dia_mar {
    struct dia_route route;
    uint32_t application; /* 0: Zh; some HSS want another when encoding */
    bool again;           /* T flag: sent before, and no answer came */
    bool overload;        /* OC-Supported-Features: the loss algorithm is understood */
    gba_view impi;        /* User-Name; absent when only the IMPU is known */
    gba_view impu;        /* Public-Identity; absent normally */
    gba_view scheme;      /* SIP-Authentication-Scheme; absent: Digest-AKAv1-MD5 when encoding */
    bool resync;          /* SIP-Authorization = RAND || AUTS is present */
    gba_rand rand;
    gba_auts auts;
    bool has_guss_stamp; /* GUSS-Timestamp */
    int64_t guss_stamp_s;
};

/* SIP-Digest-Authenticate, TS 29.229 6.3.37; texts as in HTTP Digest. */
struct dia_sip_digest {
    gba_view realm, algorithm, qop; /* the last two absent when not sent */
    gba_ha1 ha1;                    /* wiped by whoever declares the struct */
};

/* At most one of vector, triplet and digest. */
struct dia_maa {
    struct dia_result result;
    gba_view origin_host, origin_realm;
    gba_view impi;
    bool has_vector;
    gba_aka_vector vector; /* wiped by whoever declares the struct */
    bool has_triplet;      /* 2G GBA; this coding is ours, for want of a readable clause: */
    gba_triplet triplet;   /* SIP-Authenticate RAND, SIP-Authorization SRES, Confidentiality-Key Kc */
    bool has_digest;       /* GBA_Digest */
    struct dia_sip_digest digest;
    gba_view scheme;                        /* of what it has; absent: Digest-AKAv1-MD5 */
    gba_view guss;                          /* GBA-UserSecSettings; absent when not sent */
    uint32_t said;                          /* the result's code, whatever AVP and vendor it came with */
    gba_view redirect_hosts[DIA_REDIRECTS]; /* of a 3006; further ones are passed over */
    size_t n_redirects;
    uint32_t redirect_usage;       /* enum dia_redirect_usage, or what we do not know */
    uint32_t redirect_cache_s;     /* Redirect-Max-Cache-Time */
    struct dia_olr olrs[DIA_OLRS]; /* what can be read of them; the rest spoils nothing */
    size_t n_olrs;
};

/* BSF: build a MAR (Session-Id included).  *out is the caller's to send or free. */
GBA_MUST_USE gba_rc dia_mar_encode(const struct dia_mar *mar, struct msg **out);

/* HSS: read a MAR; on failure *fault is what to answer: E_DIA_MISSING, E_DIA_VALUE,
 * E_DIA_LENGTH, E_DIA_REPEATED.  A MAR that libfdproto did not wholly read fails too. */
GBA_MUST_USE gba_rc dia_mar_decode(struct msg *msg, struct dia_mar *mar, struct dia_fault *fault);

/* HSS: turn the request *msg into its answer, which then owns the request; on
 * failure *msg is still the request. */
GBA_MUST_USE gba_rc dia_maa_encode(struct msg **msg, const struct dia_maa *maa);

/* BSF: read a MAA of any result.  A success without a whole vector, triplet or digest, or with
 * one of wrong sizes, is a failure, and then all three are wiped; unknown AVPs are
 * passed over.  When maa->said is 2001 there is one, though the result may be an
 * Experimental-Result.  Another vendor's Experimental-Result reads as UNABLE_TO_COMPLY. */
GBA_MUST_USE gba_rc dia_maa_decode(struct msg *msg, struct dia_maa *maa);

/* Either side: turn the request *msg into an error answer, also of Zn; on
 * failure *msg is still the request. */
GBA_MUST_USE gba_rc dia_error_encode(struct msg **msg, const struct dia_route *origin,
                                     const struct dia_fault *fault);
