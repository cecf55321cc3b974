# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# keystrap-bsf between HSS that are not ours (tests/system/zh_rogue.c); source after tests/lib/lab.sh.

# rogue NAME PORT [MANNER]: NAME.home.example listens there
rogue() {
    lab_spawn "$1" "$lab_build/tests/system/zh_rogue" "$2" "$lab_k" "$lab_opc" "$1" ${3:+"$3"}
    lab_wait_log "$1" 'listening on'
}
# device USER ACTION...: what Ub says to it
device() {
    local user=$1
    shift
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$user@home.example" "$lab_k" "$lab_opc" \
        "$lab_naf_host" "$@" >"$lab/out" 2>&1
    sed 's/ btid=.*//' "$lab/out" | tr '\n' ' '
}
good() {
    same "first 401 gba-me good 200 " "$(device "${1:-good}" first good)"
}
# said NAME: how many questions this HSS got
said() {
    grep -c 'application=' "$lab/$1.log"
}
# by NAME [USER]: the next device gets its vector from this HSS
by() {
    local before
    before=$(said "$1")
    good "${2:-good}" && [ "$(said "$1")" -gt "$before" ]
}
# asked_last NAME TEXT: what the last question to it said
asked_last() {
    grep 'application=' "$lab/$1.log" | tail -n 1 >"$lab/last"
    holds "$lab/last" "$2"
}
# first_is USER WANTED
first_is() {
    same "$2" "$(device "$1" first)"
}
# refused USER STATUS REASON: and no other reason
refused() {
    local from
    from=$(wc -l <"$lab/bsf.log")
    same "first $2 " "$(device "$1" first)" || return 1
    tail -n +$((from + 1)) "$lab/bsf.log" >"$lab/new"
    grep -q "ub.refused reason=$3 status=$2 " "$lab/new" || {
        cat "$lab/new"
        return 1
    }
}
now_ms() {
    date +%s%3N
}
# within MS COMMAND...: it succeeds at some time until then
within() {
    local until=$(($(now_ms) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(now_ms)" -lt "$until" ] || return 1
        sleep 0.05
    done
}
# took_less MS COMMAND...
took_less() {
    local start limit=$1
    start=$(now_ms)
    shift
    "$@" || return 1
    echo "took $(($(now_ms) - start)) ms"
    [ $(($(now_ms) - start)) -lt "$limit" ]
}
# crash NAME: kill -9, and the shell has forgotten it
crash() {
    kill -9 "${lab_pids[$1]}"
    wait "${lab_pids[$1]}" 2>/dev/null
    unset "lab_pids[$1]"
}
# two_hosts OPTIONS [HOST-OPTIONS]: hss, then hss2, are asked
two_hosts() {
    port_hss2=$("$lab_build/tests/lib/freeports" 1)
    sed -i "s/^zh: .*/zh: { routes: [ { domain: \"*\", realm: home.example, hosts: [ { identity: hss.home.example${2:-} }, \
{ identity: hss2.home.example } ] } ], $1 }\nub: { limits: { identity: { burst: 0 } } }/
        s/^diameter:/&\n  timeout: 1s/
        s/^  peers:/&\n    - { identity: hss2.home.example, address: \"127.0.0.1:$port_hss2\" }/" "$lab/bsf.yaml"
}
# ends_well: the BSF stops, and nothing was wrong with its memory
ends_well() {
    check "the BSF lives" lab_alive bsf
    lab_stop bsf
    check_same "and ends well" "${lab_codes[bsf]}" 0
    check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
}
