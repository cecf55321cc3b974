#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ub over TLS between real processes: AKA, 2G GBA and GBA_Digest up to the NAF; what is refused.
set -u
. "$top_srcdir/tests/lib/lab.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 3)
port_tls=$1 port_tls2=$2 port_relay=$3
ims_host=bsf.ims.mnc001.mcc001.pub.3gppnetwork.org
old_host=old.ims.mnc001.mcc001.pub.3gppnetwork.org
impi_sim=001010123456787@ims.mnc001.mcc001.3gppnetwork.org
impi_fixed=001010123456786@ims.mnc001.mcc001.3gppnetwork.org
impi_digest=carol@ims.mnc001.mcc001.3gppnetwork.org

pki() {
    "$top_srcdir/tests/lib/pki.sh" "$lab" "$@"
}
pki ca root
pki ca stranger
pki fqdn bsf root "$lab_bsf_host"
pki fqdn ims root "$ims_host" rsa
pki fqdn other root other.example.org
pki fqdn old root "$lab_bsf_host" expired
pki fqdn unknown stranger "$lab_bsf_host"

# ---- the lab, with a SIM, fixed triplets and SIP Digest credentials ----
echo secret >"$lab/password"
chmod 600 "$lab/password"
cat >>"$lab/subscribers.yaml" <<END
  - impi: $impi_sim
    k: $lab_k
    opc: $lab_opc
    sim: true
    guss: { lifetime: 1h, uss: [ { id: 2, type: 2, uids: [ "sip:sim@ims.mnc001.mcc001.3gppnetwork.org" ] } ] }
  - impi: $impi_fixed
    sim: true
    triplets: [ { rand: 23553cbe9637a89d218ae64dae47bf35, sres: 46f8416a, kc: eae4be823af9a08b } ]
  - impi: $impi_digest
    sip_digest: { realm: ims.mnc001.mcc001.3gppnetwork.org, password_file: password }
    guss: { lifetime: 1h, uss: [ { id: 2, type: 2, uids: [ "sip:carol@ims.mnc001.mcc001.3gppnetwork.org" ] } ] }
END
lab_config_card 3 "001010123456787" "$impi_sim" false
lab_config_card 4 "001010123456786" "$impi_fixed" false
echo "gsm: true" | tee -a "$lab/card3.yaml" "$lab/card4.yaml" >/dev/null
lab_names="names: [ { host: $lab_bsf_host }, { host: $ims_host, cert: $lab/ims.chain.pem, key: $lab/ims.key } ]"
cp "$lab/bsf.yaml" "$lab/plain.yaml"
sed -i "s|^names:.*|https: { listen: [ \"127.0.0.1:$port_tls\", \"127.0.0.1:$port_tls2\" ], cert: $lab/bsf.chain.pem, key: $lab/bsf.key }\n$lab_names|
s|^zn:|zn:\n  - { peer: naf.home.example, naf: $old_host, ua: [ http ], gsids: [ \"2\" ], gba_types: [ 3g, 2g, digest ] }|
s|^    impi: true|    gba_types: [ 3g, 2g ]|" "$lab/bsf.yaml"
sed 's|^zh:|ub: { gba_2g: true, gba_digest: true }\nzh:|' "$lab/bsf.yaml" >"$lab/all.yaml"
sed -i "s|^services:|services:\n  - { fqdn: $old_host, upstream: \"$lab_ip:$port_upstream\", gsid: \"2\", assert_identity: uss, gba_2g: true, gba_digest: true }|" "$lab/naf.yaml"

# ue STATE ARGUMENT...: exit code in $code, output in $lab/out
ue() {
    "$lab_build/keystrap-ue" --state "$lab/$1.state" --connect "127.0.0.1:$port_naf" \
        --connect-bsf "127.0.0.1:${port:-$port_tls}" --bsf-ca "$lab/${ca:-root}.pem" "${@:2}" >"$lab/out" 2>&1
    code=$?
    return $code
}
me() {
    ue "${state:-me}" --card "sim:$lab/card1.yaml" --app usim --bsf "https://$lab_bsf_host" "$@"
}
sim() {
    ue "sim$1" --card "sim:$lab/card$1.yaml" --gba 2g "${@:2}"
}
digest() {
    ue digest --gba digest --set gba_digest.impi="$impi_digest" --set gba_digest.password_file="$lab/${file:-password}" "$@"
}
# refused CODE REASON COMMAND...
refused() {
    "${@:3}"
    same "$1" "$code" && holds "$lab/out" "$2"
}
told() {
    grep -q "reason=$1 " "$lab/bsf.log"
}
# first HOST CURL-ARGUMENT...: the status of a first request for $impi
first() {
    curl -sS --noproxy '*' --cacert "$lab/root.pem" -o /dev/null -w '%{http_code}' \
        -H "Authorization: Digest username=\"$impi\", realm=\"$1\", nonce=\"\", uri=\"/\", response=\"\"" "${@:2}" 2>&1
}
tls() {
    openssl s_client -connect "127.0.0.1:$port_tls" -CAfile "$lab/root.pem" -verify_return_error "$@" </dev/null >"$lab/tls" 2>&1
}

# ---- certificates of the server ----
sed "s|bsf.chain.pem|other.chain.pem|; s|bsf.key|other.key|" "$lab/bsf.yaml" >"$lab/wrong.yaml"
"$lab_build/keystrap-bsf" -c "$lab/wrong.yaml" >"$lab/out" 2>&1
check "a certificate for another name: no start" same 1 $?
check "with the reason, name and file" eval 'holds "$lab/out" "reason=certificate-name" && holds "$lab/out" "name=$lab_bsf_host" && holds "$lab/out" other.chain.pem'
sed 's|, cert: [^,]*bsf.chain.pem, key: [^ ]*||' "$lab/bsf.yaml" >"$lab/none.yaml"
"$lab_build/keystrap-bsf" -t -c "$lab/none.yaml" >"$lab/out" 2>&1
code=$?
check "https without a certificate: a fault of the configuration" eval 'same 2 $code && holds "$lab/out" names.cert'
sed 's|^zh:|ub: { gba_2g: true }\nzh:|' "$lab/plain.yaml" >"$lab/none.yaml"
"$lab_build/keystrap-bsf" -t -c "$lab/none.yaml" >"$lab/out" 2>&1
code=$?
check "2G GBA without https: a fault of the configuration" eval 'same 2 $code && holds "$lab/out" "is needed for ub.gba_2g"'

# ---- off by default ----
start_lab
check "both TLS listeners stand in the ready line" eval 'grep -q "daemon.ready.*https=127.0.0.1:$port_tls .*https=127.0.0.1:$port_tls2" "$lab/bsf.log"'
check "2G GBA is off by default" refused 5 ue-bsf-refused sim 3 bootstrap
check "with its reason" told zh-scheme-refused
check "GBA_Digest is off by default" refused 5 ue-bsf-refused digest bootstrap
check "with its reason" told ub-digest-off

# ---- TLS ----
impi=$lab_impi_me
check "TLS 1.3, certificate by name (P-256)" eval 'tls -tls1_3 -servername "$lab_bsf_host" -verify_hostname "$lab_bsf_host" && holds "$lab/tls" "Cipher is TLS_AES_128_GCM_SHA256"'
check "TLS 1.2, certificate by name (RSA)" eval 'tls -tls1_2 -servername "$ims_host" -verify_hostname "$ims_host" && holds "$lab/tls" "Cipher is ECDHE-RSA-AES128-GCM-SHA256"'
check "TLS 1.1 is refused" eval '! tls -tls1_1 -cipher DEFAULT:@SECLEVEL=0 -servername "$lab_bsf_host"'
check "a suite without forward secrecy is refused" eval '! tls -tls1_2 -cipher AES128-GCM-SHA256 -servername "$ims_host"'
check "a name that is not ours is refused" eval '! tls -servername other.example.org && holds "$lab/tls" "unrecognized name"'
check "no name: the first certificate" eval 'tls -noservername -verify_hostname "$lab_bsf_host"'
check "no ticket, nothing is resumed" eval 'tls -tls1_3 -servername "$lab_bsf_host" && lacks "$lab/tls" "New Session Ticket"'
check "a first request over TLS and over TCP" same "401 401 401" "$(
    echo "$(first "$lab_bsf_host" --connect-to "::127.0.0.1:$port_tls" "https://$lab_bsf_host/")" \
        "$(first "$ims_host" --connect-to "::127.0.0.1:$port_tls2" "https://$ims_host/")" \
        "$(first "$lab_bsf_host" --connect-to "::127.0.0.1:$port_bsf" "http://$lab_bsf_host/")")"
check "a device bootstraps over TLS" me bootstrap
check "as GBA_ME" holds "$lab/out" gba-me
check "and reaches the service behind the NAF" me request GET "http://$lab_naf_host/echo"

# ---- whom the device believes ----
check "a CA that it does not know" refused 5 certificate-path eval 'ca=stranger me bootstrap'
check "a certificate that was not asked for, of a name that is not the BSF's" refused 5 certificate-name \
    eval 'lab_spawn relay python3 "$top_srcdir/tests/system/tls_relay.py" $port_relay "$lab/other.chain.pem" "$lab/other.key" $port_tls $lab_bsf_host
        lab_wait_log relay ready; port=$port_relay me bootstrap; lab_stop relay'
check "an expired one" refused 5 certificate-expired \
    eval 'lab_spawn relay python3 "$top_srcdir/tests/system/tls_relay.py" $port_relay "$lab/old.chain.pem" "$lab/old.key" $port_tls $lab_bsf_host
        lab_wait_log relay ready; port=$port_relay me bootstrap; lab_stop relay'
check "one of another CA" refused 5 certificate-path \
    eval 'lab_spawn relay python3 "$top_srcdir/tests/system/tls_relay.py" $port_relay "$lab/unknown.chain.pem" "$lab/unknown.key" $port_tls $lab_bsf_host
        lab_wait_log relay ready; port=$port_relay me bootstrap; lab_stop relay'
check "the key of before is kept" me request GET "http://$lab_naf_host/echo"

# ---- 2G GBA and GBA_Digest ----
lab_stop bsf
cp "$lab/all.yaml" "$lab/bsf.yaml"
check "the BSF starts with 2G GBA and GBA_Digest" lab_start bsf
check "peers connect again" eval 'lab_wait_peers && wait_for 20 eval "[ \$(grep -c peer-open.*bsf.home.example \"\$lab/naf.log\") -ge 2 ]"'
impi=$impi_sim
check "2G GBA over plain HTTP is refused" same 403 "$(first "$lab_bsf_host" --connect-to "::127.0.0.1:$port_bsf" "http://$lab_bsf_host/")"
check "with its reason" told ub-2g-needs-tls
impi=$impi_digest
check "GBA_Digest over plain HTTP is refused" same 403 "$(first ims.mnc001.mcc001.3gppnetwork.org -A GBA_Digest --connect-to "::127.0.0.1:$port_bsf" "http://$ims_host/")"
check "with its reason" told ub-digest-needs-tls
check "the device never tries it so" refused 2 bsf sim 3 --bsf "http://$lab_bsf_host" bootstrap

check "a SIM bootstraps" sim 3 bootstrap
check "as 2G GBA" holds "$lab/out" 2g-gba
check "a service that takes no keys of SIMs refuses" refused 7 403 sim 3 request GET "http://$lab_naf_host/echo"
check "with its reason" grep -q 'reason=naf-gba-type ' "$lab/naf.log"
check "one that does, serves" sim 3 request GET "http://$old_host/echo"
check "GBA-Type is 1" grep -q "zn.key-given.*naf=$old_host .*gba_type=1" "$lab/bsf.log"
check "with the triplets of a real SIM" sim 4 bootstrap
check "a USIM gets no 2G GBA" refused 5 ue- ue me2 --card "sim:$lab/card1.yaml" --gba 2g bootstrap

check "SIP Digest credentials bootstrap without a card" digest bootstrap
check "as GBA_Digest" holds "$lab/out" gba-digest
check "no key of it is in the output" lacks "$lab/out" "$(sed -n 's/^ks //p' "$lab/digest.state")"
check "the key works at the NAF" digest request GET "http://$old_host/echo"
check "GBA-Type is 2" grep -q "zn.key-given.*naf=$old_host .*gba_type=2" "$lab/bsf.log"
check "a service that does not offer it" refused 5 ue- digest request GET "http://$lab_naf_host/echo"
echo wrong >"$lab/wrong"
chmod 600 "$lab/wrong"
check "a wrong password is refused" refused 5 ue-bsf-refused eval 'file=wrong digest bootstrap'
check "with its reason" told ub-response-wrong
chmod 644 "$lab/wrong"
check "a password that others can read is not used" refused 1 file-error eval 'file=wrong digest bootstrap'

# ---- somebody between, whom the device believes ----
"$top_srcdir/tests/lib/pki.sh" "$lab" fqdn evil root "$ims_host"
lab_spawn relay python3 "$top_srcdir/tests/system/tls_relay.py" "$port_relay" "$lab/evil.chain.pem" "$lab/evil.key" "$port_tls" "$ims_host"
check "a relay with a certificate for the name" lab_wait_log relay ready
check "passes AKA on" eval 'port=$port_relay; ue relayed --card "sim:$lab/card1.yaml" --app isim --bsf "https://$ims_host" bootstrap; unset port; same 0 $code'
refusals=$(grep -c 'reason=ub-response-wrong ' "$lab/bsf.log")
check "but GBA_Digest fails: it exports other keys on either side" refused 5 ue-bsf-refused eval 'port=$port_relay digest bootstrap'
check "with its reason" eval '[ "$(grep -c "reason=ub-response-wrong " "$lab/bsf.log")" -gt $refusals ]'
check "directly it works still" digest bootstrap

lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
check "identities are masked in the log" lacks "$lab/bsf.log" "$impi_digest"
tap_done
