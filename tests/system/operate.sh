#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the operator of a BSF sees and does: health, metrics, sessions, revocation, explanations,
# audit log, and lines of one run that belong together.
set -u
. "$top_srcdir/tests/lib/lab.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 2)
port_admin=$1 port_metrics=$2
admin=http://127.0.0.1:$port_admin metrics=http://127.0.0.1:$port_metrics
stranger=001010000000000@ims.mnc001.mcc001.3gppnetwork.org

ctl() { "$lab_build/keystrap-ctl" -a "127.0.0.1:$port_admin" -t "$lab/token" "$@"; }
# exits CODE TEXT COMMAND...: with this code, and this in what it prints
exits() {
    "${@:3}" >"$lab/out" 2>&1
    same "$1" $? && grep -qF -- "$2" "$lab/out" || {
        cat "$lab/out"
        return 1
    }
}
# status WANTED CURL-ARGUMENT...
status() {
    same "$1" "$(curl -sS --noproxy '*' --max-time 10 -o "$lab/out" -w '%{http_code}' "${@:2}")"
}
bearer() { status "$1" -H "Authorization: Bearer $(cat "$lab/token")" "${@:2}"; }
probe() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$1" "$lab_k" "$lab_opc" "$lab_naf_host" \
        "${@:2}" >"$lab/probe" 2>&1
}
bootstrap() { probe "$lab_impi_me" first good && grep -q '^good 200' "$lab/probe"; }
value() { sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" "$lab/probe" | tail -n 1; }
# naf BTID [FQDN]: what a NAF gets on Zn
naf() {
    "$lab_build/tests/system/zn_probe" "$port_bsf_dia" naf.home.example "${2:-$lab_naf_host}" "$1" good >"$lab/zn" 2>&1
    cat "$lab/zn"
}
# sample NAME: its value now
sample() { curl -sS --noproxy '*' "$metrics/metrics" | grep -v '^#' | grep -F -- "$1 " | sed 's/.* //'; }
# of_run EVENT: the run in the last line with it
of_run() { grep "$1" "$lab/bsf.log" | tail -n 1 | sed -n 's/.* run=\([0-9a-f]*\).*/\1/p'; }
json() { python3 -c "import json,sys; d=json.load(open('$lab/out')); print($1)"; }

"$lab_build/keystrap-ctl" new-key "$lab/token"
cat >>"$lab/bsf.yaml" <<END
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: $lab/token, metrics_listen: [ "127.0.0.1:$port_metrics" ] }
log: { level: debug, audit: $lab/audit.json }
confine: { seccomp: true }
END
# The check for leaks runs a program of its own, which confinement forbids; it comes back below.
asan=${ASAN_OPTIONS:-}
export ASAN_OPTIONS="$asan:detect_leaks=0"
check "the checker of metrics finds faults" python3 "$top_srcdir/tests/lib/check_metrics.py" --self-test

# health, before there is an HSS
start bsf
check "it lives" status 200 "$admin/livez"
check "it is not ready" status 503 "$admin/readyz"
check_same "because of the HSS" "$(json '[(p["name"], p["ready"], p.get("cause")) for p in d["parts"]]')" \
    "[('daemon', True, None), ('store', True, None), ('hss', False, 'no-peer-open')]"
check "ctl says so" exits 1 no-peer-open ctl health
start hss
ready() { status 200 "$metrics/readyz"; }
check "with an HSS it is" wait_for 20 ready
check "ctl says so" exits 0 '"ready":true' ctl -j health

# who may ask
check "metrics need the token" status 401 "$admin/metrics"
check "or another address" status 200 "$metrics/metrics"
check "where nothing else is served" status 404 "$metrics/v1/sessions"
check "even with the token" bearer 404 "$metrics/v1/sessions"
check "sessions need the token" status 401 "$admin/v1/sessions"
check "a method that is none" bearer 405 -X PUT "$admin/livez"
check "the same word twice in a query" bearer 400 "$admin/v1/explain/x?naf=a.example&naf=b.example"
check "a NAF that is none" bearer 400 "$admin/v1/explain/x?naf=..%2f"
check "a session that is none" bearer 404 "$admin/v1/sessions/x%40y.example"

# a run
check "a device bootstraps" bootstrap
btid=$(value btid) ks_naf=$(value ks_naf)
run=$(of_run ub.bootstrapped)
check "its run has a name" grep -qxE '[0-9a-f]{12}' <<<"$run"
for event in ub.challenged zh.answered store.put; do
    check "$event is of the same run" grep -q "$event .*run=$run" "$lab/bsf.log"
done
check "a NAF gets a key" exits 0 "2001" naf "$btid"
session=$(sed -n 's/.*ub.bootstrapped .*session=\([0-9a-f]*\).*/\1/p' "$lab/bsf.log")
check "of this session" grep -q "zn.key-given .*session=$session" "$lab/bsf.log"
run=$(of_run zn.key-given)
check "the store was asked in the same run" grep -q "store.get .*run=$run" "$lab/bsf.log"
check "which is another than on Ub" test "$run" != "$(of_run ub.bootstrapped)"
probe "$stranger" first
run=$(of_run ub.refused)
check "a refusal has its run, with the HSS's answer" grep -q "zh.answered .*run=$run" "$lab/bsf.log"

# metrics
check "metrics are as they should be" status 200 "$metrics/metrics"
check "says a strict checker" python3 "$top_srcdir/tests/lib/check_metrics.py" "$lab/out"
check_same "one session" "$(sample keystrap_sessions)" 1
check_same "a stranger was refused" "$(sample 'keystrap_ub_requests_total{reason="zh-identity-unknown"}')" 1
check_same "a key was given" "$(sample 'keystrap_zn_requests_total{reason="ok"}')" 1
check_same "the HSS was asked twice" "$(sample keystrap_zh_seconds_count)" 2
check_same "it is open" "$(sample 'keystrap_diameter_peer_open{peer="hss.home.example"}')" 1
check "ctl shows them" exits 0 'process_resident_memory_bytes' ctl metrics

# sessions
check "their number" exits 0 '"count":1' ctl -j sessions
check "one by its B-TID" exits 0 "\"session\":\"$session\"" ctl -j session show "$btid"
check "of its subscriber" exits 0 "$btid" ctl sessions of "$lab_impi_me"
check "of another there are none" exits 0 '[]' ctl -j sessions of "$lab_impi_u"
check "challenges" exits 0 '"waiting":0,"max":16384' ctl -j challenges
check "peers" exits 0 '"peer":"hss.home.example","open":true' ctl -j peers
check "version" exits 0 '"program":"keystrap-bsf"' ctl -j version
check "configuration" exits 0 '"host":"bsf.ims.mnc001' ctl -j configuration
check "which is JSON" json 'd["ub"]["challenge_lifetime"]'

# explanations
check "of a subscriber, for a NAF" exits 0 '"rule":1,"peer":"naf.home.example","origin":"naf.home.example","allowed":true' \
    ctl -j explain "$lab_impi_me" --naf "$lab_naf_host" --ua http
check "of a B-TID, for a NAF that nobody may ask for" exits 0 '"allowed":false,"reason":"zn-naf-not-allowed"' \
    ctl -j explain "$btid" --naf other.example
check "of a stranger: what it was refused" exits 0 '"where":"ub","reason":"zh-identity-unknown"' ctl -j explain "$stranger"
check "how much it may, and whom we ask for it" exits 0 '"route":{"realm":"home.example","hosts":[]}' ctl -j explain "$lab_impi_me"
check_same "limits" "$(json 'd["limits"]["limited"], d["limits"]["burst"] >= d["limits"]["vectorsLeft"] >= 1')" "True True"
check "a Ua protocol that is none" exits 1 naf-id-malformed ctl explain "$btid" --naf other.example --ua none
check "--naf for another command" exits 2 "--naf" ctl --naf x.example sessions

# revocation
check "a NAF that is not allowed is refused" exits 0 5402 naf "$btid" other.example
check "which its B-TID remembers" exits 0 '"where":"zn","reason":"zn-naf-not-allowed"' ctl -j explain "$btid"
check "a session is revoked" exits 0 '{"revoked":1}' ctl -j revoke session "$btid"
check "no NAF gets a key of it" exits 0 5403 naf "$btid"
check "revoked once" exits 1 not-found ctl revoke session "$btid"
check "another bootstraps" bootstrap
btid=$(value btid)
check "a subscriber is revoked" exits 0 '{"revoked":1}' ctl -j revoke subscriber "$lab_impi_me"
check "no NAF gets a key any more" exits 0 5403 naf "$btid"
check_same "no session is left" "$(sample keystrap_sessions)" 0

# health again
lab_stop hss
lost() { status 503 "$metrics/readyz"; }
check "the loss of the HSS is noticed" wait_for 20 lost
check_same "by metrics too" "$(sample 'keystrap_diameter_peer_open{peer="hss.home.example"}')" 0
check "the HSS comes back" lab_start hss
check "and so does the BSF" wait_for 40 ready

# reload, with the audit log moved away
mv "$lab/audit.json" "$lab/audit.1"
check "the configuration is read anew" exits 0 said ctl -j reload
sed -i 's/^names:/nmaes:/' "$lab/bsf.yaml"
check "a bad one is refused" exits 1 "did you mean names" ctl reload
check "and changes nothing" bootstrap
lab_stop bsf
check_same "it stops cleanly" "${lab_codes[bsf]}" 0
check "audit: both files are JSON in lines" python3 -c '
import json, sys
for name in sys.argv[1:]:
    for line in open(name): json.loads(line)["event"]' "$lab/audit.1" "$lab/audit.json"
cat "$lab/audit.1" "$lab/audit.json" >"$lab/audit"
for event in daemon.started ub.bootstrapped zn.key-given zn.refused session.revoked admin.action admin.result daemon.reloaded \
    daemon.stopped; do
    check "audit: $event" holds "$lab/audit" "\"event\":\"$event\""
done
check "audit: the new file has the reload" holds "$lab/audit.json" daemon.reloaded
check_same "audit: for its owner only" "$(stat -c %a "$lab/audit.1" "$lab/audit.json" | sort -u)" 600

export ASAN_OPTIONS="$asan"
# an audit log on a disk that becomes full: files of this process end at 2 KiB
limited() {
    exec > >(exec cat >"$lab/limited.log") 2>&1
    ulimit -f 2
    trap '' XFSZ
    exec "$lab_build/keystrap-bsf" -c "$lab/bsf.yaml"
}
# begin_limited REQUIRED
begin_limited() {
    rm -f "$lab/audit.json"
    lab_config_bsf
    cat >>"$lab/bsf.yaml" <<END
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: $lab/token, metrics_listen: [ "127.0.0.1:$port_metrics" ] }
log: { audit: $lab/audit.json, audit_required: $1 }
END
    lab_spawn limits limited
    wait_for 20 ready
}
full() {
    bootstrap
    [ "$(sample keystrap_audit_lost_total)" != 0 ]
}
check "a BSF on a small disk" begin_limited false
check "whose audit log becomes full" wait_for 20 full
check "serves on" bootstrap
check "and says so" grep -q 'error audit.lost what=ub.bootstrapped' "$lab/limited.log"
lab_stop limits
check "a BSF that must have an audit log, on a small disk" begin_limited true
check "which becomes full" wait_for 20 full
n=$(sample keystrap_sessions)
probe "$lab_impi_me" first good
check "nobody bootstraps any more" grep -q '^good 503' "$lab/probe"
check "for this reason" grep -q 'ub.refused reason=audit-failed status=503' "$lab/limited.log"
same_number() { same "$n" "$(sample keystrap_sessions)"; }
check "no session stays" wait_for 5 same_number
check "no NAF gets a key" exits 0 5012 naf "$(ctl sessions of "$lab_impi_me" | sed -n 's/^btid *//p' | head -n 1)"
check "nothing is revoked" exits 1 audit-failed ctl revoke subscriber "$lab_impi_me"
lab_stop limits
check "no sanitizer complains" lacks "$lab/limited.log" 'ERROR: '

# an audit log that cannot be written
lab_config_bsf
echo "log: { audit: /dev/full, audit_required: true }" >>"$lab/bsf.yaml"
lab_spawn full "$lab_build/keystrap-bsf" -c "$lab/bsf.yaml"
check "none can be begun: no start" lab_wait_log full 'daemon.failed reason=audit-failed'
lab_stop full

secrets() {
    ! grep -F -e "$lab_impi_me" -e "$stranger" -e "$(cat "$lab/token")" -e "$ks_naf" -e "$lab_k" \
        "$lab/bsf.log" "$lab/audit" "$lab/audit.json" "$lab/limited.log" "$lab/full.log"
}
check "no key, token or whole identity was told" secrets
check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
tap_done
