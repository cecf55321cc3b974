#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A NAF that does not keep to the rules, against keystrap-bsf: each message gets
# the result that keystrap-bsf(8) documents and one line in the log, while an
# honest NAF beside it is served as if nothing happened.
set -u
. "$top_srcdir/tests/lib/lab.sh"
# What was freed is kept for a while by AddressSanitizer.  freeDiameter's frames
# are found only by the slow unwinder: tests/lib/lsan.supp goes by their names.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:quarantine_size_mb=1:fast_unwind_on_malloc=0"
rogue_naf=rogue.home.example
sed -i "s/^diameter:/  - { peer: $rogue_naf, naf: $rogue_naf, ua: [ http ] }\n&/
    s/^    - { identity: naf.home.example }/&\n    - { identity: $rogue_naf }/
    s/^zh:/ub: { key_lifetime: { min: 1s } }\n&/" "$lab/bsf.yaml"
sed -i '/gba_u$/{n;s/lifetime: .*/lifetime: 1s/}' "$lab/subscribers.yaml"
# One more, who bootstraps all the time: only a subscriber's last sessions are kept.
cat >>"$lab/subscribers.yaml" <<END
  - impi: ${lab_impi_me/789@/787@}
    imsi: "001010123456787"
    k: $lab_k
    opc: $lab_opc
END
lab_config_card 3 001010123456787 "${lab_impi_me/789@/787@}" false

# More than one of them would be a second reason for the same refusal.
one_reason() {
    same 1 "$(grep -cE '(zn|dia)\.refused ' "$lab/bsf.log.new")" &&
        grep -qE "(zn|dia)\.refused reason=$1 " "$lab/bsf.log.new"
}
device() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$1" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first good >"$lab/out" 2>&1 && grep -q '^good 200' "$lab/out"
}
btid() {
    sed -n 's/.* btid=\([^ ]*\).*/\1/p' "$lab/out"
}
# rogue ACTION...: one line an action in $lab/out
rogue() {
    "$lab_build/tests/system/zn_probe" "${port:-$port_bsf_dia}" "${as:-$rogue_naf}" $rogue_naf "${btid:-$good}" "$@" \
        >"$lab/out" 2>&1
}
# refused ACTION RESULT REASON: exactly this result and one reason in the log
refused() {
    local from
    from=$(wc -l <"$lab/bsf.log")
    rogue "$1"
    same "$1 $2" "$(cat "$lab/out")" || return 1
    tail -n +$((from + 1)) "$lab/bsf.log" >"$lab/bsf.log.new"
    one_reason "$3"
}
says() {
    printf '%s\n' "$@" | diff - "$lab/out"
}
rss_kb() {
    awk '/^VmRSS/ { print $2 }' "/proc/${lab_pids[bsf]}/status"
}
no_more_than() {
    [ "$2" -le "$1" ] || {
        echo "$2 is more than $1"
        return 1
    }
}
expired() {
    btid=$short refused good "exp 5403" zn-btid-unknown
}

start hss bsf
check "the BSF finds its HSS" lab_wait_log bsf 'peer-open peer=hss'
check "a device bootstraps" device "$lab_impi_me"
good=$(btid)
check "another one, for one second" device "$lab_impi_u"
short=$(btid)

# ---- the honest neighbours ----
mkfifo "$lab/stop"
"$lab_build/tests/system/zn_probe" "$port_bsf_dia" naf.home.example "$lab_naf_host" "$good" honest \
    >"$lab/honest" <"$lab/stop" 2>&1 &
honest=$!
exec 9>"$lab/stop"
lab_spawn load "$lab_build/keystrap-load" --card="$lab/card3.yaml" --subscribers=1 --concurrency=2 --seconds=12 \
    --bsf="127.0.0.1:$port_bsf" --bsf-host="$lab_bsf_host" --json
check "an honest NAF is served" lab_wait_log bsf 'key-given .*naf.home.example'

# ---- what a BIR may not hold ----
refuse() {
    check "$1: $2, $3" refused "$1" "$2" "$3"
}
refuse no-btid "5005 avp=401" diameter-missing-avp
refuse empty-btid "5004 avp=401" diameter-bad-value
refuse two-btids "5009 avp=401" diameter-repeated-avp
refuse unknown-btid "exp 5403" zn-btid-unknown
refuse large-btid "exp 5403" zn-btid-unknown
refuse no-naf-id "5005 avp=402" diameter-missing-avp
refuse two-naf-ids "5009 avp=402" diameter-repeated-avp
for n in 1 4 5 nul; do
    refuse "naf-id-$n" "5004 avp=402" naf-id-malformed
done
refuse large-naf-id "5004 avp=402" naf-id-malformed
refuse other-naf "exp 5402" zn-naf-not-allowed
refuse other-origin "exp 5402" zn-peer-not-allowed
refuse many-gsids "5009 avp=403" diameter-repeated-avp
refuse aware-short "5014 avp=407" diameter-bad-length
refuse aware-odd "5004 avp=407" diameter-bad-value
refuse unknown-must "5001 avp=99999" diameter-avp-unsupported
refuse bir-on-zh 3001 diameter-command-unsupported
refuse mar 3001 diameter-command-unsupported
refuse mar-on-zn 3001 diameter-command-unsupported
refuse bir-on-nothing 3007 diameter-not-for-us
refuse elsewhere 3002 diameter-not-for-us
check "an expired B-TID: 5403" wait_for 5 expired
rogue unknown-may large-gsid
check "what need not be understood is passed over" says "unknown-may 2001" "large-gsid 2001"

# ---- what is no message ----
for round in 1 2 3; do
    rogue huge-btid good garbage-after good half good claim-16m good
    check "messages too long, cut off or followed by rubbish end their connection only ($round)" \
        says "huge-btid closed" "good 2001" "garbage-after closed" "good 2001" "half waits" "good 2001" \
        "claim-16m closed" "good 2001"
done
rogue back-at-once
check "who is back at once is answered" says "back-at-once 6"
rogue many-cers cer-again
serves_rogue() {
    rogue good && grep -qx 'good 2001' "$lab/out"
}
check "floods of capabilities" wait_for 2 serves_rogue
rogue stranger good
check "strangers are not let in: 3010" says "stranger 3010" "good 2001"
check "and the log names them" grep -q 'dia.unknown-peer reason=diameter-unknown-peer peer=stranger.example' "$lab/bsf.log"

# ---- what the others noticed ----
exec 9>&-
wait $honest
check "the honest NAF was always served" grep -q '^honest .*failed=0 ' "$lab/honest"
check "and never waited for more than a second" no_more_than 1000 "$(sed -n 's/.*worst=//p' "$lab/honest")"
load_ended() {
    ! lab_alive load
}
check "the devices have finished" wait_for 30 load_ended
check "devices bootstrapped all the time" grep -q '"failed": *0' "$lab/load.log"

# ---- and memory ----
large() {
    for _ in 1 2 3 4 5; do
        rogue large-naf-id large-btid large-gsid large-naf-id large-btid large-gsid two-btids two-btids
    done
}
large
before=$(rss_kb)
large && large && large
check "memory does not grow with refusals" no_more_than $((before + 8192)) "$(rss_kb)"

# ---- the HSS, asked by such a BSF ----
as=bsf.home.example
port=$port_hss
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
btid=$lab_impi_me
rogue mar mar-empty mar-two-impis mar-large-impi mar-two-items mar-broken-item mar-short-resync mar-wrong-resync \
    mar-short-stamp mar-on-zn good mar
check "keystrap-hss answers each as documented" says "mar 2001" "mar-empty 5005 avp=1" "mar-two-impis 5009 avp=1" \
    "mar-large-impi exp 5401" "mar-two-items 5009 avp=612" "mar-broken-item 5004 avp=612" \
    "mar-short-resync 5014 avp=610" "mar-wrong-resync 5012" "mar-short-stamp 5014 avp=409" "mar-on-zn 3007" \
    "good 3007" "mar 2001"
# After a broken connection freeDiameter may take a while to trust the peer again.
serves_again() {
    rogue mar && grep -qx 'mar 2001' "$lab/out"
}
for action in huge-btid garbage-after half claim-16m many-cers stranger; do
    rogue $action
    check "and outlives what is no message ($action)" wait_for 2 serves_again
done
lab_stop hss
check "the HSS ends well" same 0 "${lab_codes[hss]}"
# what it complains about is what a failure shows
clean() {
    ! grep -A 60 'ERROR: ' "$lab/$1.log"
}
for program in bsf hss; do
    check "no sanitizer complains in the $program" clean "$program"
done
tap_done
