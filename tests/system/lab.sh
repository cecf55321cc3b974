#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The story of ./lab, told with this build: every step, and nothing left behind.
set -u
. "$top_srcdir/tests/lib/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/folders"

tell() {
    TMPDIR=$tmp/folders LAB_BUILD=$top_builddir timeout 120 "$top_srcdir/lab" >"$tmp/story" 2>&1
}
check "the story runs to its end" tell
for line in 'bootstrapped as GBA_ME' 'bootstrapped as GBA_U' 'PUT is let through' 'GET gives the document back' \
    'curl got the document' 'bootstrapped after a resynchronisation' "no bootstrapping with a stranger's key" \
    'reason=naf-response-wrong' 'The whole story ran: 8 steps'; do
    check "it tells: $line" holds "$tmp/story" "$line"
done
check "no step failed" lacks "$tmp/story" '✗'
check "its folder is gone" same '' "$(ls "$tmp/folders")"
check "its processes are gone" eval '! pgrep -f "$tmp/folders"'
sed 's/^/# /' "$tmp/story" | tail -n 60
tap_done
