/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words in which zh.c and zn.c are written: put AVPs into a message, get
 * them out of one.  Both keep a sticky error, so that a message reads as the
 * list of its fields; ask once at the end.
 */
#pragma once

#include "diameter-dict/dict.h"
#include "diameter-dict/result.h"

struct msg;
struct avp;

/* ---- put ---- */

struct dia_put {
    struct msg *msg; /* owned until dia_put_end */
    void *at;        /* the message, or the group that is open in it */
    bool bad;        /* set for good once something failed */
};

/* A request of application `app` with Session-Id, Vendor-Specific-Application-Id,
 * Auth-Session-State and the route. */
struct dia_put dia_put_request(enum dia_cmd cmd, uint32_t app, const struct dia_route *route);

/* The answer to `request` with result and origin; what RFC 6733 6.2 copies is
 * copied.  Ends with dia_put_answer_end, which gives back either of the two. */
struct dia_put dia_put_answer(struct msg *request, const struct dia_route *origin, struct dia_result result);

/* The request was sent before and no answer came (RFC 6733 3, T flag). */
void dia_put_again(struct dia_put *p);

/* An absent view is not put; a present and empty one is. */
void dia_put_view(struct dia_put *p, enum dia_avp avp, gba_view v);
void dia_put_number(struct dia_put *p, enum dia_avp avp, uint32_t v);
void dia_put_number64(struct dia_put *p, enum dia_avp avp, uint64_t v);
void dia_put_time(struct dia_put *p, enum dia_avp avp, int64_t s);

/* Open a group: what is put next goes into it, until closed with what open returned. */
void *dia_put_open(struct dia_put *p, enum dia_avp avp);
void dia_put_close(struct dia_put *p, void *outer);

/* Failed-AVP with that AVP: as it stands in the request (at any depth), or with
 * a value of zeros when it is missing or unreadable. */
void dia_put_failed(struct dia_put *p, struct msg *request, enum dia_avp avp);

/* E_DIA_ENCODE frees the request and *out is NULL. */
GBA_MUST_USE gba_rc dia_put_request_end(struct dia_put *p, struct msg **out);

/* OK: *msg is the answer (it owns the request).  E_DIA_ENCODE: *msg is the request. */
GBA_MUST_USE gba_rc dia_put_answer_end(struct dia_put *p, struct msg **msg);

/* ---- get ---- */

struct dia_get {
    struct avp *first[DIA_AVP_COUNT]; /* the first of each kind */
    uint16_t count[DIA_AVP_COUNT];
    gba_rc rc;            /* first failure */
    enum dia_avp culprit; /* what failed; DIA_AVP_COUNT for none */
};

/* Index the AVPs of a message or of a group; unknown ones are passed over. */
struct dia_get dia_get_open(void *message_or_group);

/* The value of an AVP that may be there once: E_DIA_REPEATED, E_DIA_LENGTH. */
gba_view dia_get_view(struct dia_get *g, enum dia_avp avp);
bool dia_get_number(struct dia_get *g, enum dia_avp avp, uint32_t *v);
bool dia_get_number64(struct dia_get *g, enum dia_avp avp, uint64_t *v);
bool dia_get_time(struct dia_get *g, enum dia_avp avp, int64_t *s);

/* The same for one that must be there, and not empty: E_DIA_MISSING. */
gba_view dia_need_view(struct dia_get *g, enum dia_avp avp);

/* Exactly n octets to dst; E_DIA_LENGTH, and dst is left alone. */
void dia_need_bytes(struct dia_get *g, enum dia_avp avp, void *dst, size_t n);

/* Index a group that may be there once, to be judged by its own; false: not there. */
bool dia_get_group(struct dia_get *g, enum dia_avp avp, struct dia_get *inside);

/* Take over the failure of a group. */
void dia_get_join(struct dia_get *g, const struct dia_get *inside);

/* The same for each of a group that may repeat, at most max of them are looked at. */
size_t dia_get_groups(const struct dia_get *g, enum dia_avp avp, struct dia_get *inside, size_t max);

/* All values of an AVP that may repeat, at most max (E_DIA_REPEATED). */
size_t dia_get_views(struct dia_get *g, enum dia_avp avp, gba_view *out, size_t max);

/* Note a failure, unless there was one before. */
void dia_get_fail(struct dia_get *g, enum dia_avp avp, gba_rc rc);

/* Session-Id and origin of a request, and its route. */
void dia_get_route(struct dia_get *g, struct dia_route *route);

/* What an answer says: Result-Code, else Experimental-Result.  Another vendor's
 * Experimental-Result means UNABLE_TO_COMPLY to us: it says no, in words we
 * do not know.  *said is the code itself, in whichever AVP and of whichever vendor. */
void dia_get_result(struct dia_get *g, struct dia_result *result, uint32_t *said);

/* The failure, and as a fault what the answer to the request must say. */
GBA_MUST_USE gba_rc dia_get_end(const struct dia_get *g, struct dia_fault *fault);
