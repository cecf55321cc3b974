#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The life of keystrap-bsf under a service manager: confined, watched, reloaded, stopped.
set -u
. "$top_srcdir/tests/lib/lab.sh"

# The leak check at exit attaches to its own process, which a confined one cannot do.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

# What the service manager hears, one message a line.
python3 - "$lab/notify" >"$lab/heard" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
END
lab_pids[manager]=$!
: >"$lab/manager.log"
wait_for 10 test -S "$lab/notify"

heard() {
    holds "$lab/heard" "$1"
}
n_heard() {
    grep -c "$1" "$lab/heard"
}
more_than() {
    [ "$(n_heard "$1")" -gt "$2" ]
}
start_bsf() {
    NOTIFY_SOCKET=$lab/notify WATCHDOG_USEC=200000 lab_start bsf
}
# status FIELD VALUE: of every thread of the BSF
status() {
    local task
    for task in /proc/"${lab_pids[bsf]}"/task/*/status; do
        grep -q "^$1:[[:space:]]*$2" "$task" || {
            echo "$task:"
            grep "^$1" "$task"
            return 1
        }
    done
}
ue() {
    "$lab_build/keystrap-ue" --card="sim:$lab/card$1.yaml" --state="$lab/ue$1.state" "${@:2}" >"$lab/ue$1.out" 2>&1
}
bootstrap() {
    rm -f "$lab/ue1.state"
    ue 1 --connect="127.0.0.1:$port_bsf" bootstrap
}
request() {
    ue 1 --connect="127.0.0.1:$port_naf" request GET "http://$lab_naf_host/echo"
}
# log NAME TEXT [N]: within 10 s, at least N times
n_logged() {
    [ "$(grep -c -- "$2" "$lab/$1.log")" -ge "$3" ]
}
log() {
    wait_for 10 n_logged "$1" "$2" "${3:-1}" || {
        tail -n 20 "$lab/$1.log"
        return 1
    }
}
signal() {
    kill -"$2" "${lab_pids[$1]}"
}
reload() {
    local before
    before=$(grep -c "daemon.reload" "$lab/$1.log")
    signal "$1" HUP
    log "$1" daemon.reload $((before + 1))
}
gone() {
    ! lab_alive "$1"
}
# The exit code of what has ended.
code_of() {
    local pid=${lab_pids[$1]}
    unset "lab_pids[$1]"
    wait "$pid"
    echo $?
}

confine="confine: { seccomp: true }"
if [ "$(id -u)" = 0 ]; then
    confine="confine: { user: nobody, seccomp: true }"
    chmod 755 "$lab" # for the reload by another user
fi
sed -i 's/^http:/http:\n  workers: 2/' "$lab/bsf.yaml"
echo "$confine" >>"$lab/bsf.yaml"
echo "confine: { seccomp: true }" | tee -a "$lab/hss.yaml" >>"$lab/naf.yaml"
chmod 644 "$lab/bsf.yaml"
cp "$lab/bsf.yaml" "$lab/bsf.good"

check "the HSS starts" lab_start hss
check "the BSF starts" start_bsf
start naf upstream
check "peers connect" lab_wait_peers
check "every thread is under the filter" status Seccomp 2
check "and gains no privileges" status NoNewPrivs 1
check "and has no capabilities" status CapEff 0000000000000000
[ "$(id -u)" != 0 ] || check "and is not root" status Uid "$(id -u nobody)"
check "the manager hears that it is ready" heard "READY=1 STATUS=serving"
check "a confined BSF bootstraps" bootstrap
check "and gives keys" request

# Reload
echo 'ub: { tmpi: maybe }' >>"$lab/bsf.yaml"
check "a bad configuration is answered" reload bsf
check "with file, line and key" holds "$lab/bsf.log" "$lab/bsf.yaml:$(wc -l <"$lab/bsf.yaml"): ub.tmpi"
check "and refused" log bsf "daemon.reload-refused reason=bad-configuration"
check "nothing has changed" bootstrap
sed 's/gsids:.*/gsids: [ "7" ]/; s/naf: .*/naf: other.home.example/
    s/^store:.*/store: { kind: memory, max_records: 17 }/' "$lab/bsf.good" >"$lab/bsf.yaml"
check "a good one is taken" reload bsf
check "rules of Zn change" log bsf "conf.changed key=zn"
check "what needs a restart is named" log bsf "conf.needs-restart key=store.max_records"
check "the manager heard of it" heard "RELOADING=1 STATUS=reloading MONOTONIC_USEC="
bootstrap
check "a NAF without a rule gets no key any more" eval "! request"
check "because of the rule" log bsf "zn.refused reason=zn-"
cp "$lab/bsf.good" "$lab/bsf.yaml"
check "the old rules come back" reload bsf
check "and keys" request

# A request in progress keeps what it started with.
echo 'delay_ms: 1500' >>"$lab/hss.yaml"
check "the HSS becomes slow" reload hss
sed 's/^names:/ub: { product: renamed }\nnames:/' "$lab/bsf.good" >"$lab/bsf.yaml"
curl -s -D "$lab/first" -o "$lab/body" -A "3gpp-gba" "http://127.0.0.1:$port_bsf/" -H "Host: $lab_bsf_host" \
    -H "Authorization: Digest username=\"$lab_impi_me\", realm=\"$lab_bsf_host\", nonce=\"\", uri=\"/\", response=\"\"" &
curl=$!
wait_for 5 grep -q . "/proc/$curl/stat"
sleep 0.3
check "a reload meanwhile" reload bsf
check "two configurations live" log bsf "daemon.reloaded configurations=3"
wait "$curl"
check "the request in progress is answered as it began" holds "$lab/first" "Server: keystrap-bsf"
check "the next one as is configured now" eval "curl -s -I 'http://127.0.0.1:$port_bsf/' -H 'Host: $lab_bsf_host' | grep -q 'Server: renamed'"

# The watchdog
n=$(n_heard WATCHDOG=1)
check "the loop shows that it lives" wait_for 5 more_than WATCHDOG=1 $((n + 3))
signal bsf STOP
sleep 0.3
n=$(n_heard WATCHDOG=1)
sleep 0.6
check_same "a loop that hangs does not" "$(n_heard WATCHDOG=1)" "$n"
signal bsf CONT
check "and one that goes on does again" wait_for 5 more_than WATCHDOG=1 "$n"

# The HSS goes and comes back.
n=$(grep -c "peer-open.*hss" "$lab/bsf.log")
lab_stop hss
sed -i 's/^delay_ms:.*//' "$lab/hss.yaml"
check "the HSS starts again" lab_start hss
sed 's/^  - impi: '"$lab_impi_me"'/&\n    barred: true/' "$lab/subscribers.yaml" >"$lab/barred.yaml"
check "the confined BSF finds it" wait_for 30 n_logged bsf "peer-open.*hss.home.example" $((n + 1))
check "and bootstraps" bootstrap
cp "$lab/subscribers.yaml" "$lab/subscribers.good"
cat "$lab/barred.yaml" >"$lab/subscribers.yaml"
check "the HSS reads its subscribers anew" reload hss
check "one of them is barred now" eval "! bootstrap"
echo nonsense >"$lab/subscribers.yaml"
check "a file that cannot be read" reload hss
check "is refused" log hss daemon.reload-refused
cat "$lab/subscribers.good" >"$lab/subscribers.yaml"
check "the good one again" reload hss
check "and he bootstraps: his numbers went on" bootstrap

# Stop
echo 'delay_ms: 700' >>"$lab/hss.yaml"
check "the HSS becomes slow again" reload hss
bootstrap &
ue=$!
sleep 0.4
signal bsf TERM
check "a stop waits for what is in progress" log bsf "daemon.stopping cause=signal in-progress=1"
check "and takes nothing new" eval "! curl -s -o /dev/null 'http://127.0.0.1:$port_bsf/'"
wait "$ue"
check_same "a bootstrap that had begun is not cut" "$?" 0
check "then the BSF ends" wait_for 10 gone bsf
check_same "with 0" "$(code_of bsf)" 0
check "the manager heard of it" heard "STOPPING=1"
check "no bootstrap was cut" lacks "$lab/bsf.log" stop-timeout

check "the BSF starts once more" start_bsf
check "peers connect" lab_wait_log bsf "peer-open.*hss.home.example"
sed -i 's/^delay_ms:.*/delay_ms: 60000/' "$lab/hss.yaml"
check "the HSS falls silent" reload hss
bootstrap &
ue=$!
sleep 0.4
signal bsf TERM
check "a stop waits" log bsf "daemon.stopping cause=signal"
signal bsf TERM
check "a second signal ends at once" wait_for 3 gone bsf
check_same "with 0 as well" "$(code_of bsf)" 0
wait "$ue"
check "sanitizers had nothing to say" eval "! grep -l 'Sanitizer\|runtime error' '$lab'/*.log"
tap_done
