#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The BSF's clock is set an hour forth or back between any two steps of a bootstrapping.
set -u
. "$top_srcdir/tests/lib/lab.sh"

fake=$lab_build/tests/system/.libs/clock_shim.so
# The sanitizer's library must come first.
asan=$(ldd "$lab_build/keystrap-bsf" | sed -n 's/.*libasan.* => \([^ ]*\).*/\1/p')
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

# clock SECONDS: what the BSF thinks the time is, from now on; the file is mapped, so it stays the same one
clock() {
    python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("=q", int(sys.argv[2])))' "$lab/clock" "$1"
}
n_logged() {
    grep -c -- "$1" "$lab/bsf.log"
}
log_more() {
    [ "$(n_logged "$1")" -gt "$2" ]
}
probe() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$1" \
        "$lab_k" "$lab_opc" "$lab_naf_host" "${@:2}" >"$lab/out" 2>&1
}
bootstrapped() {
    grep -q '^first 401' "$lab/out" && grep -q '^good 200' "$lab/out" || {
        cat "$lab/out"
        return 1
    }
}
# The clock is set to OFFSET while HSS or device take their time.
stepped() {
    local offset=$1 n
    n=$(n_logged clock.stepped)
    shift
    probe "$lab_impi_me" "$@" &
    local pid=$!
    sleep 0.3
    clock "$offset"
    wait "$pid"
    check "a clock that is $offset s ahead: the log says so" wait_for 5 log_more clock.stepped "$n"
    check "the bootstrapping goes through, or the next one within 5 s of a 503" recovered
}
again() {
    probe "$lab_impi_me" first good
    bootstrapped
}
# freeDiameter's watchdogs go by the time of day: a peer may be looked at anew first.
recovered() {
    bootstrapped || { grep -q "503" "$lab/out" && wait_for 5 again; }
}
ue() {
    "$lab_build/keystrap-ue" --card="sim:$lab/card1.yaml" --state="$lab/ue.state" "$@" >"$lab/ue.out" 2>&1
}

head -c 8 /dev/zero >"$lab/clock"
start hss
lab_spawn bsf env LD_PRELOAD="${asan:+$asan }$fake" CLOCK_FILE="$lab/clock" "$lab_build/keystrap-bsf" -c "$lab/bsf.yaml"
check "the BSF starts" lab_wait_log bsf daemon.ready
start naf upstream
check "peers connect" lab_wait_peers

# Between challenge and response
stepped 3600 first wait=600 good
stepped -3600 first wait=600 good
stepped 0 first wait=600 good

# Between the question to the HSS and its answer
echo 'delay_ms: 600' >>"$lab/hss.yaml"
kill -HUP "${lab_pids[hss]}"
stepped 3600 first good
stepped -3600 first good
stepped 0 first good
sed -i 's/^delay_ms:.*//' "$lab/hss.yaml"
kill -HUP "${lab_pids[hss]}"

# Sessions end by the time of day.
check "a device bootstraps" ue --connect="127.0.0.1:$port_bsf" bootstrap
clock 7200
n=$(n_logged "zn.refused")
ue --connect="127.0.0.1:$port_naf" request GET "http://$lab_naf_host/echo"
check "two hours later its session is over" wait_for 5 log_more "zn.refused" "$n"
clock 0
rm -f "$lab/ue.state"
check "with the clock put right it bootstraps" ue --connect="127.0.0.1:$port_bsf" bootstrap
check "and gets through" ue --connect="127.0.0.1:$port_naf" request GET "http://$lab_naf_host/echo"
lab_stop bsf
check_same "the BSF ends in order" "${lab_codes[bsf]}" 0
check "sanitizers had nothing to say" eval "! grep 'Sanitizer\|runtime error' '$lab/bsf.log'"
tap_done
