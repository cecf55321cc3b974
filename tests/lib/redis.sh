# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Redis servers of a test's own, and BSFs that keep sessions there.  Source it after tests/lib/lab.sh.
#
#   redis_start NAME PORT [OPTION...]   a redis-server with a folder of its own, nothing kept by default
#   redis_cli PORT WORD...
#   redis_conf FILE SECTION             sessions in Redis: SECTION is the content of store.redis
#   second_bsf                          bsf2.yaml and $port_bsf2: as bsf, but that the NAF asks this one
#   probe BSF_PORT ACTION...            one line an action in $lab/out
#   probe_hold BSF_PORT                 asks for a challenge, then waits for go; answer in $lab/held

command -v redis-server >/dev/null && command -v redis-cli >/dev/null || {
    echo "1..0 # SKIP there is no redis-server"
    exit 0
}

redis_start() {
    local name=$1 port=$2
    shift 2
    mkdir -p "$lab/$name.d"
    lab_spawn "$name" redis-server --port "$port" --bind 127.0.0.1 --dir "$lab/$name.d" --save "" --appendonly no "$@"
    wait_for 10 redis_lives "$port" || wait_for 1 grep -q "Ready to accept" "$lab/$name.log"
}

redis_cli() {
    local port=$1
    shift
    redis-cli -h 127.0.0.1 -p "$port" "$@" 2>&1
}

# A password or TLS may be needed, but it answers.
redis_lives() {
    redis_cli "$1" PING | grep -q 'PONG\|NOAUTH'
}

redis_kill() {
    kill -9 "${lab_pids[$1]}"
    wait "${lab_pids[$1]}" 2>/dev/null
    unset "lab_pids[$1]"
}

redis_conf() {
    [ -f "$lab/store.key" ] || (umask 077 && head -c 32 /dev/urandom >"$lab/store.key")
    sed -i '/^store:/d' "$1"
    cat >>"$1" <<END
ub: { limits: { identity: { burst: 0 } } }
store:
  kind: redis
  keys: [ { id: 1, file: $lab/store.key } ]
  redis: { timeout: 500ms, $2 }
END
}

second_bsf() {
    # shellcheck disable=SC2046
    set -- $("$lab_build/tests/lib/freeports" 2)
    port_bsf2=$1 port_bsf2_dia=$2
    sed "s/\"\(127.0.0.1\|\[::1\]\):$port_bsf\"/\"\1:$port_bsf2\"/g; s/identity: bsf\.home/identity: bsf2.home/
        s/:$port_bsf_dia\"/:$port_bsf2_dia\"/" "$lab/bsf.yaml" >"$lab/bsf2.yaml"
    sed -i 's/{ identity: bsf.home.example }/{ identity: bsf.home.example }, { identity: bsf2.home.example }/' "$lab/hss.yaml"
    sed -i "s/identity: bsf\.home/identity: bsf2.home/; s/:$port_bsf_dia\"/:$port_bsf2_dia\"/" "$lab/naf.yaml"
}

start_second_bsf() {
    lab_spawn bsf2 "$lab_build/keystrap-bsf" -c "$lab/bsf2.yaml"
    lab_wait_log bsf2 daemon.ready
}

probe() {
    timeout 20 "$lab_build/tests/system/ub_probe" 127.0.0.1 "$1" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" "${@:2}" >"$lab/out" 2>&1
}

# says LINES...: the first words of each line of $lab/out
says() {
    printf '%s\n' "$@" >"$lab/want"
    sed 's/ btid=.*//' "${says_file:-$lab/out}" | diff "$lab/want" - >"$lab/diff" && return 0
    sed 's/^/# /' "$lab/diff" "${says_file:-$lab/out}"
    return 1
}

value() {
    sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" "${says_file:-$lab/out}" | tail -n 1
}

# bootstraps PORT: as somebody who uses the IMPI
bootstraps() {
    probe "$1" first good && says "first 401 gba-me" "good 200"
}

probe_hold() {
    rm -f "$lab/go"
    mkfifo "$lab/go"
    exec 7<>"$lab/go"
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$1" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first hold good <"$lab/go" >"$lab/held" 2>&1 &
    held=$!
    wait_for 10 grep -q hold "$lab/held"
}

probe_go() {
    echo >&7
    wait "$held"
    exec 7>&-
}

# naf_code: what the NAF says to the keys of the last bootstrapping
naf_code() {
    curl -sS --noproxy '*' --digest -A 3gpp-gba -u "$(value btid):$(value ks_naf)" -o /dev/null -w '%{http_code}' \
        --max-time 10 -H "Host: $lab_naf_host" "http://127.0.0.1:$port_naf/echo" 2>/dev/null
}

# first_ms PORT: how long a challenge takes, in milliseconds
first_ms() {
    local begin
    begin=$(date +%s%3N)
    probe "$1" first
    echo $(($(date +%s%3N) - begin))
}
