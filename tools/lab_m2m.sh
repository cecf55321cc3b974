# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A lab for oneM2M, for ./lab ppsk|cert|gba, tests/acceptance and tests/system.  Source it after
# tools/lab.sh and lab_open, then:
#
#   m2m_open                 ports, certificates and keys in $lab
#   m2m_mef_config           mef.yaml: keystrap-bsf as a MEF
#   m2m_maf_config           maf.yaml: keystrap-naf as a MAF
#   m2m_peer_config ...      NAME.yaml: keystrap-peer
#   m2m_ue_config ...        NAME.yaml: keystrap-ue as an Enrolee, for m2m_ue NAME ...
#   m2m_gba_config           all of them for GBA: hss, mef (a BSF too), maf and in-cse as its NAFs, cards
#   m2m_gba_ue_config ...    NAME.yaml: keystrap-ue as an Enrolee with a card
#   m2m_gba_start            start them and wait until Zh and Zn are up
#   m2m_start NAME           start and wait; mef* is keystrap-bsf, maf* keystrap-naf, else keystrap-peer
#   m2m_enrolee NAME         instructions of the MEF for one Enrolee
#   m2m_ctl PORT ...         keystrap-ctl at that admin API
#
# Names are those of one imaginary operator: mef.mte.example, maf.mte.example, //sp.example/in-cse ...

m2m_kpm=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

m2m_open() {
    # shellcheck disable=SC2046
    set -- $("$lab_build/tests/lib/freeports" 8)
    [ $# -eq 8 ] || lab_die "no free ports"
    port_mef=$1 port_mef_admin=$2 port_maf=$3 port_maf_admin=$4 port_peer=$5 port_peer2=$6 port_maf_dia=$7 port_peer_dia=$8
    m2m_pki ca mte-ca || lab_die "certificates"
    m2m_pki fqdn mef mte-ca mef.mte.example
    m2m_pki fqdn mef2 mte-ca mef2.mte.example
    m2m_pki fqdn maf mte-ca maf.mte.example
    m2m_pki cse in-cse mte-ca in-cse.sp.example
    m2m_secret admin.token "$(m2m_hex 32)"
    m2m_secret mef.store.key "$(m2m_hex 32)"
    m2m_secret maf.store.key "$(m2m_hex 32)"
    m2m_secret kpm "$m2m_kpm"
}

m2m_pki() {
    sh "$m2m_root/tests/lib/pki.sh" "$lab/pki" "$@"
}
m2m_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

m2m_hex() {
    head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# m2m_secret FILE TEXT: a file that only its owner reads
m2m_secret() {
    (umask 077 && printf '%s\n' "$2" >"$lab/$1")
}

m2m_mef_config() {
    cat >"$lab/mef.yaml" <<END
mef:
  listen: [ "127.0.0.1:$port_mef" ]
  listen_dtls: [ "127.0.0.1:$port_mef" ]
  names:
    - { fqdn: mef.mte.example, cert: $lab/pki/mef.chain.pem, key: $lab/pki/mef.key }
    - { fqdn: mef2.mte.example, cert: $lab/pki/mef2.chain.pem, key: $lab/pki/mef2.key }
  raw_keys: true
  targets:
    - { id: maf.mte.example, flavour: fqdn, anchors: $lab/pki/mte-ca.pem }
    - { id: maf2.mte.example, flavour: fqdn, anchors: $lab/pki/mte-ca.pem }
    - { id: "//sp.example/in-cse", flavour: cse, anchors: $lab/pki/mte-ca.pem }
    - { id: "//sp.example/S11111", flavour: ae, anchors: $lab/pki/mte-ca.pem }
  store: { path: $lab/mef.db, key_file: $lab/mef.store.key }
admin: { listen: [ "127.0.0.1:$port_mef_admin" ], token_file: $lab/admin.token }
END
}

m2m_maf_config() {
    cat >"$lab/maf.yaml" <<END
maf:
  fqdn: maf.mte.example
  cert: $lab/pki/maf.chain.pem
  key: $lab/pki/maf.key
  listen: [ "127.0.0.1:$port_maf" ]
  listen_dtls: [ "127.0.0.1:$port_maf" ]
  mefs: [ { fqdn: mef.mte.example, address: "127.0.0.1:${m2m_mef_at:-$port_mef}", anchors: $lab/pki/mte-ca.pem } ]
  clients:
    - { id: "//sp.example/in-cse", flavour: cse, anchors: $lab/pki/mte-ca.pem }
  store: { path: $lab/maf.db, key_file: $lab/maf.store.key }
admin: { listen: [ "127.0.0.1:$port_maf_admin" ], token_file: $lab/admin.token }
END
}

# m2m_peer_config NAME ID CERT PORT: a Registrar (or an AE) that asks MEF and MAF
m2m_peer_config() {
    m2m_secret "$1.store.key" "$(m2m_hex 32)"
    cat >"$lab/$1.yaml" <<END
id: "$2"
listen: [ "127.0.0.1:$4" ]
listen_dtls: [ "127.0.0.1:$4" ]
cert: $lab/pki/$3.chain.pem
key: $lab/pki/$3.key
mefs: [ { fqdn: mef.mte.example, address: "127.0.0.1:${m2m_mef_at:-$port_mef}", anchors: $lab/pki/mte-ca.pem } ]
mafs: [ { fqdn: maf.mte.example, address: "127.0.0.1:${m2m_maf_at:-$port_maf}", anchors: $lab/pki/mte-ca.pem } ]
store: { path: $lab/$1.db, key_file: $lab/$1.store.key }
END
}

# m2m_ue_config NAME ID TARGET ADDRESS FRAMEWORK, more members of `enrolee` on stdin
m2m_ue_config() {
    (umask 077 && cat >"$lab/$1.yaml" <<END
state: $lab/$1.state
enrolee:
  id: "$2"
  target: { id: "$3", address: "$4", anchors: $lab/pki/mte-ca.pem, flavour: $(m2m_flavour "$3") }
  framework: $5
  expiry: 1h
  store: $lab/$1.enrolment
  mef: { uri: "https://mef.mte.example:$port_mef", address: "127.0.0.1:$port_mef", anchors: $lab/pki/mte-ca.pem }
  maf: { fqdn: maf.mte.example, address: "127.0.0.1:${m2m_maf_at:-$port_maf}", anchors: $lab/pki/mte-ca.pem, admin: mte.example }
$(cat)
END
    )
}
m2m_flavour() {
    case $1 in
    */S* | */C*) echo ae ;;
    //*) echo cse ;;
    *) echo fqdn ;;
    esac
}

# m2m_ue NAME ARGUMENT...: keystrap-ue with that configuration
m2m_ue() {
    local name=$1
    shift
    "$lab_build/keystrap-ue" -c "$lab/$name.yaml" "$@"
}

# ---- GBA ----

# The HSS and the cards are those of lab.sh.  Instructions of the MEF tell a target who the
# Enrolee is, in user security settings with the MEF's GSID; for others the HSS would have to.
# Without them the BSF gives the MAF no key; the CSE gets one, and refuses it itself.
m2m_gsid=1000000

m2m_gba_config() {
    lab_config_hss
    lab_config_cards
    m2m_mef_config
    m2m_maf_config
    m2m_peer_config in-cse //sp.example/in-cse in-cse "$port_peer"
    cat >>"$lab/mef.yaml" <<END
http: { listen: [ "127.0.0.1:$port_bsf" ] }
names: [ { host: $lab_bsf_host }, { host: bsf.ims.mnc001.mcc001.pub.3gppnetwork.org } ]
ub: { key_lifetime: { min: 1s } }
zh: { realm: home.example }
store: { kind: memory }
zn:
  - { peer: maf.home.example, naf: maf.mte.example, ua: [ "tls:*" ], gsids: [ "$m2m_gsid" ], uss_required: true }
  - { peer: in-cse.home.example, naf: in-cse.sp.example, ua: [ "tls:*" ], gsids: [ "$m2m_gsid" ] }
$(m2m_diameter bsf "$port_bsf_dia" hss "$port_hss")
    - { identity: maf.home.example }
    - { identity: in-cse.home.example }
END
    sed -i "s|^maf:|&\n  gsid: \"$m2m_gsid\"\n  uicc_keys: true|" "$lab/maf.yaml"
    cat >>"$lab/maf.yaml" <<END
bsf: [ { btid_domain: "*", realm: home.example } ]
$(m2m_diameter maf "$port_maf_dia" bsf "$port_bsf_dia")
END
    cat >>"$lab/in-cse.yaml" <<END
gba: { bsf: [ { btid_domain: "*", realm: home.example } ], gsid: "$m2m_gsid", uicc_keys: true }
peer_required: true
$(m2m_diameter in-cse "$port_peer_dia" bsf "$port_bsf_dia")
END
}

# m2m_diameter NAME PORT PEER PEER-PORT: a node NAME.home.example that connects to PEER
m2m_diameter() {
    cat <<END
diameter:
  identity: $1.home.example
  realm: home.example
  listen: "$lab_ip:$2"
  peers:
    - { identity: $3.home.example, address: "$lab_ip:$4" }
END
}

# m2m_gba_ue_config NAME CARD ID TARGET ADDRESS, more members of `enrolee` on stdin.  CARD is
# sim:FILE or pcsc:READER.  The BSF needs no instructions: its name is in the card.
m2m_gba_ue_config() {
    (umask 077 && cat >"$lab/$1.yaml" <<END
card: "$2"
state: $lab/$1.state
connect_bsf: "127.0.0.1:$port_bsf"
enrolee:
  id: "$3"
  target: { id: "$4", address: "$5" }
  framework: gba
  store: $lab/$1.enrolment
$(cat)
END
    )
}

m2m_gba_start() {
    local name
    lab_start hss || return 1
    for name in mef maf in-cse; do
        m2m_start $name || return 1
    done
    m2m_gba_wait
}

# Diameter peers find each other a moment after they are up.
m2m_gba_wait() {
    lab_wait_log mef "peer-open.*hss.home.example" && lab_wait_log maf "peer-open.*bsf.home.example" &&
        lab_wait_log in-cse "peer-open.*bsf.home.example"
}

m2m_start() {
    local program=$1
    case $1 in
    mef*) program=bsf ;;
    maf*) program=naf ;;
    *) program=peer ;;
    esac
    lab_spawn "$1" "$lab_build/keystrap-$program" -c "$lab/$1.yaml"
    lab_wait_log "$1" daemon.ready
}

m2m_ctl() {
    local where=$1
    shift
    "$lab_build/keystrap-ctl" --admin "127.0.0.1:$where" --token-file "$lab/admin.token" "$@"
}

# m2m_enrolee NAME, its other members on stdin: instructions of the MEF for one Enrolee
m2m_enrolee() {
    (umask 077 && { printf '{"name":"%s",' "$1" && cat && echo '}'; } >"$lab/$1.json")
    m2m_ctl "$port_mef_admin" enrolee put "$lab/$1.json"
}

# m2m_b64 HEX
m2m_b64() {
    # builtin: the key stands in no process list
    printf '%b' "$(printf '%s' "$1" | sed 's/../\\x&/g')" | base64 -w 0
}
