# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A lab of real processes on loopback, for ./lab and for tests/system.  Source it, then:
#
#   lab_open BUILD_DIR        a folder of its own ($lab), free ports, cleanup at exit
#   lab_config                write every program's configuration there; lab_ip (127.0.0.1
#                             by default, or [::1]) is where Diameter and the upstream listen
#   lab_keep_sessions         after lab_config: keystrap-bsf keeps sessions in a folder, not in memory
#   lab_start hss|bsf|naf|upstream
#   lab_start_pcscd           a pcscd of its own
#   lab_start_card 1|2        card1.yaml (GBA_ME) or card2.yaml (GBA_U) into its reader: lab_reader 1|2
#   lab_stop NAME
#
# Nothing outside $lab is written; nothing listens outside loopback (but see pcscd.sh); only what
# was started here is stopped, by its pid.

. "$(dirname "${BASH_SOURCE[0]}")/wait.sh"
. "$(dirname "${BASH_SOURCE[0]}")/pcscd.sh"

lab_bsf_host=bsf.mnc001.mcc001.pub.3gppnetwork.org
lab_naf_host=xcap.ims.mnc001.mcc001.pub.3gppnetwork.org
lab_impi_me=001010123456789@ims.mnc001.mcc001.3gppnetwork.org
lab_impi_u=001010123456788@ims.mnc001.mcc001.3gppnetwork.org
lab_k=465b5ce8b199b49faa5f0a2ee238a6bc
lab_opc=cd63cb71954a9f4e48a5994e37a02baf

lab_ip=${lab_ip:-127.0.0.1}

lab_die() {
    echo "lab: $*" >&2
    exit 1
}

lab_open() {
    lab_build=$1
    lab=
    declare -gA lab_pids=()
    trap lab_close EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    lab=$(mktemp -d "${TMPDIR:-/tmp}/keystrap-lab.XXXXXX") || lab_die "no temporary folder"
    chmod 700 "$lab"
    # shellcheck disable=SC2046
    set -- $("$lab_build/tests/lib/freeports" 6)
    [ $# -eq 6 ] || lab_die "no free ports"
    port_hss=$1 port_bsf_dia=$2 port_bsf=$3 port_naf=$4 port_upstream=$5 port_naf_dia=$6
}

lab_close() {
    local name
    # A second Ctrl-C must not stop the cleanup.
    trap '' HUP INT TERM
    trap - EXIT
    for name in naf upstream bsf hss card1 card2 pcscd; do
        lab_stop "$name"
    done
    for name in "${!lab_pids[@]}"; do
        lab_stop "$name"
    done
    [ -z "$lab" ] || rm -rf "$lab"
}

# lab_spawn NAME COMMAND...: in the background, output to $lab/NAME.log
lab_spawn() {
    local name=$1
    shift
    : >"$lab/$name.log"
    # shellcheck disable=SC2094
    "$@" >>"$lab/$name.log" 2>&1 </dev/null &
    lab_pids[$name]=$!
}

lab_alive() {
    local state
    state=$(sed 's/.*) //; s/ .*//' "/proc/${lab_pids[$1]:-0}/stat" 2>/dev/null) || return 1
    [ "$state" != Z ]
}

# lab_wait_log NAME TEXT: until the log has it; the process must live
lab_wait_log() {
    wait_for 20 lab_logged_or_dead "$1" "$2"
    grep -q -- "$2" "$lab/$1.log" && return 0
    echo "lab: $1 did not say \"$2\"; its log:" >&2
    tail -n 20 "$lab/$1.log" >&2
    return 1
}

lab_logged_or_dead() {
    grep -q -- "$2" "$lab/$1.log" || ! lab_alive "$1"
}

lab_stop() {
    local pid=${lab_pids[$1]:-}
    [ -n "$pid" ] || return 0
    kill "$pid" 2>/dev/null
    wait_for 5 lab_dead "$1" || kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    lab_codes[$1]=$?
    unset "lab_pids[$1]"
}
declare -gA lab_codes=()

lab_dead() {
    ! lab_alive "$1"
}

# lab_listen PORT: both loopback addresses, or the one there is.  A machine without IPv6 has no ::1.
lab_listen() {
    printf '"127.0.0.1:%s"' "$1"
    ! grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null || printf ', "[::1]:%s"' "$1"
}

lab_config() {
    lab_config_hss
    lab_config_bsf
    lab_config_naf
    lab_config_cards
}

lab_config_hss() {
    cat >"$lab/subscribers.yaml" <<END
subscribers:
  - impi: $lab_impi_me
    imsi: "001010123456789"
    k: $lab_k
    opc: $lab_opc
    guss:
      uicc_type: gba
      lifetime: 1h
      uss:
        - id: 2
          type: 2
          uids: [ "sip:alice@ims.mnc001.mcc001.3gppnetwork.org" ]
  - impi: $lab_impi_u
    imsi: "001010123456788"
    k: $lab_k
    opc: $lab_opc
    guss:
      uicc_type: gba_u
      lifetime: 1h
      uss:
        - id: 2
          type: 2
          uids: [ "sip:bob@ims.mnc001.mcc001.3gppnetwork.org" ]
END
    cat >"$lab/hss.yaml" <<END
subscribers: $lab/subscribers.yaml
sqn_file: $lab/hss.sqn
diameter:
  identity: hss.home.example
  realm: home.example
  listen: "$lab_ip:$port_hss"
  peers: [ { identity: bsf.home.example } ]
END
}

lab_config_bsf() {
    cat >"$lab/bsf.yaml" <<END
http:
  listen: [ $(lab_listen "$port_bsf") ]
names: [ { host: $lab_bsf_host }, { host: bsf.ims.mnc001.mcc001.pub.3gppnetwork.org } ]
zh: { realm: home.example }
store: { kind: memory }
zn:
  - peer: naf.home.example
    naf: $lab_naf_host
    ua: [ http ]
    gsids: [ "2" ]
    impi: true
diameter:
  identity: bsf.home.example
  realm: home.example
  listen: "$lab_ip:$port_bsf_dia"
  peers:
    - { identity: hss.home.example, address: "$lab_ip:$port_hss" }
    - { identity: naf.home.example }
END
}

# lab_keep_sessions: in LMDB, so that they outlive keystrap-bsf
lab_keep_sessions() {
    (umask 077 && od -An -vtx1 -N32 /dev/urandom | tr -d ' \n' >"$lab/sessions.key")
    sed -i "s|^store: .*|store: { kind: lmdb, path: $lab/bsf.sessions, keys: [ { id: 1, file: $lab/sessions.key } ] }|" \
        "$lab/bsf.yaml"
}

lab_config_naf() {
    cat >"$lab/naf.yaml" <<END
http:
  listen: [ $(lab_listen "$port_naf") ]
services:
  - fqdn: $lab_naf_host
    upstream: "$lab_ip:$port_upstream"
    gsid: "2"
    assert_identity: uss
bsf: [ { btid_domain: "*", realm: home.example } ]
diameter:
  identity: naf.home.example
  realm: home.example
  listen: "$lab_ip:$port_naf_dia"
  peers: [ { identity: bsf.home.example, address: "$lab_ip:$port_bsf_dia" } ]
END
}

# card1 is personalised for GBA_ME, card2 for GBA_U.
lab_config_cards() {
    lab_config_card 1 "001010123456789" "$lab_impi_me" false
    lab_config_card 2 "001010123456788" "$lab_impi_u" true
    sed "s/^k: .*/k: 00000000000000000000000000000000/" "$lab/card1.yaml" >"$lab/stranger.yaml"
}

lab_config_card() {
    cat >"$lab/card$1.yaml" <<END
imsi: "$2"
impi: $3
domain: ims.mnc001.mcc001.3gppnetwork.org
impu: [ "sip:$2@ims.mnc001.mcc001.3gppnetwork.org" ]
k: $lab_k
opc: $lab_opc
isim_aid: a0000000871004ff49ff0589ff49ff05
gba: $4
END
}

lab_start() {
    case $1 in
    upstream)
        lab_spawn upstream "$lab_build/tools/lab-upstream" --listen "$lab_ip:$port_upstream"
        lab_wait_log upstream "listening on"
        ;;
    *)
        lab_spawn "$1" "$lab_build/keystrap-$1" -c "$lab/$1.yaml"
        lab_wait_log "$1" daemon.ready
        ;;
    esac
}

# Diameter peers find each other a moment after both are up.
lab_wait_peers() {
    lab_wait_log bsf "peer-open.*hss.home.example" && lab_wait_log naf "peer-open.*bsf.home.example"
}

lab_start_pcscd() {
    pcscd_prepare "$lab_build" "$lab" || lab_die "$pcscd_why"
    lab_spawn pcscd pcscd_run
    pcscd_wait 10
}

lab_reader() {
    echo "Virtual PCD 00 0$(($1 - 1))"
}

lab_start_card() {
    lab_spawn "card$1" pcscd_card $(($1 - 1)) "$lab_build/keystrap-card" -c "$lab/card$1.yaml"
    lab_wait_log "card$1" card.ready && wait_for 10 lab_card_is_in "$1"
}

# pcscd looks for cards now and then.  A run that gets past the card (exit code 3)
# and fails at a BSF that is not there has seen it.
lab_card_is_in() {
    "$lab_build/keystrap-ue" --card "pcsc:$(lab_reader "$1")" --state "$lab/probe.state" --connect 127.0.0.1:1 bootstrap
    [ $? -ne 3 ]
}
