#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The MEF of the GBA framework is the BSF: instructions decide which enrolment target
# gets a key, and what it is told of the Enrolee.
set -u
. "$top_srcdir/tests/lib/lab.sh"
set -- $("$top_builddir/tests/lib/freeports" 2)
port_mef=$1 port_admin=$2

# The BSF is a MEF too; the NAF of the lab is an enrolment target, whose settings have the GSID 2.
with_mef() {
    sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" ca root && sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" fqdn mef root \
        mef.mte.example || return 1
    (umask 077; openssl rand -hex 32 >"$lab/store.key"; openssl rand -hex 32 >"$lab/token")
    cat >>"$lab/bsf.yaml" <<END
mef:
  listen: [ "127.0.0.1:$port_mef" ]
  names: [ { fqdn: mef.mte.example, cert: $lab/pki/mef.pem, key: $lab/pki/mef.key } ]
  raw_keys: false
  gsid: "2"
  targets: [ { id: $lab_naf_host, anchors: $lab/pki/root.pem } ]
  store: { path: $lab/store, key_file: $lab/store.key }
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: $lab/token }
END
}
admin() { # METHOD PATH [JSON]
    curl -sS --noproxy '*' --max-time 10 -X "$1" -H "Authorization: Bearer $(cat "$lab/token")" ${3:+-d "$3"} \
        -o "$lab/answer" -w '%{http_code}' "http://127.0.0.1:$port_admin$2"
}
record() { # TARGET [MEMBERS]
    admin PUT /v1/enrolees/sim-1 "{\"name\":\"sim-1\",\"framework\":\"gba\",\"mef\":\"mef.mte.example\",
        \"targets\":[\"$1\"],\"impi\":\"$lab_impi_me\"${2:-}}"
}
bootstrap() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first good >"$lab/out" 2>&1 && grep -q '^good 200' "$lab/out"
}
value() { sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" "$lab/out"; }
# The status that the target gives to the device of the last bootstrap; what it saw in $lab/body.
ask() {
    curl -sS --noproxy '*' --digest -A 3gpp-gba -u "$(value btid):$(value ks_naf)" -o "$lab/body" -w '%{http_code}' \
        --max-time 10 -H "Host: $lab_naf_host" "http://127.0.0.1:$port_naf/echo" 2>"$lab/curl"
}
seen() { holds "$lab/body" "X-3GPP-Asserted-Identity: \"$1\""; }

check "configuration with a MEF" with_mef
start hss bsf naf upstream
check "peers connect" eval 'lab_wait_log bsf "peer-open peer=hss" && lab_wait_log bsf "peer-open peer=naf"'

check "a subscriber without a record bootstraps" bootstrap
check_same "and is served as ever" "$(ask)" 200
check "by the identity of the HSS" seen "sip:alice@ims.mnc001.mcc001.3gppnetwork.org"
check_same "no key is listed" "$(admin GET /v1/enrolment-keys; cat "$lab/answer")" "200[]"

check_same "a record for another target" "$(record maf.other.example ',"enroleeID":"//sp.example/S98821"')" 200
check "the Enrolee bootstraps" bootstrap
check_same "and this target gets no key" "$(ask)" 403
check "the reason" grep -q "zn.refused reason=mef-not-target .*code=5402" "$lab/bsf.log"

check_same "a record for this target" "$(record "$lab_naf_host" ',"enroleeID":"//sp.example/S98821"')" 200
check "the Enrolee bootstraps again" bootstrap
check_same "the target gets the key" "$(ask)" 200
check "and the Enrolee-ID" holds "$lab/body" '//sp.example/S98821'
check_same "its key is listed" "$(admin GET /v1/enrolment-keys)" 200
check "by its B-TID" holds "$lab/answer" "$(value btid)"
check "and told" grep -q "mef.enrolled .*framework=gba" "$lab/bsf.log"

check_same "a record without Enrolee-ID" "$(record "$lab_naf_host")" 200
check "the Enrolee bootstraps again" bootstrap
check_same "the target gets the key" "$(ask)" 200
check "but is told no Enrolee-ID" lacks "$lab/body" '//sp.example/'

check_same "the record goes" "$(admin DELETE /v1/enrolees/sim-1)" 204
check_same "and its keys" "$(admin GET /v1/enrolment-keys; cat "$lab/answer")" "200[]"
lab_stop bsf
check_same "the BSF ends well" "${lab_codes[bsf]}" 0
tap_done
