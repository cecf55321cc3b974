# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./lab ppsk: a meter with a pre-provisioned key (Kpm) enrols, and associates with a MAF and a Registrar.
. tools/story_m2m.sh

step "An operator's certificates and keys, made on the spot"
m2m_open
m2m_pki ae s11111 mte-ca m2m://sp.example/S11111 || bad "certificates"
m2m_mef_config
m2m_maf_config
m2m_peer_config in-cse //sp.example/in-cse in-cse "$port_peer"
m2m_peer_config other //sp.example/S11111 s11111 "$port_peer2"
good "a CA, certificates for MEF, MAF and Registrar, and keys that seal their stores"

# meter NAME TARGET ADDRESS: three views of one device, which has one store
meter() {
    m2m_ue_config "$1" //sp.example/S98821 "$2" "$3" ppsk <<END
  kpm: { id: kpm-0001@mef.mte.example, key_file: $lab/${4:-kpm} }
END
    sed -i "s|^  store: .*|  store: $lab/${5:-meter}.enrolment|" "$lab/$1.yaml"
}
meter meter maf.mte.example "127.0.0.1:$port_maf"
meter meter-cse //sp.example/in-cse "127.0.0.1:$port_peer"
meter meter-other //sp.example/S11111 "127.0.0.1:$port_peer2"
meter thief maf.mte.example "127.0.0.1:$port_maf" wrong-kpm thief
m2m_secret wrong-kpm "$(m2m_hex 32)"

step "MEF (keystrap-bsf), MAF (keystrap-naf), Registrar and one more target (keystrap-peer)"
start_all mef maf in-cse other

step "The operator tells the MEF about the meter: its Kpm, and whom it may share keys with"
(umask 077 && cat >"$lab/meter.json") <<END
{ "name": "meter", "framework": "ppsk", "mef": "mef.mte.example", "enroleeID": "//sp.example/S98821", "expiry": 3600,
  "targets": [ "maf.mte.example", "//sp.example/in-cse" ], "aux": "Hall B",
  "kpmID": "kpm-0001@mef.mte.example", "kpm": "$(m2m_b64 "$m2m_kpm")" }
END
operator "the instructions are taken" enrolee put "$lab/meter.json"
! grep -qF "$(m2m_b64 "$m2m_kpm")" "$lab/out" || bad "the key was shown"
good "and shown, but for the key"

step "The meter enrols: TLS-PSK with Kpm, both ends export Ke and KeId of the session"
device meter "enrolled" enrol
keid_at_both_ends meter
first=$keid

step "The same over DTLS"
device meter "enrolled anew" --dtls enrol --fresh
keid_at_both_ends meter
[ "$keid" != "$first" ] || bad "the key is the old one"

step "It associates with the MAF by KeId: Km is derived here and fetched from the MEF there"
device meter "associated" connect
told maf 'target.key' "the MAF has fetched Km while the handshake waited"
told mef 'mef.given' "the MEF has handed it out"
device meter "the MAF has given Km a name of its own, KmId" keys
said '@maf.mte.example' "which ends in the name of the MAF"
device meter "associated by KmId, and the MEF is not asked any more" connect
! story_has mef mef.given || bad "the MEF was asked"

step "The MAF makes a key for meter and Registrar: Kc"
device meter-cse "associated with the Registrar by Kc" connect --via=maf
told in-cse 'target.key' "the Registrar has fetched Kc from the MAF"

step "Without a MAF: Kpsa, derived of an enrolment for the Registrar"
device meter-cse "enrolled for the Registrar" enrol
device meter-cse "associated by Kpsa" connect
told in-cse 'target.key' "the Registrar has fetched Kpsa from the MEF"
device meter-cse "and over DTLS" --dtls connect

step "Somebody who knows the name of the key but not the key is refused"
device_fails thief "no enrolment with a wrong Kpm" enrol
told mef 'mef.refused reason=tls-handshake-failed' "and the MEF's log says why"

step "A target that is not in the instructions gets no key"
device meter-other "the meter can derive a key for it" enrol
device_fails meter-other "but the target cannot fetch it" connect
told mef 'reason=mef-not-target' "the MEF refuses"
told other 'peer.refused reason=target-key-refused' "and so the target refuses the handshake"

story_device=meter
