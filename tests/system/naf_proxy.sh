#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The NAF between a foreign client (curl) and a server that knows nothing of GBA.
set -u
. "$top_srcdir/tests/lib/lab.sh"
start_lab

ue() {
    "$lab_build/keystrap-ue" --card "sim:$lab/card1.yaml" --state "$lab/ue1.state" "$@"
}
check "the device bootstraps" ue --connect "127.0.0.1:$port_bsf" bootstrap
ue key "$lab_naf_host" --json | python3 -c 'import json, sys
k = json.load(sys.stdin)
print("user = \"%s:%s\"" % (k["btid"], k["password"]))' >"$lab/user"

url=http://$lab_naf_host:$port_naf
fetch() {
    curl -sS --noproxy '*' --max-time 20 --digest -K "$lab/user" --resolve "$lab_naf_host:$port_naf:${address:-127.0.0.1}" "$@"
}
status() {
    fetch -o "$lab/body" -w '%{http_code}' "$@"
}
status_is() {
    same "$1" "$(status "${@:2}")"
}

head -c 300000 /dev/urandom | base64 >"$lab/large"
check "PUT creates" status_is 201 -T "$lab/large" -H 'Content-Type: text/x-large' "$url/large"
check "GET gives every octet back" status_is 200 "$url/large"
check "which are the same" cmp "$lab/large" "$lab/body"
check "over IPv6 too" eval 'address="[::1]" status_is 200 "$url/large" && cmp "$lab/large" "$lab/body"'
check "HEAD has the length and no body" eval 'fetch -I "$url/large" | tr -d "\r" | grep -qx "Content-Length: $(stat -c %s "$lab/large")"'
independent() {
    python3 "$top_srcdir/tests/system/digest_client.py" "$port_naf" "$lab_naf_host" "$@" <"$lab/user"
}
check "a chunked body of an independent client passes" same "201 proven" "$(independent PUT /chunked '<chunks/>')"
check "and is whole" eval 'status_is 200 "$url/chunked" && same "<chunks/>" "$(cat "$lab/body")"'
check "a precondition passes" status_is 412 -X PUT -H 'If-Match: "none"' -d x "$url/large"
check "DELETE passes" eval 'status_is 204 -X DELETE "$url/chunked" || status_is 200 -X DELETE "$url/chunked"'
check "a 404 of the server passes" status_is 404 "$url/chunked"
check "any method passes" eval 'status_is 200 -X PROPFIND "$url/echo" && grep -q ^PROPFIND "$lab/body"'

check "the echo shows what was passed" status_is 200 -H 'X-Own: kept' -H 'X-3GPP-Asserted-Identity: "sip:ceo@home1.net"' \
    -H 'Connection: X-Hop' -H 'X-Hop: 1' "$url/echo?a=b%20c"
check "target as it was" holds "$lab/body" '/echo?a=b%20c'
check "own fields are kept" holds "$lab/body" 'X-Own: kept'
check "our asserted identity" holds "$lab/body" 'sip:alice@ims.mnc001.mcc001.3gppnetwork.org'
check "not the device's" lacks "$lab/body" 'ceo'
check "no credentials" lacks "$lab/body" 'Authorization'
check "no hop-by-hop field" lacks "$lab/body" 'X-Hop'

sed 's/:[^:]*"$/:wrong"/' "$lab/user" >"$lab/wrong"
check "a wrong key gets 401" eval 'same 401 "$(curl -sS --noproxy "*" -o /dev/null -w "%{http_code}" --digest -K "$lab/wrong" \
    --resolve "$lab_naf_host:$port_naf:127.0.0.1" "$url/large")"'
check "and the log says why" holds "$lab/naf.log" reason=naf-response-wrong
# raw PORT OCTETS: what printf(1) makes of them; the other side ends the connection
raw() {
    exec 9<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf "$2" >&9
    timeout 10 cat <&9 >"$lab/raw"
    exec 9>&-
}
check "what is no HTTP gets 400" eval 'raw "$port_naf" "GET  /\r\n\r\n" && holds "$lab/raw" " 400 "'
check "and has a reason" holds "$lab/naf.log" 'http.refused reason=http-'
check "a Diameter AVP shorter than its header" raw "$port_naf_dia" \
    '\001\000\000\034\200\000\001\001\000\000\000\000\000\000\000\001\000\000\000\001\000\000\001\010\100\000\000\003'
check "has a reason too" holds "$lab/naf.log" 'dia.malformed reason=diameter-'
kill -USR1 "${lab_pids[naf]}"
check "refusals are counted" lab_wait_log naf 'ua.count reason=naf-response-wrong n='
check "those of HTTP too" lab_wait_log naf 'http.count reason=http-.* n=1'
check "and those of Diameter" lab_wait_log naf 'dia.count reason=diameter-.* n=1'
check "no key and no password is in any log" eval '! grep -qF "$(sed "s/.*:\(.*\)\"/\1/" "$lab/user")" "$lab"/*.log'
check "identities in the logs are masked" eval '! grep -q "$lab_impi_me" "$lab"/*.log'

lab_stop upstream
check "without the server behind: 502" status_is 502 "$url/large"
lab_start upstream
check "and again with it" status_is 404 "$url/large"

lab_stop bsf
check "without the BSF a known key still works" status_is 404 "$url/large"
sed 's/"[^@]*@/"AAAAAAAAAAAAAAAAAAAAAA==@/' "$lab/user" >"$lab/other"
check "an unknown one gets 503" eval 'same 503 "$(curl -sS --noproxy "*" -o /dev/null -w "%{http_code}" --digest -K "$lab/other" \
    --resolve "$lab_naf_host:$port_naf:127.0.0.1" "$url/large")"'
lab_stop naf
check "the NAF stops cleanly" same 0 "${lab_codes[naf]}"
check "and counted its reasons" holds "$lab/naf.log" 'ua.count reason=naf-response-wrong n='
tap_done
