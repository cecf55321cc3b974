#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile HTTP on Ub and Ua of real daemons: tests/system/hostile_http.py does it.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
lab_config
sed -i 's/^http:/&\n  max_body: 65536\n  max_connections: 64\n  request_timeout: 1s\n  idle_timeout: 2s/' \
    "$lab/bsf.yaml" "$lab/naf.yaml"

attack() {
    python3 "$top_srcdir/tests/system/hostile_http.py" "$2" "$3" "${lab_pids[$1]}" "$4" >"$lab/tap" 2>&1
    grep -v "^ok" "$lab/tap"
    grep -q '^1\.\.' "$lab/tap" && ! grep -q '^not ok' "$lab/tap"
}
for program in hss bsf naf upstream; do
    check "$program starts" lab_start "$program"
done
check "peers connect" lab_wait_peers
check "hostile HTTP on Ub" attack bsf "$port_bsf" "$lab_bsf_host" 400
check "hostile HTTP on Ua" attack naf "$port_naf" "$lab_naf_host" 401
for program in naf bsf; do
    check "refusals have their reason in the log of the $program" grep -q 'http.refused reason=http-framing ' "$lab/$program.log"
    lab_stop $program
    check "the $program ends well" same 0 "${lab_codes[$program]}"
    check "no sanitizer complains in the $program" lacks "$lab/$program.log" 'ERROR: '
done
tap_done
