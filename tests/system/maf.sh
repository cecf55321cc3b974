#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The MAF alone, without Diameter and services: certificates, client and key registration over
# sessions of `openssl s_client`, what is exported there, who gets it, and a killed process.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tools/wait.sh"
dir=$(mktemp -d)
pid=
cleanup() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir" || exit 1
pki() {
    sh "$top_srcdir/tests/lib/pki.sh" pki "$@"
}
pki ca ca && pki ca stranger && pki fqdn maf ca maf.mte.example && pki ae ae ca m2m://sp.example/S98821 &&
    pki cse cse ca in-cse.sp.example && pki cse mn1 ca mn1.in-cse.sp.example && pki ae late ca m2m://sp.example/Slate expired &&
    pki ae false stranger m2m://sp.example/S98821 && pki ae nobody ca m2m://sp.example/Snobody &&
    pki ae gone ca m2m://sp.example/Sgone && pki revoke gone && pki crl ca
(umask 077 && openssl rand -hex 32 >store.key && openssl rand -hex 32 >admin.token)
read -r -d '' port port_admin <<<"$("$top_builddir/tests/lib/freeports" 2)"
km=$(openssl rand -hex 32)
cat >naf.yaml <<END
maf:
  fqdn: maf.mte.example
  listen:
    - 127.0.0.1:$port
  listen_dtls:
    - 127.0.0.1:$port
  cert: pki/maf.pem
  key: pki/maf.key
  clients:
    - { id: //sp.example/S98821, flavour: ae, anchors: pki/ca.pem }
    - { id: //sp.example/Slate, flavour: ae, anchors: pki/ca.pem }
    - { id: //sp.example/Sgone, flavour: ae, anchors: pki/ca.pem, crls: pki/ca.crl, status: crl }
    - { id: //sp.example/in-cse, flavour: cse, anchors: pki/ca.pem }
    - { id: //sp.example/mn1, flavour: cse, cert_id: mn1.in-cse.sp.example, anchors: pki/ca.pem }
  registrations:
    admins:
      - mte.example
    max_key_lifetime: 1h
  store:
    path: store
    key_file: store.key
admin:
  listen:
    - 127.0.0.1:$port_admin
  token_file: admin.token
log:
  identities: shown
END

run() {
    "$top_builddir/keystrap-naf" -c naf.yaml 2>>log &
    pid=$!
    wait_for 20 grep -q "keystrap-naf\[$pid\].*daemon.ready" log
}
# client [s_client option...] -- REQUEST...: what m2m_client.py says of it
client() {
    python3 "$top_srcdir/tests/system/m2m_client.py" "$port" EXPORTER-oneM2M-Connection -servername maf.mte.example "$@" >said
}
# session CERTIFICATE [s_client option...] -- REQUEST...
session() {
    client -CAfile pki/ca.pem -cert "pki/$1.pem" -key "pki/$1.key" "${@:2}"
}
# psk KEY IDENTITY [s_client option...] -- REQUEST...
psk() {
    client -psk "$1" -psk_identity "$2" "${@:3}"
}
# admin METHOD PATH [BODY]: the operator's interface
admin() {
    curl -sS --noproxy '*' --max-time 10 -o admin.json -w '%{http_code}\n' -H "Authorization: Bearer $(cat admin.token)" \
        -X "$1" ${3:+-d "$3"} "http://127.0.0.1:$port_admin$2"
}
psk_tls=(-tls1_2 -cipher PSK-AES128-CBC-SHA256)
psk_dtls=(-dtls1_2 -cipher PSK-AES128-CCM8)
tls=(-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256)
dtls=(-dtls1_2 -cipher ECDHE-ECDSA-AES128-CCM8)
# said EXPRESSION: of what the session said (export, answers)
said() {
    python3 -c 'import json
s = json.load(open("said"))
export, answers = s["export"], s["answers"]
print('"$1"')'
}
rsc() {
    said '" ".join(str(a["rsc"]) if a else "none" for a in answers)'
}
ae=X-M2M-Origin://sp.example/S98821
cse=X-M2M-Origin://sp.example/in-cse
mn1=X-M2M-Origin://sp.example/mn1
type='Content-Type:application/vnd.onem2m-res+json;ty='
et=$(date -u -d '+2 hours' +%Y%m%dT%H%M%S)
key='{"sec:skr":{"et":"'$et'","adfq":"mte.example","suid":32,"tgis":["//sp.example/in-cse"]}}'
macr='{"sec:macr":{"et":"'$et'","adfq":"mte.example","lbl":["meter"]}}'

check "the MAF starts without services and Diameter" run

for who in late false nobody gone; do
    check "no association for $who" session $who "${tls[@]}" -- GET /- $ae
    check_same "and nothing is answered" "$(rsc)" none
done
check "one without a certificate neither" eval 'python3 "$top_srcdir/tests/system/m2m_client.py" "$port" L "${tls[@]}" -- GET /- $ae >said'
check_same "and nothing is answered" "$(rsc)" none
check "the log says why" eval 'for r in certificate-expired certificate-path target-certificate-unknown certificate-revoked; do
    holds log "maf.not-associated reason=$r" || exit 1; done'

check "AE: association" session ae "${tls[@]}" -- GET /- $ae , GET /- , GET /- $cse , \
    POST /- $ae "${type}3" "$macr" , POST /- $ae "${type}3" "$macr" , POST /- $ae "${type}5" "$key" , POST /- $ae "${type}5" "$key" , \
    GET /nowhere $ae , PATCH /- $ae
check_same "base, no From, other From, client twice, key twice, no resource, no operation" "$(rsc)" \
    "2000 4000 4106 2001 4105 2001 4105 4004 4005"
check_same "without keyValue the RelativeKeyID is exported" "$(said 'answers[5]["body"]["sec:skr"]["ri"] == export[:32]')" True
check_same "the key is not told" "$(said '"kv" in answers[5]["body"]["sec:skr"]')" False
check_same "it lives an hour at most" "$(said 'answers[5]["body"]["sec:skr"]["et"] < "'"$et"'"')" True
check_same "a client with a certificate has no KmId" "$(said '"aski" in answers[3]["body"]["sec:macr"]')" False
check_same "a second client registration is shown the first" "$(said 'answers[4]["location"] == answers[3]["location"]')" True
location=$(said 'answers[5]["location"]')
client=$(said 'answers[3]["location"]')
kc=$(said 'export[32:]')
check "the source asks" session ae "${tls[@]}" -- GET "$location" $ae
check_same "and never gets the key" "$(said 'answers[0]["rsc"] == 2000 and "kv" not in answers[0]["body"]["sec:skr"]')" True
check "the target asks" session cse "${tls[@]}" -- GET "$location" $cse , DELETE "$location" $cse , GET "$location" $ae
check_same "gets it, cannot delete it, is not the source" "$(rsc)" "2000 4103 4106"
check_same "and it is what the source exported" \
    "$(said '__import__("base64").b64decode(answers[0]["body"]["sec:skr"]["kv"]).hex().upper()')" "$kc"
check "somebody else asks" session mn1 "${tls[@]}" -- GET "$location" $mn1 , GET "$client" $mn1
check_same "in vain" "$(rsc)" "4103 4103"
check "a killed MAF" eval 'kill -9 $pid; wait $pid 2>/dev/null; run'
check "has lost nothing" session cse "${tls[@]}" -- GET "$location" $cse
check_same "and gives the key again" "$(rsc)" 2000
check "update and deletion by the source" session ae "${tls[@]}" -- \
    PUT "$location" $ae "${type%;*}" '{"sec:skr":{"tgis":["//sp.example/mn1"]}}' , DELETE "$client" $ae , GET "$client" $ae
check_same "are done" "$(rsc)" "2004 2002 4004"
check "the target of before" session cse "${tls[@]}" -- GET "$location" $cse
check_same "is one no more" "$(rsc)" 4103

check_same "a Km is imported" "$(admin PUT /v1/keys/km-17@maf.mte.example \
    '{"use":"km","key":"'"$(echo "$km" | xxd -r -p | base64 -w0)"'","peer":"//sp.example/S98821"}')" 204
check "a killed MAF" eval 'kill -9 $pid; wait $pid 2>/dev/null; run'
check "knows it" psk "$km" km-17@maf.mte.example "${psk_tls[@]}" -- POST /- $ae "${type}5" "$key" , POST /- $ae "${type}3" "$macr"
check_same "key and client registration" "$(rsc)" "2001 2001"
check_same "the RelativeKeyID is exported" "$(said 'answers[0]["body"]["sec:skr"]["ri"] == export[:32]')" True
check_same "a KmId of ours needs no other" "$(said '"aski" in answers[1]["body"]["sec:macr"]')" False
location=$(said 'answers[0]["location"]')
kc2=$(said 'export[32:]')
check "the target asks" session cse "${tls[@]}" -- GET "$location" $cse
check_same "and gets what was exported" \
    "$(said '__import__("base64").b64decode(answers[0]["body"]["sec:skr"]["kv"]).hex().upper()')" "$kc2"
check "the same key over DTLS, and a KmId has no case" eval 'psk "$km" KM-17@maf.MTE.example "${psk_dtls[@]}" -- && same 96 "$(said "len(export)")"'
check "a wrong key" psk "${km/[0-4]/9}" km-17@maf.mte.example "${psk_tls[@]}" -- GET /- $ae
check_same "opens nothing" "$(rsc)" none
check "an unknown name" psk "$km" km-18@maf.mte.example "${psk_tls[@]}" -- GET /- $ae
check_same "opens nothing" "$(rsc)" none
check_same "the operator sees names" "$(admin GET /v1/keys)" 200
check "and never a key" eval 'holds admin.json km-17@maf.mte.example && ! grep -qi "$km" admin.json'
# life NAME SECONDS: a Km that ends then
life() {
    ends=$(($(date +%s) + $2))
    same 204 "$(admin PUT "/v1/keys/$1" '{"use":"km","key":"'"$(echo "$km" | xxd -r -p | base64 -w0)"'","peer":"//sp.example/S98821",
        "until":"'"$(date -u -d "@$ends" +%Y%m%dT%H%M%S)"'"}')"
}
check "a Km that ends" life km-19@maf.mte.example 4
check "opens a session" psk "$km" km-19@maf.mte.example "${psk_tls[@]}" -- POST /- $ae "${type}5" "$key" , END
check_same "whose key registration ends with it" "$(said 'answers[0]["body"]["sec:skr"]["et"] < "'"$(date -u -d "@$ends" +%Y%m%dT%H%M%S)"'"')" True
ended=$(said 'answers[0]["location"]')
check_same "and which is closed before the end" "$(said '0 < answers[1] < 4')" True
over() {
    [ "$(date +%s)" -ge "$ends" ]
}
check "after it" eval 'wait_for 10 over && psk "$km" km-19@maf.mte.example "${psk_tls[@]}" -- GET /- $ae'
check_same "nothing opens any more" "$(rsc)" none
check "what was registered with it" session cse "${tls[@]}" -- GET "$ended" $cse
check_same "is over too" "$(rsc)" 4004
check "for this reason" eval 'holds log reason=reg-expired && holds log reason=target-key-expired'
check_same "a Km is forgotten" "$(admin DELETE /v1/keys/km-17@maf.mte.example)" 204
check "with it" psk "$km" km-17@maf.mte.example "${psk_tls[@]}" -- GET /- $ae
check_same "nothing opens" "$(rsc)" none

# coap CERTIFICATE -- REQUEST...: what coap_client.py says of it
coap() {
    python3 "$top_srcdir/tests/system/coap_client.py" "$port" EXPORTER-oneM2M-Connection -servername maf.mte.example "${dtls[@]}" \
        -CAfile pki/ca.pem -cert "pki/$1.pem" -key "pki/$1.key" "${@:2}" >said
}
codes() {
    said '" ".join(a["code"] + "/" + str(a["rsc"]) if a else "none" for a in answers)'
}
me=//sp.example/S98821
check "CoAP over DTLS" coap ae -- GET /- $me , GET /_/maf.mte.example/- $me , GET /- //sp.example/in-cse , POST /- $me 5 "$key" , \
    again x , POST /- $me 5 "$key" , GET /- $me 1 , FETCH /- $me , GET /nowhere $me
check_same "base, absolute, other From, key, the same again, a second key, no such operation, no resource" "$(codes)" \
    "2.05/2000 2.05/2000 4.03/4106 2.01/2001 2.01/2001 4.09/4105 2.05/2000 4.05/4005 4.04/4004"
check_same "answers come in acknowledgements with id, token and request identifier" \
    "$(said '[(a["type"], a["id"] & 15, a["token"], a["rqi"]) for a in answers[:3]]')" "[(2, 0, 'tk', 'r0'), (2, 1, 'tk', 'r1'), (2, 2, 'tk', 'r2')]"
check_same "a repeated request has the answer of before" "$(said 'answers[3] == answers[4]')" True
check_same "the RelativeKeyID is exported" "$(said 'answers[3]["body"]["sec:skr"]["ri"] == export[:32]')" True
location=$(said 'answers[3]["location"]')
kc3=$(said 'export[32:]')
check "the target asks over CoAP" coap cse -- GET "$location" //sp.example/in-cse
check_same "and gets the key" "$(said '__import__("base64").b64decode(answers[0]["body"]["sec:skr"]["kv"]).hex().upper()')" "$kc3"
check "what is no request, and options that are not known" coap ae -- hex 40000007 , drop 4801 , drop 60450001 , hex 4101000971 , drop 00 , \
    drop 41010009713f , hex "400100 0a b1 2d d1 03 00" , GET /- $me
check_same "are reset, dropped and refused" "$(said '[(a["type"], a["code"]) if a else None for a in answers]')" \
    "[(3, '0.00'), None, None, (2, '4.00'), None, None, (2, '4.02'), (2, '2.05')]"

check "association over DTLS" eval 'session ae "${dtls[@]}" -- && same True "$(said "len(export) == 96")"'
check "and it is logged" eval 'wait_for 5 grep -q "maf.associated client=//sp.example/S98821 .*over=dtls" log'

check "the MAF stops cleanly" eval 'kill $pid && wait $pid'
pid=
check "and has counted" holds log 'maf.associations reason=target-identity-unknown n=2'
check "no key is in the log" eval '! grep -qiE "$kc|$kc2|$kc3|$km" log && ! grep -qiF "$(cat store.key)" log'
check "nor readable in the store" eval '! grep -rqE "S98821|sec:skr" store'
tap_done
