#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The whole chain of oneM2M: keystrap-ue enrols with keystrap-bsf (MEF), registers with keystrap-naf
# (MAF) and associates with keystrap-peer, by Km, Kpsa, Kc and certificate, over TLS and DTLS.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
port_mef=$port_bsf port_maf=$port_naf port_peer=$port_upstream port_admin=$port_hss
pki() { sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" "$@"; }
kpm=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

config() {
    umask 077
    pki ca root && pki fqdn mef root mef.mte.example && pki fqdn maf root maf.mte.example &&
        pki cse in-cse root in-cse.sp.example && pki ae ae root m2m://sp.example/S98821 &&
        pki cse mn1 root mn1.in-cse.sp.example || return 1
    echo $kpm >"$lab/kpm.key"
    for key in mef.key maf.key peer.key; do openssl rand -hex 32 >"$lab/$key"; done
    openssl rand -hex 32 >"$lab/token"
    cat >"$lab/bsf.yaml" <<END
mef:
  listen: [ "127.0.0.1:$port_mef" ]
  listen_dtls: [ "127.0.0.1:$port_mef" ]
  names: [ { fqdn: mef.mte.example, cert: $lab/pki/mef.pem, key: $lab/pki/mef.key } ]
  targets:
    - { id: maf.mte.example, anchors: $lab/pki/root.pem }
    - { id: //sp.example/in-cse, flavour: cse, anchors: $lab/pki/root.pem }
  store: { path: $lab/mef, key_file: $lab/mef.key }
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: $lab/token }
END
    cat >"$lab/naf.yaml" <<END
maf:
  fqdn: maf.mte.example
  listen: [ "127.0.0.1:$port_maf" ]
  listen_dtls: [ "127.0.0.1:$port_maf" ]
  raw_keys: false
  cert: $lab/pki/maf.pem
  key: $lab/pki/maf.key
  mefs: [ { fqdn: mef.mte.example, address: "127.0.0.1:$port_mef", anchors: $lab/pki/root.pem } ]
  clients: [ { id: //sp.example/in-cse, flavour: cse, anchors: $lab/pki/root.pem } ]
  store: { path: $lab/maf, key_file: $lab/maf.key }
END
    cat >"$lab/peer.yaml" <<END
id: //sp.example/in-cse
listen: [ "127.0.0.1:$port_peer" ]
listen_dtls: [ "127.0.0.1:$port_peer" ]
cert: $lab/pki/in-cse.pem
key: $lab/pki/in-cse.key
store: { path: $lab/peer, key_file: $lab/peer.key }
mefs: [ { fqdn: mef.mte.example, address: "127.0.0.1:$port_mef", anchors: $lab/pki/root.pem } ]
mafs: [ { fqdn: maf.mte.example, address: "127.0.0.1:$port_maf", anchors: $lab/pki/root.pem } ]
peers: [ { id: //sp.example/S98821, flavour: ae, anchors: $lab/pki/root.pem } ]
log: { identities: shown }
END
    cat >"$lab/ue.yaml" <<END
state: $lab/ue.state
enrolee:
  id: //sp.example/S98821
  target: { id: //sp.example/in-cse, address: "127.0.0.1:$port_peer", anchors: $lab/pki/root.pem }
  registrar: //sp.example/in-cse
  expiry: 1h
  mef: { uri: "https://mef.mte.example", address: "127.0.0.1:$port_mef", anchors: $lab/pki/root.pem }
  kpm: { id: kpm-0001@mef.mte.example, key_file: $lab/kpm.key }
  cert: { cert: $lab/pki/ae.pem, key: $lab/pki/ae.key }
  token_file: $lab/enrolment.token
  store: $lab/ue.store
  maf: { fqdn: maf.mte.example, address: "127.0.0.1:$port_maf", admin: mte.example, anchors: $lab/pki/root.pem }
END
}
start_peer() {
    lab_spawn peer "$lab_build/keystrap-peer" -c "$lab/peer.yaml" && lab_wait_log peer daemon.ready
}
admin() { # METHOD PATH [JSON]: status code; the answer in $lab/answer
    curl -sS --noproxy '*' --max-time 10 -X "$1" -H "Authorization: Bearer $(cat "$lab/token")" ${3:+-d "$3"} \
        -o "$lab/answer" -w '%{http_code}' "http://127.0.0.1:$port_admin$2"
}
record() { # NAME MEMBERS
    admin PUT "/v1/enrolees/$1" "{\"name\":\"$1\",\"mef\":\"mef.mte.example\",\"enroleeID\":\"//sp.example/S98821\",
        \"targets\":[\"maf.mte.example\",\"//sp.example/in-cse\"],\"expiry\":3600,$2}"
}
ppsk='"framework":"ppsk","kpmID":"kpm-0001@mef.mte.example","kpm":"'$(echo $kpm | xxd -r -p | base64)'"'
cert() {
    echo "\"framework\":\"cert\",\"flavour\":\"ae\",\"certID\":\"//sp.example/S98821\",\"tokenNeeded\":true,
        \"anchors\":$(python3 -c 'import json,sys; print(json.dumps(open(sys.argv[1]).read()))' "$lab/pki/root.pem")"
}
ue() { "$lab_build/keystrap-ue" -c "$lab/ue.yaml" "$@"; }
# code WANTED TEXT ARGUMENT...
code() {
    local got
    ue "${@:3}" >"$lab/out" 2>&1
    got=$?
    same "$1" "$got" && holds "$lab/out" "$2"
}
# kept TARGET USE NAME: a line of what the device has
kept() {
    ue --json keys --show-keys | python3 -c '
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    if o["target"] == sys.argv[1] and o["use"] == sys.argv[2]:
        print(o.get(sys.argv[3], ""))' "$@"
}
said() { grep -c "$2" "$lab/$1.log" || true; }
maf='--set enrolee.target.id=maf.mte.example --set enrolee.target.address=127.0.0.1:'$port_maf

check "certificates and configuration" config
for name in bsf naf; do
    check "$name starts" lab_start $name
done
check "the peer starts" start_peer
check_same "instructions" "$(record meter-1 "$ppsk")" 200

# ---- Km: the MAF fetches it while the handshake waits; KeId, then KmId ----
check "not enrolled, not connected" code 6 enrol-no-key $maf connect
check "enrolled for the MAF" code 0 km $maf enrol
check "registered with the MAF by KeId" code 0 sec:mafb $maf connect
check "which assigned a KmId" eval '[[ $(kept maf.mte.example km alias) =~ @maf\.mte\.example$ ]]'
fetched=$(said bsf mef.given)
check "connected by KmId" code 0 sec:mafb $maf connect
check_same "without asking the MEF again" "$(said bsf mef.given)" "$fetched"

# ---- Kc: the MAF hands it out to the peer while the handshake waits ----
check "associated by Kc" code 0 //sp.example/S98821 connect --via=maf
kc=$(kept //sp.example/in-cse kc key)
check "Kc has a name of the MAF" eval '[[ $(kept //sp.example/in-cse kc keyid) =~ ^[0-9A-F]{32}@maf\.mte\.example$ ]] && [ ${#kc} -eq 64 ]'
lab_stop naf
check "again without the MAF" code 0 //sp.example/S98821 connect --via=maf
check "with the same key" eval 'same "$kc" "$(kept //sp.example/in-cse kc key)"'
check "over DTLS" code 0 //sp.example/S98821 --dtls connect --via=maf
check "a MAF that knows nobody" eval 'code 0 forgotten forget && rm -r "$lab/maf" && lab_start naf'
check "enrolled anew for the MAF over DTLS" eval 'code 0 km --dtls $maf enrol --fresh && [ -z "$(kept maf.mte.example km alias)" ]'
check "the client registers over DTLS" code 0 sec:mafb --dtls $maf connect
check "and has a KmId" eval '[[ $(kept maf.mte.example km alias) =~ @maf\.mte\.example$ ]]'
check "Kc over DTLS alone" code 0 //sp.example/S98821 --dtls connect --via=maf
check "is another one" eval '[[ $(kept //sp.example/in-cse kc key) =~ ^[0-9a-f]{64}$ ]] && [ "$kc" != "$(kept //sp.example/in-cse kc key)" ]'
lab_stop naf

# ---- Kpsa, no MAF ----
check "enrolled for the peer" code 0 kpsa enrol
check "associated by Kpsa" code 0 //sp.example/S98821 connect
check "over DTLS too" code 0 //sp.example/S98821 --dtls connect
check "the MEF is not asked twice" eval 'n=$(said bsf mef.given) && code 0 S98821 connect && same "$n" "$(said bsf mef.given)"'
check "enrolled over DTLS, and associated with that" eval 'code 0 enrolled --dtls enrol --fresh && code 0 S98821 connect'
check "associated by certificate" code 0 //sp.example/S98821 connect --via=cert
check "not as somebody else" code 5 tls- --set "enrolee.cert.cert=$lab/pki/mn1.pem" --set "enrolee.cert.key=$lab/pki/mn1.key" \
    connect --via=cert

# ---- framework cert, with a token ----
check_same "instructions with a token" "$(record meter-1 "$(cert)")" 200
cert_set='--set enrolee.framework=cert'
check_same "a token is issued" "$(admin POST /v1/enrolees/meter-1/token)" 200
token=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1])).get("enrolmentToken",""))' "$lab/answer")
check "without it the device enrols, and no target gets its key" eval 'code 0 enrolled $cert_set enrol && code 5 tls- connect'
echo "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" >"$lab/enrolment.token"
check "with another token it does not" code 5 token-invalid $cert_set enrol
echo "$token" >"$lab/enrolment.token"
check "with its own it does" code 0 enrolled $cert_set enrol
check "and associates" code 0 //sp.example/S98821 connect
check "the token is used up" eval 'echo "$token" >"$lab/enrolment.token"; code 5 token-invalid $cert_set enrol --fresh'

# ---- framework cert with a raw public key ----
pki key raw
check_same "instructions with a raw key" "$(record meter-1 "\"framework\":\"cert\",\"flavour\":\"raw\",
    \"certID\":\"$(pki ni raw 128)\"")" 200
rm "$lab/enrolment.token"
raw="$cert_set --set enrolee.cert.cert= --set enrolee.cert.key=$lab/pki/raw.key --set enrolee.cert.raw=true"
check "enrolled with a raw key" code 0 enrolled $raw enrol --fresh
check "and associated" code 0 //sp.example/S98821 connect
check "over DTLS" eval 'code 0 enrolled --dtls $raw enrol --fresh && code 0 //sp.example/S98821 connect'
check "who has not the MEF's name is refused" code 5 certificate-name $raw --set "enrolee.mef.address=127.0.0.1:$port_peer" enrol --fresh
check "another raw key is refused" eval 'pki key raw2 && code 5 tls- $raw --set "enrolee.cert.key=$lab/pki/raw2.key" enrol --fresh'
lab_stop peer
tap_done
