#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What phones in the field do on Ub, octet for octet, towards a real keystrap-bsf.
set -u
. "$top_srcdir/tests/lib/lab.sh"

probe() {
    timeout 30 "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" \
        "$lab_opc" "$lab_naf_host" "$@" >"$lab/out" 2>&1
}
# quirk TITLE WANTED ACTION...: WANTED are the statuses
quirk() {
    local title=$1 wanted=$2
    probe "${@:3}"
    check "$title" same "$wanted" "$(sed 's/^[^ ]* \([0-9]*\).*/\1/' "$lab/out" | tr '\n' ' ' | sed 's/ $//')"
}
agent='User-Agent: probe; 3gpp-gba-tmpi'

start hss bsf naf
check "peers connect" lab_wait_peers
quirk "nothing special" "401 200" first good
quirk "nc=00000002 on a fresh nonce" "401 200" first nc2
quirk "newline inside auts" "401 401 200" first 'auts~auts="~auts="\n' good
quirk "CR and newline inside auts" "401 401 200" first 'auts~auts="~auts="\r\n' good
quirk "white space inside auts" "401 401 200" first 'auts~auts="~auts=" \t' good
quirk "User-Agent exactly 3gpp-gba-tmpi" "401 200" "first~$agent~User-Agent: 3gpp-gba-tmpi" \
    "good~$agent~User-Agent: 3gpp-gba-tmpi"
quirk "User-Agent without token" "401 200" "first~$agent~User-Agent: okhttp/4" "good~$agent~User-Agent: okhttp/4"
quirk "empty uri in the first request" "401 200" 'first~uri="/"~uri=""' good
quirk "IMPI domain as realm in the first request" "401 200" \
    "first~realm=\"$lab_bsf_host\"~realm=\"ims.mnc001.mcc001.3gppnetwork.org\"" good
quirk "quoted qop, algorithm and nc" "401 200" first \
    'good~qop=auth-int~qop="auth-int"~nc=00000001~nc="00000001"~algorithm=AKAv1-MD5~algorithm="AKAv1-MD5"'
quirk "first of several qop values" "401 200" first 'good~qop=auth-int~qop="auth-int,auth"'
quirk "keep-alive" "401 200 401 200" keep first good first good
quirk "connection per request" "401 200 401 200" first good first good
quirk "unknown fields of vendors" "401 200" 'first~User-Agent~X-TMUS-IMEI: 356938035643809\r\nUser-Agent' \
    'good~User-Agent~X-TMUS-IMEI: 356938035643809\r\nUser-Agent'
quirk "path other than /" "401 200" 'first~GET /~GET /gba?x=1~uri="/~uri="/gba?x=1' 'path~GET /~GET /gba?x=1'
quirk "absolute-form target" "401 200" first "good~GET /~GET http://$lab_bsf_host/"
quirk "HTTP/1.0" "401 200" 'first~HTTP/1.1~HTTP/1.0' 'good~HTTP/1.1~HTTP/1.0'
quirk "method in lower case is refused" "405" 'first~GET~get'
quirk "a nonce with more behind it is refused" "401 401" first "good~nonce=\"~nonce=\"AAAA"
quirk "a new run with the TMPI, and again with the IMPI" "401 200 401 200 401 200" first good first good impi first good

lab_stop bsf
sed -i 's/^names:/ub: { require_token: true, currenttime: true, tmpi: false }\n&/' "$lab/bsf.yaml"
check "BSF that requires the token and has no TMPI" lab_start bsf
check "HSS is there" wait_for 20 lab_wait_log bsf "peer-open.*hss.home.example"
quirk "User-Agent without token where it is required" "403" "first~$agent~User-Agent: okhttp/4"
quirk "TMPI towards a BSF without" "401 200 403" first good first
check "keystrap-ue goes on with its IMPI" "$lab_build/keystrap-ue" --card="sim:$lab/card1.yaml" \
    --state="$lab/ue.state" --connect="127.0.0.1:$port_bsf" bootstrap
check "and keeps no TMPI" lacks "$lab/ue.state" '^tmpi'

# started OPTIONS: a BSF with this section ub and the HSS behind it
started() {
    lab_stop bsf
    sed -i "s/^ub:.*/ub: $1/" "$lab/bsf.yaml"
    check "BSF with $1" lab_start bsf
    check "HSS is there" wait_for 20 lab_wait_log bsf "peer-open.*hss.home.example"
}
# ue: bootstrap once more, with the state of the last time
ue() {
    "$lab_build/keystrap-ue" --card="sim:$lab/card1.yaml" --state="$lab/next.state" --connect="127.0.0.1:$port_bsf" bootstrap
}
btid() {
    sed -n 's/^btid //p' "$lab/next.state"
}
echo 'log: { level: debug }' >>"$lab/bsf.yaml"
started '{ nextnonce: true }'
check "nextnonce: a first run" ue
first=$(btid)
check "the device keeps the challenge of the next one" grep -q '^nextnonce ' "$lab/next.state"
check "the next run" ue
check "gives another B-TID" [ "$first" != "$(btid)" ]
check "and took one request" same "1 2" \
    "$(grep -c ub.challenged "$lab/bsf.log") $(grep -c ub.bootstrapped "$lab/bsf.log")"
started '{ nextnonce: true }'
check "a BSF that forgot the challenge: the run is one as any other" ue
check "challenged and bootstrapped" same "1 1" \
    "$(grep -c 'ub.challenged\|ub.rechallenged' "$lab/bsf.log") $(grep -c ub.bootstrapped "$lab/bsf.log")"
started '{ algorithms: [ AKAv2-SHA-256 ] }'
rm "$lab/next.state"
check "keystrap-ue answers AKAv2" ue
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
tap_done
