#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-ue: keys are printed when asked for by name, JSON is JSON, a PIN is tried once.
set -u
. "$top_srcdir/tests/lib/lab.sh"
start_lab

# ue CODE ARGUMENT...: its outputs go to files, the exit code must be this one; there is no terminal to ask for a PIN
ue() {
    setsid --wait "$lab_build/keystrap-ue" --card "sim:$lab/card1.yaml" --state "$lab/ue1.state" "${@:2}" \
        >"$lab/out" 2>"$lab/err" </dev/null
    same "$1" $? || { cat "$lab/err"; return 1; }
}
at_bsf() { ue "$1" --connect "127.0.0.1:$port_bsf" "${@:2}"; }
at_naf() { ue "$1" --connect "127.0.0.1:$port_naf" "${@:2}"; }
# json EXPRESSION: about the object o that was printed
json() {
    python3 -c "import json, sys; o = json.load(sys.stdin); sys.exit(not ($1))" <"$lab/out"
}

check "status without keys" eval 'ue 6 --json status && json "not o[\"ok\"] and o[\"reason\"] == \"ue-not-bootstrapped\""'
check "a stranger's card is refused" eval 'at_bsf 5 --card "sim:$lab/stranger.yaml" bootstrap && holds "$lab/err" "[card-mac-wrong]"'
check "bootstrap" at_bsf 0 --json bootstrap
cat "$lab/out" >"$lab/told"
check "status" eval 'ue 0 --json status && json "o[\"ok\"] and o[\"mode\"] == \"gba-me\" and \"@\" in o[\"btid\"]"'
cat "$lab/out" >>"$lab/told"

check "key prints Ks_NAF" eval 'ue 0 key "$lab_naf_host" && grep -Eq "^ks_naf +[0-9a-f]{64}\$" "$lab/out"'
hex=$(sed -n 's/^ks_naf *//p' "$lab/out")
b64=$(sed -n 's/^password *//p' "$lab/out")
check "its base64 is the password" same "$hex" "$(echo "$b64" | base64 -d | od -An -v -tx1 | tr -d ' \n')"
check "key as JSON" eval 'ue 0 --json key "$lab_naf_host" && json "o[\"ks_naf\"] == \"$hex\" and o[\"password\"] == \"$b64\""'
check "another Ua protocol has another key" eval 'ue 0 key "$lab_naf_host" --ua=tls:c02f &&
    holds "$lab/out" 010001c02f && lacks "$lab/out" "$hex"'
check "what is no host name has none" eval 'ue 5 key "a b" && holds "$lab/err" "]"'
check "nor has another card" eval 'ue 6 --card "sim:$lab/card2.yaml" key "$lab_naf_host" && holds "$lab/err" "[ue-other-card]"'

document=http://$lab_naf_host/document
printf '<simservs active="true"/>' >"$lab/body"
check "PUT" eval 'at_naf 0 --json request PUT "$document" --body="$lab/body" && json "o[\"status\"] == 201 and o[\"proven\"]"'
cat "$lab/out" >>"$lab/told"
check "GET as JSON" eval 'at_naf 0 --json request GET "$document" && json "o[\"body\"] == open(\"$lab/body\").read()"'
cat "$lab/out" >>"$lab/told"
check "a missing body file is named, with the cause" eval 'at_naf 1 request PUT "$document" --body="$lab/none" &&
    holds "$lab/err" "$lab/none" && holds "$lab/err" "No such file"'
check "nothing else prints a key" eval 'lacks "$lab/told" "$hex" && lacks "$lab/told" "$b64" &&
    lacks "$lab/told" "$(sed -n "s/^ks //p" "$lab/ue1.state")"'

echo 'pin: "1234"' >>"$lab/card1.yaml"
check "a PIN is wanted" eval 'at_bsf 3 bootstrap && holds "$lab/err" "[pin-needed]"'
(umask 077 && echo 1235 >"$lab/pin")
check "a wrong PIN" eval 'at_bsf 3 --pin-file="$lab/pin" bootstrap && holds "$lab/err" "[pin-wrong]"'
(umask 077 && echo 1234 >"$lab/pin")
check "the right one" at_bsf 0 --pin-file="$lab/pin" bootstrap
check "no PIN in what was said" lacks "$lab/err" 123

check "the sample is good" ue 0 -c "$top_srcdir/config/ue.yaml" --check-config
printf 'card: sim:x\ntmeout: 5s\n' >"$lab/ue.yaml"
check "a misspelt key has file, line and a hint" eval 'ue 2 -c "$lab/ue.yaml" -t &&
    holds "$lab/err" "ue.yaml:2: \"tmeout\": unknown key; did you mean timeout?"'
tap_done
