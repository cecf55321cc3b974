/* SPDX-License-Identifier: Apache-2.0 */
/* A profile for tests: test set 1 of TS 35.208 with the identities of its subscriber. */
#pragma once

#include "tests/lib/tap.h"
#include "uicc/conf.h"

#define T_IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
#define T_BSF_USIM "bsf.mnc001.mcc001.pub.3gppnetwork.org"
#define T_BSF_ISIM "bsf.ims.mnc001.mcc001.pub.3gppnetwork.org"

static inline struct gba_opt_hex t_opt_hex(const char *text)
{
    struct gba_opt_hex hex = {.n = 0};
    gba_view v = t_hex(text);
    gba_copy(hex.b, v);
    hex.n = v.n;
    return hex;
}

static inline struct uicc_conf t_profile(void)
{
    static gba_text impu[2];
    struct uicc_conf conf = {
        .mnc_length = 2,
        .algorithm = GBA_AKA_MILENAGE,
        .gba = true,
        .gbabp_size = 300,
        .gbanl_records = 2,
        .tuak_iterations = 1,
        .tuak_res_length = 8,
        .k = t_opt_hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
        .opc = t_opt_hex("cd63cb71954a9f4e48a5994e37a02baf"),
        .usim_aid = t_opt_hex("a0000000871002ff49ff0589ff49ff05"),
        .isim_aid = t_opt_hex("a0000000871004ff49ff0589ff49ff05"),
        .sqn = t_opt_hex("ff9bb4d0b5e7"),
        .impu = {impu, 2},
    };
    T_OK(gba_text_set(&conf.imsi, GBA_LIT("001010123456789")));
    T_OK(gba_text_set(&conf.impi, GBA_LIT(T_IMPI)));
    T_OK(gba_text_set(&conf.domain, GBA_LIT("ims.mnc001.mcc001.3gppnetwork.org")));
    T_OK(gba_text_set(&impu[0], GBA_LIT("sip:" T_IMPI)));
    T_OK(gba_text_set(&impu[1], GBA_LIT("tel:+15550001")));
    return conf;
}
