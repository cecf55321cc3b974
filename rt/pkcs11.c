/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/pkcs11.h"

#include <dlfcn.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <stdlib.h>

enum { SLOTS_MAX = 256 };

struct work {
    const struct rt_pkcs11 *from;
    gba_text *why;
    void *library;
    CK_FUNCTION_LIST *p11;
    bool initialised; /* by us, so that it is ours to finalise */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    bool has_session, logged_in;
    CK_OBJECT_HANDLE key;
};

/* ---- what went wrong ---- */

static void put_number(gba_writer *w, CK_RV rv)
{
    const uint8_t octets[] = {(uint8_t)(rv >> 24), (uint8_t)(rv >> 16), (uint8_t)(rv >> 8), (uint8_t)rv};
    gba_put_str(w, " (CKR 0x");
    gba_put_hex(w, GBA_ARRAY(octets));
    gba_put_str(w, ")");
}

/* "<kind> <name>: <what> (CKR ...)"; the end of a long name is what tells it apart. */
static gba_rc fault(struct work *work, gba_rc rc, const char *kind, const char *name, const char *what)
{
    uint8_t room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view v = gba_view_cstr(name);
    gba_put_str(&w, kind);
    gba_put_str(&w, " ");
    gba_put_view(&w, v.n > 120 ? gba_view_sub(v, v.n - 120, 120) : v);
    gba_put_str(&w, ": ");
    gba_put_view(&w, gba_view_sub(gba_view_cstr(what), 0, sizeof room - w.n));
    if (gba_text_set(work->why, gba_writer_view(&w)) != GBA_OK)
        work->why->n = 0;
    return rc;
}

static gba_rc fault_rv(struct work *work, gba_rc rc, const char *what, CK_RV rv)
{
    uint8_t room[120];
    gba_writer w = gba_writer_of(room, sizeof room - 1);
    gba_put_str(&w, what);
    put_number(&w, rv);
    room[w.n] = '\0';
    return fault(work, rc, "token", work->from->token, (const char *)room);
}

/* ---- the module ---- */

static gba_rc load(struct work *work)
{
    CK_C_GetFunctionList get_list = NULL;
    const char *module = work->from->module;
    work->library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (!work->library)
        return fault(work, GBA_E_P11_MODULE, "module", module, dlerror());
    *(void **)&get_list = dlsym(work->library, "C_GetFunctionList");
    if (!get_list)
        return fault(work, GBA_E_P11_MODULE, "module", module, "is no PKCS#11 module");
    if (get_list(&work->p11) != CKR_OK || !work->p11 || work->p11->version.major != 2)
        return fault(work, GBA_E_P11_MODULE, "module", module, "does not speak PKCS#11 version 2");
    CK_RV rv = work->p11->C_Initialize(NULL);
    work->initialised = rv == CKR_OK;
    if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return fault(work, GBA_E_P11_MODULE, "module", module, "cannot be initialised");
    return GBA_OK;
}

/* ---- the token ---- */

static bool is_named(const CK_TOKEN_INFO *info, gba_view name)
{
    gba_view label = GBA_ARRAY(info->label);
    while (label.n > 0 && label.p[label.n - 1] == ' ')
        label.n--;
    return gba_view_eq(label, name);
}

static gba_rc find_token(struct work *work, CK_FLAGS *flags)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX, found = 0;
    CK_TOKEN_INFO info;
    CK_RV rv = work->p11->C_GetSlotList(CK_TRUE, slots, &n);
    if (rv != CKR_OK)
        return fault_rv(work, GBA_E_P11, "the slots cannot be listed", rv);
    for (CK_ULONG i = 0; i < n && i < SLOTS_MAX; i++) {
        if (work->p11->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
            !is_named(&info, gba_view_cstr(work->from->token)))
            continue;
        work->slot = slots[i];
        *flags = info.flags;
        found++;
    }
    if (found == 0)
        return fault(work, GBA_E_P11_TOKEN, "token", work->from->token, "no token has this label");
    if (found > 1)
        return fault(work, GBA_E_P11_TOKEN, "token", work->from->token, "several tokens have this label");
    return GBA_OK;
}

/* A daemon that is started again and again with a wrong PIN would lock the token. */
static gba_rc check_tries(struct work *work, CK_FLAGS flags)
{
    const char *what = NULL;
    if ((flags & CKF_USER_PIN_LOCKED) != 0)
        what = "its PIN is locked";
    else if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
        what = "only one try is left for its PIN; not risked";
    return what ? fault(work, GBA_E_P11_PIN, "token", work->from->token, what) : GBA_OK;
}

static gba_rc log_in(struct work *work)
{
    CK_FLAGS flags = 0;
    GBA_TRY(find_token(work, &flags));
    GBA_TRY(check_tries(work, flags));
    CK_RV rv = work->p11->C_OpenSession(work->slot, CKF_SERIAL_SESSION, NULL, NULL, &work->session);
    if (rv != CKR_OK)
        return fault_rv(work, GBA_E_P11, "no session can be opened", rv);
    work->has_session = true;
    gba_view pin = work->from->pin;
    rv = work->p11->C_Login(work->session, CKU_USER, (CK_UTF8CHAR *)pin.p, pin.n);
    work->logged_in = rv == CKR_OK;
    if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE)
        return fault_rv(work, GBA_E_P11_PIN, "the PIN is wrong", rv);
    if (rv == CKR_PIN_LOCKED || rv == CKR_PIN_EXPIRED || rv == CKR_USER_PIN_NOT_INITIALIZED)
        return fault_rv(work, GBA_E_P11_PIN, "the PIN is locked, expired or not set", rv);
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        return fault_rv(work, GBA_E_P11, "cannot log in", rv);
    return GBA_OK;
}

/* ---- the object ---- */

static gba_rc find_key(struct work *work)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    gba_view label = gba_view_cstr(work->from->label);
    CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS, &class, sizeof class},
        {CKA_LABEL, (void *)label.p, label.n},
    };
    CK_OBJECT_HANDLE found[2];
    CK_ULONG n = 0;
    CK_RV rv = work->p11->C_FindObjectsInit(work->session, wanted, 2);
    if (rv == CKR_OK) {
        rv = work->p11->C_FindObjects(work->session, found, 2, &n);
        work->p11->C_FindObjectsFinal(work->session);
    }
    if (rv != CKR_OK)
        return fault_rv(work, GBA_E_P11, "its objects cannot be listed", rv);
    if (n == 0)
        return fault(work, GBA_E_P11_KEY, "object", work->from->label,
                     "the token has no secret key of this label");
    if (n > 1)
        return fault(work, GBA_E_P11_KEY, "object", work->from->label, "several secret keys have this label");
    work->key = found[0];
    return GBA_OK;
}

static gba_rc check_key(struct work *work)
{
    CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
    CK_ATTRIBUTE attributes[] = {
        {CKA_SENSITIVE, &sensitive, sizeof sensitive},
        {CKA_EXTRACTABLE, &extractable, sizeof extractable},
    };
    CK_RV rv = work->p11->C_GetAttributeValue(work->session, work->key, attributes, 2);
    if (rv != CKR_OK)
        return fault_rv(work, GBA_E_P11, "does not tell how the key is protected", rv);
    if (sensitive != CK_TRUE || extractable != CK_FALSE)
        return fault(work, GBA_E_P11_READABLE, "object", work->from->label,
                     "can leave the token; it must be sensitive and not extractable");
    return GBA_OK;
}

static gba_rc derive(struct work *work, gba_seal_key *out)
{
    CK_MECHANISM hmac = {CKM_SHA256_HMAC, NULL, 0};
    uint8_t room[32];
    gba_writer name = gba_writer_of(room, sizeof room);
    gba_put_str(&name, "keystrap store key");
    gba_put_u8(&name, 0);
    gba_put_u8(&name, work->from->key_id);
    CK_ULONG n = sizeof out->b;
    CK_RV rv = work->p11->C_SignInit(work->session, &hmac, work->key);
    if (rv == CKR_KEY_TYPE_INCONSISTENT || rv == CKR_KEY_FUNCTION_NOT_PERMITTED)
        return fault(work, GBA_E_P11_KEY, "object", work->from->label, "is not a generic secret for signing");
    if (rv == CKR_OK)
        rv = work->p11->C_Sign(work->session, room, name.n, out->b, &n);
    if (rv != CKR_OK)
        return fault_rv(work, GBA_E_P11, "HMAC-SHA-256 fails", rv);
    if (n != sizeof out->b)
        return fault(work, GBA_E_P11, "token", work->from->token, "HMAC-SHA-256 has a wrong length");
    return GBA_OK;
}

/* ---- all of it ---- */

static void leave(struct work *work)
{
    if (work->logged_in)
        work->p11->C_Logout(work->session);
    if (work->has_session)
        work->p11->C_CloseSession(work->session);
    if (work->initialised)
        work->p11->C_Finalize(NULL);
    if (work->library)
        dlclose(work->library);
}

gba_rc rt_pkcs11_key(const struct rt_pkcs11 *from, gba_seal_key *out, gba_text *why)
{
    struct work work = {.from = from, .why = why};
    gba_rc rc = load(&work);
    if (rc == GBA_OK)
        rc = log_in(&work);
    if (rc == GBA_OK)
        rc = find_key(&work);
    if (rc == GBA_OK)
        rc = check_key(&work);
    if (rc == GBA_OK)
        rc = derive(&work, out);
    leave(&work);
    if (rc != GBA_OK)
        gba_wipe(out);
    return rc;
}
