#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# TLS and DTLS with foreign clients: curl, openssl s_client and gnutls-cli.
set -u
. "$top_srcdir/tools/wait.sh"
. "$top_srcdir/tests/lib/tap.sh"
tmp=$(mktemp -d)
server= relay= stuck=
cleanup() {
    for pid in $server $relay $stuck; do
        kill "$pid" 2>/dev/null
    done
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

pki() {
    "$top_srcdir/tests/lib/pki.sh" "$tmp" "$@"
}
pki ca root
pki fqdn server root mef.mte.example
pki ae client root m2m://sp.example/S98821
pki ae stranger root m2m://sp.example/S2

said_or_dead() {
    grep -q '^dtls ' "$tmp/out" || ! kill -0 "$server"
}
"$top_builddir/tests/system/tls_server" "$tmp" >"$tmp/out" 2>"$tmp/log" &
server=$!
wait_for 10 said_or_dead
tls=$(sed -n 's/^tls //p' "$tmp/out")
dtls=$(sed -n 's/^dtls //p' "$tmp/out")
psk=$(printf '11%.0s' {1..32})
label=EXPORTER-oneM2M-Bootstrap

# events PATTERN: how many lines the server said of these
events() {
    grep -c "$1" "$tmp/out"
}
last_event() {
    tail -1 "$tmp/out"
}

# ---- curl with certificates

fetch() { # PATH [OPTION...]
    local path=$1
    shift
    curl -sS --noproxy '*' --max-time 10 --tls-max 1.2 --cacert "$tmp/root.pem" \
        --connect-to "mef.mte.example:443:$tls" "https://mef.mte.example$path" "$@" 2>&1
}
with() {
    echo "--cert $tmp/$1.pem --key $tmp/$1.key"
}
check_same 'curl with its certificate' "$(fetch /who $(with client))" cert
check_same 'SNI and suite' "$(last_event | cut -d' ' -f1-3,5)" 'open cert c023 mef.mte.example'
check_same '1 MB' "$(fetch /big $(with client) | wc -c | tr -d ' ')" 1048576
check_same 'kept connection' \
    "$(fetch /hello $(with client) -w ' %{num_connects} ' "https://mef.mte.example/hello")" 'hello 1 hello 0 '
fetch /hello >"$tmp/curl"
check_same 'no certificate: refused' "$(grep -c 'handshake failure' "$tmp/curl") $(last_event)" \
    '1 refused tls-handshake-failed'
fetch /hello $(with stranger) >"$tmp/curl"
check_same 'another certificate: refused with unknown_ca' "$(grep -c 'unknown ca' "$tmp/curl") $(last_event)" \
    '1 refused certificate-path'

# ---- openssl with keys

s_client() { # SECONDS IDENTITY OPTION...: what it says, with a request for /who
    local wait=$1 identity=$2
    shift 2
    (printf 'GET /who HTTP/1.1\r\nHost: h\r\n\r\n'; sleep "$wait") |
        timeout 12 openssl s_client -psk "$psk" -psk_identity "$identity" -keymatexport $label -keymatexportlen 48 \
            "$@" 2>&1
}
s_client 0.3 now -tls1_2 -connect "$tls" >"$tmp/psk"
check_same 'PSK' "$(grep -c '^psk' "$tmp/psk") $(last_event | cut -d' ' -f1-3)" '1 open psk 00ae'
check_same 'exported key' "$(sed -n 's/ *Keying material: //p' "$tmp/psk" | tr A-F a-f)" "$(last_event | cut -d' ' -f4)"
s_client 0.5 later -tls1_2 -connect "$tls" >"$tmp/psk"
check_same 'PSK that comes later' "$(grep -c '^psk' "$tmp/psk")" 1
s_client 0.2 nobody -tls1_2 -connect "$tls" >"$tmp/psk"
check_same 'unknown identity' "$(grep -c 'bad record mac' "$tmp/psk") $(last_event)" '1 refused not-found'
began=$(date +%s%N)
openssl s_client -quiet -psk "$psk" -psk_identity short -tls1_2 -connect "$tls" < <(sleep 4) >/dev/null 2>&1
took=$((($(date +%s%N) - began) / 1000000))
check 'a session ends with its key' [ "$took" -ge 600 -a "$took" -lt 3000 ]
check_same '1.0 to 1.1 and 1.3 are not spoken' "$(for v in -tls1 -tls1_1 -tls1_3; do
    s_client 0 now $v -cipher ALL:@SECLEVEL=0 -connect "$tls" | grep -c '^New, TLS'; done | tr '\n' ' ')" '0 0 0 '

# ---- slow clients and many clients

python3 "$top_srcdir/tests/system/tls_foreign.py" half "$tls" >"$tmp/half" &
stuck=$!
has_sent() {
    grep -q sent "$tmp/half"
}
wait_for 10 has_sent
before=$(events '^open cert')
pids=
for i in $(seq 50); do
    fetch /who $(with client) >"$tmp/many.$i" &
    pids="$pids $!"
done
wait $pids
check_same '50 at once beside 20 that are stuck' "$(cat "$tmp"/many.* | grep -o cert | wc -l | tr -d ' ')" 50
check_same '50 sessions' $(($(events '^open cert') - before)) 50
wait "$stuck"
stuck=
check_same 'half a ClientHello is cut' "$(tail -1 "$tmp/half") $(events '^refused timeout')" '20 20'

# ---- DTLS

s_client 0.3 now -dtls1_2 -cipher PSK-AES128-CCM8 -connect "$dtls" >"$tmp/dtls"
check_same 'DTLS: PSK' "$(grep -c '^GET /who' "$tmp/dtls") $(last_event | cut -d' ' -f1-3)" '1 open psk c0a8'
check_same 'DTLS: exported key' "$(sed -n 's/ *Keying material: //p' "$tmp/dtls" | tr A-F a-f)" \
    "$(last_event | cut -d' ' -f4)"
s_client 0.3 now -dtls1_2 -cipher ECDHE-ECDSA-AES128-CCM8 -connect "$dtls" $(with client | sed 's/--/-/g') >"$tmp/dtls"
check_same 'DTLS: certificate' "$(grep -c '^GET /who' "$tmp/dtls") $(last_event | cut -d' ' -f1-3)" '1 open cert c0ae'
check_same 'a flood gets HelloVerifyRequests only' \
    "$(python3 "$top_srcdir/tests/system/tls_foreign.py" flood "$dtls")" '22/3 small'
s_client 0.8 later -dtls1_2 -cipher PSK-AES128-CCM8 -connect "$dtls" >"$tmp/dtls"
check_same 'a flood leaves no sessions' "$(grep -c '^GET /who' "$tmp/dtls") $(grep -c too-many "$tmp/log")" '1 0'

# ---- gnutls with raw keys (RFC 7250)

common=NONE:+COMP-NULL:+ECDHE-ECDSA:+GROUP-SECP256R1:+SIGN-ECDSA-SHA256:+AEAD:+AES-128-CCM-8:+CTYPE-CLI-RAWPK
raw() { # KEY SERVER-TYPES OPTION...: what gnutls-cli says, with a request for /who
    local key=$1 priority=$common:$2
    shift 2
    case "$*" in
    *-u*) priority=$priority:+VERS-DTLS1.2 ;;
    *) priority=$priority:+VERS-TLS1.2:+AES-128-CBC:+SHA256 ;;
    esac
    (printf 'GET /who HTTP/1.1\r\nHost: h\r\n\r\n'; sleep 0.4) |
        timeout 12 gnutls-cli --priority "$priority" --rawpkkeyfile "$tmp/$key.key" --rawpkfile "$tmp/$key.pub" \
            --no-ca-verification --keymatexport $label --keymatexportsize 48 "$@" 127.0.0.1 2>&1
}
for types in +CTYPE-SRV-X509 +CTYPE-SRV-RAWPK; do
    raw client $types -p "${tls#*:}" >"$tmp/raw"
    check_same "raw key, server $types" "$(grep -c '^raw' "$tmp/raw") $(last_event | cut -d' ' -f1-3)" '1 open raw c023'
    check_same 'exported key' "$(sed -n 's/- Key material: //p' "$tmp/raw")" "$(last_event | cut -d' ' -f4)"
    raw client $types -u -p "${dtls#*:}" >"$tmp/raw"
    check_same "DTLS: raw key, server $types" "$(grep -c '^GET /who' "$tmp/raw") $(last_event | cut -d' ' -f1-3)" \
        '1 open raw c0ae'
    check_same 'DTLS: exported key' "$(sed -n 's/- Key material: //p' "$tmp/raw")" "$(last_event | cut -d' ' -f4)"
done
raw stranger +CTYPE-SRV-X509 -p "${tls#*:}" >"$tmp/raw"
check_same 'another raw key' "$(grep -ci 'unknown ca\|CA is unknown' "$tmp/raw") $(last_event)" '1 refused certificate-path'
raw stranger +CTYPE-SRV-X509 -u -p "${dtls#*:}" >"$tmp/raw"
check_same 'DTLS: another raw key' "$(last_event)" 'refused certificate-path'

# ---- datagrams that get lost, repeated and reordered

python3 "$top_srcdir/tests/lib/lossy.py" --to "$dtls" --loss 0.1 --repeat 0.2 --reorder 0.2 --seed 7 \
    --count "$tmp/count" >"$tmp/relay" &
relay=$!
relay_ready() {
    grep -q listening "$tmp/relay"
}
wait_for 10 relay_ready
lossy=$(sed -n 's/listening on //p' "$tmp/relay")
before=$(events '^open')
pids=
for i in 1 2 3 4; do
    s_client 6 later -dtls1_2 -cipher PSK-AES128-CCM8 -connect "$lossy" >"$tmp/lossy.$i" &
    pids="$pids $!"
    raw client +CTYPE-SRV-X509 -u -p "${lossy#*:}" >"$tmp/lossy.raw.$i" &
    pids="$pids $!"
done
eight_more() {
    [ $(($(events '^open') - before)) -ge 8 ]
}
wait_for 12 eight_more
check_same 'DTLS over a bad line' $(($(events '^open') - before)) 8
kill $pids 2>/dev/null
kill "$relay"
wait "$relay"
relay=
check_same 'it was bad' "$(grep -c 'lost=[1-9][0-9]* repeated=[1-9][0-9]* reordered=[1-9]' "$tmp/count")" 1

kill "$server"
wait "$server"
check_same 'ends in order' $? 0
server=
tap_done
