#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-naf as reverse proxy and MAF at once: Km is the NAF key of the MAF's name, asked of the
# BSF while the handshake waits; openssl is the Enrolee, with keys that keystrap-ue made.
set -u
. "$top_srcdir/tests/lib/lab.sh"
ae=//sp.example/S98821
pki() {
    sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" "$@"
}
pki ca ca && pki fqdn maf ca maf.mte.example
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 1)
port_maf=$1
sed -i 's|^      uss:$|      uss:\n        - id: 7\n          type: 7\n          uids: [ "'$ae'" ]|' "$lab/subscribers.yaml"
sed -i 's|^diameter:$|  - { peer: naf.home.example, naf: maf.mte.example, ua: [ "tls:*" ], gsids: [ "7" ] }\ndiameter:|' "$lab/bsf.yaml"
printf '5a%.0s' {1..32} >"$lab/store.key"
chmod 600 "$lab/store.key"
cat >>"$lab/naf.yaml" <<END
maf:
  fqdn: maf.mte.example
  listen: [ "127.0.0.1:$port_maf" ]
  listen_dtls: [ "127.0.0.1:$port_maf" ]
  cert: $lab/pki/maf.pem
  key: $lab/pki/maf.key
  gsid: "7"
  store: { path: $lab/store, key_file: $lab/store.key }
END
start_lab

"$lab_build/keystrap-ue" --card "sim:$lab/card1.yaml" --state "$lab/ue1.state" --connect "127.0.0.1:$port_bsf" bootstrap >/dev/null
made() { # SUITE MEMBER
    "$lab_build/keystrap-ue" --card "sim:$lab/card1.yaml" --state "$lab/ue1.state" key maf.mte.example "--ua=tls:$1" --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}
suite='-tls1_2 -cipher PSK-AES128-CBC-SHA256'
# psk IDENTITY KEY REQUEST...
psk() {
    # shellcheck disable=SC2086
    python3 "$top_srcdir/tests/system/m2m_client.py" "$port_maf" EXPORTER-oneM2M-Connection $suite \
        -psk_identity "$1" -psk "$2" -- "${@:3}" >"$lab/said"
}
said() {
    python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
export, answers = s["export"], s["answers"]
print('"$1"')' "$lab/said"
}
rsc() {
    said '" ".join(str(a["rsc"]) if a else "none" for a in answers)'
}
asked() {
    grep -c "target.key-.*from=bsf" "$lab/naf.log"
}
me=X-M2M-Origin:$ae
type='Content-Type:application/vnd.onem2m-res+json;ty=3'
macr='{"sec:macr":{"et":"'$(date -u -d '+9 days' +%Y%m%dT%H%M%S)'","adfq":"mte.example"}}'
btid=$(made 00AE btid) key=$(made 00AE ks_naf) ccm=$(made C0A8 ks_naf)

check "the key of another suite" psk "$btid" "$ccm" GET /- "$me"
check_same "opens nothing" "$(rsc)" none
n=$(asked)
check "a B-TID" psk "3GPP-bootstrapping;$btid" "$key" GET /- "$me" , GET /- X-M2M-Origin://sp.example/Sother , POST /- "$me" "$type" "$macr"
check_same "is the Enrolee that the user security settings name" "$(rsc)" "2000 4106 2001"
check_same "and gets a KmId" "$(said 'answers[2]["body"]["sec:macr"]["aski"].endswith("@maf.mte.example")')" True
check_same "its registration ends before the NAF key" \
    "$(said 'answers[2]["body"]["sec:macr"]["et"] < "'"$(date -u -d '+8 days' +%Y%m%dT%H%M%S)"'"')" True
kmid=$(said 'answers[2]["body"]["sec:macr"]["aski"]')
check "the KmId" psk "$kmid" "$key" GET /- "$me"
check_same "names the same key" "$(rsc)" 2000
check_same "and the BSF was not asked again" "$(asked)" "$n"
check "over DTLS there is another key" eval 'suite="-dtls1_2 -cipher PSK-AES128-CCM8" psk "$btid" "$ccm" && same True "$(said "len(export) == 96")"'
check_same "which the BSF was asked for" "$(asked)" $((n + 1))
lab_stop bsf
check "without the BSF" psk "$kmid" "$key" GET /- "$me"
check_same "the MAF knows the key" "$(rsc)" 2000
check "no key is in any log" eval '! grep -qiF -e "$key" -e "$ccm" "$lab"/*.log'
lab_stop naf
check "the NAF stops" same 0 "${lab_codes[naf]}"
tap_done
