#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows C: the framework of the pre-provisioned symmetric key, against peers that are not ours.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
m2m_mef_config
begin mef
kpm="-psk $m2m_kpm -psk_identity kpm-0001@mef.mte.example"
m2m_enrolee e-1 <<END
"framework":"ppsk","mef":"mef.mte.example","enroleeID":"//sp.example/S98821","targets":["maf.mte.example","//sp.example/in-cse"],
 "expiry":3600,"kpmID":"kpm-0001@mef.mte.example","kpm":"$(m2m_b64 "$m2m_kpm")"
END
m2m_enrolee e-2 <<END
"framework":"ppsk","mef":"mef2.mte.example","enroleeID":"//sp.example/S2","targets":["maf.mte.example"],
 "expiry":3600,"kpmID":"kpm-0002@mef2.mte.example","kpm":"$(m2m_b64 "$m2m_kpm")"
END
keids() {
    m2m_ctl "$port_mef_admin" enrolment-keys list --json
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

# ---- C2: the same over DTLS, and over a path that loses packets ----
check "C2 the same over DTLS 1.2" shake dtls "$port_mef" $psk_dtls $kpm
keids >"$lab/keys.json"
check "C2 and the MEF lists that KeId" holds "$lab/keys.json" "$(keid_of dtls)"
port_lossy=$("$lab_build/tests/lib/freeports" 1)
lab_spawn lossy python3 -u "$top_srcdir/tests/lib/lossy.py" --listen "127.0.0.1:$port_lossy" --to "127.0.0.1:$port_mef" \
    --loss 0.1 --seed 7
check "C2 a relay that loses every tenth datagram runs" lab_wait_log lossy listening
shake_lossy() {
    timeout 30 openssl s_client -connect "127.0.0.1:$port_lossy" $psk_dtls $kpm -keymatexport EXPORTER-oneM2M-Bootstrap \
        -keymatexportlen 48 </dev/null >"$lab/lossy.out" 2>&1
}
check "C2 DTLS through it completes" shake_lossy

# ---- C3: nobody gets in who should not ----
fails() {
    ! shake "$@"
}
nobody() {
    keids >"$lab/keys2.json" && cmp "$lab/keys.json" "$lab/keys2.json"
}
shake unknown "$port_mef" $psk_tls -psk "$m2m_kpm" -psk_identity nobody@mef.mte.example
shake wrong "$port_mef" $psk_tls -psk "${m2m_kpm/00/ff}" -psk_identity kpm-0001@mef.mte.example
alert() {
    grep -o 'alert [a-z ]*' "$lab/$1.out" | head -n 1
}
keids >"$lab/keys.json"
check "C3 a wrong Kpm fails" fails wrong "$port_mef" $psk_tls -psk "${m2m_kpm/00/ff}" -psk_identity kpm-0001@mef.mte.example
check "C3 an unknown KpmId fails" fails unknown "$port_mef" $psk_tls -psk "$m2m_kpm" -psk_identity nobody@mef.mte.example
check "C3 in just the same way" same "$(alert wrong)" "$(alert unknown)"
check "C3 the Kpm of another name of the MEF fails" fails other "$port_mef" $psk_tls -psk "$m2m_kpm" -psk_identity kpm-0002@mef2.mte.example
check "C3 TLS 1.1 fails" fails old "$port_mef" -tls1_1 -cipher 'PSK:@SECLEVEL=0' $kpm
check "C3 a NULL suite fails" fails null "$port_mef" -tls1_2 -cipher 'PSK-NULL-SHA256:@SECLEVEL=0' $kpm
check "C3 a certificate suite without a certificate fails" fails nocert "$port_mef" $cert_tls
check "C3 and no KeId was made" nobody

# ---- C1, C3: the device, and servers that are not ours ----
port_server=$("$lab_build/tests/lib/freeports" 1)
ue_ppsk e-3 //sp.example/S3 maf.mte.example "127.0.0.1:$port_server"
device() { # ARGUMENT...: with the server of openssl as its MEF
    m2m_ue e-3 --set "enrolee.mef.address=127.0.0.1:$port_server" "$@"
}
psk_server() { # OPTION...: with the Kpm of the device unless they say another
    serve server "$port_server" -nocert -psk_identity kpm-e-3@mef.mte.example -psk "$m2m_kpm" "$@"
}
# refuses OPTION...: the device does not enrol with such a server, and stores nothing
refuses() {
    serve server "$port_server" "$@" && says 5 tls- device enrol && [ ! -e "$lab/e-3.enrolment" ]
}
check "C3 the device fails with a server of another Kpm, stores nothing" refuses -nocert -psk_identity kpm-e-3@mef.mte.example \
    $psk_tls -psk "${m2m_kpm/00/ff}"
check "C3 with a server of certificates" refuses -cert "$lab/pki/mef.pem" -key "$lab/pki/mef.key" $cert_tls
psk="-nocert -psk_identity kpm-e-3@mef.mte.example -psk $m2m_kpm"
check "C3 with TLS 1.1" refuses $psk -tls1_1 -cipher 'PSK:@SECLEVEL=0'
check "C3 with TLS 1.0" refuses $psk -tls1 -cipher 'PSK:@SECLEVEL=0'
check "C3 with a NULL suite" refuses $psk -tls1_2 -cipher 'PSK-NULL-SHA256:@SECLEVEL=0'
server_exported() {
    sed -n 's/^ *Keying material: //p' "$lab/server.log" | tail -n 1 | grep .
}
check "C1 openssl s_server -nocert -psk" psk_server $psk_tls
check "C1 the device enrols with it" device enrol
device keys --show-keys --json >"$lab/e-3.keys"
check "C1 the server exports too" wait_for 5 server_exported
check "C4 with the octets that the server exports" same "$(derive split "$(server_exported)")" \
    "$(json "$lab/e-3.keys" keyid | sed 's/@mef.mte.example$//') $(json "$lab/e-3.keys" ke)"
check "C2 a DTLS server" psk_server $psk_dtls
check "C2 the device enrols over DTLS" device --dtls enrol --fresh

# ---- C6: what was made stays ----
check "C6 the MEF is killed and starts again" again mef
keids >"$lab/keys2.json"
check "C6 it still has its KeIds" cmp "$lab/keys.json" "$lab/keys2.json"
fetch maf "$keid" "" maf.mte.example
check "C6 and serves the same key" same "$(derive km "$(ke_of tls)" maf.mte.example)" "$(credential)"

# ---- C7: names of one address ----
check "C7 the second name of the MEF is reached by SNI" shake sni "$port_mef" $psk_tls -servername mef2.mte.example \
    -psk "$m2m_kpm" -psk_identity kpm-0002@mef2.mte.example
keids >"$lab/keys.json"
check "C7 and its KeId ends in that name" holds "$lab/keys.json" "$(keid_of sni mef2.mte.example)"
check "C7 a name that is none of ours is refused" fails noname "$port_mef" $psk_tls $kpm -servername mef.other.example

# ---- C9: the profile of suites ----
suites() {
    local suite got=
    for suite in PSK-AES128-CBC-SHA256 PSK-AES256-CBC-SHA384 PSK-AES128-GCM-SHA256 DHE-PSK-AES128-CBC-SHA256 RSA-PSK-AES128-CBC-SHA256 \
        PSK-NULL-SHA256 PSK-3DES-EDE-CBC-SHA PSK-AES128-CBC-SHA AES128-SHA256 ECDHE-RSA-AES128-SHA256 ADH-AES128-SHA256; do
        timeout 5 openssl s_client -connect "127.0.0.1:$port_mef" -tls1_2 -cipher "$suite:@SECLEVEL=0" $kpm </dev/null >/dev/null 2>&1 &&
            got="$got $suite"
    done
    same " PSK-AES128-CBC-SHA256" "$got"
}
check "C9 of eleven suites only the mandatory one is accepted" suites
tap_done
