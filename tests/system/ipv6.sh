#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything over IPv6: Ub, Ua, Zh, Zn and the server behind.
set -u
lab_ip='[::1]'
. "$top_srcdir/tests/lib/lab.sh"
sed -i 's/"127.0.0.1:[0-9]*", //' "$lab/bsf.yaml" "$lab/naf.yaml"
start_lab
check "no configuration speaks of IPv4" eval '! grep -r 127.0.0.1 "$lab"/*.yaml'
listeners() {
    ss -Htlnp | grep -E "pid=(${lab_pids[hss]}|${lab_pids[bsf]}|${lab_pids[naf]}|${lab_pids[upstream]})," | awk '{ print $4 }'
}
check "and nothing listens but on ::1" eval 'listeners | grep -q . && ! listeners | grep -v "^\[::1\]:"'
load() {
    "$lab_build/keystrap-load" --card="$lab/card1.yaml" --subscribers=1 --concurrency=1 "$@"
}
check "devices bootstrap" load --bsf="[::1]:$port_bsf" --count=20
check "and use their keys" load --bsf="[::1]:$port_bsf" --naf="[::1]:$port_naf" --naf-host="$lab_naf_host" --count=20
tap_done
