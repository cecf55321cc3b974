#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows A2, A3, A5, A11 (without a UICC), A13, and F16: actors, their data, names.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
m2m_pki fqdn maf2 mte-ca maf2.mte.example
m2m_pki cse mn1 mte-ca mn1.in-cse.sp.example
m2m_mef_config
m2m_maf_config
m2m_peer_config in-cse //sp.example/in-cse in-cse "$port_peer"
begin mef maf in-cse
mef_pid=${lab_pids[mef]} maf_pid=${lab_pids[maf]}

# ---- A2: one MEF for everything ----
check "A2 a MEF takes in instructions while it runs" ppsk a //sp.example/S98821 '"maf.mte.example","//sp.example/in-cse"'
check "A2 of both frameworks of TLS" cert_enrolee c //sp.example/mn1 cse mn1.in-cse.sp.example mte-ca
kpm="-psk $m2m_kpm -psk_identity kpm-a@mef.mte.example"
mn1="-cert $lab/pki/mn1.pem -key $lab/pki/mn1.key"
km_served() { # HANDSHAKE: what the MAF gets is what was exported
    fetch maf "$(keid_of "$1")" "" maf.mte.example && fetched 200 &&
        same "$(derive km "$(ke_of "$1")" maf.mte.example)" "$(credential)"
}
for way in "psk_tls $kpm" "psk_dtls $kpm" "cert_tls $mn1" "cert_dtls $mn1"; do
    # shellcheck disable=SC2086
    set -- $way
    name=$1
    shift
    check "A2 it enrols: $name" shake "$name" "$port_mef" ${!name} "$@"
    check "A2 and serves the key to the target" km_served "$name"
done
fetch in-cse "$(keid_of psk_tls)" "" //sp.example/in-cse
check "A2 to each target its own" same "$(derive kpsa "$(ke_of psk_tls)" //sp.example/in-cse)" "$(credential)"
fetch maf2 "$(keid_of psk_tls)" "" maf2.mte.example
check "A2 to nobody else" fetched 403
m2m_ctl "$port_mef_admin" enrolment-keys list --json >"$lab/keys.json"
listed() {
    python3 -c 'import json, sys
keys = {k["keID"]: k["state"] for k in json.load(open(sys.argv[1]))}
print(*(keys.get(k, "none") for k in sys.argv[2:]))' "$lab/keys.json" "$@"
}
check "A2 it keeps each Ke with its end" same "usable usable usable usable" \
    "$(listed "$(keid_of psk_tls)" "$(keid_of psk_dtls)" "$(keid_of cert_tls)" "$(keid_of cert_dtls)")"
check "A2 it is one process all the time" eval 'lab_alive mef && same "$mef_pid" "${lab_pids[mef]}"'

# ---- A3: one MAF, its client is not ours ----
km=$(derive km "$(ke_of psk_tls)" maf.mte.example) keid=$(keid_of psk_tls)
type='Content-Type:application/vnd.onem2m-res+json;ty='
et=$(date -u -d '+30 minutes' +%Y%m%dT%H%M%S)
maf_session() {
    python3 "$top_srcdir/tests/system/m2m_client.py" "$port_maf" EXPORTER-oneM2M-Connection -servername maf.mte.example "$@" >"$lab/session"
}
said() {
    python3 -c 'import json, sys
s = json.load(open(sys.argv[1])); export, answers = s["export"], s["answers"]
print(eval(sys.argv[2]))' "$lab/session" "$1"
}
by_km() {
    # shellcheck disable=SC2086
    maf_session $psk_tls -psk "$km" -psk_identity "$1" -- "${@:2}"
}
check "A3 a MAF handshake with a Km that only the MEF has" by_km "$keid" \
    POST /- X-M2M-Origin://sp.example/S98821 "${type}3" '{"sec:macr":{"et":"'"$et"'","adfq":"mte.example"}}' , \
    POST /- X-M2M-Origin://sp.example/S98821 "${type}5" '{"sec:skr":{"et":"'"$et"'","adfq":"mte.example","suid":32,"tgis":["//sp.example/in-cse"]}}'
check "A3 client and key are registered" same "2001 2001" "$(said '" ".join(str(a["rsc"]) for a in answers)')"
kmid=$(said 'answers[0]["body"]["sec:macr"]["aski"]') rel=$(said 'answers[1]["body"]["sec:skr"]["ri"]') kc=$(said 'export[32:].lower()')
retrieved() {
    # shellcheck disable=SC2086
    maf_session $cert_tls -CAfile "$lab/pki/mte-ca.pem" -cert "$lab/pki/in-cse.pem" -key "$lab/pki/in-cse.key" -- \
        GET "/-/$rel" X-M2M-Origin://sp.example/in-cse &&
        same "$kc" "$(said '__import__("base64").b64decode(answers[0]["body"]["sec:skr"]["kv"]).hex()')"
}
check "A3 the target retrieves the key" retrieved
check "A3 the Registrar does so while A's handshake waits" shake kc "$port_peer" $psk_tls -psk "$kc" -psk_identity "$rel@maf.mte.example"
check "A3 it is one process all the time" eval 'lab_alive maf && same "$maf_pid" "${lab_pids[maf]}"'
lab_stop mef
check "A3 the MAF is killed and starts again" again maf
check "A3 it has Km still, without a MEF, under both names" eval 'by_km "$kmid" GET /- X-M2M-Origin://sp.example/S98821 &&
    same 2000 "$(said "answers[0][\"rsc\"]")" && by_km "$keid" GET /- X-M2M-Origin://sp.example/S98821 && same 2000 "$(said "answers[0][\"rsc\"]")"'
check "A3 and the registered key" retrieved
m2m_start mef

# ---- A5: identifiers ----
ue_ppsk ids //sp.example/S1 maf.mte.example "127.0.0.1:1"
# taken KIND CANONICAL TEXT [SP]
taken() {
    m2m_ue ids check-id "${@:3}" --json >"$lab/id.json" 2>&1 || { cat "$lab/id.json"; return 1; }
    same "$1 $2" "$(json "$lab/id.json" kind) $(json "$lab/id.json" id)"
}
no_id() {
    m2m_ue ids check-id "$@" >"$lab/id.out" 2>&1
    same 5 $? && holds "$lab/id.out" m2m-id-malformed
}
while read -r kind canonical text; do
    # shellcheck disable=SC2086
    check "A5 $text is taken" taken "$kind" "$canonical" $text
done <<'END'
CSE-ID //sp.example/in-cse //sp.example/in-cse
CSE-ID //sp.example/in-cse /in-cse //sp.example
AE-ID //sp.example/S98821 //sp.example/S98821
AE-ID //sp.example/S98821 /S98821 //sp.example
AE-ID //sp.example/in-cse/Ca3e3f3ab //sp.example/in-cse/Ca3e3f3ab
AE-ID //sp.example/in-cse/Ca3e3f3ab /in-cse/Ca3e3f3ab //sp.example
END
while read -r text; do
    # shellcheck disable=SC2086
    check "A5 $text is refused" no_id $text
done <<'END'
S98821x/
//sp.example
//sp.example/
//sp.example/S98821/
//sp.example/in-cse/S98821
//sp.example/in-cse/X1
http://sp.example/S98821
//sp.example/in%20cse
/in-cse
/in-cse sp.example
END

# ---- A11: where keys lie ----
ue_ppsk a //sp.example/S98821 //sp.example/in-cse "127.0.0.1:$port_peer"
check "A11 a device enrols" enrols a
check "A11 and connects" m2m_ue a connect
modes() { # WANTED-FILES WANTED-FOLDERS PATH...
    find "${@:3}" -type f -not -perm "$1" -o -type d -not -perm "$2" | tee "$lab/modes" >&2
    [ ! -s "$lab/modes" ]
}
check "A11 all that programs keep is for its user alone" modes 600 700 "$lab/a.enrolment" "$lab/mef.db" "$lab/maf.db" "$lab/in-cse.db"
other_user() {
    setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@" 2>&1
}
nobody_reads() {
    local file
    for file in "$lab/a.enrolment" "$lab"/*.db/*; do
        other_user head -c 1 "$file" | grep 'ermission denied' || return 1
    done
}
if [ "$(id -u)" = 0 ]; then
    chmod 711 "$lab"
    echo plain >"$lab/for-all" && chmod 644 "$lab/for-all"
    check "A11 another user can come here" test "$(other_user cat "$lab/for-all")" = plain
    check "A11 but cannot read keys" nobody_reads
    chmod 700 "$lab"
fi
{
    echo "hex $(of a ke)"
    echo "hex $(of a key)"
    echo "hex $m2m_kpm"
} >"$lab/secrets"
leaks() {
    python3 "$top_srcdir/tests/acceptance/leaks.py" "$lab/secrets" "$@"
}
leaks "$lab/a.enrolment" >/dev/null
check "A11 the search finds them in the device's file" same 3 $?
check "A11 no key in logs, nor in the stores of the servers" leaks "$lab"/*.log "$lab"/*.db
chmod 640 "$lab/a.enrolment"
check "A11 a file of keys that others can read is not used" says 1 "mode" m2m_ue a keys
chmod 600 "$lab/a.enrolment"
no_core() {
    grep -q '^Max core file size  *0  *0 ' "/proc/${lab_pids[$1]}/limits"
}
check "A11 the servers leave no core" eval 'no_core mef && no_core maf && no_core in-cse'

# ---- A13: phases of an enrolment ----
phase() {
    m2m_ue "$1" enrol-status --json | json /dev/stdin state
}
in_phase() {
    [ "$(phase "$1")" = "$2" ]
}
ue_ppsk p //sp.example/S7 maf.mte.example "127.0.0.1:$port_maf"
sed -i 's/expiry: 1h/expiry: 3s/' "$lab/p.yaml"
check "A13 instructions for three seconds" ppsk p //sp.example/S7 '"maf.mte.example"' 3
check "A13 before: unenrolled" same unenrolled "$(phase p)"
check "A13 enrolment" enrols p
check "A13 then: enrolled" same enrolled "$(phase p)"
check "A13 Ke and Km have names and an end" grep -qE '^[0-9A-F]{32}@mef.mte.example 20[0-9-]{8}T' <<<"$(of p keyid) $(of p expires)"
check "A13 in the end: expired" wait_for 6 in_phase p expired
m2m_ctl "$port_mef_admin" enrolment-keys list --json >"$lab/keys.json"
check "A13 at the MEF too" grep -qE '^(expired|none)$' <<<"$(listed "$(of p keyid)")"
check "A13 enrolled once more" eval 'enrols p && same enrolled "$(phase p)"'

# ---- F16: names of the early drafts ----
manual() {
    MANWIDTH=100 LC_ALL=C.UTF-8 man -E UTF-8 -P cat -l "$top_srcdir/doc/man/keystrap-ue.1" 2>/dev/null | col -bx | tr -s ' \n' ' '
}
manual >"$lab/manual"
old_name() {
    holds "$lab/manual" "$1" && grep -q "^|.*$2.*|.*$3" "$top_srcdir/doc/onem2m.md"
}
check "F16 Kte is Ke" old_name "Kte, the enrolment key, is Ke today" Kte Ke
check "F16 KteId is KeId" old_name "KteId is KeId" KteId KeId
check "F16 Kmm is Km" old_name "Kmm, the master credential, is Km" Kmm Km
check "F16 KmmId is KmId" old_name "KmmId is KmId" KmmId KmId
check "F16 Id_MAF is the MAF-ID" old_name "Id_MAF is the MAF-ID" Id_MAF MAF-ID
tap_done
