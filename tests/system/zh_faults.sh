#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One HSS that fails: it comes back and demands three watchdogs, a relay swallows the first
# question, it flaps, it is killed and started between any two steps; and what other people's HSS
# and SLF do: redirects, other words for results, another application.
set -u
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tests/lib/zh.sh"
two_hosts "backoff: 500ms, timeout: 4s" ", results: alike, application: 16777220, scheme: Unknown"
sed "s/hss.home.example/&/; s/, results: alike, application: 16777220, scheme: Unknown//; s/backoff: 500ms/attempts: 2/" \
    "$lab/bsf.yaml" >"$lab/bsf2.yaml"

check "an HSS of another kind listens" rogue hss "$port_hss"
check "the second HSS listens" rogue hss2 "$port_hss2"
start bsf
check "the BSF finds both" eval 'lab_wait_log bsf "peer-open peer=hss.home" && lab_wait_log bsf "peer-open peer=hss2.home"'

# ---- words of other people's HSS ----
check "it is asked on application 16777220" eval 'by hss && asked_last hss application=16777220'
check "and may answer with another scheme" by hss odd-scheme
check "a number of items (607) is passed over" by hss number-607
check "XRES of 4 octets" first_is xres-4 "first 401 gba-me "
check "XRES of 16 octets" first_is xres-16 "first 401 gba-me "
check "success as an Experimental-Result" by hss success-2001
for user in unknown user-5001 code-5401 vendor-5401; do
    check "no such user, as $user" refused $user 403 zh-identity-unknown
done

# ---- redirects ----
check "a redirect is followed" by hss2 to-hss2
before=$(said hss)
check "and kept for this user" by hss2 to-hss2
check_same "without asking the first again" "$(said hss)" "$before"
check "a redirect in a circle ends, another HSS is asked" by hss2 to-itself
check "a redirect to nobody we know ends, another HSS is asked" by hss2 to-nobody
check "with its reason" grep -q 'zh.attempt-failed reason=zh-redirect-unreachable hss=hss.home.example' "$lab/bsf.log"
lab_stop bsf

# ---- faults of a single HSS ----
mv "$lab/bsf2.yaml" "$lab/bsf.yaml"
sed -i 's/, { identity: hss2.home.example } \]/ ]/' "$lab/bsf.yaml"
crash hss2
start bsf
check "the BSF finds its HSS" lab_wait_log bsf 'peer-open peer=hss.home'
check "a device bootstraps" good
crash hss
check "a relay that swallows the first question" rogue hss "$port_hss" swallow
check "it is found within 5 s" within 5000 grep -q . <(tail -n 3 "$lab/bsf.log" | grep 'peer-open peer=hss.home')
check "the device gets its keys all the same" within 5000 good
check "the question was sent again, and says so" grep -q 'good .*again=1' "$lab/hss.log"
crash hss
check "an HSS that demands three watchdogs first" rogue hss "$port_hss" watchdogs
check "serves within 7 s, three of which are its own" within 7000 good
check "had its watchdogs" holds "$lab/hss.log" 'watchdogs answered'

for _ in 1 2 3 4; do
    crash hss
    rogue hss "$port_hss" >/dev/null
    sleep 0.3
    device good first >/dev/null
done
check "an HSS that flaps serves within 5 s" within 5000 good
ends_well

# ---- kill -9 between any two steps ----
crash hss
start hss bsf
check "our HSS is found" lab_wait_log bsf 'peer-open peer=hss.home'
ours() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" "$@" >"$lab/out" 2>&1
    sed 's/ btid=.*//' "$lab/out" | tr '\n' ' '
}
check_same "a device bootstraps" "$(ours first good)" "first 401 gba-me good 200 "
back() {
    [ "$(ours "${@:2}")" = "$1" ]
}
restart_hss() {
    crash hss
    lab_start hss >/dev/null
}
# between STEPS...: a device that goes on with them after the HSS was killed and started anew
between() {
    local pid
    rm -f "$lab/go" "$lab/out"
    mkfifo "$lab/go"
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first hold "$@" <"$lab/go" >"$lab/out" 2>&1 &
    pid=$!
    exec 9>"$lab/go"
    wait_for 10 grep -q '^hold' "$lab/out"
    restart_hss
    echo >&9
    exec 9>&-
    wait "$pid"
    sed 's/ btid=.*//' "$lab/out" | tr '\n' ' ' >"$lab/steps"
}
between good
check_same "between challenge and response: nothing is lost" "$(cat "$lab/steps")" "first 401 gba-me hold good 200 "
check "afterwards: served within 5 s" within 5000 back "first 401 gba-me good 200 " first good
between auts
check "before AUTS: 401, or 503 while it is gone" grep -Eq 'auts (401|503)' "$lab/steps"
check "and within 5 s AUTS heals the card" within 5000 back "first 401 gba-me auts 401 gba-me good 200 " first auts good
restart_hss
check "before the first request: served within 5 s" within 5000 back "first 401 gba-me good 200 " first good
ends_well
tap_done
