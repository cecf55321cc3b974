#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every answer of the admin API of a BSF fits its schema in doc/admin-api.yaml: good ones and refusals.
set -u
. "$top_srcdir/tests/lib/lab.sh"
port_admin=$("$lab_build/tests/lib/freeports" 1)
"$lab_build/keystrap-ctl" new-key "$lab/token"
echo "admin: { listen: [ \"127.0.0.1:$port_admin\" ], token_file: $lab/token }" >>"$lab/bsf.yaml"
mkdir "$lab/answers"
n=0

# ask METHOD PATH [CURL-ARGUMENT...]: keep the answer
ask() {
    n=$((n + 1))
    curl -sS --noproxy '*' --max-time 10 -X "$1" -o "$lab/answers/$n.body" "${@:3}" \
        -w "$1 %{url_effective} %{http_code} %{content_type}" "http://127.0.0.1:$port_admin$2" >"$lab/answers/$n.meta"
}
good() {
    ask "$@" -H "Authorization: Bearer $(cat "$lab/token")"
}
# both METHOD PATH: with the token and without it
both() {
    ask "$@" && good "$@"
}
# checked FILE: all that was kept, by this OpenAPI file
checked() {
    "$top_srcdir/tests/lib/check_answers.py" "$1" "$lab/answers" every bsf
}
bootstrap() {
    "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$lab_impi_me" "$lab_k" "$lab_opc" \
        "$lab_naf_host" first good wrong >"$lab/probe" 2>&1
    btid=$(sed -n 's/.* btid=\([^ ]*\).*/\1/p' "$lab/probe" | head -n 1)
    btid=${btid//+/%2B} btid=${btid//\//%2F} btid=${btid//=/%3D}
    [ -n "$btid" ]
}

start bsf
good GET /readyz
start hss
check "the BSF finds its HSS" lab_wait_log bsf 'peer-open peer=hss'
check "a device bootstraps" bootstrap
for path in /livez /readyz /metrics /v1/version /v1/configuration /v1/sessions /v1/challenges /v1/peers \
    "/v1/sessions/$btid" "/v1/subscribers/$lab_impi_me/sessions" "/v1/explain/$lab_impi_me?naf=$lab_naf_host&ua=http" \
    "/v1/explain/$btid" /v1/explain/nobody@home.example; do
    both GET "$path"
done
both POST /v1/reload
echo 'ub: { tmpi: maybe }' >>"$lab/bsf.yaml"
good POST /v1/reload
good PUT /livez
good GET /v1/sessions/nobody@home.example
good GET "/v1/explain/x?naf=a.example&naf=b.example"
both DELETE "/v1/sessions/$btid"
good DELETE "/v1/sessions/$btid"
both DELETE "/v1/subscribers/$lab_impi_me/sessions"
check "answers were kept" [ "$n" -gt 35 ]
check "each fits its schema, each operation was good and refused once" checked "$top_srcdir/doc/admin-api.yaml"

# Would a fault be seen?
faulty() {
    sed "$1" "$top_srcdir/doc/admin-api.yaml" >"$lab/faulty.yaml"
    ! checked "$lab/faulty.yaml" >"$lab/out" && holds "$lab/out" "$2"
}
check "a member of another type is seen" faulty 's/revoked: { type: integer }/revoked: { type: string }/' 'is not of type'
check "a member that is not in the file is seen" faulty '/answersOut:/d' 'answersOut'
check "an operation that was never asked is seen" faulty 's|^  /v1/challenges:|  /v1/other:|' 'GET /v1/other: no good answer'
lab_stop bsf
check_same "the BSF ends well" "${lab_codes[bsf]}" 0
tap_done
