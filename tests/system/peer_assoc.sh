#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-peer as Enrolment Target and Entity B; openssl is Entity A, MEF and MAF are
# played by a table of answers.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tools/wait.sh"
dir=$(mktemp -d)
pids=
cleanup() {
    [ "$BASHPID" = $$ ] || return
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill $pids 2>/dev/null
    wait 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1
top_builddir=${top_builddir:?}
pki="$top_srcdir/tests/lib/pki.sh $dir"

# ---- who there is ----
for args in "ca ca" "ca other" "fqdn mef ca mef.mte.example" "fqdn maf ca maf.mte.example" "cse in-cse ca in-cse.sp.example" \
    "cse mn1 ca mn1.in-cse.sp.example" "ae s98821 ca m2m://sp.example/S98821" "ae forged other m2m://sp.example/S98821" \
    "device meter ca 0.2.481.1 100.3030.10011" "cse stranger ca mn9.in-cse.sp.example" "ca evil" \
    "fqdn fake evil mef.fake.example"; do
    # shellcheck disable=SC2086
    $pki $args >/dev/null || exit 1
done
ocsp=127.0.0.1:$("$top_builddir/tests/lib/freeports" 1)
for name in mn2 mn3; do
    $pki cse $name ca $name.in-cse.sp.example "ocsp=http://$ocsp/" >/dev/null || exit 1
done
$pki revoke mn3
$pki responder ca "$ocsp" >responder 2>&1 &
pids="$pids $!"
$pki key raw >/dev/null && $pki key raw2 >/dev/null || exit 1
key() {
    printf "$1%.0s" {1..32}
}
b64() {
    key "$1" | xxd -r -p | base64
}
umask 077
key 5a >store.key
key 11 >psa-17.key
key 22 >psa-18.key
later() {
    date -u -d "+$1 seconds" +%Y%m%dT%H%M%S
}
given() { # PATH KEY SECONDS
    echo "/fetchCredentials/$1 200 2000 {\"status\":true,\"credential\":\"$(b64 "$2")\",\"enroleeID\":\"//sp.example/S98821\",\"lifetime\":\"$(later "$3")\"}"
}
skr() { # ID KEY SUID SOURCE
    echo "/-/$1 200 2000 {\"sec:skr\":{\"ty\":5,\"ri\":\"$1\",\"cr\":\"$4\",\"et\":\"$(later 600)\",\"adfq\":\"mte.example\",\"suid\":$3,\"kv\":\"$(b64 "$2")\"}}"
}
hex() {
    printf "%032X" "$1"
}
{
    given "$(hex 1)@mef.mte.example" 33 600
    echo "/fetchCredentials/$(hex 2)@mef.mte.example 403 4103 {\"status\":false,\"errorString\":\"target not authorised\"}"
    echo "/fetchCredentials/$(hex 3)@mef.mte.example hang"
    echo "/fetchCredentials/$(hex 5)@mef.mte.example 200 2000 {\"status\":true,\"credential\":\"x\"}"
    given "$(hex 7)@mef.mte.example" 77 6
    given "$(hex 1)@mef.fake.example" 33 600
    skr "$(hex 11)" 44 32 //sp.example/mn1
    skr "$(hex 12)" 55 21 //sp.example/mn1
    skr "$(hex 13)" 66 32 11-km-17@maf.mte.example
} >answers
: >log_mef
: >log_maf
: >log_fake
for name in mef maf fake; do
    ca=ca
    [ $name != fake ] || ca=evil
    python3 "$top_srcdir/tests/system/m2m_source.py" $name.chain.pem $name.key ca.pem answers log_$name >port_$name 2>err_$name &
    pids="$pids $!"
done
has_ports() {
    [ -s port_mef ] && [ -s port_maf ] && [ -s port_fake ]
}
check "sources listen" wait_for 10 has_ports

cat >peer.yaml <<END
id: //sp.example/in-cse
listen: [127.0.0.1:0]
listen_dtls: [127.0.0.1:0]
listen_open: [127.0.0.1:0]
cert: $dir/in-cse.chain.pem
key: $dir/in-cse.key
store: {path: $dir/store, key_file: $dir/store.key}
keys:
  - {id: psa-17@mte.example, key_file: $dir/psa-17.key, owner: //sp.example/S98821}
  - {id: psa-18@mte.example, key_file: $dir/psa-18.key}
mefs:
  - {fqdn: mef.mte.example, address: "127.0.0.1:$(cat port_mef)", anchors: $dir/ca.pem}
  - {fqdn: mef.fake.example, address: "127.0.0.1:$(cat port_fake)", anchors: $dir/ca.pem}
mafs:
  - {fqdn: maf.mte.example, address: "127.0.0.1:$(cat port_maf)", anchors: $dir/ca.pem}
peers:
  - {id: //sp.example/mn1, fqdn: mn1.in-cse.sp.example, flavour: cse, anchors: $dir/ca.pem}
  - {id: //sp.example/S98821, flavour: ae, anchors: $dir/ca.pem}
  - {id: //sp.example/S7, flavour: device, cert_id: 0.2.481.1.100.3030.10011, anchors: $dir/ca.pem}
  - {id: //sp.example/mn2, fqdn: mn2.in-cse.sp.example, flavour: cse, anchors: $dir/ca.pem, status: ocsp}
  - {id: //sp.example/mn3, fqdn: mn3.in-cse.sp.example, flavour: cse, anchors: $dir/ca.pem, status: ocsp}
  - {id: //sp.example/S8, flavour: raw, cert_id: "$($pki ni raw 128)"}
ask_timeout: 2s
log: {identities: shown}
END
sed 's/flavour: ae/flavour: fqdn/; s/psa-18@mte.example/psa-18/; s/^id: .*/id: S98821/' peer.yaml >bad.yaml
bad_conf() {
    "$top_builddir/keystrap-peer" -c bad.yaml --check-config >bad.out 2>&1
    same 2 $? && holds bad.out peers.flavour && holds bad.out keys.id && holds bad.out ": id"
}
check "bad options are named" bad_conf
start_peer() {
    : >peer.log
    "$top_builddir/keystrap-peer" -c peer.yaml 2>peer.log &
    peer=$!
    pids="$pids $peer"
    wait_for 20 grep -q daemon.ready peer.log || return 1
    tls=$(sed -n 's/.*daemon.ready.* tls=\([^ ]*\).*/\1/p' peer.log)
    dtls=$(sed -n 's/.*daemon.ready.* dtls=\([^ ]*\).*/\1/p' peer.log)
    open=$(sed -n 's/.*daemon.ready.* open=\([^ ]*\).*/\1/p' peer.log)
}
check "the peer starts" start_peer
[ -n "${tls:-}" ] || exit 1

# ---- Entity A ----
get='GET / HTTP/1.1\r\nHost: in-cse\r\nConnection: close\r\n\r\n'
ask_psk() { # IDENTITY KEY [OPTION...]
    local id=$1 psk
    psk=$(key "$2")
    shift 2
    printf "$get" | timeout 15 openssl s_client -quiet -tls1_2 -cipher PSK-AES128-CBC-SHA256 -psk "$psk" \
        -psk_identity "$id" -connect "$tls" "$@" 2>&1
}
ask_cert() { # NAME REQUEST
    printf "$2" | timeout 15 openssl s_client -quiet -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256 -cert "$1.pem" \
        -key "$1.key" -CAfile ca.pem -verify_return_error -verify_hostname in-cse.sp.example -connect "$tls" 2>&1
}
tells() { # OUTPUT-COMMAND... -- TEXT...
    local out=
    out=$("${@:1:$(($# - 1))}")
    case $out in *"${!#}"*) ;; *) echo "$out"; return 1 ;; esac
}
fails() {
    ! tells "$@" credentialID
}

# hostile first
check "a wrong key fails" fails ask_psk psa-17@mte.example 12
check "an unknown name fails alike" fails ask_psk psa-99@mte.example 11
alerts() {
    ask_psk "$1" 12 | grep -o 'alert number.*\|SSL alert.*' | head -1
}
check "and with the same alert" same "$(alerts psa-17@mte.example)" "$(alerts psa-99@mte.example)"
check "a MEF of somebody else is not asked" fails ask_psk "$(hex 1)@mef.evil.example" 33
check "which the log says" holds peer.log "reason=target-source-unknown"
check "a MEF with the wrong trust anchor is not believed" fails ask_psk "$(hex 1)@mef.fake.example" 33
check "and learns nothing" same "" "$(cat log_fake)"
check "the log says why" holds peer.log "reason=certificate-path"
check "a key that is not for us" fails ask_psk "$(hex 2)@mef.mte.example" 33
check "a key that is unknown" fails ask_psk "$(hex 4)@mef.mte.example" 33
check "an answer that is none" fails ask_psk "$(hex 5)@mef.mte.example" 33
check "failures are not kept" eval 'ask_psk "$(hex 4)@mef.mte.example" 33; same 2 "$(grep -c "$(hex 4)" log_mef)"'
check "a key of a MAF for another use" fails ask_psk "$(hex 12)@maf.mte.example" 55
check "is named so" holds peer.log "reason=target-key-use"
check "no certificate, no association" fails ask_cert stranger "$get"
check "a certificate of another CA" fails ask_cert forged "$get"
check "plain HTTP gets 4107" eval 'curl -sS --noproxy "*" -D- "http://$open/" -H "X-M2M-Origin: //sp.example/mn1" | grep -qi "X-M2M-RSC: 4107"'

# one that hangs
ask_psk "$(hex 3)@mef.mte.example" 33 >hung 2>&1 &
hung=$!
wait_for 5 grep -q "$(hex 3)" log_mef
ask_psk "$(hex 3)@mef.mte.example" 33 >hung2 2>&1 &
hung2=$!
before=$(date +%s%N)
check "while a MEF hangs, a known key" tells ask_psk psa-17@mte.example 11 '"peer":"//sp.example/S98821"'
check "and another key of the same MEF" tells ask_psk "$(hex 1)@mef.mte.example" 33 '"peer":"//sp.example/S98821"'
check "are served" eval '[ $((($(date +%s%N) - before) / 1000000)) -lt 1900 ]'
wait $hung $hung2
check "those that waited fail in time" eval 'lacks hung credentialID && lacks hung2 credentialID'
check "of one question for both" same 1 "$(grep -c "$(hex 3)" log_mef)"
check "which the log says too" holds peer.log "reason=timeout"

# keys
told=$(ask_psk psa-17@mte.example 11)
check "an imported key: identity" tells echo "$told" '"peer":"//sp.example/S98821","credentialID":"12-psa-17@mte.example","use":"kpsa"'
check "without an identity: Credential-ID" tells ask_psk psa-18@mte.example 22 '"peer":"12-psa-18@mte.example"'
id=$(hex 1)@mef.mte.example
check "a key of a MEF" tells ask_psk "$id" 33 "\"credentialID\":\"12-$id\",\"until\":\"20"
check "was asked for once, by us" same "/fetchCredentials/$id //sp.example/in-cse" "$(grep "$id" log_mef | cut -d' ' -f1,2)"
check "a key of a MAF" tells ask_psk "$(hex 11)@maf.mte.example" 44 "\"peer\":\"//sp.example/mn1\",\"credentialID\":\"12-$(hex 11)@maf.mte.example\""
check "is Kc" tells ask_psk "$(hex 11)@maf.mte.example" 44 '"use":"kc"'
check "of whom the MAF knows a credential only" tells ask_psk "$(hex 13)@maf.mte.example" 66 '"peer":"11-km-17@maf.mte.example"'
check "over one connection" same 1 "$(cut -d' ' -f3 log_maf | sort -u | wc -l)"

# certificates
check "a CSE" tells ask_cert mn1 "$get" '"peer":"//sp.example/mn1","credentialID":"32-mn1.in-cse.sp.example"'
check "an AE" tells ask_cert s98821 "$get" '"peer":"//sp.example/S98821","credentialID":"33-'
check "a device" tells ask_cert meter "$get" '"peer":"//sp.example/S7","credentialID":"31-0.2.481.1.100.3030.10011"'
check "a CSE whose status is asked for" tells ask_cert mn2 "$get" '"peer":"//sp.example/mn2"'
check "a CSE whose certificate was revoked" fails ask_cert mn3 "$get"
check "which the log says" holds peer.log reason=certificate-revoked
suites=NONE:+VERS-TLS1.2:+ECDHE-ECDSA:+AES-128-CBC:+SHA256:+GROUP-SECP256R1:+SIGN-ECDSA-SHA256
ask_raw() { # NAME
    (
        printf "$get"
        sleep 2
    ) | timeout 10 gnutls-cli -p "${tls#*:}" 127.0.0.1 --sni-hostname in-cse.sp.example --x509cafile ca.pem \
        --verify-hostname in-cse.sp.example --rawpkkeyfile "$1.key" --rawpkfile "$1.pub" \
        --priority "$suites:+CTYPE-CLI-RAWPK:+CTYPE-SRV-X509:+COMP-NULL" 2>&1
}
check "a raw public key" tells ask_raw raw '"peer":"//sp.example/S8","credentialID":"30-ni'
check "no other one" fails ask_raw raw2
create() { # NAME FROM
    local body='{"m2m:ae":{"api":"Nk836-t071-fc022","rr":false}}'
    ask_cert "$1" "POST /~/in-cse HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-M2M-Origin: $2\r\nX-M2M-RI: 1\r\nContent-Type: application/vnd.onem2m-res+json;ty=2\r\nContent-Length: ${#body}\r\n\r\n$body"
}
check "another AE's name gets 4106" tells create s98821 //sp.example/S98822 'X-M2M-RSC: 4106'
check "another CSE's name gets 4107" tells create s98821 //sp.example/mn1 'X-M2M-RSC: 4107'
check "an AE registers" tells create s98821 //sp.example/S98821 'X-M2M-RSC: 2001'
check "once" tells create s98821 S98821 'X-M2M-RSC: 4105'

# DTLS
ask_dtls() {
    python3 "$top_srcdir/tests/system/coap_client.py" "${dtls##*:}" EXPORTER-oneM2M-Connection -dtls1_2 -cipher "$1" "${@:2}" |
        tee coap
}
coap_codes() {
    python3 -c 'import json
print([(a["type"], a["code"], a["rsc"]) if a else None for a in json.load(open("coap"))["answers"]])'
}
check "a key over DTLS" tells ask_dtls PSK-AES128-CCM8 -psk "$(key 11)" -psk_identity psa-17@mte.example -- GET / - '"use": "kpsa"'
check "no wrong one" tells ask_dtls PSK-AES128-CCM8 -psk "$(key 12)" -psk_identity psa-17@mte.example -- GET / - '"session": false'
check "other resources over DTLS" tells ask_dtls PSK-AES128-CCM8 -psk "$(key 11)" -psk_identity psa-17@mte.example -- \
    GET / S98821 , GET /~/in-cse //sp.example/S98821 , GET / //sp.example/S1 , DELETE / - , GET /nowhere - , drop 68656c6c6f , \
    hex 40000007 , GET / - '"csi": "/in-cse"'
check_same "are answered, others refused, hello is not CoAP" "$(coap_codes)" "[(2, '2.05', 2000), (2, '2.05', 2000), (2, '4.03', 4106), \
(2, '4.05', 4005), (2, '4.04', 4004), None, (3, '0.00', 0), (2, '2.05', 2000)]"
check "a certificate over DTLS" tells ask_dtls ECDHE-ECDSA-AES128-CCM8 -cert mn1.pem -key mn1.key -- GET / - \
    '"peer": "//sp.example/mn1"'

# ends
ask_short() {
    timeout 15 openssl s_client -quiet -tls1_2 -cipher PSK-AES128-CBC-SHA256 -psk "$(key 77)" \
        -psk_identity "$(hex 7)@mef.mte.example" -connect "$tls" < <(
            printf "$get" | sed 's/close/keep-alive/'
            exec sleep 8
        ) >short 2>&1
    date +%s >short_end
}
sed -i "/$(hex 7)/d" answers
given "$(hex 7)@mef.mte.example" 77 4 >>answers
began=$(date +%s)
ask_short &
short=$!
wait_for 10 grep -q '"use":"kpsa"' short
check "an association with a short key" holds short '"use":"kpsa"'
wait_for 10 grep -q . short_end
check "ends before the key" eval '[ "$(cat short_end)" -le $((began + 4)) ]'
kill $short 2>/dev/null
wait $short 2>/dev/null
check "and the key is asked for again" eval 'wait_for 2 false; fails ask_psk "$(hex 7)@mef.mte.example" 77; same 2 "$(grep -c "$(hex 7)" log_mef)"'

# a restart
kill -9 "$peer"
wait "$peer" 2>/dev/null
asked=$(cat log_mef log_maf | wc -l)
check "after kill -9 it starts again" start_peer
check "and knows the key of the MEF" tells ask_psk "$id" 33 '"peer":"//sp.example/S98821"'
check "and of the MAF" tells ask_psk "$(hex 11)@maf.mte.example" 44 '"use":"kc"'
check "without asking" same "$asked" "$(cat log_mef log_maf | wc -l)"
check "registrations stay" tells create s98821 S98821 'X-M2M-RSC: 4105'
asked=$(grep -c "$(hex 3)" log_mef)
ask_psk "$(hex 3)@mef.mte.example" 33 >hung 2>&1 &
hung=$!
wait_for 5 eval '[ "$(grep -c "$(hex 3)" log_mef)" -gt "$asked" ]'
kill "$peer"
check "it stops while a handshake waits" wait "$peer"
wait $hung
check "no key stands in its log" lacks peer.log "$(key 33)"
check "nor in its store" eval '! grep -rqF "$(key 33 | xxd -r -p)" store'
tap_done
