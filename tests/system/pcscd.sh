#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# keystrap-card in a real pcscd: the card contract with T=0 and T=1, removal and insertion, a second
# slot, a card that was put out of step, and that nobody but us is disturbed.
set -u
. "$top_srcdir/tools/wait.sh"
. "$top_srcdir/tools/pcscd.sh"
. "$top_srcdir/tests/lib/tap.sh"
tmp=$(mktemp -d)
pcscd='' card='' other='' client=''
stop() {
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

cleanup() {
    stop "$client"
    stop "$card"
    stop "$other"
    stop "$pcscd"
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

opens() {
    [ "$("$test_card" open "$1")" = "$2" ]
}

# insert SLOT PROFILE OPTION...: sets $inserted
insert() {
    slot=$1 profile=$2
    shift 2
    : >"$profile.log"
    pcscd_card "$slot" "$top_builddir/keystrap-card" -c "$profile" "$@" >"$profile.log" 2>&1 &
    inserted=$!
    wait_for 10 grep -q card.ready "$profile.log"
    wait_for 10 opens "Virtual PCD 00 0$slot" ok
}

# The contract's lines, numbered on.
contract() {
    "$test_card" "$1" "Virtual PCD 00 00" >"$tmp/contract" 2>&1
    code=$?
    grep -c '^ok' "$tmp/contract" >"$tmp/passed"
    while IFS= read -r line; do
        case $line in
        "ok "*) tap_n=$((tap_n + 1)) && echo "ok $tap_n - ${line#ok * - }" ;;
        "not ok "*) tap_n=$((tap_n + 1)) && echo "not ok $tap_n - ${line#not ok * - }" ;;
        "1.."*) ;;
        *) echo "# $line" ;;
        esac
    done <"$tmp/contract"
    check_same "$1: the whole contract ran" "$code $(cat "$tmp/passed")" "0 $(grep '^1\.\.' "$tmp/contract" | cut -c4-)"
}

test_card=$top_builddir/tests/contract/test_card_pcsc
if ! pcscd_prepare "$top_builddir" "$tmp"; then
    echo "1..0 # SKIP $pcscd_why"
    exit 0
fi
echo "# pcscd in namespaces of its own: ${pcscd_flags:-no, port $pcscd_port}"
system_pid=$(cat /run/pcscd/pcscd.pid 2>/dev/null)
cp "$top_srcdir/tests/contract/card.yaml" "$tmp/card.yaml"
cp "$top_srcdir/config/card.yaml" "$tmp/other.yaml"

pcscd_run >"$tmp/pcscd.log" 2>&1 &
pcscd=$!
pcscd_wait 10
wait_for 10 opens "Virtual" card-removed
check_same "an empty reader" "$("$test_card" open Virtual)" card-removed
check_same "no such reader" "$("$test_card" open Nowhere)" reader-not-found

insert 0 "$tmp/card.yaml" --t1
card=$inserted
contract "T=1"

# ---- removal and insertion

mkfifo "$tmp/go"
"$test_card" removal "virtual pcd" <"$tmp/go" >"$tmp/removal" &
client=$!
exec 9>"$tmp/go"
wait_for 10 grep -q opened "$tmp/removal"
check_same "a name is a part of a reader's, of any case" "$(head -1 "$tmp/removal")" "opened T=1"
stop "$card"
wait_for 10 opens "Virtual PCD 00 00" card-removed
echo go >&9
exec 9>&-
wait "$client"
client=''
check_same "a card removed while in use" "$(tail -1 "$tmp/removal")" card-removed

insert 0 "$tmp/card.yaml" --t0
card=$inserted
contract "T=0"

# ---- a second card

insert 1 "$tmp/other.yaml"
other=$inserted
check_same "a card in the second slot" "$("$test_card" open "Virtual PCD 00 01")" ok
check_same "a profile in use" "$("$top_builddir/keystrap-card" -c "$tmp/other.yaml" --desync 2>&1)" \
    "$tmp/other.yaml: the simulated card is in use by another process"

# ---- out of step: removed, put out of step, inserted; the contract heals it by AUTS

stop "$card"
wait_for 10 opens "Virtual PCD 00 00" card-removed
before=$(cksum <"$tmp/card.yaml.state")
"$top_builddir/keystrap-card" -c "$tmp/card.yaml" --desync=5000 2>"$tmp/desync.log"
check_same "--desync" "$? $(grep -c 'card.desynchronised.*by=5000' "$tmp/desync.log")" "0 1"
check_same "--desync changes the state" "$([ "$before" != "$(cksum <"$tmp/card.yaml.state")" ] && echo yes)" yes
insert 0 "$tmp/card.yaml"
card=$inserted
contract "out of step"

# ---- the end

kill "$pcscd"
wait "$pcscd" 2>/dev/null
pcscd=''
wait_for 10 grep -q 'card.removed reason=ok' "$tmp/card.yaml.log"
wait "$card"
check_same "the card ends with its reader" "$?" 0
wait "$other"
check_same "and so does the other" "$?" 0
card='' other=''
check_same "no pcscd" "$("$test_card" open Virtual)" pcsc-unavailable
check_same "the system's pcscd is untouched" "$(cat /run/pcscd/pcscd.pid 2>/dev/null)" "$system_pid"
check_same "nobody listens" "$(ss -Hltn "sport = :$pcscd_port")" ""
tap_done
