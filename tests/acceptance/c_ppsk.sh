#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows C: the framework of the pre-provisioned symmetric key, against peers that are not ours.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
m2m_mef_config
m2m_start mef
kpm="-psk $m2m_kpm -psk_identity kpm-0001@mef.mte.example"
m2m_enrolee e-1 <<END
{"framework":"ppsk","mef":"mef.mte.example","enrolee":"//sp.example/S98821","targets":["maf.mte.example","//sp.example/in-cse"],
 "expiry":"1h","kpmID":"kpm-0001@mef.mte.example","kpm":"$(m2m_b64 "$m2m_kpm")"}
END
m2m_enrolee e-2 <<END
{"framework":"ppsk","mef":"mef2.mte.example","enrolee":"//sp.example/S2","targets":["maf.mte.example"],
 "expiry":"1h","kpmID":"kpm-0002@mef2.mte.example","kpm":"$(m2m_b64 "$m2m_kpm")"}
END
keids() {
    m2m_ctl "$port_mef_admin" keys list --json
}

# ---- C1, C4, C5: TLS-PSK, the exporter, the name ----
check "C1 openssl s_client with Kpm and KpmId passes" shake tls "$port_mef" $psk_tls $kpm
check "C4 48 octets are exported" test "$(exported tls | wc -c)" = 97
keid=$(keid_of tls)
check "C5 KeId is 32 hexadecimal digits and the MEF's name" grep -qE '^[0-9A-F]{32}@mef\.mte\.example$' <<<"$keid"
keids >"$lab/keys.json"
check "C5 the MEF lists the KeId of these octets" holds "$lab/keys.json" "$keid"
fetch maf "$keid" "" maf.mte.example
check "C4 what the MEF serves is derived of these octets" same "$(derive km "$(ke_of tls)" maf.mte.example)" "$(credential)"
