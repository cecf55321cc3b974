#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NAFs of a visited network behind a Zn-Proxy, which is a plain freeDiameterd with our
# dictionary: plain Diameter to the NAFs, mutual TLS to keystrap-bsf.  What the BSF's
# policy lets the proxy ask for, for whom, and what not.
set -u
. "$top_srcdir/tests/lib/lab.sh"
daemon=$(PATH=$PATH:/usr/sbin command -v freeDiameterd) || { echo "1..0 # SKIP freeDiameterd is not installed"; exit 0; }
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 3)
port_bsf_tls=$1 port_proxy=$2 nowhere=$3
naf=naf.visited.example proxy=zn-proxy.visited.example
uncertified=uncertified.visited.example

pki() {
    "$top_srcdir/tests/lib/pki.sh" "$lab/pki" "$@"
}
certificates() {
    pki ca ca && pki fqdn bsf ca bsf.home.example && pki fqdn proxy ca $proxy "san=DNS:$proxy" "san=DNS:$lab_naf_host" &&
        pki fqdn other ca other.visited.example
}
tls_of() {
    echo "{ cert: $lab/pki/$1.pem, key: $lab/pki/$1.key, ca: $lab/pki/ca.pem }"
}

configure_bsf() {
    lab_config_bsf
    sed -i "/^zn:/,/impi: true/d
        s/^diameter:/zn:\\
  - { peer: $proxy, origin: $naf, naf: $lab_naf_host, naf_in_cert: true, ua: [ http ], gsids: [ \"2\" ] }\\
  - { peer: $proxy, origin: $naf, naf: $uncertified, naf_in_cert: true, ua: [ http ] }\\
  - { peer: near.home.example, naf: near.home.example, ua: [ http ], impi: true }\\
&/
        s/^  listen: \".*\"/&\\
  listen_tls: \"127.0.0.1:$port_bsf_tls\"\\
  tls: $(tls_of bsf | sed 's/[\/&]/\\&/g')/
        s/^    - { identity: naf.home.example }/    - { identity: $proxy, tls: true }\\
    - { identity: near.home.example }/" "$lab/bsf.yaml"
}
configure_naf() {
    sed -i "s/naf.home.example/$naf/; s/^  realm: home.example/  realm: visited.example/
        s/^  peers: .*/  peers: [ { identity: $proxy, address: \"127.0.0.1:$port_proxy\", relay: true } ]/" "$lab/naf.yaml"
}
# neighbour IDENTITY: may connect; freeDiameterd knows only peers that it tries to reach itself
neighbour() {
    echo "ConnectPeer = \"$1\" { ConnectTo = \"127.0.0.1\"; Port = $nowhere; No_TLS; TcTimer = 60; };"
}
# configure_proxy CERTIFICATE
configure_proxy() {
    cat >"$lab/proxy.conf" <<END
Identity = "$proxy"; Realm = "visited.example";
Port = $port_proxy; SecPort = 0; No_SCTP; TwTimer = 6; TcTimer = 1;
TLS_Cred = "$lab/pki/$1.pem", "$lab/pki/$1.key";
TLS_CA = "$lab/pki/ca.pem";
LoadExtension = "$lab_build/tests/system/.libs/fd_loopback.fdx";
LoadExtension = "$lab_build/diameter-dict/.libs/keystrap_dict_gba.fdx";
ConnectPeer = "bsf.home.example" { ConnectTo = "127.0.0.1"; Port = $port_bsf_tls; };
$(neighbour $naf)
$(neighbour rogue.visited.example)
END
}
start_proxy() {
    lab_spawn proxy "$daemon" -c "$lab/proxy.conf"
    lab_wait_log proxy "freeDiameterd daemon initialized"
}
bootstrap() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first good >"$lab/device" 2>&1 && grep -q '^good 200' "$lab/device"
}
value() {
    sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" "$lab/device"
}
fetch() {
    curl -sS --noproxy '*' --digest -A 3gpp-gba -u "$(value btid):$(value ks_naf)" -o /dev/null -w '%{http_code}' \
        --max-time 10 -H "Host: $lab_naf_host" "http://127.0.0.1:$port_naf/echo" 2>"$lab/curl"
}
fetches() {
    [ "$(fetch)" = 200 ]
}
# refused PORT IDENTITY NAF ACTION RESULT [REASON]: what a NAF of that identity hears at that port
refused() {
    "$lab_build/tests/system/zn_probe" "$1" "$2" "$3" "$(value btid)" "$4" >"$lab/out" 2>&1
    same "$4 $5" "$(cat "$lab/out")" || return 1
    [ -z "${6:-}" ] || grep -q "zn.refused reason=$6 .*naf=$3 " "$lab/bsf.log"
}

certificates >"$lab/pki.log" 2>&1 || { cat "$lab/pki.log"; echo "Bail out! no certificates"; exit 1; }
configure_bsf
configure_naf
configure_proxy proxy
start hss bsf
check "the proxy starts" start_proxy
start naf upstream
check "the BSF has the HSS" lab_wait_log bsf 'peer-open.*hss.home.example'
check "the proxy comes over TLS" lab_wait_log bsf "peer-open.*$proxy"
check "the NAF has the proxy" lab_wait_log naf "peer-open.*$proxy"
check "a device bootstraps" bootstrap

# ---- what the proxy may not ----
ask_as() {
    refused "$port_proxy" "$@"
}
check "a NAF that no rule names" ask_as rogue.visited.example "$lab_naf_host" good "exp 5402" zn-peer-not-allowed
check "a NAF that says it is another: the proxy wrote down who it was" \
    ask_as rogue.visited.example "$lab_naf_host" visited-origin "exp 5402" zn-origin-not-on-route
check "no connection to the BSF under the proxy's name without TLS" \
    eval '! refused "$port_bsf_dia" $proxy "$lab_naf_host" good 2001 && grep -q "not let in" "$lab/out"'
check "which the log tells" grep -q "dia.no-tls .*peer=$proxy" "$lab/bsf.log"

# ---- what it may ----
check "the NAF behind the proxy lets the device in" wait_for 10 fetches
check "by way of the proxy" grep -q "zn.key-given .*peer=$proxy .*origin=$naf" "$lab/bsf.log"

lab_stop naf
check "the NAF asks for a name it may not have" ask_as $naf else.visited.example good "exp 5402" zn-naf-not-allowed
check "and for one that the proxy's certificate lacks" \
    ask_as $naf $uncertified good "exp 5402" zn-naf-not-in-certificate
check "and for its own" ask_as $naf "$lab_naf_host" good 2001
check "an unknown B-TID" ask_as $naf "$lab_naf_host" unknown-btid "exp 5403"

# ---- another NAF beside it ----
check "a NAF at the BSF itself" refused "$port_bsf_dia" near.home.example near.home.example good 2001
check "has no part of the proxy's names" \
    refused "$port_bsf_dia" near.home.example "$lab_naf_host" good "exp 5402" zn-naf-not-allowed

# ---- a proxy with the certificate of another ----
lab_stop proxy
configure_proxy other
sed -i "s/^Identity = \"[^\"]*\"/Identity = \"other.visited.example\"/" "$lab/proxy.conf"
check "another node with a good certificate starts" start_proxy
check "is not known" lab_wait_log bsf 'dia.unknown-peer .*peer=other.visited.example'
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
