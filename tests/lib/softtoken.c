/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700

#include "tests/lib/softtoken.h"

#include <dlfcn.h>
#include <ftw.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;

const char *softtoken_module(void)
{
    static const char *const paths[] = {
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (access(paths[i], R_OK) == 0)
            return paths[i];
    }
    return NULL;
}

bool softtoken_folder(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    fprintf(file, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", folder);
    fclose(file);
    return setenv("SOFTHSM2_CONF", path, 1) == 0;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *walk)
{
    (void)st;
    (void)what;
    (void)walk;
    return remove(path);
}

void softtoken_folder_remove(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool good(const char *what, CK_RV rv)
{
    if (rv != CKR_OK)
        printf("# softtoken: %s: 0x%lx\n", what, rv);
    return rv == CKR_OK;
}

/* The last slot has no token yet: SoftHSM2 offers a new one once that is used. */
static bool make_token(const struct softtoken *what)
{
    CK_SLOT_ID slots[64];
    CK_ULONG n = 64;
    CK_UTF8CHAR label[32], *pin = (CK_UTF8CHAR *)what->pin;
    memset(label, ' ', sizeof label);
    memcpy(label, what->token, strlen(what->token));
    return good("list", p11->C_GetSlotList(CK_TRUE, slots, &n)) && n > 0 &&
           good("init token", p11->C_InitToken(slots[n - 1], pin, strlen(what->pin), label)) &&
           good("open", p11->C_OpenSession(slots[n - 1], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                           &session)) &&
           good("so", p11->C_Login(session, CKU_SO, pin, strlen(what->pin))) &&
           good("init pin", p11->C_InitPIN(session, pin, strlen(what->pin))) &&
           good("logout", p11->C_Logout(session)) &&
           good("login", p11->C_Login(session, CKU_USER, pin, strlen(what->pin)));
}

static bool make_key(const struct softtoken *what)
{
    CK_BBOOL yes = CK_TRUE, sensitive = !what->readable, extractable = what->readable;
    CK_ULONG n = 32;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM how = {what->aes ? CKM_AES_KEY_GEN : CKM_GENERIC_SECRET_KEY_GEN, NULL, 0};
    CK_ATTRIBUTE template[] = {
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SIGN, &yes, sizeof yes},
        {CKA_SENSITIVE, &sensitive, sizeof sensitive},
        {CKA_EXTRACTABLE, &extractable, sizeof extractable},
        {CKA_VALUE_LEN, &n, sizeof n},
        {CKA_LABEL, (void *)what->label, strlen(what->label)},
    };
    return good("generate", p11->C_GenerateKey(session, &how, template, 7, &key));
}

bool softtoken_make(const struct softtoken *what)
{
    CK_C_GetFunctionList get_list = NULL;
    void *library = dlopen(what->module, RTLD_NOW | RTLD_LOCAL);
    if (library)
        *(void **)&get_list = dlsym(library, "C_GetFunctionList");
    if (!get_list || !good("functions", get_list(&p11)) || !good("initialise", p11->C_Initialize(NULL)))
        return false;
    bool ok = make_token(what);
    for (unsigned i = 0; ok && i < what->keys; i++)
        ok = make_key(what);
    p11->C_Finalize(NULL);
    dlclose(library);
    return ok;
}
