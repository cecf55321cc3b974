#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Certificates for tests, made with the openssl program.  pki.sh DIR COMMAND ...
#
#   key NAME [OPTION...]                  NAME.key, NAME.pub (PEM), NAME.spki (DER)
#   ca NAME [OPTION...]                   a root: NAME.key, NAME.pem, NAME.der
#   sub NAME CA [OPTION...]               a CA below another
#   fqdn|cse NAME CA HOST [OPTION...]     a leaf with a dNSName
#   ae|node NAME CA URI [OPTION...]       a leaf with a URI
#   device NAME CA ARC REST [OPTION...]   a leaf with the M2M Device ID ARC.REST (REST a RELATIVE-OID)
#   leaf NAME CA [OPTION...]              a leaf of your own; CA "-": self-signed
#   ni NAME [BITS]                        print the public key identifier (256, 128 or 120 bits)
#   revoke NAME                           tell its CA's database (CRL and OCSP) that it is revoked
#   crl CA [seconds=N]                    CA.crl (PEM)
#   ocsp NAME [signer=NAME] [id=sha256] [-- OPTION...]  NAME.ocsp (DER); options of `openssl ocsp`
#   responder CA ADDR:PORT [signer=NAME]  become an OCSP responder; prints its port (0: any), then
#                                         "request" for each
#
# Beside each certificate: NAME.chain.pem, itself and the CAs between it and its root.
# Options: san=TYPE:VALUE (again for more), cn=TEXT, mail=ADDRESS, expired, future, from=TIME until=TIME
# (YYYYMMDDHHMMSSZ), curve=NAME, form=compressed, rsa, md=sha384, usage=LIST|none, eku=LIST, ca=TRUE,
# key=NAME (a key that exists), nc=permitted;TYPE:VALUE (again for more), nc-device=permitted;ARC;REST,
# ocsp=URL, ext=LINE (any line of an extension section).
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { sed -n '3,25s/^# \{0,1\}//p' "$0"; exit 2; }
mkdir -p "$1"
cd "$1"
command=$2
shift 2
export OPENSSL_CONF=/dev/null

quiet() {
    "$@" 2> pki.log || { cat pki.log >&2; echo "pki.sh: $command failed" >&2; exit 1; }
}

# relative ARCS: the contents of a RELATIVE-OID in hexadecimal
relative() {
    echo "$1" | awk -F. '{
        for (i = 1; i <= NF; i++) {
            octets = sprintf("%02x", $i % 128)
            for (n = int($i / 128); n > 0; n = int(n / 128))
                octets = sprintf("%02x", 128 + n % 128) octets
            printf "%s", octets
        }
    }'
}

other_name() {
    echo "$1;FORMAT:HEX,IMPLICIT:13U,OCTETSTRING:$(relative "$2")"
}

# options OPTION...: set the variables below
options() {
    sans='' names='' ncs='' exts='' eku='' cn='' mail='' aia='' rsa='' key='' is_ca=FALSE n=0
    md=sha256 curve=prime256v1 form=uncompressed usage=digitalSignature
    from=20240101000000Z until=20991231235959Z
    for option; do
        n=$((n + 1))
        value=${option#*=}
        case $option in
        san=otherName:*) sans="$sans
otherName.$n=${value#*:}" ;;
        san=*) sans="$sans
${value%%:*}.$n=${value#*:}" ;;
        cn=*) cn=$value ;;
        mail=*) mail=$value ;;
        expired) until=20250101000000Z ;;
        future) from=20980101000000Z ;;
        from=*) from=$value ;;
        until=*) until=$value ;;
        curve=*) curve=$value ;;
        form=*) form=$value ;;
        rsa) rsa=yes ;;
        md=*) md=$value ;;
        usage=*) usage=$value ;;
        eku=*) eku=$value ;;
        ca=*) is_ca=$value ;;
        key=*) key=$value ;;
        nc=*) names=${value%%:*} ncs="$ncs
$names.$n=${value#*:}" ;;
        nc-device=*) names=${value#*;} ncs="$ncs
${value%%;*};otherName.$n=$(other_name "${names%;*}" "${names#*;}")" ;;
        ocsp=*) aia=$value ;;
        ext=*) exts="$exts
$value" ;;
        *) echo "pki.sh: no such option: $option" >&2; exit 2 ;;
        esac
    done
}

# config NAME CA: for `openssl ca`
config() {
    cat << END
[ca]
default_ca=this
[this]
database=$2.index
new_certs_dir=.
rand_serial=yes
unique_subject=no
policy=any
default_md=$md
certificate=$2.pem
private_key=$2.key
default_crl_days=30
[any]
commonName=supplied
emailAddress=optional
[ext]
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
END
    case $exts in *basicConstraints*) ;; *) echo "basicConstraints=critical,CA:$is_ca" ;; esac
    [ "$usage" = none ] || echo "keyUsage=critical,$usage"
    [ -z "$eku" ] || echo "extendedKeyUsage=$eku"
    [ -z "$aia" ] || echo "authorityInfoAccess=OCSP;URI:$aia"
    [ -z "$sans" ] || echo "subjectAltName=@san"
    [ -z "$ncs" ] || echo "nameConstraints=critical,@nc"
    echo "$exts"
    echo "[san]$sans"
    echo "[nc]$ncs"
}

# binary < PEM
binary() {
    sed '/^-/d' | base64 -d
}

make_key() {
    if [ -n "$rsa" ]; then
        quiet openssl genrsa -out "$1.key" 2048
    else
        quiet openssl ecparam -name "$curve" -genkey -noout -out "$1.key"
        [ "$form" = uncompressed ] || quiet openssl ec -in "$1.key" -conv_form "$form" -out "$1.key"
    fi
    quiet openssl pkey -in "$1.key" -pubout -out "$1.pub"
    binary < "$1.pub" > "$1.spki"
}

# certificate NAME CA (options are set)
certificate() {
    if [ -n "$key" ]; then
        for end in key pub spki; do cp "$key.$end" "$1.$end"; done
    else
        make_key "$1"
    fi
    issuer=$2
    [ "$2" != - ] || { issuer=$1; : > "$1.index"; }
    [ -f "$issuer.index" ] || : > "$issuer.index"
    config "$1" "$issuer" > "$1.cnf"
    printf '[req]\ndistinguished_name=dn\n[dn]\n' > pki.req.cnf
    quiet openssl req -new -config pki.req.cnf -key "$1.key" -subj "/CN=${cn:-$1}${mail:+/emailAddress=$mail}" -out "$1.csr"
    self=''
    [ "$2" != - ] || self=-selfsign
    # shellcheck disable=SC2086
    quiet openssl ca -batch -notext -config "$1.cnf" -extensions ext $self -in "$1.csr" -out "$1.pem" \
        -startdate "$from" -enddate "$until" > pki.log
    [ "$is_ca" = FALSE ] || : > "$1.index"
    binary < "$1.pem" > "$1.der"
    echo "$issuer" > "$1.issuer"
    cp "$1.pem" "$1.chain.pem"
    [ "$2" = - ] || [ "$(cat "$2.issuer")" = "$2" ] || cat "$2.chain.pem" >> "$1.chain.pem"
    rm -f "$1.csr" "$1.cnf" pki.req.cnf pki.log [0-9A-F]*[0-9A-F].pem ./*.index.old ./*.index.attr*
}

make_ca() {
    ca_name=$1 ca_issuer=$2
    shift 2
    options "$@"
    is_ca=TRUE
    [ "$usage" != digitalSignature ] || usage=keyCertSign,cRLSign,digitalSignature
    certificate "$ca_name" "$ca_issuer"
}

# with_san NAME CA TYPE:VALUE OPTION...
with_san() {
    leaf=$1 issuer=$2 san=$3
    shift 3
    options "san=$san" "$@"
    certificate "$leaf" "$issuer"
}

# named KEY DEFAULT WORD...: the value of KEY= among the words
named() {
    wanted=$1 found=$2
    shift 2
    for option; do
        case $option in "$wanted"=*) found=${option#*=} ;; esac
    done
    echo "$found"
}

case $command in
key) name=$1; shift; options "$@"; make_key "$name" ;;
ca) name=$1; shift; make_ca "$name" - "$@" ;;
sub) make_ca "$@" ;;
fqdn | cse) name=$1 ca=$2 san=$3; shift 3; with_san "$name" "$ca" "DNS:$san" "$@" ;;
ae | node) name=$1 ca=$2 san=$3; shift 3; with_san "$name" "$ca" "URI:$san" "$@" ;;
device) name=$1 ca=$2 san=$(other_name "$3" "$4"); shift 4; with_san "$name" "$ca" "otherName:$san" "$@" ;;
leaf) name=$1 ca=$2; shift 2; options "$@"; certificate "$name" "$ca" ;;
ni)
    bits=${2:-256}
    label=sha-256
    [ "$bits" = 256 ] || label=sha-256-$bits
    printf 'ni:///%s;' "$label"
    openssl dgst -sha256 -binary "$1.spki" | head -c $((bits / 8)) | base64 | tr '+/' '-_' | tr -d '='
    ;;
revoke | crl)
    options
    ca=$1
    [ "$command" = crl ] || ca=$(cat "$1.issuer")
    config "$1" "$ca" > pki.cnf
    if [ "$command" = revoke ]; then
        quiet openssl ca -config pki.cnf -revoke "$1.pem" > pki.log
    else
        lasts=${2:-seconds=86400}
        quiet openssl ca -config pki.cnf -gencrl -crlsec "${lasts#seconds=}" -out "$1.crl"
    fi
    rm -f pki.cnf pki.log ./*.index.old ./*.index.attr*
    ;;
ocsp)
    name=$1
    ca=$(cat "$name.issuer")
    signer=$(named signer "$ca" "$@")
    id=$(named id sha1 "$@")
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
    [ $# -eq 0 ] || shift
    [ $# -gt 0 ] || set -- -ndays 1
    quiet openssl ocsp "-$id" -issuer "$ca.pem" -cert "$name.pem" -reqout "$name.ocspreq" > pki.log
    quiet openssl ocsp -index "$ca.index" -CA "$ca.pem" -rsigner "$signer.pem" -rkey "$signer.key" \
        -reqin "$name.ocspreq" -respout "$name.ocsp" "$@" > pki.log
    rm -f "$name.ocspreq" pki.log
    ;;
responder)
    ca=$1
    signer=$(named signer "$ca" "$@")
    exec python3 "$here/ocsp_responder.py" "$ca" "$2" "$signer"
    ;;
*) echo "pki.sh: no such command: $command" >&2; exit 2 ;;
esac
