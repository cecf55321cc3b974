/* SPDX-License-Identifier: Apache-2.0 */
/* The file formats, and what their samples show.  The samples fit together:
 * they make one small network on one host. */
#include "bsf/conf.h"
#include "hss/conf.h"
#include "hss/subs.h"
#include "m2m/peer_conf.h"
#include "naf/conf.h"
#include "tools/optdoc.h"
#include "ue/conf.h"
#include "uicc/conf.h"

static const struct optdoc_example bsf_examples[] = {
    {"http.listen[1]", "127.0.0.1:8080"},
    {"names[1].host", "bsf.mnc001.mcc001.pub.3gppnetwork.org"},
    {"names[2].host", "bsf.ims.mnc001.mcc001.pub.3gppnetwork.org"},
    {"zh.realm", "home.example"},
    {"zn[1].peer", "naf.home.example"},
    {"store.keys[1].id", "1"},
    {"store.keys[1].file", "/etc/keystrap/store.key"},
    {"diameter.identity", "bsf.home.example"},
    {"diameter.listen", "127.0.0.1:3869"},
    {"diameter.peers[1].identity", "hss.home.example"},
    {"diameter.peers[1].address", "127.0.0.1:3868"},
    {"diameter.peers[2].identity", "naf.home.example"},
    {0},
};

static const struct optdoc_example naf_examples[] = {
    {"http.listen[1]", "127.0.0.1:8088"},
    {"services[1].fqdn", "xcap.ims.mnc001.mcc001.pub.3gppnetwork.org"},
    {"bsf[1].btid_domain", "\"*\""},
    {"diameter.identity", "naf.home.example"},
    {"diameter.peers[1].identity", "bsf.home.example"},
    {"diameter.peers[1].address", "127.0.0.1:3869"},
    {0},
};

static const struct optdoc_example peer_examples[] = {
    {"listen[1]", "127.0.0.1:8447"},
    {0},
};

/* The subscriber of test set 1 of TS 35.208, with OPc. */
static const struct optdoc_example card_examples[] = {
    {"opc", "cd63cb71954a9f4e48a5994e37a02baf"},
    {"impi", "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"},
    {"domain", "ims.mnc001.mcc001.3gppnetwork.org"},
    {"impu[1]", "sip:001010123456789@ims.mnc001.mcc001.3gppnetwork.org"},
    {"isim_aid", "a0000000871004ff49ff0589ff49ff05"},
    {0},
};

static const struct optdoc_example ue_examples[] = {
    {"card", "pcsc"},
    {0},
};

static const struct optdoc_example hss_examples[] = {
    {"diameter.identity", "hss.home.example"},
    {"diameter.listen", "127.0.0.1:3868"},
    {"diameter.peers[1].identity", "bsf.home.example"},
    {0},
};

/* The keys of TS 35.208 set 1 and TS 35.232 set 1: known to everybody. */
static const struct optdoc_example subscribers_examples[] = {
    {"subscribers[1].impus[1]", "sip:001010123456789@ims.mnc001.mcc001.3gppnetwork.org"},
    {"subscribers[1].impus[2]", "tel:+15550001"},
    {"subscribers[1].imsi", "\"001010123456789\""},
    {"subscribers[1].k", "465b5ce8b199b49faa5f0a2ee238a6bc"},
    {"subscribers[1].opc", "cd63cb71954a9f4e48a5994e37a02baf"},
    {"subscribers[1].guss.uicc_type", "gba_u"},
    {"subscribers[1].guss.lifetime", "24h"},
    {"subscribers[1].guss.uss[1].id", "1"},
    {"subscribers[1].guss.uss[1].type", "1"},
    {"subscribers[1].guss.uss[1].uids[1]", "sip:user@ims.mnc001.mcc001.3gppnetwork.org"},
    {"subscribers[1].guss.uss[1].flags[1]", "1"},
    {"subscribers[2].impi", "001010123456780@ims.mnc001.mcc001.3gppnetwork.org"},
    {"subscribers[2].algorithm", "tuak"},
    {"subscribers[2].k", "abababababababababababababababab"},
    {"subscribers[2].top", "5555555555555555555555555555555555555555555555555555555555555555"},
    {0},
};

const struct optdoc_page optdoc_pages[] = {
    {"bsf", "keystrap-bsf.conf", "keystrap-bsf", '8', "/etc/keystrap/bsf.yaml",
     "Configuration of the bootstrapping server function", bsf_conf_rows, bsf_examples},
    {"naf", "keystrap-naf.conf", "keystrap-naf", '8', "/etc/keystrap/naf.yaml",
     "Configuration of the NAF reverse proxy", naf_conf_rows, naf_examples},
    {"peer", "keystrap-peer.conf", "keystrap-peer", '8', "/etc/keystrap/peer.yaml",
     "Configuration of the small Registrar", m2m_peer_conf_rows, peer_examples},
    {"card", "keystrap-card-profile", "keystrap-card", '1', "/etc/keystrap/card.yaml",
     "Profile of a simulated card", uicc_conf_rows, card_examples},
    {"ue", "keystrap-ue.conf", "keystrap-ue", '1', "/etc/keystrap/ue.yaml",
     "Configuration of the GBA device tool", ue_conf_rows, ue_examples},
    {"hss", "keystrap-hss.conf", "keystrap-hss", '8', "/etc/keystrap/hss.yaml",
     "Configuration of the lab HSS and AuC", hss_conf_rows, hss_examples},
    {"subscribers", "keystrap-subscribers", "keystrap-hss", '8', "/etc/keystrap/subscribers.yaml",
     "Subscribers of the lab HSS", hss_subs_rows, subscribers_examples},
    {0},
};
