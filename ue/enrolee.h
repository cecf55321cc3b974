/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section enrolee of keystrap-ue's configuration: the device's Bootstrap
 * Instruction Configuration (TS-0003 9.2.2.1); the rows stand in config/enrolee.opt.
 */
#pragma once

#include "m2m/enrolee.h"
#include "m2m/party.h"
#include "ue/url.h"

enum ue_framework { UE_FRAMEWORK_PPSK, UE_FRAMEWORK_CERT, UE_FRAMEWORK_GBA, UE_FRAMEWORK_3GPP2 };
enum ue_transport { UE_TRANSPORT_TLS, UE_TRANSPORT_DTLS };

struct ue_enrolee_target {
    struct m2m_conf_party party;
    gba_text address; /* ADDRESS:PORT */
};

struct ue_enrolee_mef {
    gba_text uri, address;
    struct m2m_conf_expect expect;
};

struct ue_enrolee_maf {
    gba_text fqdn, address, admin;
    uint32_t lifetime_s;
    struct m2m_conf_expect expect;
};

struct ue_enrolee_kpm {
    gba_text id, key_file;
};

struct ue_enrolee_cert {
    gba_text cert, key;
    bool raw;
};

struct ue_enrolee_conf {
    gba_text id; /* empty: no Enrolee */
    struct ue_enrolee_target target;
    int framework; /* enum ue_framework */
    uint32_t expiry_s, suid;
    bool e2e;
    gba_text registrar;
    int transport; /* enum ue_transport */
    struct ue_enrolee_mef mef;
    struct ue_enrolee_kpm kpm;
    struct ue_enrolee_cert cert;
    gba_text token_file, store;
    struct ue_enrolee_maf maf;
    bool client_in_uicc;
};

extern const struct gba_opt ue_enrolee_rows[];

/* What no single row can say: ids and URI can be read, the framework has what it needs. */
void ue_enrolee_check(const struct ue_enrolee_conf *conf, const struct gba_conf_sink *sink);

/* What the engines need of it, once it was checked; anchors and crls, which are files,
 * stay absent. */
struct ue_enrolee {
    struct m2m_id id, registrar; /* registrar: text empty without one */
    struct m2m_enrolee instructions;
    struct m2m_party target;
    struct ue_url mef; /* of PPSK and CERT */
    struct m2m_expect mef_expect;
    struct m2m_party maf; /* id empty without one */
};

/* E_M2M_ID, E_CERT_NAME, E_UE_URL. */
GBA_MUST_USE gba_rc ue_enrolee_of(const struct ue_enrolee_conf *conf, struct ue_enrolee *out);
