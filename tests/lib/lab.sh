# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# TAP and a lab of the test's own, configured and not started: source it, then change
# a configuration or not, and start_lab.
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
lab_config

# start PROGRAM...: a check for each
start() {
    local program
    for program; do
        check "$program starts" lab_start "$program"
    done
}

# start_lab: all but cards, and Diameter is open
start_lab() {
    start hss bsf naf upstream
    check "peers connect" lab_wait_peers
}
