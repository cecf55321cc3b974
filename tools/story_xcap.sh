# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./lab: a device with a SIM changes its settings for call diversion (XCAP over Ut).

ue() {
    local slot=$1
    shift
    "$lab_build/keystrap-ue" --card "pcsc:$(lab_reader "$slot")" --state "$lab/ue$slot.state" "$@"
}
ue1() { ue 1 "$@"; }
ue2() { ue 2 "$@"; }

lab_config
lab_keep_sessions

step "A simulated USIM and ISIM in a real pcscd, behind vsmartcard's virtual reader"
story_cards

step "HSS, BSF, NAF and a server that knows nothing of GBA"
for program in hss bsf upstream naf; do
    lab_start $program || bad "$program"
    runs $program
done
lab_wait_peers || bad "the Diameter peers do not find each other"
good "Zh and Zn are up (Diameter)"

step "The device bootstraps: GBA_ME (Ub: HTTP Digest AKAv1-MD5, auth-int; Zh: MAR/MAA)"
try "bootstrapped as GBA_ME" ue1 --connect "127.0.0.1:$port_bsf" bootstrap
step "and GBA_U: AUTN*, Ks stays in the card"
try "bootstrapped as GBA_U" ue2 --connect "127.0.0.1:$port_bsf" bootstrap

document=http://$lab_naf_host/simservs.ngn.etsi.org/users/sip:alice/simservs.xml
printf '<simservs><call-diversion active="true"/></simservs>\n' >"$lab/simservs.xml"
step "It changes and fetches a document through the NAF (Ua: HTTP Digest, auth-int; Zn: BIR/BIA)"
for slot in 1 2; do
    try "PUT is let through, and the answer is proven" \
        ue$slot --connect "127.0.0.1:$port_naf" request PUT "$document" --body "$lab/simservs.xml"
    try "GET gives the document back" ue$slot --connect "127.0.0.1:$port_naf" request GET "$document"
done

step "Plain curl --digest with B-TID and base64(Ks_NAF) passes too"
# The password goes through a file descriptor: it must not stand in the process list.
credentials() {
    ue1 key "$lab_naf_host" --json | python3 -c 'import json, sys
k = json.load(sys.stdin)
print("user = \"%s:%s\"" % (k["btid"], k["password"]))'
}
with_curl() {
    curl -sS --fail --noproxy '*' --digest -K <(credentials) --resolve "$lab_naf_host:$port_naf:127.0.0.1" \
        "http://$lab_naf_host:$port_naf/simservs.ngn.etsi.org/users/sip:alice/simservs.xml"
}
say "\$ curl --digest -K <(B-TID and key) $document"
with_curl >"$lab/out" 2>&1 || { cat "$lab/out"; bad "curl"; }
quote <"$lab/out"
good "curl got the document"

step "The card is put out of step (SQN), and the run heals by AUTS"
lab_stop card1
try "the card's SQN is far ahead of the HSS" "$lab_build/keystrap-card" -c "$lab/card1.yaml" --desync
lab_start_card 1 || bad "the card"
try "bootstrapped after a resynchronisation" ue1 --connect "127.0.0.1:$port_bsf" bootstrap
grep 'ub-resynchronised' "$lab/bsf.log" | tail -n 1 | quote
grep -q 'ub-resynchronised' "$lab/bsf.log" || bad "the BSF saw no AUTS"

step "A card with a wrong key is refused"
must_fail "no bootstrapping with a stranger's key" \
    "$lab_build/keystrap-ue" --card "sim:$lab/stranger.yaml" --state "$lab/stranger.state" --connect "127.0.0.1:$port_bsf" bootstrap
lab_curl_wrong() {
    printf 'user = "%s:%s"\n' "$(ue1 status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["btid"])')" wrong
}
say "\$ curl --digest -K <(B-TID and a wrong key) $document"
curl -sS -o "$lab/out" -w '%{http_code}' --noproxy '*' --digest -K <(lab_curl_wrong) \
    --resolve "$lab_naf_host:$port_naf:127.0.0.1" "http://$lab_naf_host:$port_naf/simservs.xml" >"$lab/code" 2>&1
[ "$(cat "$lab/code")" = 401 ] || bad "a wrong key got $(cat "$lab/code")"
grep 'reason=naf-response-wrong' "$lab/naf.log" | tail -n 1 | quote
grep -q 'reason=naf-response-wrong' "$lab/naf.log" || bad "no reason code in the log"
good "401, and the NAF's log says why"

story_commands() {
    local device
    device=$(printf '%q ' "$lab_build/keystrap-ue" --card pcsc --state "$lab/ue1.state")
    printf 'export PCSCLITE_CSOCK_NAME=%q\n' "$PCSCLITE_CSOCK_NAME"
    printf '%s--connect 127.0.0.1:%s bootstrap\n' "$device" "$port_bsf"
    printf '%sstatus\n' "$device"
    printf '%s--connect 127.0.0.1:%s request GET %s\n' "$device" "$port_naf" "$document"
}
