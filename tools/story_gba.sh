# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./lab gba: a device with a SIM enrols by bootstrapping, and the BSF is its MEF.
. tools/story_m2m.sh

m2m_open
m2m_gba_config
step "A simulated USIM and ISIM in a real pcscd, behind vsmartcard's virtual reader"
story_cards

step "HSS, BSF and MEF in one (keystrap-bsf), MAF (keystrap-naf), Registrar (keystrap-peer)"
lab_start hss || bad hss
runs hss
start_all mef maf in-cse
m2m_gba_wait || bad "the Diameter peers do not find each other"
good "Zh and Zn are up (Diameter)"

# sim NAME SLOT ENROLEE TARGET ADDRESS: a device with the card in this reader; its store and state are those of the slot
sim() {
    m2m_gba_ue_config "$1" "pcsc:$(lab_reader "$2")" "$3" "$4" "$5" </dev/null
    sed -i "s|^state: .*|state: $lab/sim$2.state|; s|^  store: .*|  store: $lab/sim$2.enrolment|" "$lab/$1.yaml"
}
sim phone 1 //sp.example/S98821 maf.mte.example "127.0.0.1:$port_maf"
sim phone-cse 1 //sp.example/S98821 //sp.example/in-cse "127.0.0.1:$port_peer"
sim gbau 2 //sp.example/S98822 maf.mte.example "127.0.0.1:$port_maf"
sim gbau-cse 2 //sp.example/S98822 //sp.example/in-cse "127.0.0.1:$port_peer"

step "The operator tells the MEF which subscriber is which Enrolee, and for whom"
# instructions NAME IMPI ENROLEE TARGETS
instructions() {
    cat >"$lab/$1.json" <<END
{ "name": "$1", "framework": "gba", "mef": "mef.mte.example", "impi": "$2", "enroleeID": "$3", "targets": [ $4 ] }
END
    operator "taken" enrolee put "$lab/$1.json"
}
instructions sim-1 "$lab_impi_me" //sp.example/S98821 '"maf.mte.example", "//sp.example/in-cse"'
instructions sim-2 "$lab_impi_u" //sp.example/S98822 '"maf.mte.example"'

step "The device enrols by bootstrapping (Ub): Ke is Ks, KeId is the B-TID"
device phone "enrolled" enrol
keid_at_both_ends phone
ke=$(m2m_ue phone --json keys --show-keys | member ke)
[ -n "$ke" ] || bad "the device has no Ke"
[ "$ke" = "$(sed -n 's/^ks //p' "$lab/sim1.state")" ] || bad "Ke is not Ks"
[ "$keid" = "$(sed -n 's/^btid //p' "$lab/sim1.state")" ] || bad "KeId is not the B-TID"
good "Ke is Ks and KeId the B-TID, as the device keeps them (the key itself is not shown here)"

step "It associates with the MAF: TLS-PSK with B-TID and the NAF key of the negotiated cipher suite (00AE)"
device phone "associated" connect
told mef 'zn.key-given' "the BSF has handed out the key (Zn)"
told maf 'target.key' "while the handshake waited at the MAF"
try "what the MAF knows" "$lab_build/keystrap-ctl" --admin "127.0.0.1:$port_maf_admin" --token-file "$lab/admin.token" keys list
said //sp.example/S98821 "the Enrolee-ID: the BSF told it in user security settings"

step "And with the Registrar, over TLS (00AE) and over DTLS (C0A8): another suite, another key"
device phone-cse "enrolled; Ks is still good" enrol
device phone-cse "associated" connect
said '"peer":"//sp.example/S98821"' "the Registrar knows the Enrolee-ID too"
device phone-cse "associated over DTLS" --dtls connect
said '"peer":"//sp.example/S98821"' "as the same"
told in-cse 'target.key' "by another key, which the Registrar had to ask for"

step "GBA_U: Ks stays in the card"
device gbau "enrolled" enrol
device gbau "associated with the external key (Ks_ext_NAF)" connect
lab_stop card2
say "The card goes from the reader into a program, for only a simulated card has a TLS client."
in_uicc=(--card "sim:$lab/card2.yaml" --set enrolee.client_in_uicc=true)
device gbau "enrolled for a client in the card" "${in_uicc[@]}" enrol
device gbau "associated with the internal key (Ks_int_NAF)" "${in_uicc[@]}" connect

step "A target that is not in the instructions gets no key"
device gbau-cse "the device can derive a key for it" "${in_uicc[@]}" enrol
device_fails gbau-cse "but the target does not get it" "${in_uicc[@]}" connect
told mef 'zn.refused reason=mef-not-target' "the BSF says why"
told in-cse 'peer.refused' "and the target refuses the handshake"

step "A card with a wrong key is refused"
device_fails phone "no enrolment" --card "sim:$lab/stranger.yaml" --set "state=$lab/stranger.state" \
    --set "enrolee.store=$lab/stranger.enrolment" enrol
said card-mac-wrong "it sees that the challenge is not for it"

story_device=phone
