#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two real HSS behind keystrap-bsf: the preferred one is killed, hung, restarted, also between
# the steps of a bootstrapping, and devices get their keys from the other; it is preferred again
# soon after it is back.  Without any HSS the device is told when to come again.
set -u
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tests/lib/zh.sh"
port_hss2=$("$lab_build/tests/lib/freeports" 1)
sed "s/identity: hss.home/identity: hss2.home/; s/:$port_hss\"/:$port_hss2\"/; s/hss.sqn/hss2.sqn/" \
    "$lab/hss.yaml" >"$lab/hss2.yaml"
echo 'ind: 30' >>"$lab/hss2.yaml"
sed -i "s/^zh: .*/zh: { routes: [ { domain: \"*\", realm: home.example, hosts: [ { identity: hss.home.example }, \
{ identity: hss2.home.example } ] } ], backoff: 500ms, timeout: 4s }\nub: { limits: { identity: { burst: 0 } } }/
    s/^diameter:/&\n  timeout: 1s/
    s/^  peers:/&\n    - { identity: hss2.home.example, address: \"127.0.0.1:$port_hss2\" }/" "$lab/bsf.yaml"

start_hss2() {
    lab_spawn hss2 "$lab_build/keystrap-hss" -c "$lab/hss2.yaml"
    lab_wait_log hss2 daemon.ready
}
# device ACTION...: what Ub says
device() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" "$@" >"$lab/out" 2>&1
    sed 's/ btid=.*//' "$lab/out" | tr '\n' ' '
}
good() {
    same "first 401 gba-me good 200 " "$(device first good)"
}
answered() {
    grep -c 'zh.answered' "$lab/$1.log"
}
# by NAME: the next device gets its vector from this HSS
by() {
    local before
    before=$(answered "$1")
    good && [ "$(answered "$1")" -gt "$before" ]
}
# between STEPS WANTED COMMAND...: a device that takes these steps after its challenge once the command was run
between() {
    local steps=$1 wanted=$2 pid
    shift 2
    rm -f "$lab/go" "$lab/out"
    mkfifo "$lab/go"
    # shellcheck disable=SC2086
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first hold $steps <"$lab/go" >"$lab/out" 2>&1 &
    pid=$!
    exec 9>"$lab/go"
    wait_for 10 grep -q '^hold' "$lab/out"
    "$@"
    echo >&9
    exec 9>&-
    wait "$pid"
    same "$wanted" "$(sed 's/ btid=.*//' "$lab/out" | tr '\n' ' ')"
}

start hss bsf
check "the second HSS starts" start_hss2
check "the BSF finds both" eval 'lab_wait_log bsf "peer-open peer=hss.home" && lab_wait_log bsf "peer-open peer=hss2.home"'
check "the preferred HSS is asked" by hss
check_same "and only that" "$(answered hss2)" 0

crash hss
check "it is killed: the next device loses less than half a second" took_less 500 by hss2
check "and so do those after it" eval 'by hss2 && by hss2 && by hss2'
check "it is back" lab_start hss
check "and preferred within 5 s" within 5000 by hss

kill -STOP "${lab_pids[hss]}"
check "it hangs: the device waits for one attempt and gets its keys" took_less 2500 by hss2
good >/dev/null
good >/dev/null
check "after three of them nobody waits" took_less 500 by hss2
check "the log says so" holds "$lab/bsf.log" 'zh.host hss=hss.home.example realm=home.example is=down'
kill -CONT "${lab_pids[hss]}"
check "it goes on: preferred within 5 s" within 5000 by hss
check "the log says so" holds "$lab/bsf.log" 'zh.host hss=hss.home.example realm=home.example is=well'

check "killed between challenge and response: nothing is lost" \
    between good "first 401 gba-me hold good 200 " crash hss
check "started again" lab_start hss
check "and preferred within 5 s" within 5000 by hss
check "killed before AUTS: the other one resynchronises" \
    between "auts good" "first 401 gba-me hold auts 401 gba-me good 200 " crash hss
crash hss2
refused() {
    curl -sS --noproxy '*' -o /dev/null -D "$lab/head" -H "Host: $lab_bsf_host" \
        -H "Authorization: Digest username=\"$lab_impi_me\", realm=\"$lab_bsf_host\", nonce=\"\", uri=\"/\", response=\"\"" \
        "http://127.0.0.1:$port_bsf/"
    grep -q '^HTTP/1.1 503' "$lab/head" && grep -qi '^Retry-After: [1-9]' "$lab/head"
}
check "both are gone: 503 and when to come again, at once" took_less 500 refused
check "with its reason" grep -q 'ub.refused reason=zh-unavailable status=503' "$lab/bsf.log"
check "the second starts again" start_hss2
check "and serves within 5 s" within 5000 by hss2
kill -USR1 "${lab_pids[bsf]}"
check "counters of each HSS" lab_wait_log bsf 'zh.host-count hss=hss2.home.example'
lab_stop bsf
check_same "the BSF ends well" "${lab_codes[bsf]}" 0
check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
tap_done
