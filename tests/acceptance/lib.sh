# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the acceptance rows of oneM2M: a lab, peers that are not ours (openssl, gnutls-cli,
# curl, python) and one check a proof, named "ROW what".  tests/acceptance/run prints a
# line a row.
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tools/lab_m2m.sh"
m2m_open

derive() {
    python3 "$top_srcdir/tests/acceptance/derive.py" "$@"
}

# s_client NAME PORT OPTION...: a handshake of the openssl program; it sends what stands on
# stdin and then waits for the end.  All it says is in $lab/NAME.out.
s_client() {
    local name=$1 port=$2
    shift 2
    timeout 10 openssl s_client -connect "127.0.0.1:$port" "$@" >"$lab/$name.out" 2>&1
}

# shake NAME PORT OPTION...: only the handshake
shake() {
    s_client "$@" -keymatexport EXPORTER-oneM2M-Bootstrap -keymatexportlen 48 </dev/null
}
psk_tls="-tls1_2 -cipher PSK-AES128-CBC-SHA256"
psk_dtls="-dtls1_2 -cipher PSK-AES128-CCM8"
cert_tls="-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256"
cert_dtls="-dtls1_2 -cipher ECDHE-ECDSA-AES128-CCM8"

# exported NAME: the 48 octets that s_client printed
exported() {
    sed -n 's/^ *Keying material: //p' "$lab/$1.out" | tr 'A-F' 'a-f'
}

# keid_of NAME [MEF]: what KeId these octets make
keid_of() {
    local split
    split=$(derive split "$(exported "$1")") || return 1
    echo "${split% *}@${2:-mef.mte.example}"
}
ke_of() {
    local split
    split=$(derive split "$(exported "$1")") || return 1
    echo "${split#* }"
}

# fetch CERT KEID [SUID [ORIGIN]]: as the target with this certificate; status in $lab/fetch.status,
# body in $lab/fetch.json
fetch() {
    local path=/fetchCredentials/${2/@/%40}${3:+/$3}
    curl -sS --noproxy '*' --max-time 10 --cacert "$lab/pki/mte-ca.pem" --cert "$lab/pki/$1.chain.pem" \
        --key "$lab/pki/$1.key" --resolve "mef.mte.example:$port_mef:127.0.0.1" --tls-max 1.2 \
        ${4:+-H "X-M2M-Origin: $4"} -H 'X-M2M-RI: 1' -o "$lab/fetch.json" -w '%{http_code}' \
        "https://mef.mte.example:$port_mef$path" >"$lab/fetch.status"
}
fetched() {
    same "$1" "$(cat "$lab/fetch.status")"
}

# json FILE MEMBER...: the value, nothing when there is none
json() {
    python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2:]:
    v = v[int(k)] if isinstance(v, list) else v.get(k, "")
print(v if isinstance(v, str) else json.dumps(v))' "$@"
}

# credential: the fetched key as hexadecimal
credential() {
    json "$lab/fetch.json" credential | base64 -d | od -An -v -tx1 | tr -d ' \n'
}

# again NAME: kill -9, and a new start; what it logged goes to $lab/NAME.before.log
again() {
    kill -9 "${lab_pids[$1]}" && wait "${lab_pids[$1]}" 2>/dev/null
    unset "lab_pids[$1]"
    cat "$lab/$1.log" >>"$lab/$1.before.log"
    m2m_start "$1"
}

# begin NAME...: start, or end the test: refusals by a server that is not there prove nothing
begin() {
    local name
    for name; do
        m2m_start "$name" || {
            echo "Bail out! $name does not start"
            exit 1
        }
    done
}

# ---- instructions of the MEF, and Enrolees ----

# ppsk NAME ENROLEE '"TARGET",...' [EXPIRY [MORE]]: kpm-NAME@mef.mte.example is its key
ppsk() {
    m2m_enrolee "$1" >/dev/null 2>"$lab/put.err" <<END
"framework":"ppsk","mef":"mef.mte.example","enroleeID":"$2","targets":[$3],"expiry":${4:-3600},${5-}
 "kpmID":"kpm-$1@mef.mte.example","kpm":"$(m2m_b64 "$m2m_kpm")"
END
}
# ue_ppsk NAME ENROLEE TARGET ADDRESS: the device of that
ue_ppsk() {
    m2m_ue_config "$@" ppsk <<END
  kpm: { id: "kpm-$1@mef.mte.example", key_file: $lab/kpm }
END
}
anchors_of() {
    python3 -c 'import json, sys; print(json.dumps(open(sys.argv[1]).read()))' "$lab/pki/$1.pem"
}
# cert_enrolee NAME ENROLEE FLAVOUR CERT-ID CA [MORE]
cert_enrolee() {
    local anchors=
    [ "$5" = - ] || anchors="\"anchors\":$(anchors_of "$5"),"
    m2m_enrolee "$1" >"$lab/put.out" 2>&1 <<END
"framework":"cert","mef":"mef.mte.example","enroleeID":"$2","targets":["maf.mte.example"],
 "expiry":3600,"flavour":"$3","certID":"$4",$anchors${6-}"aux":"hall B"
END
}
# ue_cert NAME ENROLEE TARGET ADDRESS, more members of `enrolee` on stdin: a device with the certificate
# pki/NAME.pem
ue_cert() {
    { printf '  cert: { cert: %s, key: %s }\n' "$lab/pki/$1.chain.pem" "$lab/pki/$1.key" && cat; } | m2m_ue_config "$@" cert
}

# enrols NAME: and keep in $lab/NAME.json what it has then; of NAME MEMBER...: of that
enrols() {
    m2m_ue "$1" enrol "${@:2}" && m2m_ue "$1" keys --show-keys --json | grep -v '"use":"kc"' >"$lab/$1.json"
}
of() {
    json "$lab/$1.json" "${@:2}"
}

# fails COMMAND...: exit code, and nothing that was killed
fails() {
    local code=0
    "$@" || code=$?
    [ $code -ne 0 ] && [ $code -lt 124 ]
}
# says CODE TEXT COMMAND...: ends with that code and says so
says() {
    local want=$1 text=$2
    shift 2
    "$@" >"$lab/says.out" 2>&1
    same "$want" $? && holds "$lab/says.out" "$text"
}

# serve NAME PORT OPTION...: an s_server of the openssl program
serve() {
    local name=$1 port=$2
    shift 2
    lab_stop "$name"
    [ -p "$lab/stdin" ] || { mkfifo "$lab/stdin" && exec 7<>"$lab/stdin"; } # it lives as long as its input
    : >"$lab/$name.log"
    openssl s_server -accept "127.0.0.1:$port" -keymatexport EXPORTER-oneM2M-Bootstrap -keymatexportlen 48 "$@" \
        <&7 >>"$lab/$name.log" 2>&1 &
    lab_pids[$name]=$!
    lab_wait_log "$name" ACCEPT
}
