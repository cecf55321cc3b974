#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An HSS that does not keep to the rules, under keystrap-bsf: the device gets the
# documented status, the log one reason, and the next device bootstraps.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
lab_config
sed -i "s/^zh: { /&attempts: 1, /; s/^zh:/ub: { limits: { identity: { burst: 0 } } }\n&/" "$lab/bsf.yaml"
sed -i "s/^diameter:/&\n  timeout: 1s/" "$lab/bsf.yaml"

# device NAME: what Ub says to this subscriber
device() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$1@home.example" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first ${2:-} >"$lab/out" 2>&1
    sed 's/ btid=.*//' "$lab/out" | tr '\n' ' '
}
good() {
    same "first 401 gba-me good 200 " "$(device good good)"
}
# refused NAME STATUS REASON: the status, one reason, and everything goes on
refused() {
    local from
    from=$(wc -l <"$lab/bsf.log")
    same "first $2 " "$(device "$1")" || return 1
    tail -n +$((from + 1)) "$lab/bsf.log" >"$lab/new"
    grep -q "ub.refused reason=$3 status=$2 " "$lab/new" && same 1 "$(grep -c ub.refused "$lab/new")" || {
        cat "$lab/new"
        return 1
    }
}
refuse() {
    check "$1: $2, $3" refused "$@"
    check "$1: the next device bootstraps" wait_for 10 good
}

lab_spawn hss "$lab_build/tests/system/zh_rogue" "$port_hss" "$lab_k" "$lab_opc"
check "the rogue HSS listens" lab_wait_log hss 'listening on'
check "the BSF starts" lab_start bsf
check "it finds its HSS" lab_wait_log bsf 'peer-open peer=hss'
check "a device bootstraps" good

for name in no-vector empty-item two-items autn-15 xres-3 xres-33 no-ck ik-17 other-impi no-result two-results; do
    refuse $name 503 zh-protocol
done
for name in guss-broken guss-empty guss-binary guss-laughs guss-file; do
    refuse $name 503 zh-guss-malformed
done
for name in silent late hang-up other-session no-session guss-1m broken-item; do
    refuse $name 503 zh-unavailable
done
refuse busy 503 zh-overloaded
refuse unknown 403 zh-identity-unknown
refuse comply 403 zh-refused
refuse strange 503 zh-unavailable
refuse redirect 503 zh-protocol
check "an answer that comes twice counts once" same "first 401 gba-me " "$(device twice)"
check "settings of 60000 octets are taken" same "first 401 gba-me " "$(device guss-60k)"
check "and devices bootstrap" good

# Requests in flight when the HSS hangs up end at once, all of them.
many() {
    local i pids=()
    for i in 1 2 3 4 5 6 7 8; do
        device silent >"$lab/many$i" &
        pids+=($!)
    done
    device hang-up >/dev/null
    wait "${pids[@]}"
    grep -c 503 "$lab"/many* | grep -c ':1$'
}
check "a connection lost with requests in flight: each has its answer" same 8 "$(many)"
check "and devices bootstrap" wait_for 10 good
check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
