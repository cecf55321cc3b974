#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows E, and B4, B5, B6, A11 (with a UICC): the GBA framework.  Phones that are not ours (aka.py) and
# keystrap-ue bootstrap at the MEF; openssl and keystrap-ue go to MAF and Registrar with keys that
# python made; what went over Ub, Zh and Zn is as tshark reads it.  In a network namespace of its own, so
# that capturing needs no root.
set -u
if [ -z "${CAPTURE_INSIDE-}" ]; then
    export CAPTURE_INSIDE=1
    map=
    [ "$(id -u)" = 0 ] || map=-r
    if ! unshare -n $map true 2>/dev/null; then
        echo "1..0 # SKIP no network namespaces here"
        exit 0
    fi
    exec unshare -n $map bash "$0"
fi
ip link set lo up
. "$top_srcdir/tests/acceptance/lib.sh"
export OPENSSL_CONF=/dev/null

# ---- the lab: two subscribers of its own, and four more ----
m2m_gba_config
impi_me=$lab_impi_me impi_u=$lab_impi_u
impi_of() {
    echo "0010101234567$1@ims.mnc001.mcc001.3gppnetwork.org"
}
# subscriber NN LIFETIME [USS]
subscriber() {
    cat >>"$lab/subscribers.yaml" <<END
  - { impi: $(impi_of "$1"), k: $lab_k, opc: $lab_opc, guss: { uicc_type: gba, lifetime: $2, uss: [ ${3-} ] } }
END
    lab_config_card "$1" "0010101234567$1" "$(impi_of "$1")" false
}
subscriber 70 1h
subscriber 71 1h "{ id: $m2m_gsid, uids: [ \"//sp.example/S71\" ] }"
subscriber 72 6s
subscriber 73 1h
# instruct NAME IMPI ENROLEE-ID '"TARGET",...': the last but one may be missing
instruct() {
    m2m_enrolee "$1" <<END
"framework":"gba","mef":"mef.mte.example","impi":"$2",${3:+\"enroleeID\":\"$3\",}"targets":[$4]
END
}
maf_at=127.0.0.1:$port_maf in_cse_at=127.0.0.1:$port_peer
m2m_gba_ue_config a "sim:$lab/card1.yaml" //sp.example/S98821 maf.mte.example "$maf_at" </dev/null
m2m_gba_ue_config cse "sim:$lab/card1.yaml" //sp.example/S98821 //sp.example/in-cse "$in_cse_at" </dev/null
m2m_gba_ue_config u "sim:$lab/card2.yaml" //sp.example/S98822 //sp.example/in-cse "$in_cse_at" </dev/null
m2m_gba_ue_config short "sim:$lab/card72.yaml" //sp.example/S72 maf.mte.example "$maf_at" </dev/null
both='"maf.mte.example","//sp.example/in-cse"'

lab_spawn tshark tshark -Q -l -i lo -s 0 -w "$lab/capture.pcap" \
    -f "tcp port $port_hss or tcp port $port_bsf_dia or tcp port $port_bsf"
m2m_gba_start || { echo "Bail out! the lab does not start"; exit 1; }
captures() {
    # A first packet on the port shows in the file once the capture runs.
    (exec 3<>"/dev/tcp/127.0.0.1/$port_bsf") 2>/dev/null
    [ "$(stat -c %s "$lab/capture.pcap" 2>/dev/null || echo 0)" -gt 500 ]
}
wait_for 20 captures || { echo "Bail out! no capture"; exit 1; }
check "E16 the MEF has a record of the Enrolee: who it is and its target" \
    instruct of-a "$impi_me" //sp.example/S98821 '"maf.mte.example"'
check "E16 one of another" instruct of-u "$impi_u" //sp.example/S98822 "$both"
check "E16 one without an Enrolee-ID" instruct of-73 "$(impi_of 73)" "" "$both"
instruct of-72 "$(impi_of 72)" //sp.example/S72 '"maf.mte.example"' >"$lab/put.out"

now() {
    date +%s.%N
}
# aka NAME IMPI [wrong]: a run of a phone that is not ours; what came of it is in $lab/NAME.run
aka() {
    python3 "$top_srcdir/tests/acceptance/aka.py" ub "$port_bsf" "$lab_bsf_host" "$2" "$lab_k" "$lab_opc" "${@:3}" \
        >"$lab/$1.run"
}
ran() {
    json "$lab/$1.run" "$2"
}
# naf_key KS RAND IMPI HOST SUITE [gba-u]
naf_key() {
    derive naf "$1" "$2" "$3" "$4" "010001$5" "${@:6}"
}
# tls NAME PORT KEY IDENTITY: a handshake of openssl; dtls alike
tls() {
    shake "$1" "$2" $psk_tls -psk "$3" -psk_identity "$4"
}
dtls() {
    shake "$1" "$2" $psk_dtls -psk "$3" -psk_identity "$4"
}
rand_of() { # B-TID
    cut -d@ -f1 <<<"$1" | base64 -d | od -An -v -tx1 | tr -d ' \n'
}
logged() { # NAME FROM-LINE TEXT
    tail -n +$(($2 + 1)) "$lab/$1.log" | grep -q -- "$3"
}
# turned_away TEXT LOG COMMAND...: it fails, and this log says why
turned_away() {
    local text=$1 log=$2 from
    from=$(wc -l <"$lab/$log.log")
    shift 2
    fails "$@" || return 1
    wait_for 2 logged "$log" "$from" "$text" || { tail -n 3 "$lab/$log.log"; return 1; }
}
mef_keys() {
    m2m_ctl "$port_mef_admin" enrolment-keys list --json >"$lab/mef.keys"
}
maf_keys() {
    m2m_ctl "$port_maf_admin" keys list --json >"$lab/maf.keys"
}
# listed FILE NAME-MEMBER NAME MEMBER: of the first key with that name
listed() {
    python3 -c 'import json, sys
path, by, name, member = sys.argv[1:]
print(next((k.get(member, "") for k in json.load(open(path)) if k[by] == name), "none"))' "$@"
}

# ---- E1: Ub ----
check "E1 the oracle knows test set 1 of TS 35.208" \
    same "a54211d5e3ba50bf b40ba9a3c58b2a05bbf0d987b21bf8cb f769bcd751044604127672711c6d3441" \
    "$(python3 "$top_srcdir/tests/acceptance/aka.py" vector 23553cbe9637a89d218ae64dae47bf35 "$lab_k" "$lab_opc")"
check "E1 a phone that is not ours bootstraps" aka me "$impi_me"
check "E1 it gets a challenge, then 200" same "[401, 200]" "$(ran me status)"
check "E1 with a B-TID" grep -qE '^[A-Za-z0-9+/]{22}==@[a-z0-9.-]+$' <<<"$(ran me btid)"
check "E1 and a lifetime" grep -qE '^20[0-9-]{8}T[0-9:]{8}Z$' <<<"$(ran me lifetime)"
check "E1 as XML for GBA" same application/vnd.3gpp.bsf+xml "$(ran me type)"
check "E1 another RES" aka wrong "$impi_me" wrong
check "E1 is refused: 403, as keystrap-bsf.conf(5) says" same "[401, 403]" "$(ran wrong status)"
check "E1 or 401, if it is configured so" holds "$top_srcdir/doc/man/keystrap-bsf.conf.5" wrong_response

# ---- E3: Ke and KeId ----
btid=$(ran me btid) ks=$(ran me ks) rand=$(ran me rand)
mef_keys
check "E3 the MEF lists the B-TID as KeId" same usable "$(listed "$lab/mef.keys" keID "$btid" state)"
check "E3 of this Enrolee" same //sp.example/S98821 "$(listed "$lab/mef.keys" keID "$btid" enroleeID)"

# ---- E11, E9, E6: what python derives of CK || IK opens the MAF ----
cbc=$(naf_key "$ks" "$rand" "$impi_me" maf.mte.example 00ae) ccm=$(naf_key "$ks" "$rand" "$impi_me" maf.mte.example c0a8)
check "E11 the NAF key and the B-TID open the MAF over TLS" tls cbc "$port_maf" "$cbc" "$btid"
check "E11 and over DTLS" dtls ccm "$port_maf" "$ccm" "$btid"
check "E9 each suite has its Ua id: the key of the other fails over TLS" fails tls other "$port_maf" "$ccm" "$btid"
check "E11 the B-TID behind \"3GPP-bootstrapping;\" does too" \
    tls semicolon "$port_maf" "$cbc" "3GPP-bootstrapping;$btid"
check "E11 and behind \"3GPP-bootstrapping.\"" tls dot "$port_maf" "$cbc" "3GPP-bootstrapping.$btid"
check "E11 and over DTLS" dtls semicolond "$port_maf" "$ccm" "3GPP-bootstrapping;$btid"
check "E11 the hint tells what is taken" holds "$lab/cbc.out" "PSK identity hint: 3GPP-bootstrapping"
check "E11 an unknown B-TID fails" \
    turned_away naf-btid-unknown maf tls unknown "$port_maf" "$cbc" "AAAAAAAAAAAAAAAAAAAAAA==@${btid#*@}"
maf_keys
check "E12 the MAF lists the B-TID as KmId" same km "$(listed "$lab/maf.keys" name "$btid" use)"
check "E7 the session is that of the configured Enrolee-ID" \
    same //sp.example/S98821 "$(listed "$lab/maf.keys" name "$btid" peer)"
session() { # ORIGIN
    python3 "$top_srcdir/tests/system/m2m_client.py" "$port_maf" EXPORTER-oneM2M-Connection $psk_tls -psk "$cbc" \
        -psk_identity "$btid" -- GET /- "X-M2M-Origin:$1" , GET /- X-M2M-Origin://sp.example/S98822 >"$lab/session"
}
check "E7 requests in it" session //sp.example/S98821
check "E7 are served in that name, and in no other: 4106" \
    same "2000 4106" "$(json "$lab/session" answers 0 rsc) $(json "$lab/session" answers 1 rsc)"
until=$(listed "$lab/maf.keys" name "$btid" until) expires=$(listed "$lab/mef.keys" keID "$btid" expires)
check "E5 the MAF's key ends no later than the MEF's" eval '[[ $until = 20* && ! $until > $expires ]]'

# ---- E8, B5: who may have a key ----
in_cse_key=$(naf_key "$ks" "$rand" "$impi_me" in-cse.sp.example 00ae)
check "E8 a target that is not in the record: Zn error, TLS fails" \
    turned_away "zn.refused reason=mef-not-target .*code=5402" mef \
    tls forbidden "$port_peer" "$in_cse_key" "$btid"
check "B5 such a target gets no key" holds "$lab/in-cse.log" "target.key-not-fetched reason=naf-not-authorized"
check "E8 GUSS and MEF say nothing of this Enrolee" aka none "$(impi_of 70)"
check "E8 Zn error, TLS fails" turned_away "zn.refused reason=zn-uss-missing .*code=5402" mef tls none "$port_maf" \
    "$(naf_key "$(ran none ks)" "$(ran none rand)" "$(impi_of 70)" maf.mte.example 00ae)" "$(ran none btid)"
check "E8 the GUSS of another names the target's service" aka guss "$(impi_of 71)"
check "E8 this one is let in" tls guss "$port_maf" \
    "$(naf_key "$(ran guss ks)" "$(ran guss rand)" "$(impi_of 71)" maf.mte.example 00ae)" "$(ran guss btid)"
maf_keys
check "E7 as whom the GUSS says" same //sp.example/S71 "$(listed "$lab/maf.keys" name "$(ran guss btid)" peer)"

# ---- E16, B6: the Enrolee-ID ----
check "E16 the Enrolee of the record without an Enrolee-ID bootstraps" aka nameless "$(impi_of 73)"
nameless=$(naf_key "$(ran nameless ks)" "$(ran nameless rand)" "$(impi_of 73)" in-cse.sp.example 00ae)
check "E16 the target gets no id and refuses" turned_away target.key-not-fetched.reason=target-peer-unknown in-cse \
    tls nameless "$port_peer" "$nameless" "$(ran nameless btid)"
check "E16 with the Enrolee-ID in the record" instruct of-73 "$(impi_of 73)" //sp.example/S73 "$both"
check "E16 it lets the device in" tls nameless "$port_peer" "$nameless" "$(ran nameless btid)"

# ---- B4, E3, E4, E13: keystrap-ue ----
check "B4 instructions are an identity and a target: no MEF, no trust anchor" \
    eval 'lacks "$lab/short.yaml" mef: && lacks "$lab/short.yaml" anchors'
check "B4 with that a device enrols" enrols short
check "B4 and connects to the MAF" m2m_ue short connect
short_btid=$(of short keyid) short_key=$(of short key-00ae)
check "E3 an Enrolee enrols" enrols a
ua_btid=$(of a keyid) ua_rand=$(rand_of "$(of a keyid)")
ck_ik() {
    python3 "$top_srcdir/tests/acceptance/aka.py" vector "$1" "$lab_k" "$lab_opc" | cut -d' ' -f2,3 | tr -d ' '
}
check "E3 its Ke is CK || IK" same "$(ck_ik "$ua_rand")" "$(of a ke)"
mef_keys
check "E3 its KeId is the B-TID, at both ends" same usable "$(listed "$lab/mef.keys" keID "$ua_btid" state)"
check "E9 its key for TLS is python's" \
    same "$(naf_key "$(of a ke)" "$ua_rand" "$impi_me" maf.mte.example 00ae)" "$(of a key-00ae)"
check "E9 and for DTLS" same "$(naf_key "$(of a ke)" "$ua_rand" "$impi_me" maf.mte.example c0a8)" "$(of a key-c0a8)"
second=$(now)
check "E4 it enrols and connects again" eval 'enrols a && m2m_ue a connect'
second_end=$(now)
check "E4 with the same Ks" same "$ua_btid" "$(of a keyid)"
maf_keys
check "E12 the MAF's KmId is the B-TID of the device" same km "$(listed "$lab/maf.keys" name "$ua_btid" use)"
check "E13 a CSE becomes a target too" instruct of-a "$impi_me" //sp.example/S98821 "$both"
cp "$lab/a.state" "$lab/cse.state"
check "E13 a device enrols for it" enrols cse
check "E13 its key is python's, with the public domain name of the CSE-ID" \
    same "$(naf_key "$(of cse ke)" "$ua_rand" "$impi_me" in-cse.sp.example 00ae)" "$(of cse key-00ae)"
check "E13 the CSE has the same: they associate" eval 'm2m_ue cse connect >"$lab/cse.said"'
check "E7 the CSE sees the configured Enrolee-ID" \
    same "//sp.example/S98821 naf" "$(json "$lab/cse.said" peer) $(json "$lab/cse.said" use)"
check "B6 which is that of the record" \
    same "$(m2m_ctl "$port_mef_admin" enrolee show of-a --json | json /dev/stdin enroleeID)" "$(json "$lab/cse.said" peer)"
check "E13 the key for the MAF does not open the CSE" fails tls mixed "$port_peer" "$(of a key-00ae)" "$ua_btid"
check "E13 that for the CSE does" tls cse "$port_peer" "$(of cse key-00ae)" "$ua_btid"

# ---- E10, E14: the UICC ----
check "E10 a phone with GBA_U bootstraps" aka u "$impi_u"
check "E10 it is asked for GBA_U" same gba-u "$(ran u mode)"
u_btid=$(ran u btid)
ext=$(naf_key "$(ran u ks)" "$(ran u rand)" "$impi_u" maf.mte.example 00ae)
int=$(naf_key "$(ran u ks)" "$(ran u rand)" "$impi_u" maf.mte.example 00ae gba-u)
check "E10 a client in the UICC has Ks_int_NAF" tls int "$port_maf" "$int" "3GPP-bootstrapping-uicc;$u_btid"
check "E10 and not Ks_ext_NAF" fails tls notint "$port_maf" "$ext" "3GPP-bootstrapping-uicc;$u_btid"
check "E10 a client beside it has Ks_ext_NAF" tls ext "$port_maf" "$ext" "$u_btid"
check "E10 and not Ks_int_NAF" fails tls notext "$port_maf" "$int" "$u_btid"
in_uicc=--set=enrolee.client_in_uicc=true
check "E10 a device beside its UICC associates" eval 'm2m_ue u enrol && m2m_ue u connect >"$lab/u.said"'
check "E10 a device in its UICC associates" eval 'm2m_ue u $in_uicc connect >"$lab/u.said"'
check "E7 as its Enrolee-ID" same //sp.example/S98822 "$(json "$lab/u.said" peer)"
uicc_btid=$(sed -n 's/^btid //p' "$lab/u.state")
uicc_rand=$(rand_of "$uicc_btid")
uicc_ks=$(ck_ik "$uicc_rand")
uicc_int=$(naf_key "$uicc_ks" "$uicc_rand" "$impi_u" in-cse.sp.example 00ae gba-u)
uicc_ext=$(naf_key "$uicc_ks" "$uicc_rand" "$impi_u" in-cse.sp.example 00ae)
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 1)
port_target=$1
to_target=--set=enrolee.target.address=127.0.0.1:$port_target
check "E14 a target that has only Ks_ext_NAF" serve target "$port_target" -nocert $psk_tls -www -psk "$uicc_ext"
check "E14 is not spoken to by a client in the UICC" says 5 tls- m2m_ue u $in_uicc $to_target connect
check "E14 one that has Ks_int_NAF" serve target "$port_target" -nocert $psk_tls -www -psk "$uicc_int"
check "E14 is" m2m_ue u $in_uicc $to_target connect
check "E10 and not by one beside it" says 5 tls- m2m_ue u $to_target connect
check "E14 GBA_ME is not enough for a client in the UICC" says 5 enrol-not-in-uicc m2m_ue a $in_uicc enrol
check "E14 nor may the card fall back" says 2 allow_downgrade m2m_ue u $in_uicc --set allow_downgrade=true enrol
check "E14 only where the GUSS says GBA_ME, and for a client beside the UICC, it is used" \
    same "gba-me $ua_btid" "$(ran me mode) $(of a keyid)"

# ---- A11: what gets out of a UICC ----
if pcscd_prepare "$lab_build" "$lab"; then
    check "A11 a card in a real pcscd" eval 'lab_start_pcscd && lab_start_card 2'
    uicc="--card=pcsc:$(lab_reader 2)"
else
    echo "# $pcscd_why: with a card in the process" && uicc=$in_uicc
fi
rm -f "$lab/u.state" "$lab/u.enrolment"
check "A11 a device with this UICC enrols and associates" \
    eval 'm2m_ue u "$uicc" enrol && m2m_ue u "$uicc" connect >"$lab/u.said"'
check "A11 as its Enrolee-ID" same //sp.example/S98822 "$(json "$lab/u.said" peer)"
uicc_btid=$(sed -n 's/^btid //p' "$lab/u.state")
uicc_rand=$(rand_of "$uicc_btid")
uicc_ks=$(ck_ik "$uicc_rand")
{
    echo "hex $lab_k"
    echo "hex $uicc_ks"
    for host in maf.mte.example in-cse.sp.example; do
        for suite in 00ae c0a8; do
            echo "hex $(naf_key "$uicc_ks" "$uicc_rand" "$impi_u" $host $suite gba-u)"
        done
    done
} >"$lab/secrets"
echo "text $uicc_btid" >"$lab/control"
leaks() {
    python3 "$top_srcdir/tests/acceptance/leaks.py" "$lab/$1" "${@:2}"
}
# core_of PID: all that a core of it would hold, in $lab/core
core_of() {
    python3 - "$1" >"$lab/core" <<'END'
import re, sys
with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as mem:
    for line in maps:
        begin, end = (int(x, 16) for x in re.match(r"(\w+)-(\w+) rw", line).groups()) if " rw" in line else (0, 0)
        if 0 < end - begin < 1 << 26:
            try:
                mem.seek(begin)
                sys.stdout.buffer.write(mem.read(end - begin))
            except OSError:
                pass
END
}
# A target that never answers: the device waits for it, with the key in use.
uicc_ext=$(naf_key "$uicc_ks" "$uicc_rand" "$impi_u" in-cse.sp.example 00ae)
check "A11 a target that does not answer" serve target "$port_target" -nocert $psk_tls -psk "$uicc_ext"
if [ "$uicc" != "$in_uicc" ]; then
    lab_spawn waiting "$lab_build/keystrap-ue" -c "$lab/u.yaml" "$uicc" $to_target connect
    check "A11 the device waits for it" lab_wait_log target "GET /"
    check "A11 all its memory is read" core_of "${lab_pids[waiting]}"
    check "A11 and holds its B-TID" fails leaks control "$lab/core"
    check "A11 but neither K, Ks nor Ks_int_NAF" leaks secrets "$lab/core"
    lab_stop waiting
fi
check "A11 the search finds K in the card" fails leaks secrets "$lab/card2.yaml"
check "A11 it finds nothing in logs, in what the device keeps and in the stores of the servers" \
    leaks secrets "$lab"/*.log "$lab"/*.db "$lab"/u.*
check "A11 what it keeps is for its user alone" \
    same "600 600" "$(stat -c %a "$lab/u.state" "$lab/u.enrolment" | tr '\n' ' ' | sed 's/ $//')"

# ---- E15 ----
check "E15 keys of 3GPP2 are refused by the configuration" \
    says 2 "keys of 3GPP2 are not supported" m2m_ue a --set enrolee.framework=3gpp2 enrol
check "E15 as is documented" \
    eval 'holds "$top_srcdir/doc/onem2m.md" "3GPP2 keys" && holds "$top_srcdir/doc/man/keystrap-ue.conf.5" 3gpp2'

# ---- E5, E4: after the lifetime ----
expired() {
    [ "$(m2m_ue short enrol-status --json | json /dev/stdin state)" = expired ]
}
check "E5 a short lifetime ends" wait_for 8 expired
check "E5 the device does not use its key any more" says 6 enrol-key-expired m2m_ue short connect
check "E5 nor does the MAF" \
    turned_away 'naf-btid-unknown\|target-key-expired' maf tls expired "$port_maf" "$short_key" "$short_btid"
third=$(now)
check "E5 the device bootstraps again" enrols short
third_end=$(now)
check "E5 and connects with another Ks" eval '[ "$(of short keyid)" != "$short_btid" ] && m2m_ue short connect'

# ---- E2, E4, E6: the capture ----
printf 'GET /that-is-all HTTP/1.1\r\n\r\n' >"/dev/tcp/127.0.0.1/$port_bsf"
check "E2 the capture has it all" wait_for 10 grep -qa /that-is-all "$lab/capture.pcap"
lab_stop tshark
tshark -r "$lab/capture.pcap" -d "tcp.port==$port_hss,diameter" -d "tcp.port==$port_bsf_dia,diameter" \
    -d "tcp.port==$port_bsf,http" \
    -Y 'diameter.cmd.code == 303 || diameter.cmd.code == 310 || http' -T fields -E occurrence=f -e frame.time_epoch \
    -e diameter.cmd.code -e diameter.flags.request -e diameter.User-Name -e diameter.GBA-UserSecSettings \
    -e diameter.Transaction-Identifier -e diameter.NAF-Hostname -e diameter.ME-Key-Material -e diameter.UICC-Key-Material \
    -e http.response.code 2>/dev/null | tr '\t' ';' >"$lab/packets"
# packets CODE REQUEST FIELD TEXT [FROM TO]: how many such messages have this text there; code "" is HTTP
packets() {
    awk -F ';' -v code="$1" -v request="$2" -v field="$3" -v text="$4" -v from="${5:-0}" -v to="${6:-9e99}" \
        '$2 == code && (code == "" || $3 ~ request) && index(tolower($field), text) &&
            $1 + 0 >= from + 0 && $1 + 0 <= to + 0 { n++ } END { print n + 0 }' \
        "$lab/packets"
}
seen() {
    [ "$(packets "$@")" -ge 1 ] || { cat "$lab/packets"; return 1; }
}
hex() {
    printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}
yes='1|True' no='0|False'
check "E2 MAR with the IMPI" seen 303 "$yes" 4 "$impi_me"
check "E2 MAA with the IMPI" seen 303 "$no" 4 "$impi_me"
check "E2 and the GUSS" seen 303 "$no" 5 "$(hex '<guss')"
check "E6 BIR with the B-TID" seen 310 "$yes" 6 "$(hex "$btid" | tr A-F a-f)"
check "E6 and the NAF-Id" seen 310 "$yes" 7 "$(hex maf.mte.example)01000100ae"
check "E6 BIA with python's key" seen 310 "$no" 8 "$cbc"
check "E6 for DTLS another NAF-Id" seen 310 "$yes" 7 "$(hex maf.mte.example)010001c0a8"
check "E6 and key" seen 310 "$no" 8 "$ccm"
check "E10 BIA with Ks_int_NAF of a client in the UICC" seen 310 "$no" 9 "$int"
check "E13 BIR with the CSE as NAF" seen 310 "$yes" 7 "$(hex in-cse.sp.example)01000100ae"
check "E4 the second time: nothing on Ub" same 0 "$(packets "" "" 1 "" "$second" "$second_end")"
check "E4 and nothing on Zh" same 0 "$(packets 303 "" 1 "" "$second" "$second_end")"
check "E4 after the lifetime: one run on Ub" same 1 "$(packets "" "" 10 200 "$third" "$third_end")"
check "E4 and one MAR" same 1 "$(packets 303 "$yes" 1 "" "$third" "$third_end")"

# ---- E2: without an HSS ----
lab_stop hss
check "E2 without the HSS a phone is told to come later" aka down "$impi_me"
check "E2 by 503" same "[503]" "$(ran down status)"
check "E2 for this reason" holds "$lab/mef.log" "ub.refused reason=zh-unavailable"
check "E2 which is documented" holds "$lab_build/doc/man/keystrap-reasons.7" 'zh\-unavailable'
check "E2 a device says so" says 4 "503" m2m_ue a enrol --fresh
tap_done
