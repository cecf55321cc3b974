/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of SoftHSM2 for tests, made through PKCS#11. */
#pragma once

#include <stdbool.h>

struct softtoken {
    const char *module; /* path of libsofthsm2.so */
    const char *token, *pin, *label;
    bool readable; /* the key may leave the token */
    bool aes;      /* an AES key, which is not for signing */
    unsigned keys; /* of this label */
};

/* The module on this machine; NULL when SoftHSM2 is not installed. */
const char *softtoken_module(void);

/* Write the configuration for tokens in a folder and point SOFTHSM2_CONF at it. */
bool softtoken_folder(const char *folder);

/* Remove the folder with everything in it. */
void softtoken_folder_remove(const char *folder);

/* Make a token with keys of random octets.  What failed is printed. */
bool softtoken_make(const struct softtoken *what);
