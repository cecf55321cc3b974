#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# New certificates for Ub without a restart: shown from the next handshake on, while what is connected goes on; files
# that cannot be used change nothing.  On one thread, and with workers, confined.
set -u
. "$top_srcdir/tests/lib/lab.sh"
port_tls=$("$lab_build/tests/lib/freeports" 1)
pki() {
    "$top_srcdir/tests/lib/pki.sh" "$lab" "$@"
}
pki ca root
for name in first second third; do
    pki fqdn $name root "$lab_bsf_host"
done
pki fqdn other root other.example.org
mkdir "$lab/tls"
sed -i "s|^names:.*|https: { listen: [ \"127.0.0.1:$port_tls\" ], cert: $lab/tls/chain.pem, key: $lab/tls/key.pem }\nnames: [ { host: $lab_bsf_host } ]|" \
    "$lab/bsf.yaml"
cp "$lab/bsf.yaml" "$lab/bsf.plain"

# install CERT KEY: as a tool that renews certificates does
install_pair() {
    local file
    cp "$lab/$1.chain.pem" "$lab/tls/chain.new" && cp "$lab/$2.key" "$lab/tls/key.new" || return 1
    chmod 644 "$lab/tls/chain.new" "$lab/tls/key.new"
    for file in chain key; do
        mv "$lab/tls/$file.new" "$lab/tls/$file.pem" || return 1
    done
}
# shown NAME: this certificate, to who connects now
shown() {
    openssl s_client -connect "127.0.0.1:$port_tls" -servername "$lab_bsf_host" -CAfile "$lab/root.pem" \
        -verify_return_error </dev/null 2>"$lab/tls.err" | openssl x509 -noout -serial >"$lab/shown"
    openssl x509 -noout -serial -in "$lab/$1.chain.pem" | diff - "$lab/shown"
}
reload() {
    local before
    before=$(grep -c 'daemon.reload' "$lab/bsf.log")
    kill -HUP "${lab_pids[bsf]}"
    wait_for 10 more_reloads "$before"
}
more_reloads() {
    [ "$(grep -c 'daemon.reload' "$lab/bsf.log")" -gt "$1" ]
}
# refused TEXT: the last reload, for that
refused() {
    reload && tail -n 4 "$lab/bsf.log" >"$lab/last" && holds "$lab/last" daemon.reload-refused && holds "$lab/last" "$1"
}
device() {
    rm -f "$lab/ue.state"
    "$lab_build/keystrap-ue" --state "$lab/ue.state" --card "sim:$lab/card1.yaml" --app usim --bsf "https://$lab_bsf_host" \
        --connect-bsf "127.0.0.1:$port_tls" --bsf-ca "$lab/root.pem" bootstrap >"$lab/out" 2>&1
}
# One connection; each line that it reads is a request, and the status is printed.
stays_connected() {
    python3 -u -c '
import http.client, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.check_hostname = False
connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[2]), context=context)
for line in sys.stdin:
    connection.request("GET", "/", headers={"Host": sys.argv[3]})
    reply = connection.getresponse()
    reply.read()
    print(reply.status, connection.sock.getpeername()[1] if connection.sock else "closed")
' "$lab/root.pem" "$port_tls" "$lab_bsf_host"
}
answered() {
    same "$1" "$(grep -c "^400 $port_tls" "$lab/kept")"
}

# renewals: what every kind of BSF must do
renewals() {
    install_pair first first
    start bsf
    check "the BSF finds its HSS" lab_wait_log bsf 'peer-open peer=hss'
    check "the first certificate" shown first
    mkfifo "$lab/ask"
    stays_connected <"$lab/ask" >"$lab/kept" &
    local kept=$!
    exec 9>"$lab/ask"
    echo >&9
    check "somebody is connected" wait_for 5 answered 1
    install_pair second second
    check "new files alone change nothing" shown first
    check "a reload reads them" reload
    check "now the second one is shown" shown second
    check "the log says so" grep -q 'https.certificates-read names=1' "$lab/bsf.log"
    echo >&9
    check "who was connected still is" wait_for 5 answered 2
    check "a device bootstraps" device
    install_pair third first
    check "a key that does not fit: refused" refused "https.name-unusable reason=tls-configuration name=$lab_bsf_host"
    check "nothing has changed" shown second
    install_pair other other
    check "a certificate for another name: refused" refused 'https.name-unusable reason=certificate-name'
    rm "$lab/tls/key.pem"
    check "a file that is not there: refused" refused "https.file-unreadable reason=file-error file=$lab/tls/key.pem"
    check "nothing has changed" shown second
    install_pair third third
    check "a third pair is taken" eval 'reload && shown third'
    echo >&9
    check "and still nobody was cut off" wait_for 5 answered 3
    exec 9>&-
    wait $kept
    rm "$lab/ask"
    lab_stop bsf
    check_same "the BSF ends well" "${lab_codes[bsf]}" 0
    check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
}

start hss
renewals
# The leak check at exit attaches to its own process, which a confined one cannot do.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
sed 's/^http:/&\n  workers: 2/' "$lab/bsf.plain" >"$lab/bsf.yaml"
if [ "$(id -u)" = 0 ]; then
    mkdir "$lab/empty"
    chmod 755 "$lab"
    echo "confine: { user: nobody, chroot: $lab/empty, seccomp: true }" >>"$lab/bsf.yaml"
else
    echo "confine: { seccomp: true }" >>"$lab/bsf.yaml"
fi
chmod 644 "$lab/bsf.yaml"
renewals
tap_done
