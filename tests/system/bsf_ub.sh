#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-bsf between a real keystrap-hss, a real keystrap-naf and a device that
# does what it is told, right and wrong.
set -u
. "$top_srcdir/tests/lib/lab.sh"

# probe IMPI ACTION...: one line an action in $lab/out
probe() {
    "$lab_build/tests/system/ub_probe" "${address:-127.0.0.1}" "$port_bsf" "$lab_bsf_host" "$1" \
        "$lab_k" "$lab_opc" "$lab_naf_host" "${@:2}" >"$lab/out" 2>&1
}
# says LINES...: the first words of each line
says() {
    printf '%s\n' "$@" >"$lab/want"
    sed 's/ btid=.*//' "$lab/out" | diff "$lab/want" - >"$lab/diff" && return 0
    sed 's/^/# /' "$lab/diff" "$lab/out"
    return 1
}
told() {
    grep -q "reason=$1 " "$lab/bsf.log"
}
value() {
    sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" "$lab/out" | tail -n 1
}

start_lab

probe "$lab_impi_me" first good
check "a GBA_ME subscriber bootstraps, rspauth holds" says "first 401 gba-me" "good 200"
curl -sS --noproxy '*' --digest -A 3gpp-gba -u "$(value btid):$(value ks_naf)" -o "$lab/page" -w '%{http_code}' \
    -H "Host: $lab_naf_host" "http://127.0.0.1:$port_naf/echo" >"$lab/code" 2>"$lab/curl"
check "the NAF gets the same Ks_NAF over Zn" same 200 "$(cat "$lab/code")"
check "the BSF says so" grep -q 'zn.key-given reason=ok peer=naf.home.example' "$lab/bsf.log"

probe "$lab_impi_u" first good
check "a GBA_U subscriber gets AUTN*" says "first 401 gba-u" "good 200"
address=::1 probe "$lab_impi_me" first good first good
check "IPv6, and the TMPI in the next run" says "first 401 gba-me" "good 200" "first 401 gba-me" "good 200"

# ue NUMBER COMMAND...: the real device with a simulated card and a state file of its own
ue() {
    "$lab_build/keystrap-ue" --card="sim:$lab/card$1.yaml" --state="$lab/ue$1.state" "${@:2}" >"$lab/out" 2>&1
}
check "keystrap-ue bootstraps as GBA_ME" ue 1 --connect="127.0.0.1:$port_bsf" bootstrap
check "and reaches the server behind the NAF" ue 1 --connect="127.0.0.1:$port_naf" request GET "http://$lab_naf_host/echo"
check "keystrap-ue bootstraps as GBA_U" ue 2 --connect="127.0.0.1:$port_bsf" bootstrap
check "and reaches the server behind the NAF" ue 2 --connect="127.0.0.1:$port_naf" request GET "http://$lab_naf_host/echo"

probe "$lab_impi_me" first good again
check "an exact replay gets a new challenge, no key" says "first 401 gba-me" "good 200" "again 401 gba-me"
check "with its reason" told ub-nonce-unknown
probe "$lab_impi_me" first opaque uri qop swap good
check "twisted responses are refused, the right one counts" \
    says "first 401 gba-me" "opaque 400" "uri 400" "qop 400" "swap 403" "good 200"
for reason in ub-opaque-wrong ub-uri-wrong ub-qop-wrong ub-username-changed; do
    check "reason $reason" told $reason
done
probe "$lab_impi_me" first wrong impi good
check "a wrong response uses up its vector" says "first 401 gba-me" "wrong 403" "good 401 gba-me"
check "with its reason" told ub-response-wrong

probe "$lab_impi_me" first auts good
check "AUTS heals a card that is ahead" says "first 401 gba-me" "auts 401 gba-me" "good 200"
probe "$lab_impi_me" first auts auts auts
check "but not for ever" says "first 401 gba-me" "auts 401 gba-me" "auts 401 gba-me" "auts 403"
check "with its reason" told ub-resync-limit
probe "$lab_impi_me" first forged
check "a forged AUTS is refused" says "first 401 gba-me" "forged 403"
check "with its reason" told zh-resync-refused

probe 001010000000000@ims.mnc001.mcc001.3gppnetwork.org first
check "a stranger is refused" says "first 403"
check "with its reason" told zh-identity-unknown
probe AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@tmpi.bsf.3gppnetwork.org first
check "an unknown TMPI is refused" says "first 403"
check "with its reason" told ub-tmpi-unknown

lab_stop hss
check "the loss of the HSS is noticed" lab_wait_log bsf 'peer-[a-z]* peer=hss.home.example.*'
probe "$lab_impi_me" first
check "without HSS: not now" says "first 503"
check "with its reason" told zh-unavailable
check "the HSS comes back" lab_start hss
back() {
    probe "$lab_impi_me" first good && says "first 401 gba-me" "good 200" >/dev/null
}
check "and devices bootstrap again" wait_for 20 back

kill -USR1 "${lab_pids[bsf]}"
check "counters on SIGUSR1" lab_wait_log bsf 'ub.count reason=ub-response-wrong n=1'
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
check "identities are masked in the log" lacks "$lab/bsf.log" "$lab_impi_me"
tap_done
