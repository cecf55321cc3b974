#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-peer as a NAF: keys of GBA for a CSE, whose NAF name is the public domain name
# of its CSE-ID; openssl is the Enrolee, with keys that keystrap-ue made.
set -u
. "$top_srcdir/tests/lib/lab.sh"

ae=//sp.example/S98821
add_settings() {
    sed -i 's|^      uss:$|      uss:\n        - id: 7\n          type: 7\n          uids: [ "sip:alice@home.example", "'$ae'" ]|' \
        "$lab/subscribers.yaml"
}
add_settings
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 1)
port_peer_dia=$1
sed -i 's|^diameter:$|  - { peer: peer.home.example, naf: in-cse.sp.example, ua: [ "tls:*" ], gsids: [ "7" ] }\ndiameter:|' "$lab/bsf.yaml"
echo "    - { identity: peer.home.example }" >>"$lab/bsf.yaml"
printf '5a%.0s' {1..32} >"$lab/store.key"
chmod 600 "$lab/store.key"
cat >"$lab/peer.yaml" <<END
id: //sp.example/in-cse
listen: [ "127.0.0.1:0" ]
listen_dtls: [ "127.0.0.1:0" ]
gba: { bsf: [ { btid_domain: bsf.ims.mnc001.mcc001.pub.3gppnetwork.org, realm: home.example } ], gsid: "7", uicc_keys: true }
peer_required: true
store: { path: $lab/store, key_file: $lab/store.key }
diameter:
  identity: peer.home.example
  realm: home.example
  listen: "$lab_ip:$port_peer_dia"
  peers: [ { identity: bsf.home.example, address: "$lab_ip:$port_bsf_dia" } ]
log: { identities: shown }
END
start hss bsf peer
check "peers connect" eval 'lab_wait_log bsf "peer-open.*hss.home.example" && lab_wait_log peer "peer-open.*bsf.home.example"'
ready() {
    sed -n "s/.*daemon.ready.* $1=\([^ ]*\).*/\1/p" "$lab/peer.log"
}
tls=$(ready tls) dtls=$(ready dtls)
[ -n "$tls" ] || exit 1

# use CARD: this device bootstraps; its keys are $key_CBC, ...
use() {
    "$lab_build/keystrap-ue" --card "sim:$lab/card$1.yaml" --state "$lab/ue$1.state" --connect "127.0.0.1:$port_bsf" bootstrap >/dev/null
}
made() { # CARD SUITE MEMBER
    "$lab_build/keystrap-ue" --card "sim:$lab/card$1.yaml" --state "$lab/ue$1.state" key in-cse.sp.example "--ua=tls:$2" --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$3"
}
ask_tls() { # IDENTITY KEY
    printf 'GET / HTTP/1.1\r\nHost: in-cse\r\nConnection: close\r\n\r\n' | timeout 15 openssl s_client -quiet -tls1_2 \
        -cipher PSK-AES128-CBC-SHA256 -psk "$2" -psk_identity "$1" -connect "$tls" 2>&1
}
ask_dtls() {
    python3 "$top_srcdir/tests/system/coap_client.py" "${dtls##*:}" EXPORTER-oneM2M-Connection -dtls1_2 -cipher PSK-AES128-CCM8 \
        -psk "$2" -psk_identity "$1" -- GET / -
}
tells() { # TEXT COMMAND...
    local out
    out=$("${@:2}")
    case $out in *"$1"*) ;; *) echo "$out"; return 1 ;; esac
}
fails() {
    ! tells credentialID "$@"
}
asked() {
    grep -c "target.key-.*from=bsf" "$lab/peer.log"
}

check "a device bootstraps" use 1
btid=$(made 1 00AE btid) key=$(made 1 00AE ks_naf)
ccm=$(made 1 C0A8 ks_naf)
check "each suite has its key" eval '[ "$key" != "$ccm" ] && [ ${#key} = 64 ]'
check "the key of another suite fails" fails ask_tls "$btid" "$ccm"
check "an unknown B-TID fails" fails ask_tls "AAAAAAAAAAAAAAAAAAAAAA==@bsf.ims.mnc001.mcc001.pub.3gppnetwork.org" "$key"
check "as the BSF says" holds "$lab/peer.log" reason=naf-btid-unknown
check "another BSF is not asked" fails ask_tls "AAAAAAAAAAAAAAAAAAAAAA==@bsf.evil.example" "$key"
check "a device without a UICC has no key of one" fails ask_tls "3GPP-bootstrapping-uicc;$btid" "$key"
n=$(asked)
check "a B-TID" tells "\"peer\":\"$ae\"" ask_tls "$btid" "$key"
check "with either prefix" tells '"use":"naf"' ask_tls "3GPP-bootstrapping;$btid" "$key"
check "and separator" tells '"use":"naf"' ask_tls "3GPP-bootstrapping.$btid" "$key"
check "the BSF was not asked again" same "$n" "$(asked)"
check "the hint names what is taken" tells "hint: 3GPP-bootstrapping-uicc;3GPP-bootstrapping" \
    eval 'echo | timeout 15 openssl s_client -tls1_2 -cipher PSK-AES128-CBC-SHA256 -psk "$key" -psk_identity "$btid" -connect "$tls" 2>&1'
check "over DTLS with its own key" tells "\"peer\": \"$ae\"" ask_dtls "$btid" "$ccm"
check "and no other" tells '"session": false' ask_dtls "$btid" "$key"

check "a device with a UICC bootstraps" use 2
btid=$(made 2 00AE btid) ext=$(made 2 00AE ks_naf)
check "beside its UICC it has Ks_ext_NAF" tells '"use":"naf"' ask_tls "$btid" "$ext"
check "which is no key of its UICC" fails ask_tls "3GPP-bootstrapping-uicc;$btid" "$ext"
check "no key is in any log" eval '! grep -qiF -e "$key" -e "$ccm" -e "$ext" "$lab"/*.log'
lab_stop peer
check "the peer stops" same 0 "${lab_codes[peer]}"
tap_done
