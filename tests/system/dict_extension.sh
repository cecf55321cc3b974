#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap_dict_gba.fdx in a plain freeDiameterd: alone, and before and behind the
# dictionaries that come with freeDiameter.  dict_probe.fdx, loaded last, looks the
# definitions up in the running daemon.
set -u
. "$top_srcdir/tools/wait.sh"
. "$top_srcdir/tests/lib/tap.sh"
daemon=$(PATH=$PATH:/usr/sbin command -v freeDiameterd) || { echo "1..0 # SKIP freeDiameterd is not installed"; exit 0; }
ours=$top_builddir/diameter-dict/.libs/keystrap_dict_gba.fdx
probe=$top_builddir/tests/system/.libs/dict_probe.fdx
shipped=$(dirname "$(find /usr/lib /usr/lib64 /usr/local/lib -name dict_nasreq.fdx 2>/dev/null | head -n 1)")
# each needs those before it
theirs="dict_nasreq dict_eap dict_rfc5777 dict_mip6i dict_mip6a dict_nas_mipv6 dict_dcca dict_sip dict_dcca_3gpp dict_dcca_starent"
dir=$(mktemp -d)
pid=

cleanup()
{
    [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# passed ok|bad
passed()
{
    [ "$1" = ok ] || { cat "$dir/log"; return 1; }
}

# write_conf EXTENSION... : a node that listens nowhere (port 0) and has no peers
write_conf()
{
    echo 'Identity = "dict.test.example"; Realm = "test.example";'
    echo 'Port = 0; SecPort = 0; No_SCTP; NoRelay;'
    for extension in "$@"; do
        echo "LoadExtension = \"$extension\";"
    done
}

log_has() { [[ -e $dir/log && $(<"$dir/log") == *"$1"* ]]; }
gone() { [[ ! -e /proc/$pid/status || $(<"/proc/$pid/status") == *"State:"?"Z"* ]]; }
up() { log_has "freeDiameterd daemon initialized" || gone; }

# session EXTENSION... : start, stop when it is up; sets status
session()
{
    write_conf "$@" > "$dir/fd.conf"
    rm -f "$dir/log"
    "$daemon" -c "$dir/fd.conf" > "$dir/log" 2>&1 &
    pid=$!
    wait_for 20 up
    kill -TERM "$pid" 2>/dev/null
    wait_for 20 gone || kill -KILL "$pid" 2>/dev/null
    wait "$pid"
    status=$?
    pid=
}

# run NAME EXTENSION... : starts, finds all, complains of nothing, stops when told to
run()
{
    local name=$1 result=ok try
    shift
    for try in 1 2 3 4 5; do
        session "$@"
        # freeDiameter gives its threads 20 ms to let go of a queue, then aborts
        log_has "fd_fifo_del: Assertion" || break
    done
    [ $status -eq 0 ] || result=bad
    log_has "dict_probe: 0 missing" || result=bad
    # the daemon calls every normal stop fatal
    grep -v "FATAL! Initiating freeDiameter shutdown sequence" "$dir/log" | grep -qE "ERROR|FATAL" && result=bad
    [ $result = ok ] || echo "# exit status $status, try $try"
    check "$name" passed $result
}

# run_without_ours : the probe does find out when ours is not there
run_without_ours()
{
    local result=bad
    write_conf "$probe" > "$dir/fd.conf"
    timeout 20 "$daemon" -c "$dir/fd.conf" > "$dir/log" 2>&1 || result=ok
    grep -q "dict_probe: 402 is missing" "$dir/log" || result=bad
    check "without it the definitions are missing" passed $result
}

paths=
for name in $theirs; do
    [ -f "$shipped/$name.fdx" ] && paths="$paths $shipped/$name.fdx"
done

run_without_ours
run "alone" "$ours" "$probe"
# shellcheck disable=SC2086
run "behind the shipped dictionaries" $paths "$ours" "$probe"
# shellcheck disable=SC2086
run "before the shipped dictionaries" "$ours" $paths "$probe"
tap_done
