#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# MEF, MAF and keystrap-peer together; openssl is the Enrolee, python computes its keys.  One
# enrolment gives an association by Kpsa, and by way of the MAF one by Kc.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
cd "$lab" || exit 1
port_mef=$port_bsf port_maf=$port_naf port_admin=$port_hss port_maf_admin=$port_upstream port_peer=$port_bsf_dia
port_ae=$("$lab_build/tests/lib/freeports" 1)
pki() {
    sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" "$@"
}
pki ca ca && pki fqdn mef ca mef.mte.example && pki fqdn maf ca maf.mte.example && pki cse in-cse ca in-cse.sp.example &&
    pki cse mn1 ca mn1.in-cse.sp.example && pki ae S55 ca m2m://sp.example/S55 || exit 1
(umask 077 && for file in mef.store maf.store peer.store token km; do openssl rand -hex 32 >"$file"; done)
kpm=$(openssl rand -hex 32)
cat >bsf.yaml <<END
mef:
  listen: [ "127.0.0.1:$port_mef" ]
  names: [ { fqdn: mef.mte.example, cert: pki/mef.pem, key: pki/mef.key } ]
  targets:
    - { id: maf.mte.example, anchors: pki/ca.pem }
    - { id: //sp.example/in-cse, flavour: cse, anchors: pki/ca.pem }
    - { id: //sp.example/mn1, fqdn: mn1.in-cse.sp.example, flavour: cse, anchors: pki/ca.pem }
    - { id: //sp.example/S55, flavour: ae, anchors: pki/ca.pem }
  store: { path: mef, key_file: mef.store }
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: token }
END
cat >naf.yaml <<END
maf:
  fqdn: maf.mte.example
  listen: [ "127.0.0.1:$port_maf" ]
  cert: pki/maf.pem
  key: pki/maf.key
  mefs: [ { fqdn: mef.mte.example, address: "127.0.0.1:$port_mef", anchors: pki/ca.pem } ]
  clients: [ { id: //sp.example/in-cse, flavour: cse, anchors: pki/ca.pem } ]
  store: { path: maf, key_file: maf.store }
admin: { listen: [ "127.0.0.1:$port_maf_admin" ], token_file: token }
END
# peer NAME PORT [LINES]: keystrap-peer as this CSE
peer() {
    cat >"$1.yaml" <<END
id: //sp.example/$1
listen: [ "127.0.0.1:$2" ]
cert: pki/$1.pem
key: pki/$1.key
mefs: [ { fqdn: mef.mte.example, address: "127.0.0.1:$port_mef", anchors: pki/ca.pem } ]
mafs: [ { fqdn: maf.mte.example, address: "127.0.0.1:$port_maf", anchors: pki/ca.pem } ]
store: { path: $1.records, key_file: peer.store }
log: { identities: shown }
${3:-}
END
    lab_spawn "$1" "$top_builddir/keystrap-peer" -c "$1.yaml" && lab_wait_log "$1" daemon.ready
}
admin() { # PORT METHOD PATH JSON
    curl -sS --noproxy '*' --max-time 10 -X "$2" -H "Authorization: Bearer $(cat token)" -d "$4" -o answer -w '%{http_code}' \
        "http://127.0.0.1:$1$3"
}
b64() {
    echo "$1" | xxd -r -p | base64 -w0
}
# made KEY LABEL-AND-TARGET: HMAC-SHA-256 in hexadecimal
made() {
    python3 -c 'import hashlib, hmac, sys
print(hmac.new(bytes.fromhex(sys.argv[1]), sys.argv[2].encode(), hashlib.sha256).hexdigest())' "$1" "$2"
}
# associate PORT IDENTITY KEY TEXT: the association says so
associate() {
    printf 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | timeout 10 openssl s_client -quiet -tls1_2 \
        -cipher PSK-AES128-CBC-SHA256 -psk_identity "$2" -psk "$3" -connect "127.0.0.1:$1" >told 2>&1
    holds told "$4"
}
# session LABEL PORT [s_client option...] -- REQUEST...
session() {
    python3 "$top_srcdir/tests/system/m2m_client.py" "$2" "$1" -tls1_2 "${@:3}" >said
}
said() {
    python3 -c 'import json
s = json.load(open("said"))
print('"$1"')'
}

check "MEF" lab_start bsf
check "MAF" lab_start naf
check "an Entity B" peer in-cse "$port_peer"
check "another CSE" peer mn1 "$port_naf_dia" "fqdn: mn1.in-cse.sp.example
maf_keys: [ { id: km-1@maf.mte.example, key_file: km, owner: maf.mte.example } ]"
check "an AE as target" peer S55 "$port_ae"
check_same "an Enrolee for MAF, CSE and AE" "$(admin "$port_admin" PUT /v1/enrolees/meter-1 '{"name":"meter-1","framework":"ppsk",
    "mef":"mef.mte.example","enroleeID":"//sp.example/S98821","targets":["maf.mte.example","//sp.example/in-cse","//sp.example/S55"],
    "expiry":600,"kpmID":"kpm-1@mef.mte.example","kpm":"'"$(b64 "$kpm")"'"}')" 200
check_same "a Km for the other CSE" "$(admin "$port_maf_admin" PUT /v1/keys/km-1@maf.mte.example \
    '{"use":"km","key":"'"$(b64 "$(cat km)")"'","peer":"//sp.example/mn1"}')" 204

check "the Enrolee bootstraps" session EXPORTER-oneM2M-Bootstrap "$port_mef" -cipher PSK-AES128-CBC-SHA256 -psk "$kpm" \
    -psk_identity kpm-1@mef.mte.example --
keid=$(said 's["export"][:32].upper()')@mef.mte.example
ke=$(said 's["export"][32:]')
kpsa=$(made "$ke" "oneM2M Enrolment Key to Provisioned Secure Connection Key derivation//sp.example/in-cse")
km=$(made "$ke" "oneM2M Enrolment Key to Master Credential derivationmaf.mte.example")

check "Km is no Kpsa" eval '! associate "$port_peer" "$keid" "$km" credentialID'
check "Kpsa: an association with Entity B" associate "$port_peer" "$keid" "$kpsa" \
    "\"self\":\"//sp.example/in-cse\",\"peer\":\"//sp.example/S98821\",\"credentialID\":\"12-$keid\",\"until\":\"20"
check "an association with an AE, by a key of its own" associate "$port_ae" "$keid" \
    "$(made "$ke" "oneM2M Enrolment Key to Provisioned Secure Connection Key derivation//sp.example/S55")" \
    '"self":"//sp.example/S55","peer":"//sp.example/S98821"'
check "which is not that of the CSE" eval '! associate "$port_ae" "$keid" "$kpsa" credentialID'
check "who is not a target gets no key" eval '! associate "$port_naf_dia" "$keid" \
    "$(made "$ke" "oneM2M Enrolment Key to Provisioned Secure Connection Key derivation//sp.example/mn1")" credentialID'
check "as its log says" holds mn1.log "reason=target-key-refused from=mef"

et=$(date -u -d '+1 hour' +%Y%m%dT%H%M%S)
from=X-M2M-Origin://sp.example/S98821
register() { # TARGET: Kc for it, $kc and $kcid
    session EXPORTER-oneM2M-Connection "$port_maf" -cipher PSK-AES128-CBC-SHA256 -psk "$km" -psk_identity "$keid" -- \
        POST /- $from "Content-Type:application/vnd.onem2m-res+json;ty=5" \
        '{"sec:skr":{"et":"'"$et"'","adfq":"mte.example","suid":32,"tgis":["'"$1"'"]}}'
    kcid=$(said 's["export"][:32].upper()')@maf.mte.example
    kc=$(said 's["export"][32:]')
    same 2001 "$(said 's["answers"][0]["rsc"]')"
}
check "Km: a key is registered at the MAF" register //sp.example/in-cse
check "Kc: an association with Entity B" associate "$port_peer" "$kcid" "$kc" '"peer":"//sp.example/S98821"'
check "of which it knew before its handshake nothing" holds in-cse.log "target.key-fetched reason=ok from=maf"
check "is one by Kc" holds told '"use":"kc"'
check "not for the other CSE" eval '! associate "$port_naf_dia" "$kcid" "$kc" credentialID'
check "another key, for the other CSE" register //sp.example/mn1
check "which proves its Km to the MAF" associate "$port_naf_dia" "$kcid" "$kc" '"self":"//sp.example/mn1","peer":"//sp.example/S98821"'

lab_stop bsf
lab_stop naf
check "without MEF and MAF the keys are known still" associate "$port_naf_dia" "$kcid" "$kc" '"use":"kc"'
check "of both kinds" associate "$port_peer" "$keid" "$kpsa" '"use":"kpsa"'
lab_stop in-cse
lab_stop mn1
lab_stop S55
check_same "all stop" "${lab_codes[in-cse]} ${lab_codes[mn1]} ${lab_codes[S55]}" "0 0 0"
check "no key is in any log" eval '! grep -qiF -e "$kpsa" -e "$km" -e "$ke" -e "$kc" ./*.log'
tap_done
