#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Daemons that are told to stop, asked to count or killed while devices keep them
# busy: they end in time, the others go on, and what is back is used again.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
lab_config
# All devices have one address and one subscriber here.
echo 'ub: { sessions_kept: 8, limits: { identity: { burst: 0 }, address: { burst: 0 } } }' >>"$lab/bsf.yaml"

# load SECONDS [ARGUMENT...]: devices at work in the background
load() {
    lab_spawn load "$lab_build/keystrap-load" --card="$lab/card1.yaml" --subscribers=1 --concurrency=4 \
        --seconds="$1" --bsf="127.0.0.1:$port_bsf" --bsf-host="$lab_bsf_host" --json "${@:2}"
}
load_ended() {
    ! lab_alive load
}
busy() {
    [ "$(grep -c "$2" "$lab/$1.log")" -ge 20 ]
}
keys_given() {
    grep -c zn.key-given "$lab/bsf.log"
}
# Each device of the load has its key.
more_keys() {
    [ "$(keys_given)" -ge $((keys + 4)) ]
}
# A short run in which nothing may fail.
works() {
    "$lab_build/keystrap-load" --card="$lab/card1.yaml" --subscribers=1 --concurrency=2 --count=20 \
        --bsf="127.0.0.1:$port_bsf" --bsf-host="$lab_bsf_host" "$@"
}
works_through_naf() {
    works --naf="127.0.0.1:$port_naf" --naf-host="$lab_naf_host"
}
# term NAME: it ends by itself within 5 seconds, with 0
term() {
    local began=$SECONDS
    lab_stop "$1"
    [ $((SECONDS - began)) -le 5 ] && same 0 "${lab_codes[$1]}" && lacks "$lab/$1.log" 'ERROR: '
}
# killed NAME: gone without a word
killed() {
    kill -9 "${lab_pids[$1]}"
    lab_stop "$1"
    same 137 "${lab_codes[$1]}"
}

for program in hss bsf naf upstream; do
    check "$program starts" lab_start "$program"
done
check "peers connect" lab_wait_peers
check "devices bootstrap and reach the server" works_through_naf

load 60
check "devices keep the BSF and the HSS busy" wait_for 20 busy bsf ub.bootstrapped
for program in bsf hss naf; do
    kill -USR1 "${lab_pids[$program]}"
done
check "SIGUSR1: the BSF counts" lab_wait_log bsf 'ub.count reason=ok n='
check "and says how many sessions it keeps" lab_wait_log bsf 'store.count n='
check "SIGUSR1: the HSS counts" lab_wait_log hss 'zh.count reason=ok n='
check "SIGUSR1: the NAF counts" lab_wait_log naf 'count reason='

check "the HSS is killed" killed hss
check "the BSF notices" lab_wait_log bsf 'peer-closed peer=hss.home.example'
check "the HSS comes back" lab_start hss
check "the BSF finds it, and devices bootstrap" wait_for 15 works
check "the BSF is killed" killed bsf
check "the BSF comes back" lab_start bsf
check "it finds the HSS, and devices bootstrap" wait_for 15 works
check "the NAF finds it, and devices reach the server" wait_for 15 works_through_naf
check "the NAF is killed" killed naf
check "the NAF comes back" lab_start naf
check "and devices reach the server" wait_for 15 works_through_naf
lab_stop load

keys=$(keys_given)
load 60 --naf="127.0.0.1:$port_naf" --naf-host="$lab_naf_host"
check "devices keep the NAF busy" wait_for 20 more_keys
check "SIGTERM: the NAF stops" term naf
lab_stop load
load 60
check "devices keep the BSF busy again" wait_for 20 busy hss zh.answered
check "SIGTERM: the HSS stops" term hss
check "SIGTERM: the BSF stops" term bsf
tap_done
