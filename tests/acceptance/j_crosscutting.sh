#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows J1 to J4: restarts, secrets, many at once, hostile clients.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 1)
port_silent=$1
m2m_pki cse mn1 mte-ca mn1.in-cse.sp.example
m2m_mef_config
m2m_maf_config
m2m_peer_config in-cse //sp.example/in-cse in-cse "$port_peer"
for name in mef maf; do
    sed -i "s|^  store:|  limits: { handshake_timeout: 2s, request_timeout: 2s }\n&|" "$lab/$name.yaml"
    echo 'log: { level: debug }' >>"$lab/$name.yaml"
done
printf '%s\n' 'limits: { handshake_timeout: 2s, request_timeout: 2s }' 'log: { level: debug }' >>"$lab/in-cse.yaml"
servers="mef maf in-cse"
# shellcheck disable=SC2086
begin $servers
both='"maf.mte.example","//sp.example/in-cse"'

# ---- J1: each server is killed between any two steps ----
ppsk m //sp.example/S98821 "$both"
ppsk p //sp.example/S98821 "$both"
cp -p "$lab/m.json" "$lab/instruction.json"
ue_ppsk m //sp.example/S98821 maf.mte.example "127.0.0.1:$port_maf"
ue_ppsk p //sp.example/S98821 //sp.example/in-cse "127.0.0.1:$port_peer"
sed "s|target: .*|target: { id: \"//sp.example/in-cse\", address: \"127.0.0.1:$port_peer\" }|" "$lab/m.yaml" >"$lab/kc.yaml"
chmod 600 "$lab/kc.yaml"
all_again() {
    local name
    # shellcheck disable=SC2086
    for name in $servers; do
        again "$name" || return 1
    done
}
registrar_sees() { # NAME USE [OPTION...]
    m2m_ue "$1" connect "${@:3}" >"$lab/$1.said" && same "//sp.example/S98821 $2" "$(json "$lab/$1.said" peer) $(json "$lab/$1.said" use)"
}
maf_serves() {
    m2m_ue m connect >"$lab/m.said" && holds "$lab/m.said" sec:mafb
}
# The steps of a life; each server is killed before each, and all once more after the last.
steps="enrols.m maf_serves enrols.p registrar_sees.p.kpsa registrar_sees.kc.kc.--via=maf"
for step in $steps; do
    check "J1 before ${step%%.*}: all are killed and start again" all_again
    check "J1 ${step//./ }" ${step//./ }
done
kept() {
    m2m_ctl "$port_mef_admin" enrolment-keys list --json | grep -v '^\[\]$' &&
        m2m_ctl "$port_maf_admin" keys list --json | grep -v '^\[\]$' &&
        m2m_ue m keys --show-keys --json
}
check "J1 what all of them keep" eval '(umask 077; kept >"$lab/kept")'
for name in $servers; do
    check "J1 $name alone is killed and starts again" again "$name"
    check "J1 the MAF serves as before" maf_serves
    check "J1 so does the Registrar, by Kpsa" registrar_sees p kpsa
    check "J1 and by Kc" registrar_sees kc kc --via=maf
done
check "J1 all keep what they kept" eval '(umask 077; kept >"$lab/kept.now") && cmp "$lab/kept" "$lab/kept.now"'

# ---- J2: secrets ----
token=$(m2m_ctl "$port_mef_admin" token issue m --json | json /dev/stdin enrolmentToken)
secrets() {
    local name
    echo "hex $m2m_kpm"
    echo "text $token"
    for name in admin.token mef.store.key maf.store.key in-cse.store.key; do
        echo "text $(cat "$lab/$name")"
    done
    m2m_ue m keys --show-keys --json | python3 -c 'import json, sys
for line in sys.stdin:
    for member in ("ke", "key"):
        if member in (k := json.loads(line)): print("hex", k[member])'
    m2m_ue p keys --show-keys --json | json /dev/stdin key | sed 's/^/hex /'
}
(umask 077; secrets >"$lab/secrets")
leaks() {
    python3 "$top_srcdir/tests/acceptance/leaks.py" "$lab/secrets" "$@"
}
check "J2 keys, tokens and passwords of this run are known" test "$(grep -c . "$lab/secrets")" -ge 10
leaks "$lab/m.enrolment" >/dev/null
check "J2 the search finds them where they may be" same 3 $?
check "J2 not in the logs" leaks "$lab"/*.log
check "J2 not in the stores of the servers" leaks "$lab"/*.db
lab_spawn silent python3 -c 'import socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1]))); print("listening", flush=True); a = [s.accept() for _ in range(9)]' "$port_silent"
lab_wait_log silent listening
sed "s|127.0.0.1:$port_mef|127.0.0.1:$port_silent|" "$lab/m.yaml" >"$lab/waits.yaml" && chmod 600 "$lab/waits.yaml"
lab_spawn waiting-ue "$lab_build/keystrap-ue" -c "$lab/waits.yaml" --set "enrolee.store=$lab/none" enrol
lab_spawn waiting-ctl "$lab_build/keystrap-ctl" --admin "127.0.0.1:$port_silent" --token-file "$lab/admin.token" \
    enrolee put "$lab/instruction.json"
at_work() {
    local name
    for name; do
        grep -qaF "keystrap-" "/proc/${lab_pids[$name]}/cmdline" || return 1
    done
}
names="$servers waiting-ue waiting-ctl"
# shellcheck disable=SC2086
check "J2 all five programs are at work" wait_for 5 at_work $names
pids=
for name in $names; do pids="$pids ${lab_pids[$name]}"; done
# shellcheck disable=SC2086
check "J2 not in their command lines and environments" leaks --process $pids
# shellcheck disable=SC2086
ps -ww -o args= -p "$(echo $pids | tr ' ' ,)" >"$lab/ps"
check "J2 not in what ps shows of them" leaks "$lab/ps"
no_core() {
    local pid
    for pid in $pids; do
        grep -q '^Max core file size  *0  *0 ' "/proc/$pid/limits" || return 1
    done
}
check "J2 none leaves a core" no_core
lab_stop waiting-ue
lab_stop waiting-ctl
lab_stop silent
find "$lab" -type f -perm /077 >"$lab/open"
open_files() {
    # shellcheck disable=SC2046
    leaks $(cat "$lab/open")
}
check "J2 nor in any file that others may read" open_files
private() {
    find "$lab"/*.db "$lab"/*.enrolment -perm /077 | tee /dev/stderr | wc -l
}
check "J2 what programs keep is closed to others" same 0 "$(private 2>/dev/null)"

# ---- J4: hostile clients; others are served meanwhile ----
hostile() {
    timeout 20 python3 "$top_srcdir/tests/acceptance/m2m_hostile.py" "$@"
}
kpm="-psk $m2m_kpm -psk_identity kpm-m@mef.mte.example"
pids_of() {
    local name
    for name in $servers; do echo "${lab_pids[$name]}"; done
}
# served: each server is the process it was, and serves over TLS; the MEF over DTLS too
served() {
    lab_alive mef && lab_alive maf && lab_alive in-cse && shake served "$port_mef" $psk_tls $kpm &&
        shake served "$port_mef" $psk_dtls $kpm && maf_serves && registrar_sees p kpsa
}
# long_identity PORT: 256 octets are none of ours, more are no identity; neither gets in
long_identity() {
    local n got
    for n in 256 257 300 4000 20000; do
        got=$(hostile identity "$1" $n)
        echo "$n: $got"
        case $got in alert* | closed) ;; *) return 1 ;; esac
    done
}
check "J4 identities of up to 20000 octets end in an alert: MEF" long_identity "$port_mef"
check "J4 MAF" long_identity "$port_maf"
check "J4 Registrar" long_identity "$port_peer"
for port in "$port_mef" "$port_maf" "$port_peer"; do
    check "J4 cut and mangled datagrams, and then an answer" same answered "$(hostile datagrams "$port" 300)"
done
check "J4 others are served" served
cert_enrolee mn1 //sp.example/mn1 cse mn1.in-cse.sp.example mte-ca '"tokenNeeded":true,'
token=$(m2m_ctl "$port_mef_admin" token issue mn1 --json | json /dev/stdin enrolmentToken)
where="$port_mef $lab/pki/mn1.pem $lab/pki/mn1.key $lab/pki/mte-ca.pem"
# shellcheck disable=SC2086
check "J4 bodies too large, too deep, empty, no JSON" same "413 400 400 403 400 400" "$(hostile bodies $where)"
# shellcheck disable=SC2086
check "J4 sixty mangled tokens" eval 'got=$(hostile tokens $where 60); echo "$got"; grep -qxE "(400 )?403" <<<"$got"'
admin_put() {
    curl -s --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(cat "$lab/admin.token")" \
        -X PUT --data-binary @- "http://127.0.0.1:$port_mef_admin/v1/enrolees/x"
}
check "J4 huge instructions" same 413 "$(head -c 1000000 /dev/zero | tr '\0' '[' | admin_put)"
check "J4 deep ones" same 400 "$(head -c 60000 /dev/zero | tr '\0' '[' | admin_put)"
check "J4 the token of before serves" same 200 "$(curl -s --noproxy '*' --max-time 10 --cacert "$lab/pki/mte-ca.pem" \
    --cert "$lab/pki/mn1.pem" --key "$lab/pki/mn1.key" --resolve "mef.mte.example:$port_mef:127.0.0.1" --tls-max 1.2 \
    -H 'Content-Type: application/json' -d "{\"enrolmentToken\":\"$token\",\"rspf\":[\"cert\"]}" -o /dev/null -w '%{http_code}' "https://mef.mte.example:$port_mef/enrol")"
for port in "$port_mef" "$port_maf" "$port_peer"; do
    lab_spawn "slow-$port" python3 "$top_srcdir/tests/acceptance/m2m_hostile.py" slow "$port"
    lab_wait_log "slow-$port" slow
done
check "J4 sixty slow clients, and others are served" served
# shellcheck disable=SC2086
check "J4 a request that never ends is ended" grep -qxE '[1-5]' <<<"$(hostile request $where)"
check "J4 others are served" served
for port in "$port_mef" "$port_maf" "$port_peer"; do
    lab_stop "slow-$port"
done

# ---- J3: fifty Enrolees at once ----
count=50
crowd_records() {
    python3 - "$port_mef_admin" "$lab/admin.token" "$lab" $count <<'END'
import base64, hashlib, http.client, json, os, sys
port, token, lab, count = sys.argv[1], open(sys.argv[2]).read().strip(), sys.argv[3], int(sys.argv[4])
http = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
with open(lab + "/m.yaml") as f:
    conf = f.read()
os.umask(0o077)
for i in range(count):
    name, key = f"u{i}", hashlib.sha256(b"Kpm of %d" % i).digest()
    record = {"name": name, "framework": "ppsk", "mef": "mef.mte.example", "enroleeID": f"//sp.example/S5{i}",
              "targets": ["maf.mte.example"], "expiry": 3600, "kpmID": f"kpm-{name}@mef.mte.example",
              "kpm": base64.b64encode(key).decode()}
    http.request("PUT", "/v1/enrolees/" + name, json.dumps(record), {"Authorization": "Bearer " + token})
    answer = http.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    with open(f"{lab}/{name}.kpm", "w") as f:
        f.write(key.hex() + "\n")
    with open(f"{lab}/{name}.yaml", "w") as f:
        f.write(conf.replace("//sp.example/S98821", f"//sp.example/S5{i}").replace("kpm-m@", f"kpm-{name}@")
                .replace(lab + "/m.", f"{lab}/{name}.").replace("key_file: " + lab + "/kpm", f"key_file: {lab}/{name}.kpm"))
END
}
crowd() {
    local i pids=
    for ((i = 0; i < count; i++)); do
        m2m_ue "u$i" enrol >"$lab/u$i.out" 2>&1 &
        pids="$pids $!"
    done
    # shellcheck disable=SC2086
    for i in $pids; do wait "$i" || return 1; done
}
# What each has, in one line: NUMBER KEID KE KEY
crowd_keys() {
    local i
    for ((i = 0; i < count; i++)); do
        m2m_ue "u$i" keys --show-keys --json
    done | python3 -c 'import json, sys
for i, line in enumerate(sys.stdin):
    k = json.loads(line)
    print(i, k["keyid"], k["ke"], k["key"])'
}
check "J3 fifty instructions" crowd_records
check "J3 fifty devices enrol at once" crowd
crowd_keys >"$lab/crowd"
check "J3 fifty KeIds, fifty Ke" same "50 50" "$(cut -d' ' -f2 "$lab/crowd" | sort -u | wc -l) $(cut -d' ' -f3 "$lab/crowd" | sort -u | wc -l)"
# Each of the keys as the MAF gets it, over one connection, beside what each device has.
crossed() {
    while read -r i keid _; do
        printf 'url = "https://mef.mte.example:%s/fetchCredentials/%s"\noutput = "%s"\n' "$port_mef" "${keid/@/%40}" "$lab/u$i.fetched"
    done <"$lab/crowd" >"$lab/crowd.curl"
    curl -sS --noproxy '*' --max-time 20 --cacert "$lab/pki/mte-ca.pem" --cert "$lab/pki/maf.chain.pem" --key "$lab/pki/maf.key" \
        --resolve "mef.mte.example:$port_mef:127.0.0.1" --tls-max 1.2 -H "X-M2M-Origin: maf.mte.example" -K "$lab/crowd.curl" || return 1
    python3 - "$lab" <<'END'
import base64, hashlib, hmac, json, sys
lab, good = sys.argv[1], 0
for line in open(lab + "/crowd"):
    i, keid, ke, key = line.split()
    got = json.load(open(f"{lab}/u{i}.fetched"))
    km = hmac.new(bytes.fromhex(ke), b"oneM2M Enrolment Key to Master Credential derivation" + b"maf.mte.example", hashlib.sha256).hexdigest()
    good += km == key == base64.b64decode(got["credential"]).hex() and got["enroleeID"] == f"//sp.example/S5{i}"
print(good)
sys.exit(good != 50)
END
}
check "J3 each has its own key and name at the MEF, nobody another's" crossed

# ---- nothing went wrong unseen ----
echo "text $token" >>"$lab/secrets"
check "J2 after all that, nothing in logs and stores" leaks "$lab"/*.log "$lab"/*.db
check "J4 no sanitizer and no assertion spoke" fails grep -lE 'ERROR: |runtime error|Assertion' "$lab"/*.log
stopped() {
    local name
    for name in $servers; do
        lab_stop "$name"
        same "$name 0" "$name ${lab_codes[$name]}" || return 1
    done
}
check "J4 all three stop cleanly" stopped
tap_done
