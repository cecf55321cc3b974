/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#11 module with one token and one key that does what ROGUE_TOKEN says. */
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <stdlib.h>
#include <string.h>

static int plays(const char *what)
{
    const char *role = getenv("ROGUE_TOKEN");
    return role && strcmp(role, what) == 0;
}

static CK_RV initialize(void *args)
{
    (void)args;
    return plays("dead") ? CKR_DEVICE_ERROR : CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
    (void)present;
    if (plays("crowd"))
        return CKR_BUFFER_TOO_SMALL;
    slots[0] = 7;
    *n = 1;
    return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    (void)slot;
    memset(info, 0, sizeof *info);
    memset(info->label, ' ', sizeof info->label);
    memcpy(info->label, "rogue", 5);
    info->flags = plays("final") ? CKF_USER_PIN_FINAL_TRY : plays("locked") ? CKF_USER_PIN_LOCKED : 0;
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *arg, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session)
{
    (void)slot;
    (void)flags;
    (void)arg;
    (void)notify;
    *session = 1;
    return CKR_OK;
}

/* Trying the PIN when that is a risk ends the test. */
static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n)
{
    (void)session;
    (void)user;
    (void)pin;
    (void)n;
    if (plays("final") || plays("locked"))
        abort();
    return plays("expired") ? CKR_PIN_EXPIRED : CKR_OK;
}

static CK_RV session_only(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV finalize(void *args)
{
    (void)args;
    return CKR_OK;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG n)
{
    (void)session;
    (void)attributes;
    (void)n;
    return CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *n)
{
    (void)session;
    (void)max;
    objects[0] = 9;
    *n = 1;
    return plays("blind") ? CKR_DEVICE_REMOVED : CKR_OK;
}

static CK_RV get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes,
                            CK_ULONG n)
{
    (void)session;
    (void)object;
    (void)n;
    *(CK_BBOOL *)attributes[0].pValue = CK_TRUE;
    *(CK_BBOOL *)attributes[1].pValue = CK_FALSE;
    return plays("silent") ? CKR_ATTRIBUTE_TYPE_INVALID : CKR_OK;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *how, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)how;
    (void)key;
    return plays("unable") ? CKR_MECHANISM_INVALID : CKR_OK;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG n_in, CK_BYTE *out, CK_ULONG *n)
{
    (void)session;
    (void)in;
    (void)n_in;
    memset(out, 0xee, *n);
    *n = plays("short") ? *n - 1 : *n;
    return CKR_OK;
}

static CK_FUNCTION_LIST functions = {
    .version = {2, 40},
    .C_Initialize = initialize,
    .C_Finalize = finalize,
    .C_GetSlotList = get_slot_list,
    .C_GetTokenInfo = get_token_info,
    .C_OpenSession = open_session,
    .C_CloseSession = session_only,
    .C_Login = login,
    .C_Logout = session_only,
    .C_FindObjectsInit = find_init,
    .C_FindObjects = find,
    .C_FindObjectsFinal = session_only,
    .C_GetAttributeValue = get_attributes,
    .C_SignInit = sign_init,
    .C_Sign = sign,
};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    functions.version.major = plays("version") ? 3 : 2;
    *list = plays("empty") ? NULL : &functions;
    return CKR_OK;
}
