#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap_dict_gba.fdx in a plain freeDiameterd: alone, and before and behind the
# dictionaries that come with freeDiameter.  dict_probe.fdx, loaded last, looks the
# definitions up in the running daemon.
set -u
daemon=$(PATH=$PATH:/usr/sbin command -v freeDiameterd) || { echo "1..0 # SKIP freeDiameterd is not installed"; exit 0; }
ours=$top_builddir/diameter-dict/.libs/keystrap_dict_gba.fdx
probe=$top_builddir/tests/system/.libs/dict_probe.fdx
shipped=$(dirname "$(find /usr/lib /usr/lib64 /usr/local/lib -name dict_nasreq.fdx 2>/dev/null | head -n 1)")
# each needs those before it
theirs="dict_nasreq dict_eap dict_rfc5777 dict_mip6i dict_mip6a dict_nas_mipv6 dict_dcca dict_sip dict_dcca_3gpp dict_dcca_starent"
dir=$(mktemp -d)
pid=
test_number=0

cleanup()
{
    [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

verdict()
{
    test_number=$((test_number + 1))
    if [ "$1" = ok ]; then
        echo "ok $test_number - $2"
    else
        sed 's/^/# /' "$dir/log"
        echo "not ok $test_number - $2"
    fi
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

# wait_for SECONDS COMMAND... : until it succeeds
wait_for()
{
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -ge $end ] && return 1
        sleep 0.05
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
    verdict $result "$name"
}

# run_without_ours : the probe does find out when ours is not there
run_without_ours()
{
    local result=bad
    write_conf "$probe" > "$dir/fd.conf"
    timeout 20 "$daemon" -c "$dir/fd.conf" > "$dir/log" 2>&1 || result=ok
    grep -q "dict_probe: 402 is missing" "$dir/log" || result=bad
    verdict $result "without it the definitions are missing"
}

paths=
for name in $theirs; do
    [ -f "$shipped/$name.fdx" ] && paths="$paths $shipped/$name.fdx"
done

echo 1..4
run_without_ours
run "alone" "$ours" "$probe"
# shellcheck disable=SC2086
run "behind the shipped dictionaries" $paths "$ours" "$probe"
# shellcheck disable=SC2086
run "before the shipped dictionaries" "$ours" $paths "$probe"
