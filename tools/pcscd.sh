# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A pcscd of one's own, with vsmartcard's virtual reader and our cards in it.  Source it behind
# tools/wait.sh, then:
#
#   pcscd_prepare BUILD_DIR FOLDER   decide how, write FOLDER/pcscd/; fails with a reason in $pcscd_why
#   pcscd_run                        becomes pcscd: call it in the background
#   pcscd_card SLOT PROGRAM ...      becomes PROGRAM (keystrap-card) with the port of slot 0 or 1 added:
#                                    call it in the background
#   pcscd_wait SECONDS               until pcscd has its place
#
# pcscd_prepare exports PCSCLITE_CSOCK_NAME, so clients started afterwards use this pcscd.  The two
# slots are the readers "Virtual PCD 00 00" and "Virtual PCD 00 01".
#
# pcscd gets its socket by socket activation, so it needs neither systemd nor root, and the system's
# pcscd is not touched.  vpcd's driver listens on all addresses; where the kernel allows it, pcscd
# and cards therefore live in a network namespace of their own, which has nothing but a loopback.
# The socket in FOLDER is the only way in.  Elsewhere they use a free pair of ports.

# Root needs no user namespace; others become the root of one.
pcscd_find_flags() {
    for pcscd_flags in -mn -Urmn; do
        # shellcheck disable=SC2016
        if unshare "$pcscd_flags" sh -c "$pcscd_isolate" sh true >/dev/null 2>&1; then
            return 0
        fi
    done
    pcscd_flags=
}

# Inside the namespaces: a /run/pcscd for the pid file of pcscd, and a loopback; then the command.
# shellcheck disable=SC2016
pcscd_isolate='
    if [ -d /run/pcscd ]; then mount -t tmpfs none /run/pcscd; else mount -t tmpfs none /run; fi &&
    ip link set lo up && exec "$@"'

# The first of two neighbouring ports that nobody listens on.
pcscd_find_ports() {
    for pcscd_port in $("$pcscd_build/tests/lib/freeports" 20); do
        if [ -z "$(ss -Hltn "sport = :$((pcscd_port + 1))")" ]; then
            return 0
        fi
    done
    return 1
}

pcscd_prepare() {
    pcscd_build=$1
    pcscd_dir=$2/pcscd
    PATH=$PATH:/usr/sbin:/sbin
    pcscd_driver=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
    pcscd_why="pcscd is not installed"
    command -v pcscd >/dev/null || return 1
    pcscd_why="vsmartcard-vpcd is not installed"
    [ -e "$pcscd_driver" ] || return 1
    mkdir -p "$pcscd_dir/readers" || return 1
    rm -f "$pcscd_dir/pid" "$pcscd_dir/socket"
    pcscd_find_flags
    pcscd_port=35963
    pcscd_why="no free pair of ports"
    [ -n "$pcscd_flags" ] || pcscd_find_ports || return 1
    pcscd_hex=$(printf '0x%X' "$pcscd_port")
    printf 'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:%s\nLIBPATH %s\nCHANNELID %s\n' \
        "$pcscd_hex" "$pcscd_driver" "$pcscd_hex" >"$pcscd_dir/readers/vpcd"
    PCSCLITE_CSOCK_NAME=$pcscd_dir/socket
    export PCSCLITE_CSOCK_NAME
    pcscd_why=
}

# exec all the way: the process that calls this is pcscd in the end, so its pid is pcscd's.
# The pid is written when the namespaces are there, for those who join them.
# shellcheck disable=SC2016
pcscd_run() {
    set -- sh -c 'echo $$ >"$0/pid.new" && mv "$0/pid.new" "$0/pid" && exec pcscd -f -c "$0/readers"' "$pcscd_dir"
    [ -z "$pcscd_flags" ] || set -- unshare "$pcscd_flags" sh -c "$pcscd_isolate" sh "$@"
    exec "$pcscd_build/tools/sock-activate" "$pcscd_dir/socket" "$@"
}

pcscd_wait() {
    wait_for "$1" test -s "$pcscd_dir/pid"
}

pcscd_card() {
    pcscd_wait 10 || return 1
    pcscd_slot=$1
    shift
    set -- "$@" --port="$((pcscd_port + pcscd_slot))"
    case $pcscd_flags in
    -mn) set -- nsenter -t "$(cat "$pcscd_dir/pid")" -n "$@" ;;
    -Urmn) set -- nsenter -t "$(cat "$pcscd_dir/pid")" -U -n --preserve-credentials "$@" ;;
    esac
    exec "$@"
}
