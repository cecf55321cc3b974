#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes over Zh and Zn, as Wireshark reads it: nothing malformed, nothing
# unknown.  Runs in a network namespace of its own, so that capturing needs no root.
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
. "$top_srcdir/tests/lib/lab.sh"
start hss bsf upstream
lab_spawn tshark tshark -Q -l -i lo -s 0 -w "$lab/capture.pcap" -f "tcp port $port_hss or tcp port $port_bsf_dia"
captures() {
    # A first packet on the port shows in the file once the capture runs.
    (exec 3<>"/dev/tcp/127.0.0.1/$port_hss") 2>/dev/null
    [ "$(stat -c %s "$lab/capture.pcap" 2>/dev/null || echo 0)" -gt 500 ]
}
check "tshark captures" wait_for 20 captures
check "naf starts" lab_start naf
check "peers connect" lab_wait_peers

ue() {
    "$lab_build/keystrap-ue" --card "sim:$lab/card$1.yaml" --state "$lab/ue$1.state" --connect "127.0.0.1:$2" "${@:3}"
}
for card in 1 2; do
    check "card $card bootstraps" ue $card "$port_bsf" bootstrap
    check "card $card uses its key" ue $card "$port_naf" request GET "http://$lab_naf_host/echo"
done

decode() {
    tshark -r "$lab/capture.pcap" -d "tcp.port==$port_hss,diameter" -d "tcp.port==$port_bsf_dia,diameter" "$@" 2>/dev/null
}
enough() {
    [ "$(decode -Y 'diameter.cmd.code == 310' | wc -l)" -ge 4 ]
}
check "the capture has it all" wait_for 20 enough
decode -T fields -e diameter.cmd.code -e diameter.flags.request -e diameter.applicationId -Y diameter >"$lab/messages"
decode -V >"$lab/decoded"
for row in "303 16777221 Zh" "310 16777220 Zn"; do
    read -r code app name <<<"$row"
    check "$name: requests and answers (command $code, application $app)" \
        awk -v code="$code" -v app="$app" '$1 ~ code && $NF ~ app { n++ } END { exit !(n >= 4) }' "$lab/messages"
done
check "no packet is malformed" same 0 "$(decode -Y '_ws.malformed || _ws.expert.severity == error' | wc -l)"
check "no AVP is unknown" lacks "$lab/decoded" "Unknown"
check "the settings on Zn are a list of USS" holds "$lab/decoded" "GBA-UserSecSettings"
tap_done
