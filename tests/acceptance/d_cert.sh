#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rows D, and C8, B8-B11, B3: the certificate framework, against peers that are not ours.
set -u
. "$top_srcdir/tests/acceptance/lib.sh"
arc=0.2.481.1
m2m_mef_config
begin mef

# ---- certificates of devices and of their makers ----
m2m_pki ca device-ca nc-device=permitted\;$arc\;100.3030
m2m_pki ca other-ca
m2m_pki sub device-sub device-ca
m2m_pki device dev-10011 device-ca $arc 100.3030.10011
m2m_pki device dev-10012 device-ca $arc 100.3030.10012
m2m_pki device dev-4040 device-ca $arc 100.4040.1
m2m_pki device dev-sub device-sub $arc 100.3030.20
m2m_pki leaf dev-nameless device-ca
m2m_pki cse mn1 mte-ca mn1.in-cse.sp.example
m2m_pki cse mn2 mte-ca mn2.in-cse.sp.example
m2m_pki cse wild mte-ca '*.in-cse.sp.example'
m2m_pki cse mn1-other other-ca mn1.in-cse.sp.example
m2m_pki leaf cn-only mte-ca cn=mn1.in-cse.sp.example
m2m_pki cse mn1-expired mte-ca mn1.in-cse.sp.example expired
m2m_pki cse mn1-rsa mte-ca mn1.in-cse.sp.example rsa
m2m_pki cse mn1-p384 mte-ca mn1.in-cse.sp.example curve=secp384r1
m2m_pki ae s98821 mte-ca m2m://sp.example/S98821
m2m_pki ae s98822 mte-ca m2m://sp.example/S98822
m2m_pki ae s98821-slash mte-ca m2m://sp.example/S98821/
m2m_pki node node1 mte-ca 'urn:gsma:imei:90420156-025763-0;svn=42'
m2m_pki leaf self - san=DNS:mn9.in-cse.sp.example
m2m_pki key raw1
m2m_pki key raw2

keids() {
    m2m_ctl "$port_mef_admin" enrolment-keys list --json
}
# with NAME: handshake with this certificate and its chain
with() {
    local out=$1
    shift
    shake "$out" "$port_mef" ${suite:-$cert_tls} -CAfile "$lab/pki/mte-ca.pem" -servername mef.mte.example \
        -verify_return_error -cert "$lab/pki/$out.pem" -key "$lab/pki/$out.key" -cert_chain "$lab/pki/$out.chain.pem" "$@" &&
        keids | grep -qF "$(keid_of "$out")"
}
# refused NAME REASON [OPTION...]: in the handshake, by an alert, with this reason in the log
refused() {
    local from name=$1 reason=$2
    shift 2
    from=$(wc -l <"$lab/mef.log")
    ! with "$name" "$@" || return 1
    grep -q 'alert' "$lab/$name.out" || { echo "no alert"; return 1; }
    wait_for 2 refused_in_log "$from" "$reason" || { tail -n 3 "$lab/mef.log"; return 1; }
}
refused_in_log() {
    tail -n +$(($1 + 1)) "$lab/mef.log" | grep -q "mef.refused reason=$2 "
}

# ---- D3, D12, D7: device certificates ----
cert_enrolee d-1 //sp.example/mn1 device $arc.100.3030.10011 device-ca
check "D3 the device certificate with the configured M2M Device ID passes" with dev-10011
check "D3 another serial number fails" refused dev-10012 mef-certificate-unknown
check "D3 a certificate without the name fails" refused dev-nameless mef-certificate-unknown
cert_enrolee d-2 //sp.example/mn2 device $arc.100.4040.1 device-ca
check "D12 a device outside the CA's name constraint fails" refused dev-4040 certificate-constraint
cert_enrolee d-3 //sp.example/mn3 device $arc.100.3030.20 device-ca
check "D7 one intermediate CA passes" with dev-sub
no_chain() {
    cp "$lab/pki/dev-sub.pem" "$lab/pki/dev-alone.pem"
    cp "$lab/pki/dev-sub.pem" "$lab/pki/dev-alone.chain.pem"
    cp "$lab/pki/dev-sub.key" "$lab/pki/dev-alone.key"
    refused dev-alone certificate-path
}
check "D7 without its intermediate CA it fails" no_chain

# ---- D4, D7, D8, D13, D1: CSE-ID certificates ----
cert_enrolee c-1 //sp.example/mn1 cse mn1.in-cse.sp.example mte-ca
check "D1 mutual certificates over TLS 1.2 pass" with mn1
keid=$(keid_of mn1)
fetch maf "$keid" "" maf.mte.example
check "D1 Ke and KeId are those of the exporter" same "$(derive km "$(ke_of mn1)" maf.mte.example)" "$(credential)"
check "D11 the key is kept under the exported name at both ends" same '"//sp.example/mn1"' "\"$(json "$lab/fetch.json" enroleeID)\""
check "C8 key generation is that of the other framework" grep -qE '^[0-9A-F]{32}@mef\.mte\.example$' <<<"$keid"
check "D4 the CSE-ID certificate passes" with mn1
check "D4 another CSE's fails" refused mn2 mef-certificate-unknown
check "D4 a wildcard fails" refused wild mef-certificate-unknown
check "D4 a common name alone fails" refused cn-only mef-certificate-unknown
check "D7 the same name under another CA fails" refused mn1-other certificate-path
check "D8 an expired certificate of the Enrolee fails" refused mn1-expired certificate-expired
check "D13 an RSA certificate fails" refused mn1-rsa tls-handshake-failed
check "D13 a P-384 certificate fails" refused mn1-p384 certificate-profile
fails() {
    ! shake "$@"
}
check "D8 without a certificate it fails" fails none "$port_mef" $cert_tls
check "D8 and an alert says so" holds "$lab/none.out" "alert handshake failure"
check "D13 TLS 1.1 fails" fails old "$port_mef" -tls1_1 -cipher 'ALL:@SECLEVEL=0' -cert "$lab/pki/mn1.pem" -key "$lab/pki/mn1.key"
check "D13 other suites fail" fails gcm "$port_mef" -tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384 -cert "$lab/pki/mn1.pem" -key "$lab/pki/mn1.key"

# ---- D10 ----
suite=$cert_dtls
check "D10 DTLS 1.2 passes" with mn1
suite=

# ---- D5, Node-ID ----
cert_enrolee a-1 //sp.example/S98821 ae //sp.example/S98821 mte-ca
check "D5 the AE-ID certificate passes" with s98821
check "D5 another AE's fails" refused s98822 mef-certificate-unknown
check "D5 an extra slash fails" refused s98821-slash mef-certificate-unknown
cert_enrolee n-1 //sp.example/mn4 node 'urn:gsma:imei:90420156-025763-0;svn=42' mte-ca
check "D5 a Node-ID certificate passes" with node1

# ---- D6: the expected name is configuration ----
cert_enrolee c-1 //sp.example/mn1 cse mn2.in-cse.sp.example mte-ca
check "D6 the other name passes once it is configured" with mn2
check "D6 and the former fails" refused mn1 mef-certificate-unknown
cert_enrolee c-1 //sp.example/mn1 cse mn1.in-cse.sp.example mte-ca

# ---- D7: self-signed ----
cert_enrolee self //sp.example/mn9 cse mn9.in-cse.sp.example self
check "D7 a self-signed certificate that is the anchor passes" with self

# ---- B9, B10: the anchor is that of the Enrolee ----
cert_enrolee c-1 //sp.example/mn1 cse mn1.in-cse.sp.example other-ca
check "B10 with another anchor in the instructions the certificate fails" refused mn1 certificate-path
cert_enrolee c-1 //sp.example/mn1 cse mn1.in-cse.sp.example mte-ca
cert_enrolee d-1 //sp.example/mn1 device $arc.100.3030.10011 other-ca
check "B9 so does that of a device" refused dev-10011 certificate-path
cert_enrolee d-1 //sp.example/mn1 device $arc.100.3030.10011 device-ca

# ---- D2, B8: raw public keys, with another library at the other end ----
raw_priority="NONE:+ECDHE-ECDSA:+AEAD:+AES-128-CBC:+SHA256:+AES-128-CCM-8:+GROUP-SECP256R1:+SIGN-ECDSA-SHA256:+COMP-NULL"
raw_priority="$raw_priority:+CTYPE-CLI-RAWPK:+CTYPE-SRV-X509"
# gnutls NAME TLS|DTLS KEY: the handshake, and the KeId of what it exports
gnutls() {
    local version=+VERS-TLS1.2 udp=
    [ "$2" = TLS ] || version=+VERS-DTLS1.2 udp=-u
    timeout 10 gnutls-cli $udp -p "$port_mef" 127.0.0.1 --sni-hostname=mef.mte.example --priority "$raw_priority:$version" \
        --rawpkkeyfile "$lab/pki/$3.key" --rawpkfile "$lab/pki/$3.pub" --x509cafile "$lab/pki/mte-ca.pem" \
        --verify-hostname=mef.mte.example --keymatexport=EXPORTER-oneM2M-Bootstrap --keymatexportsize=48 \
        </dev/null >"$lab/$1.out" 2>&1
}
gnutls_passes() {
    local split
    gnutls "$@" || return 1
    split=$(derive split "$(sed -n 's/^- Key material: //p' "$lab/$1.out")") || return 1
    keids | grep -qF "${split% *}@mef.mte.example"
}
raw_refused() {
    local from
    from=$(wc -l <"$lab/mef.log")
    ! gnutls "$@" || return 1
    wait_for 2 refused_in_log "$from" mef-certificate-unknown || { tail -n 3 "$lab/mef.log"; return 1; }
}
for bits in 256 128 120; do
    cert_enrolee r-1 //sp.example/S77 raw "$(m2m_pki ni raw1 $bits)" -
    check "D2 a raw public key with an identifier of $bits bits passes over TLS" gnutls_passes raw$bits TLS raw1
    check "B8 and over DTLS" gnutls_passes rawd$bits DTLS raw1
    check "D2 another key fails" raw_refused raw-other TLS raw2
done
check "D2 also over DTLS" raw_refused raw-otherd DTLS raw2
tap_done
