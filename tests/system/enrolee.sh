#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-ue as an Enrolee against MEFs that are not ours: openssl s_server exports what the
# device derives from, python makes the keys once more.
set -u
. "$top_srcdir/tests/lib/tap.sh"
dir=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
    server=
}
trap 'stop; rm -rf "$dir"' EXIT
umask 077
kpm=000102030405060708090a0b0c0d0e0f
kpm_id=kpm-0001@mef.mte.example
ke_format='^[0-9A-F]{32}@mef\.mte\.example$'
echo "$kpm" >"$dir/kpm.key"
mkfifo "$dir/in"
exec 7<>"$dir/in" # a server lives as long as its input

pki() {
    sh "$top_srcdir/tests/lib/pki.sh" "$dir" "$@"
}
write_conf() {
    cat >"$dir/ue.yaml" <<END
state: $dir/state
timeout: 5s
enrolee:
  id: //sp.example/S98821
  target: {id: maf.mte.example}
  expiry: 300s
  mef: {uri: "https://mef.mte.example", address: "127.0.0.1:1", anchors: $dir/ca.pem}
  kpm: {id: $kpm_id, key_file: $dir/kpm.key}
  cert: {cert: $dir/ae.chain.pem, key: $dir/ae.key}
  store: $dir/store
END
}
ue() {
    "$top_builddir/keystrap-ue" -c "$dir/ue.yaml" --set "enrolee.mef.address=127.0.0.1:${port:-1}" "$@"
}
# code WANTED REASON ARGUMENT...
code() {
    local got
    ue "${@:3}" >"$dir/out" 2>&1
    got=$?
    same "$1" "$got" && holds "$dir/out" "$2"
}
# serve OPTION...: an s_server on a port of its own, in $port
serve() {
    stop
    : >"$dir/server" # here, not in the new process: the old port must be gone
    openssl s_server -accept 127.0.0.1:0 -keymatexport EXPORTER-oneM2M-Bootstrap -keymatexportlen 48 "$@" \
        <&7 >>"$dir/server" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$dir/server")
        [ -z "$port" ] || return 0
        sleep 0.05
    done
    cat "$dir/server"
    return 1
}
serve_psk() {
    serve -nocert -cipher PSK-AES128-CBC-SHA256 -psk "$kpm" -psk_identity "$kpm_id" "${@:--tls1_2}"
}
serve_cert() { # CERTIFICATE OPTION...
    serve -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256 -cert "$dir/$1.pem" -key "$dir/$1.key" -CAfile "$dir/ca.pem" \
        -Verify 3 -verify_return_error "${@:2}"
}
nothing_kept() {
    [ ! -e "$dir/store" ]
}
anew() {
    rm -f "$dir/store"
}
# value NAME: of the last line with this name that was printed
value() {
    sed -n "s/^$1  *//p" "$dir/out" | tail -n 1
}
# exported: what the server says, once it said so
exported() {
    for _ in $(seq 100); do
        sed -n 's/^ *Keying material: //p' "$dir/server" | tail -n 1 | grep . && return
        sleep 0.05
    done
}
# derived LABEL TEXT...: by python, of the Ke that was exported; strings behind it
derived() {
    python3 - "$(exported)" "$@" <<'END'
import hashlib, hmac, sys
ke = bytes.fromhex(sys.argv[1])[16:]
print(hmac.new(ke, "".join(sys.argv[2:]).encode(), hashlib.sha256).hexdigest())
END
}
# same_keys LABEL TEXT...: KeId, Ke and key as the server and python have them
same_keys() {
    ue keys --show-keys >"$dir/out" || return
    local all
    all=$(exported)
    same "${all:0:32}@mef.mte.example" "$(value keyid)" && [[ $(value keyid) =~ $ke_format ]] &&
        same "$(echo "${all:32}" | tr A-F a-f)" "$(value ke)" && same "$(derived "$@")" "$(value key)"
}
km_label='oneM2M Enrolment Key to Master Credential derivation'
kpsa_label='oneM2M Enrolment Key to Provisioned Secure Connection Key derivation'
kuc_label='oneM2M Enrolment Key to Usage-Constrained Symmetric Key derivation'

# ---- instructions (B1, B12, E15) ----
write_conf
for bad in enrolee.id=maf.mte.example enrolee.target.id=S98821x/ enrolee.framework=3gpp2 \
    enrolee.suid=20 enrolee.registrar=//sp.example/S1 enrolee.maf.fqdn=//sp.example/maf enrolee.mef.uri=http://mef.mte.example enrolee.kpm.id=x enrolee.client_in_uicc=true; do
    check "refused: $bad" code 2 enrolee. --set "$bad" enrol
done
sed '/target:/d' "$dir/ue.yaml" >"$dir/no-target.yaml"
check "a target is needed" eval '! "$top_builddir/keystrap-ue" -c "$dir/no-target.yaml" enrol 2>"$dir/out" &&
    holds "$dir/out" enrolee.target.id'
check "3GPP2 is said not to be supported" code 2 'keys of 3GPP2 are not supported' --set enrolee.framework=3gpp2 enrol
chmod 620 "$dir/ue.yaml"
check "instructions that others can write are refused" code 2 enrol-instructions-access enrol
chmod 600 "$dir/ue.yaml"
check "without instructions there is nothing to do" eval '! "$top_builddir/keystrap-ue" --state "$dir/state" enrol \
    2>"$dir/out" && holds "$dir/out" "enrolee.id is missing"'
check "unenrolled" code 6 unenrolled enrol-status
check "nobody there" code 4 cannot-connect enrol
check "nothing was kept" nothing_kept

# ---- pre-provisioned key (A13, B2, C1, C3-C7) ----
check "a server with Kpm" serve_psk
echo "${kpm}00" >"$dir/kpm.key"
check "a wrong Kpm fails" code 5 tls- enrol
echo "0001" >"$dir/kpm.key"
check "a short Kpm is none" code 5 bad-hex enrol
echo "$kpm" >"$dir/kpm.key"
chmod 640 "$dir/kpm.key"
check "a Kpm that others can read is not used" code 1 file-error enrol
chmod 600 "$dir/kpm.key"
check "a server without PSK fails" eval 'pki ca ca && pki fqdn mef ca mef.mte.example &&
    serve -tls1_2 -cert "$dir/mef.pem" -key "$dir/mef.key" && code 5 tls- enrol && nothing_kept'
check "TLS 1.1 fails" eval 'serve_psk -tls1_1 -cipher ALL:@SECLEVEL=0 && code 5 tls- enrol && nothing_kept'
check "a server with Kpm again" serve_psk -tlsextdebug -tls1_2
check "enrolled" code 0 enrolled enrol
check "SNI has the host of the MEF URI" holds "$dir/server" mef.mte.exa
check "the store is for its user alone" same 600 "$(stat -c %a "$dir/store")"
check "KeId, Ke and Km are those of the handshake" same_keys "$km_label" maf.mte.example
check "status says enrolled" code 0 enrolled enrol-status
check "a valid key is kept" code 0 kept enrol
stop
check "even when the MEF is gone" code 0 kept enrol
check "keys shows no key" eval 'code 0 keyid keys && lacks "$dir/out" "$(ue keys --show-keys | sed -n "s/^ke  *//p")"'
check "a server with Kpm once more" serve_psk
check "another target, another key" eval 'code 0 enrolled --set enrolee.target.id=//sp.example/in-cse enrol &&
    same_keys "$kpsa_label" //sp.example/in-cse'
check "a key for one usage" eval 'anew; code 0 enrolled --set enrolee.suid=22 --set enrolee.target.id=//sp.example/in-cse enrol &&
    same_keys "$kuc_label" 22 in-cse.sp.example'
check "an Enrolee that is a CSE" eval 'code 0 //sp.example/mn1 --set enrolee.id=//sp.example/mn1 enrol'
check "end-to-end keys are not for everybody" code 5 enrol-e2e-not-allowed e2e //sp.example/in-cse 00ff
check "Ke2e_master" eval 'code 0 ke2e_master --set enrolee.e2e=true e2e //sp.example/in-cse 00ff && kpsa=$(ue keys --show-keys |
    sed -n "s/^key  *//p" | head -n 1) && same "$(python3 -c "
import hashlib, hmac, sys
print(hmac.new(bytes.fromhex(\"00ff\"), bytes.fromhex(\"$kpsa\"), hashlib.sha256).hexdigest())")" "$(value ke2e_master)"'
check "a key of one second" eval 'anew; code 0 enrolled --set enrolee.expiry=1s enrol && old=$(value keyid)'
check "is expired soon" eval 'for _ in $(seq 40); do code 6 expired enrol-status && break; sleep 0.1; done; code 6 expired enrol-status'
check "and is made anew" eval 'code 0 enrolled enrol && [ "$old" != "$(value keyid)" ]'
check "a corrupt store is refused and left" eval 'echo x >>"$dir/store"; code 1 enrol-store-corrupt enrol && grep -q "^x" "$dir/store"'
anew
check "an id is checked" code 0 AE-ID check-id //sp.example/S98821
check "and a bad one refused" code 5 m2m-id-malformed check-id S98821x/

# ---- the same over DTLS ----
check "a DTLS server" serve -dtls1_2 -nocert -cipher PSK-AES128-CCM8 -psk "$kpm" -psk_identity "$kpm_id"
check "enrolled over DTLS" code 0 enrolled --dtls enrol
check "with the same keys" same_keys "$km_label" maf.mte.example
anew

# ---- certificates (B3, D) ----
check "certificates" eval 'pki ca ca2 && pki fqdn mef2 ca2 mef.mte.example && pki fqdn other ca other.mte.example &&
    pki fqdn old ca mef.mte.example expired && pki ae ae ca m2m://sp.example/S98821'
cert='--set enrolee.framework=cert'
for bad in mef2:certificate-path other:certificate-name old:certificate-expired; do
    check "a MEF with certificate ${bad%:*} is refused" eval 'serve_cert "${bad%:*}" && code 5 "${bad#*:}" $cert enrol'
    check "and nothing is kept" nothing_kept
done
check "revocation must be known when it must" eval 'serve_cert mef && code 4 certificate-status-unknown $cert \
    --set enrolee.mef.status=crl enrol && nothing_kept'
check "a revoked MEF is refused" eval 'pki fqdn gone ca mef.mte.example && pki revoke gone && pki crl ca &&
    serve_cert gone && code 5 certificate-revoked $cert --set enrolee.mef.status=crl --set "enrolee.mef.crls=$dir/ca.crl" enrol &&
    nothing_kept'
check "a server that does not know our CA refuses" eval 'serve -tls1_2 -cert "$dir/mef.pem" -key "$dir/mef.key" \
    -CAfile "$dir/ca2.pem" -Verify 3 -verify_return_error && code 5 tls- $cert enrol && nothing_kept'
check "enrolled by certificate" eval 'serve_cert mef && code 0 enrolled $cert --set enrolee.mef.status=crl \
    --set "enrolee.mef.crls=$dir/ca.crl" enrol'
check "with the same derivation" same_keys "$km_label" maf.mte.example
anew
check "over DTLS too" eval 'serve -dtls1_2 -cipher ECDHE-ECDSA-AES128-CCM8 -cert "$dir/mef.pem" -key "$dir/mef.key" \
    -CAfile "$dir/ca.pem" -Verify 3 -verify_return_error && code 0 enrolled --dtls $cert enrol &&
    same_keys "$km_label" maf.mte.example'
anew

# ---- tokens (B11, D14) ----
token=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8
serve_http() { # CERTIFICATE ANSWER: a MEF that notes what is posted
    stop
    : >"$dir/server"
    python3 "$top_srcdir/tests/system/token_mef.py" "$dir/$1" "$dir/ca.pem" "$2" >>"$dir/server" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        port=$(sed -n 's/^port //p' "$dir/server")
        [ -z "$port" ] || return 0
        sleep 0.05
    done
    return 1
}
cert="$cert --set enrolee.token_file=$dir/token"
echo "$token" >"$dir/token"
check "a MEF that is not proven gets no token" eval 'serve_http mef2 200 && code 5 certificate-path $cert enrol &&
    lacks "$dir/server" POST && nothing_kept'
check "a refused token enrols nobody" eval 'serve_http mef 403 && code 5 token-invalid $cert enrol && nothing_kept'
check "nor does a refused framework" eval 'serve_http mef 409 && code 5 no-common-rspf $cert enrol && nothing_kept'
check "the token stays" test -e "$dir/token"
check "enrolled with a token" eval 'serve_http mef 200 && code 0 enrolled $cert enrol'
check "it was the first request, with the framework" holds "$dir/server" \
    "POST /enrol {\"enrolmentToken\":\"$token\",\"rspf\":[\"cert\"]}"
check "the token is gone" test ! -e "$dir/token"
anew

# ---- tokens over DTLS: CoAP ----
port=$("$top_builddir/tests/lib/freeports" 1 | tr -d '\0')
serve_coap() { # CODE RSC MANNER: a MEF that does not hear the first request
    stop
    : >"$dir/server"
    python3 "$top_srcdir/tests/system/coap_mef.py" "$port" "$@" -- -nocert -cipher PSK-AES128-CCM8 -psk "$kpm" \
        -psk_identity "$kpm_id" >>"$dir/server" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        grep -q ":$(printf %04X "$port") " /proc/net/udp && return 0
        sleep 0.05
    done
    return 1
}
# coap_enrol CODE-OF-UE REASON CODE RSC MANNER
coap_enrol() {
    serve_coap "${@:3}" || return
    code "$1" "$2" --dtls --set "enrolee.token_file=$dir/token" "${timeout[@]}" enrol
}
timeout=(--set timeout=12s)
echo "$token" >"$dir/token"
check "a refused token enrols nobody over DTLS" eval 'coap_enrol 5 token-invalid 4.03 4103 piggybacked && nothing_kept'
check "nor does a refused framework" eval 'coap_enrol 5 no-common-rspf 4.09 4105 separate && nothing_kept'
check "nor a reset" eval 'coap_enrol 4 coap-reset 2.04 2000 reset && nothing_kept'
check "nor an answer with an unknown critical option" eval 'coap_enrol 5 coap-option 2.04 2000 unknown && nothing_kept'
timeout=(--set timeout=4s)
check "nor silence" eval 'coap_enrol 4 timeout 2.04 2000 silent && nothing_kept && test -e "$dir/token"'
timeout=(--set timeout=12s)
check "enrolled, though a request got lost and strange answers came" coap_enrol 0 enrolled 2.04 2000 piggybacked
post="CON 2 /enrol {\"enrolmentToken\":\"$token\",\"rspf\":[\"ppsk\"]}"
check_same "it was sent twice, and nothing else" "$(cat "$dir/server")" "$post
$post"
check "the token is gone then" test ! -e "$dir/token"
anew
echo "$token" >"$dir/token"
check "enrolled by an answer that comes by itself" coap_enrol 0 enrolled 2.04 2000 separate
check "which is acknowledged" eval 'for _ in $(seq 100); do grep -q "ACK 0" "$dir/server" && break; sleep 0.05; done
    holds "$dir/server" "ACK 0"'
anew

# ---- pre-provisioned keys (B14), associations by key ----
echo 101112131415161718191a1b1c1d1e1f >"$dir/kpsa.key"
target="--set enrolee.target.id=//sp.example/in-cse"
check "no key, no association" code 6 enrol-no-key $target connect
check "a key is imported" code 0 imported $target import psa-17@mte.example "$dir/kpsa.key"
check "an Entity B of openssl" serve -tls1_2 -nocert -cipher PSK-AES128-CBC-SHA256 -www \
    -psk 101112131415161718191a1b1c1d1e1f -psk_identity psa-17@mte.example
check "answers through the association" eval 'code 0 psa-17@mte.example $target --set "enrolee.target.address=127.0.0.1:$port" connect'
check "another Registrar is not spoken to" code 5 enrol-other-registrar $target --set enrolee.registrar=//sp.example/mn1 connect
check "forgotten" eval 'code 0 forgotten $target forget && code 6 enrol-no-key $target connect'
check "by certificate" eval 'pki cse in-cse ca in-cse.sp.example && serve_cert in-cse -www &&
    code 0 ECDHE-ECDSA-AES128-SHA256 $target --set "enrolee.target.address=127.0.0.1:$port" \
        --set "enrolee.target.anchors=$dir/ca.pem" connect --via=cert'
check "not with somebody else" eval 'serve_cert other -www && code 5 certificate-name $target \
    --set "enrolee.target.address=127.0.0.1:$port" --set "enrolee.target.anchors=$dir/ca.pem" connect --via=cert'
check "no MAF, no key of it" code 2 enrolee.maf.fqdn $target connect --via=maf
tap_done
