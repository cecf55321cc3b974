#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The disk of the sessions is full: devices get 503 for a session and still their challenges, NAFs get the
# keys of the sessions there are, nothing ends, and once there is room all is well within five seconds.
set -u
if [ "${1:-}" != inside ]; then
    unshare -Urm true 2>/dev/null || {
        echo "1..0 # SKIP no file system of its own can be mounted here"
        exit 0
    }
    exec unshare -Urm bash "$0" inside
fi
. "$top_srcdir/tests/lib/lab.sh"
lab_keep_sessions
mkdir "$lab/disk"
mount -t tmpfs -o size=600k,mode=0700 keystrap "$lab/disk" || lab_die "cannot mount"
sed -i "s|path: $lab/bsf.sessions|path: $lab/disk/sessions|; s/^store:/ub: { sessions_kept: 8, limits: { identity: { burst: 0 } } }\n&/" \
    "$lab/bsf.yaml"
trap 'lab_stop bsf; umount "$lab/disk"; lab_close' EXIT
# Settings of 13 KiB, so that few sessions are enough.
long=$(printf '%0200d' 0)
uids=$(for i in $(seq 60); do printf 'sip:%02d%s@home.example, ' "$i" "$long"; done)

probe() {
    timeout 20 "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" "$@" >"$lab/out" 2>&1
}
says() {
    [ "$(sed 's/ btid=.*//' "$lab/out" | tr '\n' ,)" = "$1" ] || {
        sed 's/^/# /' "$lab/out"
        return 1
    }
}
bootstraps() {
    probe first good && says "first 401 gba-me,good 200,"
}
opens() {
    [ "$(curl -sS --noproxy '*' --digest -A 3gpp-gba -u "$(sed -n 's/.* btid=\([^ ]*\).*/\1/p' "$1"):$(sed -n 's/.* ks_naf=\([^ ]*\).*/\1/p' "$1")" \
        -o /dev/null -w '%{http_code}' --max-time 10 -H "Host: $lab_naf_host" "http://127.0.0.1:$port_naf/echo" 2>/dev/null)" = 200 ]
}
until_503() {
    local i
    for i in 1 2 3 4 5 6 7; do
        probe first good
        grep -q 'good 503' "$lab/out" && return 0
    done
    return 1
}

sed -i "0,/^        - id: 2/s|^        - id: 2|        - { id: 9, type: 0, uids: [ $uids ] }\n&|" "$lab/subscribers.yaml"
start_lab
check "a device bootstraps" bootstraps
cp "$lab/out" "$lab/known"
cat /dev/zero >"$lab/disk/filler" 2>/dev/null
check "the disk is full: devices get 503" until_503
check "the reason is told once" same 1 "$(grep -c 'store.full reason=store-full' "$lab/bsf.log")"
probe first good
check "challenges are given as ever" says "first 401 gba-me,good 503,"
check "the BSF says why" grep -q 'ub.refused reason=store-full status=503' "$lab/bsf.log"
check "the NAF gets the key of the session there is" opens "$lab/known"
check "the BSF lives" lab_alive bsf

begin=$(date +%s%3N)
rm "$lab/disk/filler"
check "there is room again" wait_for 5 bootstraps
ms=$(($(date +%s%3N) - begin))
check "all is well within five seconds ($ms ms)" test "$ms" -lt 5000
check "that is told too" grep -q 'store.has-room' "$lab/bsf.log"
cp "$lab/out" "$lab/later"

cat /dev/zero >"$lab/disk/filler" 2>/dev/null
kill -9 "${lab_pids[bsf]}"
wait "${lab_pids[bsf]}" 2>/dev/null
unset "lab_pids[bsf]"
check "killed on a full disk: it starts again" lab_start bsf
check "what was acknowledged is there" eval 'wait_for 5 opens "$lab/later" && opens "$lab/known"'
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
