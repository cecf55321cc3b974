#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The small helpers of lab and tests: freeports, sock-activate.
set -u
. "$top_srcdir/tests/lib/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
activate=$top_builddir/tools/sock-activate
freeports=$top_builddir/tests/lib/freeports

check_same 'freeports: distinct ports' "$("$freeports" 50 | sort -u | grep -c '^[1-9][0-9]*$')" 50
"$freeports" 1000 >/dev/null 2>&1
check_same 'freeports: too many' $? 2
check_same 'sock-activate: the variables of the protocol' \
    "$("$activate" "$tmp/a" sh -c '[ "$LISTEN_PID" = $$ ] && echo "$LISTEN_FDS"')" 1
check_same 'sock-activate: descriptor 3 is a socket' \
    "$("$activate" "$tmp/b" sh -c 'readlink /proc/$$/fd/3' | cut -d: -f1)" socket
check_same 'sock-activate: the socket is at the path' "$("$activate" "$tmp/c" sh -c "[ -S '$tmp/c' ] && echo yes")" yes
"$activate" "$tmp/c" true 2>"$tmp/err"
check_same 'sock-activate: a path in use is refused' "$? $(cat "$tmp/err")" "125 sock-activate: $tmp/c: Address already in use"
"$activate" "$tmp/d" "$tmp/nothing" 2>/dev/null
check_same 'sock-activate: no such program' $? 127
"$activate" "$tmp/e" 2>/dev/null
check_same 'sock-activate: usage' $? 125
tap_done
