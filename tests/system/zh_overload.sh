#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# HSS that say that they have too much to do, by overload reports (RFC 7683) and by 3004: the
# questions go to the other one, or the device is told when to come again; no longer than asked for.
set -u
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tests/lib/zh.sh"
two_hosts "backoff: 500ms, overload_max: 4s"

# retry_after MIN MAX: a device is refused and told to come again in so many seconds
retry_after() {
    local s
    curl -sS --noproxy '*' -o /dev/null -D "$lab/head" -H "Host: $lab_bsf_host" \
        -H "Authorization: Digest username=\"good@home.example\", realm=\"$lab_bsf_host\", nonce=\"\", uri=\"/\", response=\"\"" \
        "http://127.0.0.1:$port_bsf/"
    s=$(tr -d '\r' <"$lab/head" | sed -n 's/^Retry-After: //Ip')
    cat "$lab/head"
    grep -q '^HTTP/1.1 503' "$lab/head" && [ "$s" -ge "$1" ] && [ "$s" -le "$2" ]
}

check "the first HSS listens" rogue hss "$port_hss"
check "the second HSS listens" rogue hss2 "$port_hss2"
start bsf
check "the BSF finds both" eval 'lab_wait_log bsf "peer-open peer=hss.home" && lab_wait_log bsf "peer-open peer=hss2.home"'
check "the preferred HSS is asked" by hss
check "the question says that reports are understood" asked_last hss overload=1

check "a report of 100 percent comes with a vector, which is good" by hss olr-100
check "then everybody goes to the other HSS" eval 'by hss2 && by hss2 && by hss2 && by hss2'
check "until the report has expired" within 4000 by hss
check "a report that cannot be read spoils nothing" by hss olr-broken
check "and means nothing" eval 'by hss && by hss && by hss'

check "a report of 50 percent" by hss olr-50
before=$(said hss) before2=$(said hss2)
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    device "half$_" first >/dev/null
done
echo "# of 30 questions $(($(said hss) - before)) went to the first, $(($(said hss2) - before2)) to the second"
check "some go here" [ $(($(said hss) - before)) -ge 4 ]
check "some go there" [ $(($(said hss2) - before2)) -ge 4 ]
check "our own bound ends it, not its 30 s" within 6000 eval 'by hss && by hss && by hss && by hss && by hss && by hss'

check "too busy (3004): the device loses nothing" first_is busy "first 503 "
check "when all say so, that is the reason" refused busy 503 zh-overloaded
check "hss asks for nothing" within 4000 by hss olr-100
check "nor does hss2" within 4000 by hss2 olr-100
check "then the device hears when to come again" retry_after 1 2
check "with its reason" grep -q 'ub.refused reason=zh-overloaded status=503' "$lab/bsf.log"
check "and then it is served" within 4000 good
kill -USR1 "${lab_pids[bsf]}"
check "what was kept away is counted" lab_wait_log bsf 'zh.host-count hss=hss.home.example.* abated=[1-9]'
ends_well
tap_done
