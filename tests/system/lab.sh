#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The stories of ./lab, told with this build: every step, and nothing left behind.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tools/wait.sh"
tmp=$(mktemp -d)
running=
declare -A telling=()
cleanup() {
    local pid
    for pid in $running "${telling[@]}"; do
        kill -TERM -- "-$pid"
    done
    wait
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
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

# begin TEXT [--keep]: a lab in a process group of its own, as a shell would start it, until it says TEXT.
begin() {
    set -m
    TMPDIR=$tmp/folders LAB_BUILD=$top_builddir timeout --foreground 120 "$top_srcdir/lab" "${@:2}" >"$tmp/cut" 2>&1 &
    running=$!
    set +m
    wait_for 60 grep -q -- "$1" "$tmp/cut"
}

# ended CODE: it ends with this exit code, folder and processes gone
ended() {
    local rc=0
    wait "$running" || rc=$?
    running=
    same "$1" "$rc" && same '' "$(ls "$tmp/folders")" && ! pgrep -af "$tmp/folders"
}

# Ctrl-C, and another one while it cleans up.
interrupted() {
    begin "$@" || return 1
    kill -INT -- "-$running"
    sleep 0.2
    kill -INT -- "-$running" 2>/dev/null
    ended 130
}
for text in '^1\. ' '^2\. ' '^3\. ' '^5\. ' '^7\. '; do
    check "interrupted at \"$text\" nothing stays" interrupted "$text"
done
check "interrupted when kept, nothing stays" interrupted '^  kill ' --keep

check "kept, it says how to use it" begin '^  kill ' --keep
sed -n '/^The lab keeps running/,$ s/^  //p' "$tmp/cut" | grep -v '^kill' >"$tmp/commands"
check_same "in five commands" "$(wc -l <"$tmp/commands")" 5
check "which work in another shell" env -C / bash -e "$tmp/commands"
check "among them a bootstrapping" grep -q ' bootstrap$' "$tmp/commands"
sh -c "$(sed -n 's/^  \(kill .*\)/\1/p' "$tmp/cut")"
check "the last one stops it, and nothing stays" ended 143

# ---- The stories of oneM2M, all at once, and kept ----
declare -A steps=([ppsk]=10 [cert]=10 [gba]=9)
set -m
for story in "${!steps[@]}"; do
    mkdir "$tmp/$story"
    TMPDIR=$tmp/$story LAB_BUILD=$top_builddir timeout --foreground 240 "$top_srcdir/lab" "$story" --keep >"$tmp/$story.out" 2>&1 &
    telling[$story]=$!
done
set +m
# kept STORY: it is at its end, or has failed
kept() {
    grep -q '^  kill ' "$tmp/$1.out" || ! kill -0 "${telling[$1]}" 2>/dev/null
}
commands_of() {
    sed -n '/^The lab keeps running/,$ s/^  //p' "$tmp/$1.out" | grep -v '^kill'
}
stops() {
    local rc=0
    sh -c "$(sed -n 's/^  \(kill .*\)/\1/p' "$tmp/$1.out")"
    wait "${telling[$1]}" || rc=$?
    unset "telling[$1]"
    same 143 "$rc" && same '' "$(ls "$tmp/$1")" && ! pgrep -af "$tmp/$1"
}
for story in "${!steps[@]}"; do
    check "J5 $story: the story runs to its end" wait_for 200 kept "$story"
    check "J5 $story: with every step" holds "$tmp/$story.out" "The whole story ran: ${steps[$story]} steps"
    check "J5 $story: none failed" lacks "$tmp/$story.out" '✗'
done
for story in "${!steps[@]}"; do
    commands_of "$story" >"$tmp/commands"
    check "J5 $story: the commands it names work in another shell" env -C / bash -e "$tmp/commands"
    check "J5 $story: the last one stops it, and nothing stays" stops "$story"
    check "J5 $story: interrupted nothing stays" interrupted '^4\. ' "$story"
    sed 's/^/# /' "$tmp/$story.out"
done
sed 's/^/# /' "$tmp/story" | tail -n 60
tap_done
