#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-bsf is killed under load and between the steps of a bootstrapping, and started again: every
# session it acknowledged is there, and all is well within five seconds.
set -u
. "$top_srcdir/tests/lib/lab.sh"
lab_keep_sessions
sed -i 's/^store:/ub: { sessions_kept: 8, limits: { identity: { burst: 0 } } }\n&/' "$lab/bsf.yaml"

probe() {
    timeout 20 "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" "$@"
}
# load FILE: three bootstrappings, one after the other
load() {
    local i
    for i in 1 2 3; do
        probe first good >>"$1" 2>/dev/null
    done
}
acked() {
    cat "$lab"/load.* | grep -c 'good 200'
}
kill_bsf() {
    kill -9 "${lab_pids[bsf]}"
    wait "${lab_pids[bsf]}" 2>/dev/null
    unset "lab_pids[bsf]"
}
bootstraps() {
    probe first good >"$lab/out" 2>&1 && grep -q 'good 200' "$lab/out"
}
# key_of BTID KS_NAF: what the NAF says to it
naf_says() {
    curl -sS --noproxy '*' --digest -A 3gpp-gba -u "$1:$2" -o /dev/null -w '%{http_code}' --max-time 10 \
        -H "Host: $lab_naf_host" "http://127.0.0.1:$port_naf/echo" 2>/dev/null
}
opens() {
    [ "$(naf_says "$1" "$2")" = 200 ]
}
all_there() {
    local btid key n=0
    while read -r btid key; do
        n=$((n + 1))
        wait_for 5 opens "$btid" "$key" || {
            echo "$btid is lost"
            return 1
        }
    done < <(sed -n 's/^good 200 .*btid=\([^ ]*\).* ks_naf=\([^ ]*\).*/\1 \2/p' "$@")
    [ "$n" -ge 1 ]
}
restart() {
    local begin
    begin=$(date +%s%3N)
    lab_start bsf && wait_for 5 bootstraps
    ms=$(($(date +%s%3N) - begin))
}

start_lab
for after in 1 2 4; do
    rm -f "$lab"/load.*
    : >"$lab/load.a"
    load "$lab/load.a" &
    a=$!
    load "$lab/load.b" &
    b=$!
    wait_for 15 eval "[ \"\$(acked)\" -ge $after ]"
    kill_bsf
    wait $a $b
    check "killed after $after were acknowledged: starts again" restart
    check "bootstraps within five seconds ($ms ms)" test "$ms" -lt 5000
    check "all acknowledged ones are there ($(acked))" all_there "$lab"/load.*
done

# Between the steps: the challenge is gone with the process, and the response gets a new one.
rm -f "$lab/go"
mkfifo "$lab/go"
exec 7<>"$lab/go"
probe first hold good good <"$lab/go" >"$lab/held" 2>&1 &
held=$!
wait_for 10 grep -q hold "$lab/held"
kill_bsf
check "killed between the steps: starts again" restart
echo >&7
wait "$held"
exec 7>&-
check "the response gets a new challenge, and that a session" eval \
    '[ "$(sed "s/ btid=.*//; s/ gba-me//" "$lab/held" | tr "\n" ,)" = "first 401,hold,good 401,good 200," ]'
check "its key is there" all_there "$lab/held"

# Twice in a row, before anything else happened.
kill_bsf
lab_start bsf >/dev/null 2>&1
kill_bsf
check "killed at once after a start: starts again" restart
check "the key is still there" all_there "$lab/held"
check "nothing of a session is readable in the folder" eval '! grep -rqa "$lab_impi_me" "$lab/bsf.sessions"'
cp "$lab/bsf.log" "$lab/first.log"
other() {
    "$lab_build/keystrap-bsf" -c "$lab/bsf.yaml" >"$lab/other.log" 2>&1
}
check "a second process cannot have the folder" eval '! other && grep -q "another process uses this store" "$lab/other.log"'
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"

# Another key: what was sealed is nobody's any more; with both, it is.
cp "$lab/bsf.yaml" "$lab/old.yaml"
(umask 077 && od -An -vtx1 -N32 /dev/urandom | tr -d ' \n' >"$lab/new.key")
with_keys() {
    lab_stop bsf
    sed "s|keys: .*|keys: [ $1 ] }|" "$lab/old.yaml" >"$lab/bsf.yaml"
    # The NAF may hold keys already.
    lab_stop naf
    lab_start bsf && lab_start naf && lab_wait_log naf "peer-open.*bsf.home"
}
check "both keys, the new one first" with_keys "{ id: 2, file: $lab/new.key }, { id: 1, file: $lab/sessions.key }"
check "what the old one sealed opens" all_there "$lab/held"
check "a session under the new one" wait_for 5 bootstraps
cp "$lab/out" "$lab/new"
check "the new key alone" with_keys "{ id: 2, file: $lab/new.key }"
check "what it sealed opens" all_there "$lab/new"
check "what the old one sealed does not" eval '! opens $(sed -n "s/^good 200 .*btid=\([^ ]*\).* ks_naf=\([^ ]*\).*/\1 \2/p" "$lab/held") && grep -q "zn.refused reason=seal-key-unknown" "$lab/bsf.log"'
chmod 0640 "$lab/new.key"
check "a key that others can read is refused" eval '! with_keys "{ id: 2, file: $lab/new.key }" 2>/dev/null && grep -q "0600" "$lab/bsf.log"'
tap_done
