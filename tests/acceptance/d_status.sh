#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows D8 and D9 at both ends, D14: expiry, names, revocation and tokens of the certificate framework.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 2)
port_ocsp=$1 port_server=$2
m2m_pki fqdn mef-old mte-ca mef.mte.example expired
m2m_pki fqdn mef-gone mte-ca mef.mte.example
m2m_pki fqdn maf2 mte-ca maf2.mte.example
m2m_pki cse mn1 mte-ca mn1.in-cse.sp.example
m2m_pki cse mn2 mte-ca mn2.in-cse.sp.example
m2m_pki cse mn3 mte-ca mn3.in-cse.sp.example
m2m_pki ae s98821 mte-ca m2m://sp.example/S98821
m2m_mef_config
# Its issuer stands beside the MEF's certificate: the MEF asks for the status of its own.
cat "$lab/pki/mef.pem" "$lab/pki/mte-ca.pem" >"$lab/pki/mef.chain.pem"
sed -i "s|^  store:|  ocsp: { responder: \"http://127.0.0.1:$port_ocsp/\", timeout: 2s }\n&|" "$lab/mef.yaml"
sed -i "/id: maf2.mte.example/s| }|, status: crl, crls: $lab/pki/mte-ca.crl }|" "$lab/mef.yaml"
m2m_pki crl mte-ca
responder() {
    lab_spawn ocsp sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" responder mte-ca "127.0.0.1:$port_ocsp"
    lab_wait_log ocsp "$port_ocsp"
}
responder || { echo "Bail out! no responder"; exit 1; }
begin mef
keids() {
    m2m_ctl "$port_mef_admin" enrolment-keys list --json
}
# with NAME OPTION...: handshake of openssl with this certificate
with() {
    local name=$1
    shift
    shake "$name" "$port_mef" $cert_tls -servername mef.mte.example -CAfile "$lab/pki/mte-ca.pem" -verify_return_error \
        -cert "$lab/pki/$name.pem" -key "$lab/pki/$name.key" "$@"
}
# refused NAME REASON: by an alert, with this reason in the log, and no KeId is made
refused() {
    local from
    keids >"$lab/keys"
    from=$(wc -l <"$lab/mef.log")
    ! with "$1" || return 1
    holds "$lab/$1.out" alert && wait_for 2 said_since "$from" "$2" && keids | cmp "$lab/keys" -
}
said_since() {
    tail -n +$(($1 + 1)) "$lab/mef.log" | grep -q "mef.refused reason=$2 "
}

# ---- D8: the device and the certificate of a MEF ----
ue_cert s98821 //sp.example/S98821 maf.mte.example "127.0.0.1:$port_maf" </dev/null
device() { # ARGUMENT...: towards the server of openssl
    m2m_ue s98821 --set "enrolee.mef.address=127.0.0.1:$port_server" "$@"
}
server() { # CERTIFICATE OPTION...
    serve server "$port_server" $cert_tls -cert "$lab/pki/$1.pem" -key "$lab/pki/$1.key" -CAfile "$lab/pki/mte-ca.pem" \
        -Verify 3 -verify_return_error "${@:2}"
}
nothing_kept() {
    [ ! -e "$lab/s98821.enrolment" ]
}
# aborts REASON ALERT OPTION...: the device says why, the server sees its alert, nothing is kept
aborts() {
    says 5 "$1" device "${@:3}" enrol && wait_for 2 holds "$lab/server.log" "$2" && nothing_kept
}
check "D8 a server with an expired certificate of the MEF" server mef-old
check "D8 the device aborts, nothing is stored" aborts certificate-expired "alert certificate expired"
check "D8 a server with another name" server mef2
check "D8 the device aborts, nothing is stored" aborts certificate-name "alert"
check "D8 a server with the MEF's certificate" server mef
check "D8 the device enrols" device enrol
check "D8 and stores its key" fails nothing_kept
rm -f "$lab/s98821.enrolment"

# ---- D9: the MEF checks devices, by OCSP ----
for n in 1 2 3; do
    check "D9 a device whose status must be good ($n)" cert_enrolee mn$n //sp.example/mn$n cse mn$n.in-cse.sp.example mte-ca '"status":"ocsp",'
done
check "D9 OCSP: good passes" with mn1
check "D9 the responder was asked" holds "$lab/ocsp.log" request
m2m_pki revoke mn2
check "D9 OCSP: revoked fails" refused mn2 certificate-revoked
check "D9 with the alert for that" holds "$lab/mn2.out" "alert certificate revoked"

# ---- D9: stapling ----
stapled() {
    with mn1 -status && holds "$lab/mn1.out" "OCSP Response Status: successful" && holds "$lab/mn1.out" "Cert Status: good"
}
check "D9 s_client -status shows a stapled answer, good" wait_for 5 stapled
check "D9 instructions for our device" cert_enrolee s98821 //sp.example/S98821 ae //sp.example/S98821 mte-ca
check "D9 which wants OCSP and is content with what is stapled" m2m_ue s98821 --set enrolee.mef.status=ocsp enrol
rm -f "$lab/s98821.enrolment"
m2m_pki ocsp mef-gone
m2m_pki revoke mef-gone
m2m_pki ocsp mef-gone
check "D9 a server that staples that it is revoked" server mef-gone -status_file "$lab/pki/mef-gone.ocsp"
check "D9 the device aborts" aborts certificate-revoked "alert"
check "D9 a server that staples nothing" server mef
check "D9 the device aborts when the status must be known" says 4 certificate-status-unknown device --set enrolee.mef.status=ocsp enrol
check "D9 nothing is stored" nothing_kept
check "D9 and passes when it need not" device enrol
rm -f "$lab/s98821.enrolment"

# ---- D9: lists ----
keid=$(keid_of mn1)
fetch maf2 "$keid"
check "D9 CRL: good passes" fetched 403
m2m_pki revoke maf2
m2m_pki crl mte-ca
refused_list() {
    fetch maf2 "$keid"
    fetched 000
}
check "D9 CRL: revoked fails once the new list is there" wait_for 15 refused_list
check "D9 for that reason" grep -q 'mef.refused reason=certificate-revoked' "$lab/mef.log"
crl_device() {
    device --set enrolee.mef.status=crl --set "enrolee.mef.crls=$lab/pki/mte-ca.crl" enrol
}
check "D9 the device with a list: good passes" crl_device
rm -f "$lab/s98821.enrolment"
check "D9 revoked fails" eval 'server mef-gone && says 5 certificate-revoked crl_device && nothing_kept'

# ---- D9: the responder is down; the policy is mef.targets.status and status of instructions ----
lab_stop ocsp
check "D9 down: what is known is still good" with mn1
check "D9 down, status ocsp: a device that is not known fails" refused mn3 certificate-status-unknown
check "D9 down, status if-known" cert_enrolee mn3 //sp.example/mn3 cse mn3.in-cse.sp.example mte-ca '"status":"if-known",'
check "D9 passes" with mn3

# ---- D14: the token ----
enrolled_with() { # NAME JSON: POST /enrol in the session of this certificate
    curl -sS --noproxy '*' --max-time 10 --cacert "$lab/pki/mte-ca.pem" --cert "$lab/pki/$1.pem" --key "$lab/pki/$1.key" \
        --resolve "mef.mte.example:$port_mef:127.0.0.1" --tls-max 1.2 -H 'Content-Type: application/json' -d "$2" \
        -o "$lab/enrol.json" -w '%{http_code}' "https://mef.mte.example:$port_mef/enrol" >"$lab/enrol.status"
}
denied() {
    same 403 "$(cat "$lab/enrol.status")" && holds "$lab/enrol.json" token-invalid
}
maf_gets() {
    fetch maf "$1" "" maf.mte.example
    fetched "$2"
}
# no_key: none of the KeIds that wait for a token serves the MAF
no_key() {
    local keid seen=
    keids >"$lab/keys"
    for keid in $(python3 -c 'import json, sys
print(*(k["keID"] for k in json.load(open(sys.argv[1])) if k["state"] == "token-due"))' "$lab/keys"); do
        maf_gets "$keid" 403 && lacks "$lab/fetch.json" credential || return 1
        seen=yes
    done
    [ -n "$seen" ]
}
check "D14 a device that needs a token" cert_enrolee mn1 //sp.example/mn1 cse mn1.in-cse.sp.example mte-ca '"tokenNeeded":true,"status":"off",'
token=$(m2m_ctl "$port_mef_admin" token issue mn1 --json | json /dev/stdin enrolmentToken)
check "D14 without the token the handshake passes" with mn1
check "D14 and no target gets the key" eval 'maf_gets "$(keid_of mn1)" 403 && lacks "$lab/fetch.json" credential'
wrong=$(tr 'A-Za-z' 'B-ZAb-za' <<<"$token")
check "D14 a wrong token is refused" eval 'enrolled_with mn1 "{\"enrolmentToken\":\"$wrong\",\"rspf\":[\"cert\"]}" && denied'
check "D14 none too" eval 'enrolled_with mn1 "{\"rspf\":[\"cert\"]}" && denied'
check "D14 and no target gets any of these keys" no_key
check "D14 the right token is taken" eval 'enrolled_with mn1 "{\"enrolmentToken\":\"$token\",\"rspf\":[\"cert\"]}" && same 200 "$(cat "$lab/enrol.status")"'
check "D14 the target gets the key" maf_gets "$(json "$lab/enrol.json" keID)" 200
m2m_ctl "$port_mef_admin" enrolee show mn1 --json >"$lab/record.json"
check "D14 auxiliary information stands beside the credential" same "32-mn1.in-cse.sp.example hall B consumed" \
    "$(json "$lab/record.json" credentialID) $(json "$lab/record.json" aux) $(json "$lab/record.json" token)"
check "D14 the token serves once" eval 'enrolled_with mn1 "{\"enrolmentToken\":\"$token\",\"rspf\":[\"cert\"]}" && denied'
check "D14 the same with our device: instructions" cert_enrolee s98821 //sp.example/S98821 ae //sp.example/S98821 mte-ca '"tokenNeeded":true,'
ue_cert s98821 //sp.example/S98821 maf.mte.example "127.0.0.1:$port_maf" <<END
  token_file: $lab/token
END
check "D14 without the token" eval 'enrols s98821 && maf_gets "$(of s98821 keyid)" 403'
m2m_secret token "$wrong"
check "D14 with a wrong one" says 5 token-invalid m2m_ue s98821 enrol --fresh
m2m_secret token "$(m2m_ctl "$port_mef_admin" token issue s98821 --json | json /dev/stdin enrolmentToken)"
check "D14 with its own" eval 'enrols s98821 && maf_gets "$(of s98821 keyid)" 200'
tap_done
