#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The MEF with foreign neighbours: openssl as Enrolee, curl as MAF and as operator.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
port_mef=$port_naf port_admin=$port_hss port_ocsp=$port_upstream
label=EXPORTER-oneM2M-Bootstrap
kpm=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
kpm_b64=$(python3 -c 'import base64,sys; print(base64.b64encode(bytes.fromhex(sys.argv[1])).decode())' $kpm)
pki() { sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" "$@"; }

config() {
    pki ca root && pki ca other &&
        pki fqdn mef root mef.mte.example && pki fqdn mef2 root mef.sp.example &&
        pki fqdn maf root maf.mte.example && pki fqdn maf2 root maf.other.example &&
        pki fqdn maf3 root maf.third.example &&
        pki fqdn false other maf.mte.example && pki device dev root 0.2.481.1 100.3030.10011 &&
        pki device dev2 root 0.2.481.1 100.3030.10012 && pki key raw && pki key raw2 || return 1
    (umask 077; openssl rand -hex 32 >"$lab/store.key"; openssl rand -hex 32 >"$lab/token")
    cat >"$lab/bsf.yaml" <<END
mef:
  listen: [ "127.0.0.1:$port_mef" ]
  listen_dtls: [ "127.0.0.1:$port_mef" ]
  names:
    - { fqdn: mef.mte.example, cert: $lab/pki/mef.pem, key: $lab/pki/mef.key }
    - { fqdn: mef.sp.example, cert: $lab/pki/mef2.pem, key: $lab/pki/mef2.key }
  targets:
    - { id: maf.mte.example, anchors: $lab/pki/root.pem }
    - { id: maf.other.example, anchors: $lab/pki/root.pem }
    - { id: maf.third.example, anchors: $lab/pki/root.pem }
  store: { path: $lab/store, key_file: $lab/store.key }
  ocsp: { responder: "http://127.0.0.1:$port_ocsp/", timeout: 2s }
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: $lab/token }
END
}

admin() { # METHOD PATH [JSON]: status code; the answer in $lab/answer
    curl -sS --noproxy '*' --max-time 10 -X "$1" -H "Authorization: Bearer $(cat "$lab/token")" ${3:+-d "$3"} \
        -o "$lab/answer" -w '%{http_code}' "http://127.0.0.1:$port_admin$2"
}
ppsk_record() { # NAME KPMID [MEMBERS]
    admin PUT "/v1/enrolees/$1" "{\"name\":\"$1\",\"framework\":\"ppsk\",\"mef\":\"mef.mte.example\",
        \"enroleeID\":\"//sp.example/S98821\",\"targets\":[\"maf.mte.example\"],\"expiry\":3600,
        \"kpmID\":\"$2\",\"kpm\":\"$kpm_b64\"${3:-}}"
}
cert_record() { # NAME SERIAL STATUS
    admin PUT "/v1/enrolees/$1" "{\"name\":\"$1\",\"framework\":\"cert\",\"mef\":\"mef.mte.example\",
        \"enroleeID\":\"//sp.example/S98822\",\"targets\":[\"maf.mte.example\"],\"expiry\":3600,
        \"status\":\"$3\",\"flavour\":\"device\",\"certID\":\"0.2.481.1.100.3030.$2\",
        \"anchors\":$(python3 -c 'import json,sys; print(json.dumps(open(sys.argv[1]).read()))' "$lab/pki/root.pem")}"
}

# client ARGUMENT...: openssl as a client until its handshake is over; sets $keid and $ke
client() {
    : | timeout 15 openssl s_client -connect "127.0.0.1:$port_mef" -keymatexport "$label" -keymatexportlen 48 \
        -CAfile "$lab/pki/root.pem" "$@" >"$lab/client" 2>&1 || return 1
    set -- "$(sed -n 's/^ *Keying material: //p' "$lab/client")"
    keid=$(printf %.32s "$1")@mef.mte.example ke=$(printf %s "$1" | tail -c 64 | tr A-F a-f)
    [ ${#1} -eq 96 ]
}
psk() { # IDENTITY KEY ARGUMENT...
    client -tls1_2 -cipher PSK-AES128-CBC-SHA256 -psk_identity "$1" -psk "$2" "${@:3}"
}
cert() { client -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256 -cert "$lab/pki/$1.pem" -key "$lab/pki/$1.key" "${@:2}"; }
# raw NAME PROTOCOL ARGUMENT...: a client with a raw public key (RFC 7250), which OpenSSL 3.0 cannot
raw() {
    printf '' | timeout 15 gnutls-cli -p "$port_mef" 127.0.0.1 --sni-hostname=mef.mte.example --no-ca-verification \
        --priority "NONE:+VERS-$2:+ECDHE-ECDSA:+AES-128-CBC:+SHA256:+AEAD:+AES-128-CCM-8:+GROUP-SECP256R1:+SIGN-ECDSA-SHA256:\
+CTYPE-CLI-RAWPK:+CTYPE-SRV-X509:+COMP-NULL" --rawpkkeyfile "$lab/pki/$1.key" --rawpkfile "$lab/pki/$1.pub" \
        --keymatexport="$label" --keymatexportsize=48 "${@:3}" >"$lab/client" 2>&1 || return 1
    set -- "$(sed -n 's/^- Key material: *//p' "$lab/client" | tr -d ' ' | tr a-f A-F)"
    keid=$(printf %.32s "$1")@mef.mte.example ke=$(printf %s "$1" | tail -c 64 | tr A-F a-f)
    [ ${#1} -eq 96 ]
}
raw_record() {
    admin PUT /v1/enrolees/meter-5 "{\"name\":\"meter-5\",\"framework\":\"cert\",\"mef\":\"mef.mte.example\",
        \"enroleeID\":\"//sp.example/S98825\",\"targets\":[\"maf.mte.example\"],\"expiry\":3600,
        \"flavour\":\"raw\",\"certID\":\"$(pki ni raw 128)\"}"
}
kpm_id=kpm-0001@mef.mte.example

# fetch CERTIFICATE PATH ARGUMENT...: status code; the answer in $lab/answer
fetch() {
    curl -sS --noproxy '*' --max-time 10 --cert "$lab/pki/$1.pem" --key "$lab/pki/$1.key" --tls-max 1.2 \
        --cacert "$lab/pki/root.pem" --resolve "mef.mte.example:$port_mef:127.0.0.1" \
        --ciphers ECDHE-ECDSA-AES128-SHA256 -o "$lab/answer" -w '%{http_code}' "${@:3}" \
        "https://mef.mte.example:$port_mef$2"
}
gives() { # KE: Km and the rest, as computed here
    python3 - "$lab/answer" "$1" <<'END'
import base64, hashlib, hmac, json, sys
answer = json.load(open(sys.argv[1]))
label = b"oneM2M Enrolment Key to Master Credential derivation" + b"maf.mte.example"
km = hmac.new(bytes.fromhex(sys.argv[2]), label, hashlib.sha256).digest()
assert answer["status"] is True and base64.b64decode(answer["credential"]) == km, answer
assert answer["enroleeID"].startswith("//sp.example/S9882") and len(answer["lifetime"]) == 15, answer
END
}
# post KPM-ID BODY: POST /enrol in the session of a handshake; the answer in $lab/client
post() {
    : >"$lab/client"
    printf 'POST /enrol HTTP/1.1\r\nHost: mef.mte.example\r\nContent-Type: application/json\r\nContent-Length: %d\r\n'\
'Connection: close\r\n\r\n%s' "${#2}" "$2" >"$lab/request"
    { cat "$lab/request"; wait_for 5 grep -q '"}' "$lab/client"; } |
        timeout 15 openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$port_mef" -tls1_2 \
            -cipher PSK-AES128-CBC-SHA256 -psk_identity "$1" -psk "$kpm" >"$lab/client" 2>&1
    grep -o '"keID":"[^"]*' "$lab/client" | cut -d'"' -f4 >"$lab/keid"
}
# coap SUITE [s_client option...] -- REQUEST...: over DTLS
coap() {
    python3 "$top_srcdir/tests/system/coap_client.py" "$port_mef" "$label" -dtls1_2 -cipher "$1" -CAfile "$lab/pki/root.pem" \
        -servername mef.mte.example "${@:2}" >"$lab/coap"
}
coap_psk() { coap PSK-AES128-CCM8 -psk_identity "$1" -psk "$kpm" -- "${@:2}"; }
coap_cert() { coap ECDHE-ECDSA-AES128-CCM8 -cert "$lab/pki/$1.pem" -key "$lab/pki/$1.key" -- "${@:2}"; }
coap_said() {
    python3 -c 'import json, sys
s = json.load(open(sys.argv[1])); export, answers = s["export"], s["answers"]
print(eval(sys.argv[2]))' "$lab/coap" "$1"
}
said() { grep -c "$1" "$lab/bsf.log"; }

check "certificates and configuration" config
check "the configuration is good" "$top_builddir/keystrap-bsf" -t -c "$lab/bsf.yaml"
check "keystrap-bsf starts with the MEF alone" lab_start bsf
check_same "instructions: a pre-provisioned key" "$(ppsk_record meter-1 $kpm_id)" 200
check_same "instructions: a certificate" "$(cert_record meter-2 10011 off)" 200
check_same "instructions: a token is needed" "$(ppsk_record meter-3 kpm-0003@mef.mte.example ',"tokenNeeded":true')" 200

# hostile
fails() { ! "$@"; }
keys_n() { admin GET /v1/enrolment-keys >/dev/null && grep -o keID "$lab/answer" | wc -l; }
check "an unknown KpmId is refused" fails psk kpm-9999@mef.mte.example "$kpm"
check "a wrong Kpm is refused" fails psk $kpm_id "${kpm}00"
check "another MEF's name is refused" fails psk $kpm_id "$kpm" -servername mef.sp.example
check "a stranger's name is refused" fails psk $kpm_id "$kpm" -servername mef.evil.example
check "another device is refused" fails cert dev2
check "a certificate of another CA is refused" fails cert false
check "no certificate is refused" fails client -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256
check "TLS 1.3 is refused" fails client -tls1_3
check "other suites are refused" fails client -tls1_2 -cipher PSK-AES256-CBC-SHA384:PSK-AES128-GCM-SHA256 \
    -psk_identity $kpm_id -psk "$kpm"
check_same "nobody was enrolled" "$(keys_n)" 0
check "refusals are told" test "$(said 'mef.refused.*reason=mef-kpm-unknown')" -ge 2

# good
check "an Enrolee proves its key over TLS" psk $kpm_id "$kpm" -servername mef.mte.example
check_same "its MAF gets what is derived" "$(fetch maf "/fetchCredentials/$keid")" 200
check "which is Km" gives "$ke"
keid1=$keid ke1=$ke
check_same "with a percent-encoded KeId too" "$(fetch maf "/fetchCredentials/${keid/@/%40}")" 200
check_same "another MAF does not" "$(fetch maf2 "/fetchCredentials/$keid")" 403
check_same "nor one that says so" "$(fetch maf2 "/fetchCredentials/$keid" -H 'X-M2M-Origin: maf.mte.example')" 403
check "nor one of another CA" test "$(fetch false "/fetchCredentials/$keid" 2>/dev/null)" = 000
check_same "an unknown KeId" "$(fetch maf "/fetchCredentials/00${keid:2}")" 404
check_same "a usage-constrained key" "$(fetch maf "/fetchCredentials/$keid/21")" 200
check_same "a usage that is none" "$(fetch maf "/fetchCredentials/$keid/99")" 400
check_same "another path" "$(fetch maf /)" 404
check_same "another method" "$(fetch maf "/fetchCredentials/$keid" -X DELETE)" 405
check_same "a registration" "$(fetch maf /- -H 'X-M2M-Origin: maf.mte.example' -H 'X-M2M-RI: 1')" 200
check "over DTLS" client -dtls1_2 -cipher PSK-AES128-CCM8 -psk_identity $kpm_id -psk "$kpm"
check_same "the MAF gets that too" "$(fetch maf "/fetchCredentials/$keid")" 200
check "with a device certificate" cert dev
check_same "and for that" "$(fetch maf "/fetchCredentials/$keid")" 200
check "which is Km" gives "$ke"
check "with a device certificate over DTLS" client -dtls1_2 -cipher ECDHE-ECDSA-AES128-CCM8 \
    -cert "$lab/pki/dev.pem" -key "$lab/pki/dev.key"

# raw public keys
check_same "instructions: a raw public key" "$(raw_record)" 200
check "an Enrolee with that key" raw raw TLS1.2
check_same "whose MAF gets what is derived" "$(fetch maf "/fetchCredentials/$keid")" 200
check "which is Km" gives "$ke"
check "over DTLS too" raw raw DTLS1.2 -u
check_same "and for that" "$(fetch maf "/fetchCredentials/$keid")" 200
check "another key is refused" fails raw raw2 TLS1.2

# status of certificates
check_same "instructions: the status must be known" "$(cert_record meter-2 10011 ocsp)" 200
responder() {
    lab_spawn ocsp sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" responder root "127.0.0.1:$port_ocsp" &&
        lab_wait_log ocsp "$port_ocsp"
}
check "a responder starts" responder
check "a device of good status is let in" cert dev
check "a certificate is revoked" pki revoke maf3
check "and its owner refused" test "$(fetch maf3 "/fetchCredentials/$keid" 2>/dev/null)" = 000
lab_stop ocsp
check_same "instructions: another device" "$(cert_record meter-4 10012 ocsp)" 200
check "without a responder it is refused" fails cert dev2
check "the reasons are told" grep -q reason=certificate-status-unknown "$lab/bsf.log"
check "of both" grep -q reason=certificate-revoked "$lab/bsf.log"

# tokens
check_same "a token is made" "$(admin POST /v1/enrolees/meter-3/token '{"lifetime":60}')" 200
token=$(python3 -c 'import json,sys; a = json.load(open(sys.argv[1])); print(a.get("token") or a["enrolmentToken"])' "$lab/answer")
post kpm-0003@mef.mte.example '{"enrolmentToken":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","rspf":["ppsk"]}'
check "a wrong token is refused" holds "$lab/client" token-invalid
bad_offer='{"enrolmentToken":"x","rspf":["ppsk"]}'
check "over DTLS" coap_psk kpm-0003@mef.mte.example POST /enrol - "$bad_offer" , again x , GET /enrol - , POST /nowhere -
check_same "too, with CoAP codes and reasons" "$(coap_said '[(a["code"], a["rsc"], a["body"]["error"], a["format"]) for a in answers]')" \
    "[('4.03', 4103, 'token-invalid', 50), ('4.03', 4103, 'token-invalid', 50), ('4.05', 4005, 'm2m-method', 50), ('4.04', 4004, 'not-found', 50)]"
check_same "the repeated request was not served again" "$(coap_said 'answers[0] == answers[1]')" True
post kpm-0003@mef.mte.example "{\"enrolmentToken\":\"$token\",\"rspf\":[\"gba\"]}"
check "no common framework" holds "$lab/client" no-common-rspf
check "an HTTP message over DTLS" coap_psk kpm-0003@mef.mte.example drop "$(printf 'POST /enrol HTTP/1.1\r\n\r\n' | xxd -p)" , \
    POST /enrol - '{"enrolmentToken":"x","rspf":["ppsk"]}'
check_same "is not answered" "$(coap_said '[a and a["code"] for a in answers]')" "[None, '4.03']"
psk kpm-0003@mef.mte.example "$kpm"
check_same "without the token there is no key" "$(fetch maf "/fetchCredentials/$keid")" 403
post kpm-0003@mef.mte.example "{\"enrolmentToken\":\"$token\",\"rspf\":[\"cert\",\"ppsk\"]}"
check "the token is taken" holds "$lab/client" '"keID":'
check_same "with it there is" "$(fetch maf "/fetchCredentials/$(cat "$lab/keid")")" 200
post kpm-0003@mef.mte.example "{\"enrolmentToken\":\"$token\",\"rspf\":[\"ppsk\"]}"
check "once" holds "$lab/client" token-invalid

check_same "another token" "$(admin POST /v1/enrolees/meter-3/token '{"lifetime":60}')" 200
token2=$(python3 -c 'import json,sys; a = json.load(open(sys.argv[1])); print(a.get("token") or a["enrolmentToken"])' "$lab/answer")
offer="{\"enrolmentToken\":\"$token2\",\"rspf\":[\"ppsk\"]}"
check "over DTLS" coap_psk kpm-0003@mef.mte.example POST /enrol - "$offer" , again x , POST /enrol - "$offer"
check_same "is taken, once, and whose acknowledgement was lost hears that" "$(coap_said '[(a["type"], a["code"], a["rsc"]) for a in answers]')" \
    "[(2, '2.04', 2000), (2, '2.04', 2000), (2, '4.03', 4103)]"
check_same "KeId is what the session exports" "$(coap_said 'answers[0]["body"]["keID"] == export[:32] + "@mef.mte.example"')" True
keid=$(coap_said 'answers[0]["body"]["keID"]') ke=$(coap_said 'export[32:].lower()')
check "a target asks over DTLS" coap_cert maf GET "/fetchCredentials/$keid" - , GET "/fetchCredentials/$keid" maf.other.example , \
    GET /- maf.mte.example
check_same "and gets the key, under its own name" "$(coap_said '[(a["code"], a["rsc"], a["format"]) for a in answers]')" \
    "[('2.05', 2000, 50), ('4.03', 4106, 50), ('2.05', 2000, 10001)]"
coap_said '__import__("json").dumps(answers[0]["body"])' >"$lab/answer"
check "which is Km" gives "$ke"

# a killed process loses nothing
kill -9 "${lab_pids[bsf]}"
wait_for 5 lab_dead bsf
lab_stop bsf
cp "$lab/bsf.log" "$lab/first.log"
check "it starts again after kill -9" lab_start bsf
check_same "keys of before are given still" "$(fetch maf "/fetchCredentials/$keid1")" 200
check "and are the same" gives "$ke1"
check_same "a record goes with its keys" "$(admin DELETE /v1/enrolees/meter-1)" 204
check_same "they are not given any more" "$(fetch maf "/fetchCredentials/$keid1")" 404
lab_stop bsf
check_same "it stops cleanly" "${lab_codes[bsf]}" 0
check "counters are told" test "$(said 'mef.count reason=ok')" -ge 1
secrets() {
    ! grep -qi -e "$kpm" -e "$ke1" -e "$token" -e "$token2" -e "$ke" -e "$kpm_b64" "$lab/bsf.log" "$lab/first.log" &&
        ! grep -q "kpm-0001@\|${keid1%@*}" "$lab/bsf.log" "$lab/first.log"
}
check "no key, token or whole identity was told" secrets
tap_done
