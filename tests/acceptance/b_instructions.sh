#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows B (but B4, and B8-B10, which are in d_cert.sh): what devices, MEF and MAF are configured with.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 2)
port_relay=$1 port_relay2=$2
m2m_pki ca other-ca
m2m_pki ca device-ca
m2m_pki fqdn maf2 mte-ca maf2.mte.example
m2m_pki cse mn1 mte-ca mn1.in-cse.sp.example
m2m_pki ae s98821 mte-ca m2m://sp.example/S98821
m2m_pki device dev device-ca 0.2.481.1 100.3030.10011
m2m_pki node node mte-ca 'urn:gsma:imei:90420156-025763-0;svn=42'
m2m_pki fqdn host mte-ca meter.sp.example
m2m_pki key raw
m2m_mef_config
m2m_maf_config
m2m_peer_config in-cse //sp.example/in-cse in-cse "$port_peer"
begin mef maf in-cse
maf_at="127.0.0.1:$port_maf" in_cse_at="127.0.0.1:$port_peer"
both='"maf.mte.example","//sp.example/in-cse"'

# ---- B1, B15: the target selects key and way; the oracle's keys are those of the standard's vectors ----
v3_ke=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
check "B15 the oracle: Km of the vector" same cf190f760384d4961e87cf0af875d74546d9cedcb61453632278bae184392b96 \
    "$(derive km $v3_ke maf.mte.example)"
check "B15 the oracle: Kpsa of the vector" same 98a27181095eebeb358b67fbd13655c39cdcea53792c925acbfee3ada2085ef4 \
    "$(derive kpsa $v3_ke //sp.example/in-cse)"
check "B15 one instruction with MAF-ID and Enrolee-B-ID" ppsk a //sp.example/S98821 "$both"
ue_ppsk a //sp.example/S98821 maf.mte.example "$maf_at"
check "B15 enrolment for a MAF-ID" enrols a
check "B15 gives Km" same "km $(derive km "$(of a ke)" maf.mte.example)" "$(of a use) $(of a key)"
check "B1 which goes to the MAF" eval 'm2m_ue a connect >"$lab/a.said" && holds "$lab/a.said" sec:mafb'
check "B15 the MEF serves the same" eval 'fetch maf "$(of a keyid)" && same "$(of a key)" "$(credential)"'
km=$(of a key)
m2m_ue a forget >/dev/null
ue_ppsk a //sp.example/S98821 //sp.example/in-cse "$in_cse_at"
check "B15 enrolment for an Enrolee-B-ID" enrols a
check "B15 gives Kpsa" same "kpsa $(derive kpsa "$(of a ke)" //sp.example/in-cse)" "$(of a use) $(of a key)"
check "B1 which goes to that CSE" eval 'm2m_ue a connect >"$lab/a.said" && same //sp.example/S98821 "$(json "$lab/a.said" peer)"'
check "B15 the MEF serves the same" eval 'fetch in-cse "$(of a keyid)" && same "$(of a key)" "$(credential)"'
ue_ppsk a2 //sp.example/S98821 maf2.mte.example "$maf_at"
sed -i s/kpm-a2@/kpm-a@/ "$lab/a2.yaml"
check "B1 another target" enrols a2
check "B1 another Km" eval 'same "$(derive km "$(of a2 ke)" maf2.mte.example)" "$(of a2 key)" && [ "$(of a2 key)" != "$km" ]'
sed '/target:/d' "$lab/a.yaml" >"$lab/aimless.yaml"
chmod 600 "$lab/aimless.yaml"
check "B1 without a target the device refuses" says 2 enrolee.target.id m2m_ue aimless enrol

# ---- B5, B6: whom the key is for, who the device is ----
keid_a=$(of a keyid)
fetch maf2 "$keid_a"
check "B5 a target that is not in the record: 403" fetched 403
fetch maf "$keid_a"
check "B5 one that is: 200" fetched 200
check "B6 the answer names the Enrolee" same //sp.example/S98821 "$(json "$lab/fetch.json" enroleeID)"
check "B6 another name in a record" ppsk b //sp.example/mn7 "$both"
check "B6 a device of that record" eval 'ue_ppsk b //sp.example/mn7 //sp.example/in-cse "$in_cse_at" && enrols b && fetch in-cse "$(of b keyid)"'
check "B6 is that one to the target" same //sp.example/mn7 "$(json "$lab/fetch.json" enroleeID)"

# ---- B2, B7: Enrolment Expiry at both ends ----
check "B2 a device with an expiry of 3 s" eval 'ppsk e //sp.example/S3 "$both" 3 && ue_ppsk e //sp.example/S3 //sp.example/in-cse "$in_cse_at" &&
    sed -i "s/expiry: 1h/expiry: 3s/" "$lab/e.yaml" && enrols e'
began=$(date +%s) keid_e=$(of e keyid)
check "B2 at once, the key is kept" eval 'm2m_ue e enrol --json >"$lab/e.said" && same kept "$(json "$lab/e.said" result)"'
fetch in-cse "$keid_e"
within_expiry() { # TIME: is it no later than 3 s after the enrolment was over?
    python3 -c 'import datetime, sys
end = datetime.datetime.strptime(sys.argv[1], "%Y%m%dT%H%M%S").replace(tzinfo=datetime.timezone.utc).timestamp()
print(end, sys.argv[2])
sys.exit(not float(sys.argv[2]) < end <= float(sys.argv[2]) + 3)' "$1" "$began"
}
check "B7 the lifetime in the answer is within the expiry" within_expiry "$(json "$lab/fetch.json" lifetime)"
gone() {
    fetch in-cse "$keid_e" && fetched 410
}
check "B7 after it, the MEF answers with an error" wait_for 6 gone
check "B7 and without a key" lacks "$lab/fetch.json" credential
late() {
    [ "$(date +%s)" -ge $((began + 4)) ]
}
check "B2 after 4 s" wait_for 5 late
check "B2 the device enrols anew" eval 'enrols e && [ "$(of e keyid)" != "$keid_e" ]'
check "B2 and the new key serves" m2m_ue e connect

# ---- B3: MEF URI, anchors, token of a device with a certificate ----
relay() {
    lab_spawn "$1" python3 -u "$top_srcdir/tests/acceptance/relay.py" "$2" "$port_mef" "$lab/$1.seen"
    lab_wait_log "$1" listening
}
# requested NAME: did the client send application data (records of type 23) through this relay?
requested() {
    python3 -c 'import sys
sent, at, types = open(sys.argv[1], "rb").read(), 0, []
while at + 5 <= len(sent):
    types.append(sent[at])
    at += 5 + int.from_bytes(sent[at + 3:at + 5], "big")
print(types)
sys.exit(2 if not types else 23 not in types)' "$lab/$1.seen.sent"
}
check "B3 instructions with a token" cert_enrolee s98821 //sp.example/S98821 ae //sp.example/S98821 mte-ca '"tokenNeeded":true,'
token_of() {
    m2m_ctl "$port_mef_admin" token issue "$1" --json | json /dev/stdin enrolmentToken
}
put_token() { # NAME TOKEN
    m2m_secret "$1.token" "$2"
}
ue_cert s98821 //sp.example/S98821 maf.mte.example "$maf_at" <<END
  token_file: $lab/s98821.token
END
put_token s98821 "$(token_of s98821)"
cp "$lab/s98821.yaml" "$lab/s98821.good.yaml"
sed -i "/mef: /s|address: \"[^\"]*\", anchors: [^ ]*|address: \"127.0.0.1:$port_relay\", anchors: $lab/pki/other-ca.pem|" "$lab/s98821.yaml"
check "B3 what the device sends is watched" relay wrong "$port_relay"
check "B3 a MEF that the anchors do not prove: the device ends" says 5 certificate-path m2m_ue s98821 enrol
check "B3 it sent a handshake and no request" eval 'requested wrong; [ $? = 1 ]'
check "B3 and keeps its token and nothing else" eval 'test -e "$lab/s98821.token" && ! test -e "$lab/s98821.enrolment"'
cp "$lab/s98821.good.yaml" "$lab/s98821.yaml"
sed -i "/mef: /s|address: \"[^\"]*\"|address: \"127.0.0.1:$port_relay2\"|" "$lab/s98821.yaml"
check "B3 the same is watched with the right anchor" relay right "$port_relay2"
check "B3 with the right anchor it enrols" enrols s98821
check "B3 and has sent its token" requested right
uri() {
    sed -i "s|https://mef.mte.example:|https://$1:|" "$lab/s98821.yaml"
}
check "B3 the host of the MEF URI is what the MEF must prove" eval 'uri other.mte.example && says 5 tls- m2m_ue s98821 enrol --fresh'

# ---- B11: a token is needed or not, for each kind of certificate ----
token_case() { # NAME FLAVOUR CERT-ID CA CERTIFICATE-OPTIONS
    local name=$1 flavour=$2 id=$3 ca=$4
    cert_enrolee "$name" //sp.example/mn1 "$flavour" "$id" "$ca" || return 1
    ue_cert "$name" //sp.example/mn1 maf.mte.example "$maf_at" <<END
  token_file: $lab/$name.token
END
    [ "$flavour" != raw ] || sed -i "s|  cert: .*|  cert: { key: $lab/pki/$name.key, raw: true }|" "$lab/$name.yaml"
    enrols "$name" --fresh && fetch maf "$(of "$name" keyid)" && fetched 200 || { echo "without need"; return 1; }
    cert_enrolee "$name" //sp.example/mn1 "$flavour" "$id" "$ca" '"tokenNeeded":true,' || return 1
    enrols "$name" --fresh && fetch maf "$(of "$name" keyid)" && fetched 403 || { echo "without token"; return 1; }
    put_token "$name" "$(token_of "$name")"
    enrols "$name" && fetch maf "$(of "$name" keyid)" && fetched 200
}
check "B11 CSE-ID certificate: not needed, passes; needed, fails without and passes with" \
    token_case mn1 cse mn1.in-cse.sp.example mte-ca
m2m_ctl "$port_mef_admin" enrolee delete s98821 >/dev/null
check "B11 AE-ID certificate" token_case s98821 ae //sp.example/S98821 mte-ca
check "B11 device certificate" token_case dev device 0.2.481.1.100.3030.10011 device-ca
check "B11 Node-ID certificate" token_case node node 'urn:gsma:imei:90420156-025763-0;svn=42' mte-ca
check "B11 raw public key" token_case raw raw "$(m2m_pki ni raw 256)" -

# ---- B13: end-to-end keys ----
check "B13 a record that allows them" ppsk g //sp.example/S9 "$both" 3600 '"e2e":true,"e2eParameters":"hmac-sha-256, aes-128-gcm",'
ue_ppsk g //sp.example/S9 //sp.example/in-cse "$in_cse_at"
check "B13 its device" enrols g
fetch in-cse "$(of g keyid)"
check "B13 the answer says so" same "true hmac-sha-256, aes-128-gcm" "$(json "$lab/fetch.json" e2e) $(json "$lab/fetch.json" e2eParameters)"
salt=00112233445566778899aabbccddeeff
check "B13 a device whose instructions do not is refused" says 5 enrol-e2e-not-allowed m2m_ue g e2e //sp.example/in-cse $salt
check "B13 one whose instructions do prints Ke2e_master" eval 'm2m_ue g --set enrolee.e2e=true e2e //sp.example/in-cse $salt --json >"$lab/e2e.json"'
check "B13 which is the formula's" same "$(derive e2e "$(of g key)" $salt)" "$(json "$lab/e2e.json" ke2e_master)"
fetch in-cse "$keid_a"
check "B13 a record that does not: nothing in the answer" eval 'fetched 200 && lacks "$lab/fetch.json" e2e'

# ---- B12: who may instruct ----
openssl ecparam -name prime256v1 -genkey -noout -out "$lab/signer.key" 2>/dev/null
openssl pkey -in "$lab/signer.key" -pubout -out "$lab/signer.pem"
records() {
    m2m_ctl "$port_mef_admin" enrolee list --json
}
unchanged() {
    records >"$lab/records.now" && cmp "$lab/records" "$lab/records.now"
}
records >"$lab/records"
instruction='{"name":"z","framework":"ppsk","mef":"mef.mte.example","enroleeID":"//sp.example/S8","expiry":60,
 "targets":["maf.mte.example"],"kpmID":"kpm-z@mef.mte.example","kpm":"'$(m2m_b64 "$m2m_kpm")'"}'
m2m_secret z.json "$instruction"
put() { # PORT OPTION...: status code of the instruction over HTTP
    curl -s --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' -X PUT --data-binary "@$lab/z.json" "${@:2}" "http://127.0.0.1:$1/v1/enrolees/z"
}
check "B12 plain HTTP without the operator's token: 401" same 401 "$(put "$port_mef_admin")"
check "B12 with a wrong one: 401" same 401 "$(put "$port_mef_admin" -H "Authorization: Bearer $(m2m_hex 32)")"
check "B12 plain HTTP to the MEF itself: nothing" same 000 "$(put "$port_mef")"
chmod 606 "$lab/z.json"
check "B12 a file that others can write is refused" says 4 "others may write it" m2m_ctl "$port_mef_admin" enrolee put "$lab/z.json"
chmod 600 "$lab/z.json"
if [ "$(id -u)" = 0 ]; then
    chown 65534 "$lab/z.json"
    check "B12 a file of another user is refused" says 4 z.json m2m_ctl "$port_mef_admin" enrolee put "$lab/z.json"
    chown 0 "$lab/z.json"
fi
check "B12 nothing was taken in" unchanged
chmod 620 "$lab/a.yaml"
check "B12 nor are instructions of a device that others can write" says 2 enrol-instructions-access m2m_ue a enrol --fresh
chmod 600 "$lab/a.yaml"
sed -i "s|^  raw_keys: true|&\n  instructions_key: $lab/signer.pem|" "$lab/mef.yaml"
check "B12 a MEF that wants signatures" again mef
check "B12 an unsigned file is refused" says 1 signature-wrong m2m_ctl "$port_mef_admin" enrolee put "$lab/z.json"
check "B12 with the operator's token over plain HTTP too" same 403 \
    "$(put "$port_mef_admin" -H "Authorization: Bearer $(cat "$lab/admin.token")")"
openssl dgst -sha256 -sign "$lab/signer.key" -out "$lab/z.sig" "$lab/z.json"
m2m_secret flipped.json "${instruction/S8/S9}"
check "B12 a flipped octet is refused" says 1 signature-wrong m2m_ctl "$port_mef_admin" enrolee put "$lab/flipped.json" --sig "$lab/z.sig"
check "B12 nothing was taken in" unchanged
check "B12 what is signed is taken in" m2m_ctl "$port_mef_admin" enrolee put "$lab/z.json" --sig "$lab/z.sig"

# ---- B14: Km without any MEF ----
lab_stop mef
m2m_secret km17 "$(derive km $v3_ke maf.mte.example)"
check "B14 Km is imported at the MAF" m2m_ctl "$port_maf_admin" key import km-17@maf.mte.example --use km --key "$lab/km17" --peer //sp.example/S17
by_km() {
    shake km17 "$port_maf" $psk_tls -psk "$1" -psk_identity km-17@maf.mte.example
}
check "B14 a MAF handshake of openssl passes, no MEF is running" by_km "$(cat "$lab/km17")"
check "B14 one with another key fails" fails by_km "$km"
ue_ppsk pre //sp.example/S17 maf.mte.example "$maf_at"
check "B14 a device imports it" m2m_ue pre import km-17@maf.mte.example "$lab/km17"
check "B14 and is served" eval 'm2m_ue pre connect >"$lab/pre.said" && holds "$lab/pre.said" sec:mafb'
tap_done
