#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows F, and A1, A4, A12: what becomes of an enrolment key: MAF, Registrar, associations.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 3)
m2m_mef_at=$1 m2m_maf_at=$2 port_fake=$3
spawn_relay() {
    lab_spawn "$1" python3 -u "$top_srcdir/tests/acceptance/relay.py" "$2" "$3" "$lab/$1.seen"
    lab_wait_log "$1" listening
}
passed() {
    wc -l <"$lab/$1.seen"
}
m2m_pki fqdn maf2 mte-ca maf2.mte.example
m2m_pki cse mn1 mte-ca mn1.in-cse.sp.example
m2m_pki ae s11111 mte-ca m2m://sp.example/S11111
m2m_pki ae s98821 mte-ca m2m://sp.example/S98821
m2m_mef_config
m2m_maf_config
m2m_peer_config in-cse //sp.example/in-cse in-cse "$port_peer"
m2m_peer_config ae //sp.example/S11111 s11111 "$port_peer2"
sed -i 's|^mefs:|peers: [ { id: "//sp.example/S98821", flavour: ae, anchors: '"$lab"'/pki/mte-ca.pem } ]\n&|' "$lab/in-cse.yaml"
begin mef maf in-cse ae
spawn_relay to-mef "$m2m_mef_at" "$port_mef"
spawn_relay to-maf "$m2m_maf_at" "$port_maf"

ppsk a //sp.example/S98821 '"maf.mte.example"'
ppsk b //sp.example/mn1 '"//sp.example/in-cse"'
ppsk c //sp.example/S5 '"//sp.example/S11111"'
ppsk short //sp.example/S6 '"maf.mte.example","//sp.example/in-cse"' 4
ue_ppsk a //sp.example/S98821 maf.mte.example "127.0.0.1:$m2m_maf_at"
ue_ppsk b //sp.example/mn1 //sp.example/in-cse "127.0.0.1:$port_peer"
ue_ppsk c //sp.example/S5 //sp.example/S11111 "127.0.0.1:$port_peer2"

# ---- A1, F1, F2: an AE and a CSE enrol; what they derive ----
check "A1 an AE enrols" enrols a
check "A1 a CSE enrols" enrols b
check "A1 a third one enrols for an AE as target" enrols c
keid_a=$(of a keyid) ke_a=$(of a ke)
check "F1 the Enrolee's Km is HMAC(Ke, MAF-ID)" same "$(derive km "$ke_a" maf.mte.example)" "$(of a key)"
check "F2 the Enrolee's Kpsa is HMAC(Ke, Enrolee-B-ID)" same "$(derive kpsa "$(of b ke)" //sp.example/in-cse)" "$(of b key)"
# connected NAME PEER USE [OPTION...]: the answer of the Registrar tells whom it sees
connected() {
    local name=$1 peer=$2 use=$3
    shift 3
    m2m_ue "$name" connect "$@" >"$lab/$name.said" || return 1
    same "$peer $use" "$(json "$lab/$name.said" peer) $(json "$lab/$name.said" use)"
}
connects() {
    m2m_ue "$1" connect >"$lab/$1.said"
}

# ---- F1, F3, F4: the MAF gets Km at the first handshake, and only then ----
check "F1 the MAF gets the same Km: its handshake passes" connects a
check "F1 it was fetched from the MEF" same 1 "$(passed to-mef)"
check "F3 the PSK identity on the wire is KeId" grep -qaF "$keid_a" "$lab/to-maf.seen.sent"
check "F4 a second session passes" connects a
check "F4 without another question to the MEF" same 1 "$(passed to-mef)"
check "F15 client registration gave a KmId of the MAF" grep -qE '^km-[0-9a-z.-]+@maf\.mte\.example$' <<<"$(m2m_ue a keys --json | json /dev/stdin alias)"
kmid=$(m2m_ue a keys --json | json /dev/stdin alias)
maf_session() {
    python3 "$top_srcdir/tests/system/m2m_client.py" "$port_maf" EXPORTER-oneM2M-Connection -servername maf.mte.example "$@" >"$lab/session"
}
said() {
    python3 -c 'import json, sys
s = json.load(open(sys.argv[1])); export, answers = s["export"], s["answers"]
print(eval(sys.argv[2]))' "$lab/session" "$1"
}
rsc() {
    said '" ".join(str(a["rsc"]) if a else "none" for a in answers)'
}
by_psk() {
    maf_session $psk_tls -psk "$1" -psk_identity "$2" -- "${@:3}"
}
by_cert() {
    maf_session $cert_tls -CAfile "$lab/pki/mte-ca.pem" -cert "$lab/pki/$1.pem" -key "$lab/pki/$1.key" -- "${@:2}"
}
km=$(of a key)
check "F8 a session by KeId passes" by_psk "$km" "$keid_a" GET /- X-M2M-Origin://sp.example/S98821
check "F8 and is served" same 2000 "$(rsc)"
check "F8 a session by KmId passes" by_psk "$km" "$kmid" GET /- X-M2M-Origin://sp.example/S98821
check "F8 and is served" same 2000 "$(rsc)"
check "F8 both without another question to the MEF" same 1 "$(passed to-mef)"

# ---- F9: Kc and its name are those of the session ----
type='Content-Type:application/vnd.onem2m-res+json;ty='
et=$(date -u -d '+30 minutes' +%Y%m%dT%H%M%S)
skr='{"sec:skr":{"et":"'$et'","adfq":"mte.example","suid":32,"tgis":["//sp.example/in-cse"]}}'
check "F9 a key is registered without keyValue" by_psk "$km" "$keid_a" POST /- X-M2M-Origin://sp.example/S98821 "${type}5" "$skr"
check "F9 it is created" same 2001 "$(rsc)"
check "F9 its name is the first 16 octets that the session exports" same True "$(said 'answers[0]["body"]["sec:skr"]["ri"] == export[:32].upper()')"
kc=$(said 'export[32:].lower()') rel=$(said 'answers[0]["body"]["sec:skr"]["ri"]')
check "F9 the target gets it" by_cert in-cse GET "/-/$rel" X-M2M-Origin://sp.example/in-cse
check "F9 and it is the last 32 octets" same "$kc" "$(said '__import__("base64").b64decode(answers[0]["body"]["sec:skr"]["kv"]).hex()')"

# ---- F13: not for others ----
sed -i 's|^  clients:|&\n    - { id: "//sp.example/mn1", flavour: cse, cert_id: mn1.in-cse.sp.example, anchors: '"$lab"'/pki/mte-ca.pem }|' "$lab/maf.yaml"
check "F13 another CSE is known to the MAF" again maf
check "F13 it asks for that key" by_cert mn1 GET "/-/$rel" X-M2M-Origin://sp.example/mn1
check "F13 and is refused: 4103" same 4103 "$(rsc)"

# ---- F10, A12: association by Kc ----
ue_ppsk a //sp.example/S98821 maf.mte.example "127.0.0.1:$m2m_maf_at"
sed "s|target: .*|target: { id: \"//sp.example/in-cse\", address: \"127.0.0.1:$port_peer\" }|" "$lab/a.yaml" >"$lab/kc.yaml" && chmod 600 "$lab/kc.yaml"
before=$(passed to-maf)
check "F10 A and B associate with Kc, B had none before" connected kc //sp.example/S98821 kc --via=maf
check "F10 B fetched it from the MAF meanwhile" same $((before + 2)) "$(passed to-maf)"
before=$(passed to-maf)
check "F10 Kc serves another session" connected kc //sp.example/S98821 kc --via=maf
# a CSE with a certificate towards the MAF, and the same key at both ends
m2m_ue kc keys --show-keys --json >"$lab/kc.json"
kc_name=$(python3 -c 'import json, sys
for line in open(sys.argv[1]):
    k = json.loads(line)
    if k.get("use") == "kc": print(k["keyid"], k["key"])' "$lab/kc.json")
check "A12 B's key is the MAF's: a handshake of openssl with it passes" shake kc "$port_peer" $psk_tls -psk "${kc_name#* }" -psk_identity "${kc_name% *}"

# ---- F5: MAF and MEF prove their host names ----
fetch maf2 "$keid_a" "" maf.mte.example
check "F5 a MAF with the certificate of another name is refused" fetched 403
check "F5 and gets no key" lacks "$lab/fetch.json" credential
lab_spawn fake openssl s_server -accept "127.0.0.1:$port_fake" -cert "$lab/pki/mef2.pem" -key "$lab/pki/mef2.key" -tls1_2 \
    -cipher ECDHE-ECDSA-AES128-SHA256 -Verify 2 -CAfile "$lab/pki/mte-ca.pem" -WWW
check "F5 a MEF with the certificate of another name listens" lab_wait_log fake ACCEPT
lab_stop maf
cp "$lab/maf.yaml" "$lab/maf.good.yaml"
sed -i "s|127.0.0.1:$m2m_mef_at|127.0.0.1:$port_fake|" "$lab/maf.yaml"
check "F5 a MAF asks there" m2m_start maf
m2m_ue a forget >/dev/null
check "F5 the Enrolee enrols anew" enrols a
check "F5 its handshake with the MAF fails" fails connects a
check "F5 for the certificate of the MEF" grep -q 'reason=certificate-name' "$lab/maf.log"
lab_stop fake
lab_stop maf
cp "$lab/maf.good.yaml" "$lab/maf.yaml"
check "F5 with the right MEF it passes" eval 'm2m_start maf && connects a'

# ---- F6, F7: what targets are told, and who ----
keid_a=$(of a keyid)
fetch maf "$keid_a" "" maf.mte.example
check "F6 the answer has the key" same "$(of a key)" "$(credential)"
check "F6 the Enrolee-ID" same //sp.example/S98821 "$(json "$lab/fetch.json" enroleeID)"
check "F6 and the lifetime" grep -qE '^20[0-9]{6}T[0-9]{6}$' <<<"$(json "$lab/fetch.json" lifetime)"
fetch maf "$keid_a" 21 maf.mte.example
check "F6 with a SUID it is the usage-constrained key" same "$(derive usage "$(of a ke)" 21 maf.mte.example)" "$(credential)"
fetch maf2 "$keid_a" "" maf2.mte.example
check "F7 another MAF is refused: 403" fetched 403
fetch maf "$keid_a" "" maf2.mte.example
check "F7 a forged X-M2M-Origin is refused: 403" fetched 403
fetch maf "00112233445566778899AABBCCDDEEFF@mef.mte.example" "" maf.mte.example
check "F7 an unknown KeId: 404" fetched 404

# ---- A4: each target gets the key for its own name only ----
fetch in-cse "$(of b keyid)" "" //sp.example/in-cse
check "A4 a CSE gets its key" same "$(of b key)" "$(credential)"
fetch s11111 "$(of c keyid)" "" //sp.example/S11111
check "A4 an AE gets its key" same "$(of c key)" "$(credential)"
fetch in-cse "$(of c keyid)" "" //sp.example/in-cse
check "A4 a CSE does not get that of an AE" fetched 403
fetch s11111 "$keid_a" "" //sp.example/S11111
check "A4 an AE does not get that of a MAF" fetched 403

# ---- F11, A1, F12: associations without a MAF ----
lab_stop maf
check "F11 without a MAF, by Kpsa" connected b //sp.example/mn1 kpsa
check "A1 the Registrar sees the CSE-ID of the instructions" same //sp.example/mn1 "$(json "$lab/b.said" peer)"
check "A1 an AE as target sees the AE-ID" connected c //sp.example/S5 kpsa
m2m_ue_config cert //sp.example/S98821 //sp.example/in-cse "127.0.0.1:$port_peer" cert <<END
  cert: { cert: $lab/pki/s98821.chain.pem, key: $lab/pki/s98821.key }
END
check "F12 mutual certificates associate too" connected cert //sp.example/S98821 cert --via=cert
check "F11 and over DTLS" eval 'm2m_ue b --dtls connect >"$lab/b.said" && same //sp.example/mn1 "$(json "$lab/b.said" peer)"'
m2m_start maf

# ---- F14: nothing outlives its credential ----
ue_ppsk short //sp.example/S6 //sp.example/in-cse "127.0.0.1:$port_peer"
sed -i 's/expiry: 1h/expiry: 4s/' "$lab/short.yaml"
check "F14 an enrolment for four seconds" enrols short
check "F14 associates" connected short //sp.example/S6 kpsa
openssl s_client -quiet -connect "127.0.0.1:$port_peer" $psk_tls -psk "$(of short key)" -psk_identity "$(of short keyid)" \
    < <(sleep 8) >"$lab/held.out" 2>&1 &
held=$!
ended() {
    ! kill -0 $held 2>/dev/null
}
expired() {
    [ "$(m2m_ue short enrol-status --json | json /dev/stdin state)" = expired ]
}
check "F14 the running association is closed by then" wait_for 7 ended
check "F14 the key expires" wait_for 7 expired
check "F14 a new association fails" fails m2m_ue short connect
fetch in-cse "$(of short keyid)" "" //sp.example/in-cse
check "F7 an expired KeId is an error" grep -qE '^(404|410)' <<<"$(cat "$lab/fetch.status")"
check "F14 after a renewed enrolment it passes" eval 'enrols short && connected short //sp.example/S6 kpsa'
tap_done
