#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# systemd's own judgement of the units.
set -u
. "$top_srcdir/tests/lib/tap.sh"
if ! command -v systemd-analyze >/dev/null; then
    echo "1..0 # SKIP no systemd-analyze"
    exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# quiet COMMAND...: it says nothing either, but of manual pages that are not installed
quiet() {
    "$@" >"$dir/said" 2>&1 || {
        cat "$dir/said"
        return 1
    }
    ! grep -v "man:keystrap\|^Command 'man \|is not executable: No such" "$dir/said" | grep "keystrap"
}
for name in bsf naf hss; do
    unit=$dir/keystrap-$name.service
    sed "s|@bindir@|$top_builddir|" "$top_srcdir/dist/systemd/keystrap-$name.service.in" >"$unit"
    check "keystrap-$name.service is understood" quiet systemd-analyze --man=no verify "$unit"
    check "keystrap-$name.service is exposed little" \
        systemd-analyze security --offline=true --threshold=20 --no-pager "$unit"
    for line in Type=notify ProtectSystem=strict NoNewPrivileges=yes MemoryDenyWriteExecute=yes WatchdogSec=30; do
        check "keystrap-$name.service has $line" grep -qx "$line" "$unit"
    done
done
tap_done
