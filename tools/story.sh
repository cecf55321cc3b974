# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How the stories of ./lab are told.  Source it behind tools/lab.sh; a story is tools/story_NAME.sh,
# which is sourced when the lab is open and has
#
#   step TEXT                   what comes now, with its number
#   say, good, bad TEXT         a line; bad ends the story
#   try TEXT COMMAND...         the command, what it says, and that it works
#   must_fail TEXT COMMAND...   that it does not
#   said PATTERN TEXT           that the last command said so
#   told PROGRAM PATTERN TEXT   that the log of a program here says so since the last command
#   runs PROGRAM...             that these are ready
#   story_cards                 two cards into a pcscd of their own
#   story_commands              defined by the story: commands for a lab that is kept, one a line

if [ -t 1 ]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' green='' red='' plain=''
fi

steps=0
step() {
    steps=$((steps + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$steps" "$1" "$plain"
}
say() {
    printf '   %s\n' "$*"
}
good() {
    printf '   %s✓%s %s\n' "$green" "$plain" "$*"
}
bad() {
    printf '   %s✗%s %s\n' "$red" "$plain" "$*"
    exit 1
}

quote() {
    awk '{ print "     " $0 }'
}

# tell_run COMMAND...: the command, what it says, and its exit code in story_rc
tell_run() {
    say "\$ $(shown "$@")"
    story_mark
    "$@" >"$lab/out" 2>&1 </dev/null
    story_rc=$?
    quote <"$lab/out"
}

# try TEXT COMMAND...
try() {
    tell_run "${@:2}"
    [ $story_rc -eq 0 ] || bad "$1 (exit code $story_rc)"
    good "$1"
}

# must_fail TEXT COMMAND...
must_fail() {
    tell_run "${@:2}"
    # A crash is no refusal.
    if [ $story_rc -eq 0 ] || [ $story_rc -ge 100 ]; then bad "$1 (exit code $story_rc)"; fi
    good "$1"
}

# A command as a newcomer would type it: without folders.
shown() {
    printf '%s ' "$@" | sed "s|$lab_build/||g; s|$lab/||g; s/ $//"
}

# said PATTERN TEXT
said() {
    grep -q -- "$1" "$lab/out" || bad "$2"
    good "$2"
}

# Where the logs end now.
declare -A story_marks=()
story_mark() {
    local log
    for log in "$lab"/*.log; do
        [ ! -e "$log" ] || story_marks[$log]=$(wc -l <"$log")
    done
}
story_news() {
    local log=$lab/$1.log
    tail -n +$((${story_marks[$log]:-0} + 1)) "$log"
}
story_has() {
    story_news "$1" | grep -q -- "$2"
}

# told PROGRAM PATTERN TEXT: a line of its log, which may come a moment later
told() {
    wait_for 5 story_has "$1" "$2" || bad "$3: not in the log of $1"
    story_news "$1" | grep -- "$2" | tail -n 1 | quote
    good "$3"
}

# runs PROGRAM...
runs() {
    local program
    for program; do
        good "$program: $(grep -o 'daemon.ready.*\|listening.*' "$lab/$program.log" | head -n 1)"
    done
}

# story_cards: a card for GBA_ME in the first reader, one for GBA_U in the second
story_cards() {
    lab_start_pcscd || bad "pcscd"
    lab_start_card 1 || bad "the card for GBA_ME"
    lab_start_card 2 || bad "the card for GBA_U"
    good "pcscd runs with a socket and ports of its own; two cards are in"
    [ -n "$pcscd_flags" ] || say "No network namespace here, so the reader's ports $pcscd_port and $((pcscd_port + 1)) are open on all addresses."
}

# The end; for --keep, what may be done now, until somebody stops it.
story_end() {
    printf '\n%sThe whole story ran: %d steps.%s\n' "$bold" "$steps" "$plain"
    [ "$1" = yes ] || return 0
    printf '\nThe lab keeps running. In another shell:\n\n'
    story_commands | sed 's/^/  /'
    printf '  tail -n 20 %q/*.log\n' "$lab"
    printf '  kill %s    # stops the lab, as Ctrl-C does here\n' "$$"
    while sleep 1; do :; done
}
