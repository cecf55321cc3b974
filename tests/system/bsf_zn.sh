#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Zn of keystrap-bsf as a NAF and its devices see it: deny by default, sessions
# that end with the process, and what each refusal is called.
set -u
. "$top_srcdir/tests/lib/lab.sh"

bootstrap() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first good >"$lab/out" 2>&1 && grep -q '^good 200' "$lab/out"
}
value() {
    sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" "$lab/out"
}
# The status that the NAF gives to the device of the last bootstrap.
ask() {
    curl -sS --noproxy '*' --digest -A 3gpp-gba -u "$(value btid):$(value ks_naf)" -o /dev/null -w '%{http_code}' \
        --max-time 10 -H "Host: $lab_naf_host" "http://127.0.0.1:$port_naf/echo" 2>"$lab/curl"
}
# restart_bsf [SED-SCRIPT]: with a changed configuration
restart_bsf() {
    lab_stop bsf
    lab_config_bsf
    sed -i "${1:-}" "$lab/bsf.yaml"
    lab_start bsf
}
peers() {
    grep -q 'peer-open peer=hss' "$lab/bsf.log" && grep -q 'peer-open peer=naf' "$lab/bsf.log"
}

start hss bsf naf upstream
check "peers connect" wait_for 20 peers
check "a device bootstraps" bootstrap
check "and is let in" same 200 "$(ask)"
check "the settings and the identity went along" grep -q 'zn.key-given reason=ok' "$lab/bsf.log"

check "the BSF restarts" restart_bsf
check "peers connect" wait_for 30 peers
check "the NAF lets the key live that it has" same 200 "$(ask)"
lab_stop naf
check "the NAF restarts" lab_start naf
check "peers connect again" lab_wait_log naf 'peer-open.*bsf.home.example'
check "a session ends with the BSF: bootstrap again" same 401 "$(ask)"
check "its reason" grep -q 'zn.refused reason=zn-btid-unknown .*code=5403' "$lab/bsf.log"
check "a device bootstraps" bootstrap
check "and is let in" same 200 "$(ask)"

# deny NAME REASON SED-SCRIPT: after this change of the configuration the NAF gets no key
deny() {
    check "$1: the BSF restarts" restart_bsf "$3"
    check "$1: peers connect" wait_for 30 peers
    check "$1: a device bootstraps" bootstrap
    check "$1: and is refused" same 403 "$(ask)"
    check "$1: the reason" grep -q "zn.refused reason=$2 peer=naf.home.example .*code=5402" "$lab/bsf.log"
}
deny "no rules" zn-peer-not-allowed '/^zn:/,/impi: true/d'
deny "another host name" zn-naf-not-allowed 's/^    naf: .*/    naf: other.example/'
deny "another Ua protocol" zn-ua-not-allowed 's/^    ua: .*/    ua: [ "tls:*" ]/'
deny "missing settings" zn-uss-missing 's/gsids: .*/gsids: [ "77" ]/; s/impi: true/uss_required: true/'
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
