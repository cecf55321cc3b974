# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# wait_for SECONDS COMMAND...: until the command succeeds, asked twenty times a second.
wait_for() {
    wait_tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        wait_tries=$((wait_tries - 1))
        [ "$wait_tries" -gt 0 ] || return 1
        sleep 0.05
    done
}
