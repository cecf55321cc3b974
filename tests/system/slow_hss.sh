#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A slow HSS and 500 devices at once on one BSF: all get their keys, and whoever
# does not need the HSS is served meanwhile.
set -u
. "$top_srcdir/tests/lib/lab.sh"
"$lab_build/keystrap-load" --card="$lab/card1.yaml" --subscribers=500 --print-subscribers >"$lab/subscribers.yaml"
chmod 600 "$lab/subscribers.yaml"
echo 'delay_ms: 2000' >>"$lab/hss.yaml"
start_lab

"$lab_build/keystrap-load" --card="$lab/card1.yaml" --bsf="127.0.0.1:$port_bsf" --subscribers=500 --concurrency=500 \
    --count=500 --json >"$lab/result" 2>&1 &
load=$!

# While they wait: a request that needs no HSS, timed by curl itself.
quick() {
    curl -sS --noproxy '*' -o /dev/null -w '%{http_code} %{time_total}\n' --max-time 10 "http://127.0.0.1:$port_bsf/"
}
all_wait() {
    [ "$(ss -Htn state established "( sport = :$port_bsf )" | wc -l)" -ge 400 ]
}
check "the devices are connected and wait" wait_for 10 all_wait
quick >"$lab/quick"
check "another request is answered while they wait" same 400 "$(cut -d' ' -f1 "$lab/quick")"
check "and in less than half a second" awk '{ exit !($2 < 0.5) }' "$lab/quick"
wait "$load"
check "all 500 bootstrap" grep -q '"ok":500,"failed":0' "$lab/result"
check "and none waited for another" awk -F'"max_ms":' '{ exit !($2 + 0 < 10000) }' "$lab/result"
sed 's/^/# /' "$lab/result" "$lab/quick"
check "the BSF lives" lab_alive bsf
tap_done
