#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Redis with a replica and three Sentinels: the master is killed.  Service resumes at the replica, and
# sessions that it had are still there.
set -u
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tests/lib/redis.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 5)
port_one=$1 port_two=$2 port_s1=$3 port_s2=$4 port_s3=$5
(umask 077 && echo 5ent1nel >"$lab/sentinel.pw")
redis_conf "$lab/bsf.yaml" "sentinels: [ \"127.0.0.1:1\", \"127.0.0.1:$port_s1\", \"127.0.0.1:$port_s2\",
    \"127.0.0.1:$port_s3\" ], master: keystrap, sentinel_password_file: $lab/sentinel.pw"
sed -i 's/^ub: { /&sessions_kept: 8, /' "$lab/bsf.yaml"

start_sentinel() {
    mkdir -p "$lab/$1.d"
    cat >"$lab/$1.conf" <<END
port $2
bind 127.0.0.1
dir $lab/$1.d
requirepass 5ent1nel
sentinel sentinel-pass 5ent1nel
sentinel monitor keystrap 127.0.0.1 $port_one 2
sentinel down-after-milliseconds keystrap 400
sentinel failover-timeout keystrap 2000
END
    lab_spawn "$1" redis-server "$lab/$1.conf" --sentinel
    wait_for 10 redis_lives "$2"
}
sentinel() {
    REDISCLI_AUTH=5ent1nel redis_cli "$port_s1" SENTINEL "$@"
}
knows_all() {
    sentinel master keystrap | tr '\n' ' ' | grep -q 'num-slaves 1 num-other-sentinels 2 '
}
is_synced() {
    redis_cli "$port_two" INFO replication | grep -q master_link_status:up
}
# The replica has what was acknowledged.
replicated() {
    [ "$(redis_cli "$1" WAIT 1 2000)" -ge 1 ]
}
recover() {
    local i
    for i in $(seq 100); do
        probe "$port_bsf" first good
        says "first 401 gba-me" "good 200" >/dev/null && return
        sleep 0.1
    done
}
timed_recover() {
    local begin
    begin=$(date +%s%3N)
    recover
    ms=$(($(date +%s%3N) - begin))
}
known_is() {
    same "$1" "$(says_file=$lab/known naf_code)"
}
connected_last() {
    grep redis.connected "$lab/bsf.log" | tail -n 1 | grep -q ":$1\$"
}

check "the master starts" redis_start one "$port_one"
check "the replica starts" redis_start two "$port_two" --replicaof 127.0.0.1 "$port_one" --repl-diskless-sync-delay 0
check "the replica has the master's data" wait_for 20 is_synced
check "Sentinels start" eval 'start_sentinel s1 "$port_s1" && start_sentinel s2 "$port_s2" && start_sentinel s3 "$port_s3"'
check "they know each other and the replica" wait_for 30 knows_all
start_lab
check "the BSF is told the master" lab_wait_log bsf "redis.connected address=127.0.0.1:$port_one"
check "a Sentinel that is not there was said" grep -q "redis.unavailable reason=cannot-connect address=127.0.0.1:1 at=sentinel" "$lab/bsf.log"
check "a device bootstraps" bootstraps "$port_bsf"
cp "$lab/out" "$lab/known"
check "the replica has it" replicated "$port_one"

redis_kill one
timed_recover
check "the master is killed: service resumes" says "first 401 gba-me" "good 200"
check "within five seconds ($ms ms)" test "$ms" -lt 5000
check "at the former replica" connected_last "$port_two"
check "the acknowledged session is there" known_is 200
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
