#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The small helpers of lab and tests: freeports, sock-activate.
set -u
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
count=0

check() {
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "# got:    $2"
        echo "# wanted: $3"
    fi
}

activate=$top_builddir/tools/sock-activate
freeports=$top_builddir/tests/lib/freeports

echo 1..8
check 'freeports: distinct ports' "$("$freeports" 50 | sort -u | grep -c '^[1-9][0-9]*$')" 50
"$freeports" 1000 >/dev/null 2>&1
check 'freeports: too many' $? 2
check 'sock-activate: the variables of the protocol' \
    "$("$activate" "$tmp/a" sh -c '[ "$LISTEN_PID" = $$ ] && echo "$LISTEN_FDS"')" 1
check 'sock-activate: descriptor 3 is a socket' \
    "$("$activate" "$tmp/b" sh -c 'readlink /proc/$$/fd/3' | cut -d: -f1)" socket
check 'sock-activate: the socket is at the path' "$("$activate" "$tmp/c" sh -c "[ -S '$tmp/c' ] && echo yes")" yes
"$activate" "$tmp/c" true 2>"$tmp/err"
check 'sock-activate: a path in use is refused' "$? $(cat "$tmp/err")" "125 sock-activate: $tmp/c: Address already in use"
"$activate" "$tmp/d" "$tmp/nothing" 2>/dev/null
check 'sock-activate: no such program' $? 127
"$activate" "$tmp/e" 2>/dev/null
check 'sock-activate: usage' $? 125
