# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./lab cert: a pump, a gateway and a sensor enrol with certificates, a token and a raw public key.
. tools/story_m2m.sh

step "Two CAs, one of the operator and one of a maker of pumps, and what they issue"
m2m_open
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 2)
port_ocsp=$1 port_false=$2
pump_id=0.2.481.1.100.3030
certificates() {
    m2m_pki ca maker-ca "nc-device=permitted;0.2.481.1;100.3030" && m2m_pki device pump maker-ca 0.2.481.1 100.3030.10011 &&
        m2m_pki device pump2 maker-ca 0.2.481.1 100.3030.10012 &&
        m2m_pki cse gateway mte-ca mn1.in-cse.sp.example "ocsp=http://127.0.0.1:$port_ocsp/" &&
        m2m_pki cse stolen mte-ca mn2.in-cse.sp.example "ocsp=http://127.0.0.1:$port_ocsp/" &&
        m2m_pki key sensor && m2m_pki ca false-ca && m2m_pki fqdn false false-ca mef.mte.example
}
certificates || bad "certificates"
m2m_mef_config
m2m_maf_config
raw_id=$(m2m_pki ni sensor)
good "pump: M2M Device ID $pump_id.10011, of the maker"
good "gateway: CSE-ID certificate for mn1.in-cse.sp.example, of the operator, who answers OCSP for it"
good "sensor: no certificate, a raw public key: $raw_id"

# has NAME ENROLEE, more members on stdin: a device that enrols for the MAF by its certificate
has() {
    m2m_ue_config "$1" "$2" maf.mte.example "127.0.0.1:$port_maf" cert
}
has pump //sp.example/S98821 <<END
  cert: { cert: $lab/pki/pump.chain.pem, key: $lab/pki/pump.key }
  token_file: $lab/pump.token
END
has pump2 //sp.example/S98821 <<END
  cert: { cert: $lab/pki/pump2.chain.pem, key: $lab/pki/pump2.key }
END
has gateway //sp.example/mn1 <<END
  cert: { cert: $lab/pki/gateway.chain.pem, key: $lab/pki/gateway.key }
END
has stolen //sp.example/mn2 <<END
  cert: { cert: $lab/pki/stolen.chain.pem, key: $lab/pki/stolen.key }
END
has sensor //sp.example/S77 <<END
  cert: { key: $lab/pki/sensor.key, raw: true }
END

step "MEF (keystrap-bsf), MAF (keystrap-naf) and the operator's OCSP responder"
lab_spawn ocsp sh tests/lib/pki.sh "$lab/pki" responder mte-ca "127.0.0.1:$port_ocsp"
lab_wait_log ocsp "$port_ocsp" || bad "the OCSP responder"
start_all mef maf

step "The operator tells the MEF how to know each of them"
# instructions NAME ENROLEE FLAVOUR CERT-ID, more members on stdin
instructions() {
    cat >"$lab/$1.json" <<END
{ "name": "$1", "framework": "cert", "mef": "mef.mte.example", "enroleeID": "$2", "targets": [ "maf.mte.example" ],
  "expiry": 3600, "flavour": "$3", "certID": "$4", $(cat) }
END
    operator "taken" enrolee put "$lab/$1.json"
}
pem() {
    awk '{ printf "%s\\n", $0 }' "$lab/pki/$1.pem"
}
instructions pump //sp.example/S98821 device $pump_id.10011 <<END
"anchors": "$(pem maker-ca)", "tokenNeeded": true, "aux": "Hall B, beside the door"
END
instructions gateway //sp.example/mn1 cse mn1.in-cse.sp.example <<END
"anchors": "$(pem mte-ca)", "status": "ocsp"
END
instructions sensor //sp.example/S77 raw "$raw_id" <<END
"aux": "on the roof"
END

step "The pump enrols with its certificate, but a token is due: nobody gets a key"
device pump "the handshake passes" enrol
keid_at_both_ends pump
said 'token-due' "but a token is due"
device_fails pump "so no association with the MAF" connect
told mef 'mef.refused reason=mef-token-due' "the MEF gives it no key"

step "The operator issues an Enrolment-Token; a MEF with a certificate of another CA does not get it"
say "\$ keystrap-ctl --json token issue pump >token.json"
m2m_secret pump.token "$(m2m_ctl "$port_mef_admin" --json token issue pump | member enrolmentToken)"
good "the token is shown this once, and only its hash is kept"
sed "/listen_dtls/d; /mef2/d; /^admin:/d; s|^  listen:.*|  listen: [ \"127.0.0.1:$port_false\" ]|
    s|pki/mef\.|pki/false.|g; s|mef.db|false.db|" "$lab/mef.yaml" >"$lab/mef-false.yaml"
start_all mef-false
device_fails pump "the pump refuses that MEF" --set "enrolee.mef.address=127.0.0.1:$port_false" enrol
said certificate-path "for its certificate"
told mef-false 'mef.refused' "there was no session, so no request and no token"
[ -s "$lab/pump.token" ] || bad "the token is gone"
good "the token is still here"

step "A wrong token is refused; with the right one the pump is enrolled"
m2m_secret wrong.token AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8
device_fails pump "not with a wrong token" --set "enrolee.token_file=$lab/wrong.token" enrol
said token-invalid "the MEF says why"
device pump "enrolled with the right one" enrol
[ ! -e "$lab/pump.token" ] || bad "the token is still here"
good "the token is used up, the file is gone"
device pump "associated with the MAF, which has fetched Km now" connect
operator "what the operator knows of the pump" enrolee show pump
said 'Hall B' "its Credential-ID, and where it stands"

step "The gateway enrols with its CSE-ID certificate; the MEF asks for its status (OCSP)"
device gateway "enrolled" enrol
told ocsp request "the responder was asked"
keid_at_both_ends gateway
device gateway "associated with the MAF" connect

step "The sensor enrols with a raw public key, over TLS and over DTLS"
device sensor "enrolled" enrol
device sensor "enrolled over DTLS" --dtls enrol --fresh
keid_at_both_ends sensor
device sensor "associated with the MAF by the latter" connect

step "Another gateway was stolen and its certificate revoked: refused in the handshake"
instructions stolen //sp.example/mn2 cse mn2.in-cse.sp.example <<END
"anchors": "$(pem mte-ca)", "status": "ocsp"
END
m2m_pki revoke stolen || bad "revoking"
device_fails stolen "no enrolment" enrol
told mef 'reason=certificate-revoked' "the MEF's log says why"
openssl_s_client() {
    openssl s_client -connect "127.0.0.1:$port_mef" -tls1_2 -CAfile "$lab/pki/mte-ca.pem" -servername mef.mte.example -quiet \
        -cipher ECDHE-ECDSA-AES128-SHA256 -cert "$lab/pki/stolen.pem" -key "$lab/pki/stolen.key"
}
must_fail "and the alert too, as openssl sees it" openssl_s_client
said 'alert certificate revoked' "certificate_revoked"

step "Another pump of the same maker has a good certificate, and no instructions"
device_fails pump2 "no enrolment" enrol
told mef 'mef.refused reason=mef-certificate-unknown' "the MEF's log says why"

story_device=sensor
