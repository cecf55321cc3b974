#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The samples in config/: good as they stand, and with ports and paths of one's own they work together.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"

for program in bsf naf card ue; do
    check "$program.yaml is good" "$lab_build/keystrap-$program" -c "$top_srcdir/config/$program.yaml" --check-config
done
for sample in bsf naf hss subscribers card; do
    sed "s|127.0.0.1:8080\$|127.0.0.1:$port_bsf|; s|127.0.0.1:8088\$|127.0.0.1:$port_naf|
        s|127.0.0.1:8081\$|127.0.0.1:$port_upstream|; s|127.0.0.1:3868\$|127.0.0.1:$port_hss|
        s|127.0.0.1:3869\$|127.0.0.1:$port_bsf_dia|; s|/etc/keystrap|$lab|; s|/var/lib/keystrap|$lab|" \
        "$top_srcdir/config/$sample.yaml" >"$lab/$sample.yaml"
done
chmod 600 "$lab/subscribers.yaml"
sed -i "s|^store:|store:\n  path: $lab/sessions|" "$lab/bsf.yaml"
(umask 077 && openssl rand -hex 32 >"$lab/store.key")
check "hss.yaml is good" "$lab_build/keystrap-hss" -c "$lab/hss.yaml" --check-config
for program in hss bsf upstream naf; do
    check "$program starts" lab_start "$program"
done
check "peers connect" lab_wait_peers

ue() {
    "$lab_build/keystrap-ue" --card "sim:$lab/card.yaml" --state "$lab/ue.state" "$@"
}
check "the card of the sample bootstraps" ue --connect "127.0.0.1:$port_bsf" bootstrap
echo hello >"$lab/body"
document=http://$lab_naf_host/simservs.ngn.etsi.org/users/sip:alice/simservs.xml
check "it puts a document" ue --connect "127.0.0.1:$port_naf" request PUT "$document" --body "$lab/body"
check "and gets it" eval 'same hello "$(ue --connect "127.0.0.1:$port_naf" request GET "$document")"'
tap_done
