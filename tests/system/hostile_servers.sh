#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-ue against servers that spoil what they say: one line with the reason,
# the documented exit code, and the state file as it was.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
lab_config
for program in hss bsf naf upstream; do
    check "$program starts" lab_start "$program"
done
check "peers connect" lab_wait_peers
url=http://$lab_naf_host/echo

ue() {
    timeout 20 "$lab_build/keystrap-ue" --card="sim:$lab/card1.yaml" --state="$lab/ue.state" --timeout=1s "$@" \
        >"$lab/out" 2>"$lab/err"
}
rogue_port() {
    sed -n 's/^listening on //p' "$lab/rogue.log"
}
# against UPSTREAM-PORT MODE CODE REASON ARGUMENT...: {} in an argument is the rogue's address
against() {
    local code
    lab_spawn rogue python3 "$top_srcdir/tests/system/rogue_server.py" "$1" "$2"
    lab_wait_log rogue 'listening on' || return 1
    ue "${@:5}" --connect="127.0.0.1:$(rogue_port)"
    code=$?
    lab_stop rogue
    same "$3" "$code" && same 1 "$(wc -l <"$lab/err")" && grep -q "\\[$4\\]" "$lab/err" && same "" "$(cat "$lab/out")" &&
        grep -v '^tmpi ' "$lab/ue.state" | cmp - "$lab/saved" || {
        cat "$lab/err"
        return 1
    }
}
bsf() {
    check "BSF: $1: exit $2, $3" against "$port_bsf" "$1" "$2" "$3" bootstrap
}
naf() {
    check "NAF: $1: exit $2, $3" against "$port_naf" "$1" "$2" "$3" --connect-bsf=127.0.0.1:1 request GET "$url"
}

check "the device bootstraps" ue --connect="127.0.0.1:$port_bsf" bootstrap
check "and reaches the server" ue --connect="127.0.0.1:$port_naf" request GET "$url"
# A TMPI that the BSF refuses is forgotten; all else stays.
grep -v '^tmpi ' "$lab/ue.state" >"$lab/saved"

bsf hang 4 timeout
bsf half 4 timeout
bsf close 4 peer-gone
bsf cut 4 peer-gone
bsf away 4 ue-bsf-unavailable
bsf broken 4 ue-bsf-unavailable
bsf garbage 5 http-start-line
bsf two-lengths 5 http-framing
bsf endless-head 5 http-head-too-large
bsf endless-body 5 http-body-too-large
bsf endless-chunks 5 http-body-too-large
bsf redirect 5 ue-bsf-unexpected-answer
bsf at-once 5 ue-bsf-unexpected-answer
bsf forbidden 5 ue-bsf-refused
bsf no-challenge 5 ue-no-usable-challenge
bsf basic 5 ue-no-usable-challenge
bsf short-nonce 5 ue-nonce-malformed
bsf no-nonce 5 auth-parameter-missing
bsf long-nonce 5 ue-challenge-too-long
bsf other-realm 5 ue-realm-refused
bsf md5 5 ue-algorithm-refused
bsf no-qop 5 ue-qop-refused
bsf same-again 5 ue-nonce-repeated
bsf wrong-rspauth 5 ue-rspauth-wrong
bsf no-rspauth 5 ue-rspauth-missing
bsf other-body 5 ue-rspauth-wrong

naf hang 4 timeout
naf half 4 timeout
naf close 4 peer-gone
naf cut 4 peer-gone
naf away 4 ue-naf-unavailable
naf garbage 5 http-start-line
naf two-lengths 5 http-framing
naf endless-head 5 http-head-too-large
naf endless-body 5 http-body-too-large
naf redirect 5 ue-not-challenged
naf at-once 5 ue-not-challenged
naf no-challenge 5 ue-no-usable-challenge
naf other-realm 5 ue-realm-refused
naf wrong-rspauth 5 ue-rspauth-wrong
naf no-rspauth 5 ue-rspauth-missing
naf other-answer 5 ue-rspauth-wrong
check "and after all that the key is still good" ue --connect="127.0.0.1:$port_naf" request GET "$url"

# ---- the card, in a reader that breaks the framing ----
check "keystrap-card outlives odd commands and ends with its reader" \
    python3 "$top_srcdir/tests/system/rogue_reader.py" "$lab_build/keystrap-card" "$lab/card1.yaml"
tap_done
