#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Redis is killed, hangs, or cannot be reached between the steps of a bootstrapping: what was
# acknowledged is not lost, whoever does not need the store is served, the others are told at once, and
# all is well again within five seconds, also for a BSF that is confined.
set -u
# The leak check at exit attaches to its own process, which a confined one cannot do.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tests/lib/redis.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 5)
port_redis=$1 port_gate=$2 port_two=$3 port_admin=$4 port_metrics=$5
"$lab_build/keystrap-ctl" new-key "$lab/token"
echo "admin: { listen: [ \"127.0.0.1:$port_admin\" ], token_file: $lab/token, metrics_listen: [ \"127.0.0.1:$port_metrics\" ] }" >>"$lab/bsf.yaml"
redis_conf "$lab/bsf.yaml" "servers: [ \"127.0.0.1:$port_two\", \"127.0.0.1:$port_gate\" ]"
echo "confine: { seccomp: true }" >>"$lab/bsf.yaml"
# What a server was told before it hung it may do later, and the session counts then.
sed -i 's/^ub: { /&sessions_kept: 8, /' "$lab/bsf.yaml"

start_redis() {
    redis_start redis "$port_redis" --appendonly yes --appendfsync always
}
start_gate() {
    mkdir "$lab/gate"
    lab_spawn gate python3 "$top_srcdir/tests/system/tcp_gate.py" "$port_gate" "$port_redis" "$lab/gate"
    lab_wait_log gate listening
}
stop_for() {
    case $1 in
    killed) redis_kill redis ;;
    hung) kill -STOP "${lab_pids[redis]}" ;;
    partitioned) touch "$lab/gate/shut" ;;
    esac
}
heal() {
    case $1 in
    killed) start_redis ;;
    hung) kill -CONT "${lab_pids[redis]}" ;;
    partitioned) rm "$lab/gate/shut" ;;
    esac
}

# says_held STATUS: the answer to the response that waited
says_held() {
    says_file=$lab/held says "first 401 gba-me" hold "good $1"
}
# known: what the NAF is told of the session that was acknowledged before
known() {
    says_file=$lab/known naf_code
}
known_is() {
    same "$1" "$(known)"
}
known_fails() {
    [ "$(known)" -ge 500 ]
}
# timed COMMAND...: in milliseconds
timed() {
    local begin
    begin=$(date +%s%3N)
    "$@"
    ms=$(($(date +%s%3N) - begin))
}
challenges() {
    local i
    for i in 1 2 3 4; do
        timed probe "$port_bsf" first
        [ "$ms" -lt 1000 ] && says "first 401 gba-me" && continue
        echo "a challenge took $ms ms"
        return 1
    done
}
# An identity of a store that does not answer: nobody can say whose it is.
retry_after() {
    curl -sS --noproxy '*' --max-time 5 -D - -o /dev/null -A 3gpp-gba-tmpi -H "Host: $lab_bsf_host" \
        -H "Authorization: Digest username=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@tmpi.bsf.3gppnetwork.org\", realm=\"$lab_bsf_host\", nonce=\"\", uri=\"/\", response=\"\"" \
        "http://127.0.0.1:$port_bsf/" | tr -d '\r' >"$lab/head"
    grep -q '^HTTP/1.1 503' "$lab/head" && grep -qi '^retry-after: [1-9]' "$lab/head" || {
        cat "$lab/head"
        return 1
    }
}

recover() {
    local i
    for i in $(seq 50); do
        probe "$port_bsf" first good
        says "first 401 gba-me" "good 200" >/dev/null && return
        sleep 0.1
    done
}

# readyz STATUS
readyz() {
    same "$1" "$(curl -sS --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port_metrics/readyz")"
}

# fault NAME: all of it
fault() {
    check "$1: a session is acknowledged" bootstraps "$port_bsf"
    cp "$lab/out" "$lab/known"
    probe_hold "$port_bsf"
    stop_for "$1"
    timed probe_go
    check "$1: between the steps: 503 ($ms ms)" says_held 503
    check "$1: within the store's timeout" test "$ms" -lt 1000
    check "$1: challenges need no store and come at once" challenges
    sleep 0.6 # from now on nobody waits
    timed probe "$port_bsf" first good
    check "$1: later responses get 503" says "first 401 gba-me" "good 503"
    check "$1: at once ($ms ms)" test "$ms" -lt 450
    check "$1: with Retry-After" retry_after
    check "$1: the NAF's device hears of it too" known_fails
    check "$1: the BSF is not ready" readyz 503
    check "$1: it is over" heal "$1"
    timed recover
    check "$1: all is well again" says "first 401 gba-me" "good 200"
    check "$1: within five seconds ($ms ms)" test "$ms" -lt 5000
    check "$1: the acknowledged session is there" known_is 200
    check "$1: the BSF is ready" readyz 200
}

check "redis-server starts" start_redis
check "a replica starts" redis_start two "$port_two" --replicaof 127.0.0.1 "$port_redis" --repl-diskless-sync-delay 0
check "the way to the master starts" start_gate
start_lab
check "the BSF reaches Redis" lab_wait_log bsf redis.connected
fault killed
fault hung
fault partitioned

# Over before the next step: the device notices nothing.
probe_hold "$port_bsf"
redis_kill redis
check "killed and started again between two steps" start_redis
wait_for 5 eval '[ "$(grep -c redis.connected "$lab/bsf.log")" -ge 5 ]'
probe_go
check "the device notices nothing" says_held 200

# The connection lives on, to what is a replica now; its data are the new master's, which had them all.
has_all() {
    redis_cli "$port_two" INFO replication | grep -q master_link_status:up && [ "$(redis_cli "$port_redis" WAIT 1 2000)" -ge 1 ]
}
connected_last() {
    grep redis.connected "$lab/bsf.log" | tail -n 1 | grep -q ":$1\$"
}
check "a session is acknowledged" bootstraps "$port_bsf"
cp "$lab/out" "$lab/known"
check "the replica has it" wait_for 10 has_all
redis_cli "$port_two" REPLICAOF NO ONE >/dev/null
redis_cli "$port_redis" REPLICAOF 127.0.0.1 "$port_two" >/dev/null
timed wait_for 5 connected_last "$port_two"
check "replica and master change their roles: the BSF follows ($ms ms)" connected_last "$port_two"
check "a device bootstraps" bootstraps "$port_bsf"
check "the acknowledged session is there" known_is 200
check "the BSF lives" lab_alive bsf
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
