#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-ctl and the operator's interface of a MEF: who may instruct, and what is taken in.
set -u
. "$top_srcdir/tools/lab.sh"
. "$top_srcdir/tests/lib/tap.sh"
lab_open "$top_builddir"
port_admin=$port_hss port_mef=$port_naf
kpm_b64=ABEiM0RVZneImaq7zN3u/w==
pki() { sh "$top_srcdir/tests/lib/pki.sh" "$lab/pki" "$@"; }
ctl() { "$top_builddir/keystrap-ctl" -a "127.0.0.1:$port_admin" -t "$lab/token" "$@"; }

# config LINE: what stands in mef beside the rest
config() {
    cat >"$lab/bsf.yaml" <<END2
mef:
  listen: [ "127.0.0.1:$port_mef" ]
  names: [ { fqdn: mef.mte.example, cert: $lab/pki/mef.pem, key: $lab/pki/mef.key } ]
  raw_keys: false
  store: { path: $lab/store, key_file: $lab/store.key }
  ${1:-}
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: $lab/token }
END2
}
files() {
    pki ca root && pki fqdn mef root mef.mte.example && config &&
        openssl ecparam -name prime256v1 -genkey -noout -out "$lab/signer.key" 2>/dev/null &&
        openssl ec -in "$lab/signer.key" -pubout -out "$lab/signer.pem" 2>/dev/null
}
record() { # NAME KPMID [MEMBERS]
    (umask 077; cat >"$lab/$1.json") <<END2
{"name":"$1","framework":"ppsk","mef":"mef.mte.example","enroleeID":"//sp.example/S98821",
 "targets":["maf.mte.example"],"expiry":3600,"kpmID":"$2","kpm":"$kpm_b64","aux":"Hall B"${3:-}}
END2
}
# exits CODE TEXT COMMAND...: it ends so and says so
exits() {
    local want=$1 text=$2
    shift 2
    "$@" >"$lab/out" 2>"$lab/err"
    same "$want" $? && { [ -z "$text" ] || grep -qF -- "$text" "$lab/err" "$lab/out"; } && return 0
    cat "$lab/out" "$lab/err"
    return 1
}
raw() { # METHOD PATH ARGUMENT...: status code
    curl -sS --noproxy '*' --max-time 10 -o "$lab/answer" -w '%{http_code}' -X "$1" "${@:3}" \
        "http://127.0.0.1:$port_admin$2"
}
bearer() { raw "$1" "$2" -H "Authorization: Bearer $(cat "$lab/token")" "${@:3}"; }
names() { ctl --json enrolee list | python3 -c 'import json,sys; print(*[e["name"] for e in json.load(sys.stdin)])'; }
restart() {
    lab_stop bsf
    config "$1"
    lab_start bsf
}

# files
check "certificates and configuration" files
check "keys are made" exits 0 "" ctl new-key "$lab/store.key"
check "and are for one alone" same 600 "$(stat -c %a "$lab/store.key")"
check "the token is one too" exits 0 "" ctl new-key "$lab/token"
check "a file that is there stays" exits 4 "File exists" ctl new-key "$lab/token"
for args in "" "enrolee" "enrolee put" "enrolee list x" "frobnicate" "--nothing enrolee list" "-a 10.0.0.1:80 keys list" \
    "-a localhost:80 keys list" "keys list --key x" "key import x --use km" "token issue x --lifetime 0"; do
    # shellcheck disable=SC2086
    check "wrong usage: $args" exits 2 keystrap-ctl ctl $args
done
check "no daemon" exits 3 cannot-connect ctl enrolee list
sed "s/127.0.0.1:$port_admin/0.0.0.0:$port_admin/" "$lab/bsf.yaml" >"$lab/open.yaml"
check "an address for everybody is refused" exits 2 "admin.listen: expected a loopback address" \
    "$top_builddir/keystrap-bsf" -t -c "$lab/open.yaml"
chmod 644 "$lab/token"
check "a token that others can read is refused" exits 1 "mode must be 0600" \
    timeout 10 "$top_builddir/keystrap-bsf" -c "$lab/bsf.yaml"
chmod 600 "$lab/token"
check "keystrap-bsf starts" lab_start bsf

# who may ask
check_same "without the token" "$(raw GET /v1/enrolees)" 401
check_same "with a wrong one" "$(raw GET /v1/enrolees -H "Authorization: Bearer $(tr 0-9a-f 1-9a-f0 <"$lab/token")")" 401
check_same "with a part of it" "$(raw GET /v1/enrolees -H "Authorization: Bearer $(head -c 32 "$lab/token")")" 401
check_same "with another scheme" "$(raw GET /v1/enrolees -u "x:$(cat "$lab/token")")" 401
check_same "with two" "$(bearer GET /v1/enrolees -H "Authorization: Bearer x")" 401
check_same "another path" "$(bearer GET /v1/nothing)" 404
check_same "another method" "$(bearer POST /v1/enrolees)" 405
check_same "a huge body" "$(head -c 70000 /dev/zero | bearer PUT /v1/enrolees/a --data-binary @-)" 413
check_same "a name that climbs" "$(bearer PUT /v1/enrolees/..%2f..%2fx -d '{}')" 400
cp "$lab/token" "$lab/wrong"
sed -i 's/^./g/' "$lab/wrong"
check "ctl with a wrong token" exits 1 admin-token ctl -t "$lab/wrong" enrolee list

# instructions
record pump-7 kpm-0001@mef.mte.example
record pump-8 kpm-0001@mef.mte.example
record typo kpm-0002@mef.mte.example ',"tokenneeded":true'
record stranger kpm-0003@mef.mte.example
sed -i s/mef.mte.example\",\"enr/mef.evil.example\",\"enr/ "$lab/stranger.json"
check "an unknown member" exits 1 "at tokenneeded [m2m-instruction-malformed]" ctl enrolee put "$lab/typo.json"
check "another MEF" exits 1 "at mef [m2m-instruction-malformed]" ctl enrolee put "$lab/stranger.json"
check_same "nothing was taken in" "$(names)" ""
chmod 620 "$lab/pump-7.json"
check "a file that others can write" exits 4 "others may write it" ctl enrolee put "$lab/pump-7.json"
chmod 640 "$lab/pump-7.json"
check "a key that others can read" exits 4 "others may read it" ctl enrolee put "$lab/pump-7.json"
chmod 600 "$lab/pump-7.json"
check "no file" exits 4 "No such file" ctl enrolee put "$lab/nothing.json"
check "a good file" exits 0 "10-kpm-0001@mef.mte.example" ctl enrolee put "$lab/pump-7.json"
check "a credential of another record" exits 1 m2m-name-taken ctl enrolee put "$lab/pump-8.json"
check "it is shown" exits 0 "Hall B" ctl enrolee show pump-7
check "without its key" lacks "$lab/out" "$kpm_b64"
check "nobody of this name" exits 1 not-found ctl enrolee show pump-9
check_same "one record" "$(names)" pump-7

# tokens
check "a token" exits 0 enrolmentToken ctl --json token issue pump-7 --lifetime 60
token=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["enrolmentToken"])' "$lab/out")
check_same "has 43 characters" ${#token} 43
check "its state is shown" exits 0 '"token":"issued"' ctl --json enrolee show pump-7
check "itself is not" lacks "$lab/out" "$token"
check "it is revoked" exits 0 "" ctl token revoke pump-7
check "which is shown" exits 0 '"token":"revoked"' ctl --json enrolee show pump-7
check "a token for nobody" exits 1 not-found ctl token issue pump-9
check "no enrolment keys yet" exits 0 "[]" ctl --json enrolment-keys list
check "no such key" exits 1 not-found ctl enrolment-key delete \
    EE7182D4F21CEBA6F85E3A786C70A218@mef.mte.example

# signed instructions
sign() { openssl dgst -sha256 -sign "$lab/signer.key" -out "$2" "$1"; }
openssl ecparam -name secp384r1 -genkey -noout 2>/dev/null | openssl ec -pubout -out "$lab/p384.pem" 2>/dev/null
for file in p384.pem token nothing.pem; do
    lab_stop bsf
    config "instructions_key: $lab/$file"
    check "a signer's key that is none: $file" exits 1 admin.no-signer \
        timeout 10 "$top_builddir/keystrap-bsf" -c "$lab/bsf.yaml"
done
check "with a key of who signs" restart "instructions_key: $lab/signer.pem"
record pump-10 kpm-0010@mef.mte.example
sign "$lab/pump-10.json" "$lab/pump-10.json.sig"
check "unsigned" exits 1 signature-wrong ctl enrolee put "$lab/pump-10.json"
sed 's/3600/3601/' "$lab/pump-10.json" >"$lab/flipped.json" && chmod 600 "$lab/flipped.json"
check "a flipped octet" exits 1 signature-wrong ctl enrolee put "$lab/flipped.json" --sig "$lab/pump-10.json.sig"
head -c 40 "$lab/pump-10.json.sig" >"$lab/cut.sig"
check "a signature that was cut" exits 1 signature-wrong ctl enrolee put "$lab/pump-10.json" --sig "$lab/cut.sig"
openssl ecparam -name prime256v1 -genkey -noout -out "$lab/other.key" 2>/dev/null
openssl dgst -sha256 -sign "$lab/other.key" -out "$lab/other.sig" "$lab/pump-10.json"
check "a stranger's signature" exits 1 signature-wrong ctl enrolee put "$lab/pump-10.json" --sig "$lab/other.sig"
check_same "nothing was taken in" "$(names)" pump-7
check "a good one" exits 0 "" ctl enrolee put "$lab/pump-10.json" --sig "$lab/pump-10.json.sig"

# records stay
kill -9 "${lab_pids[bsf]}"
wait_for 5 lab_dead bsf
lab_stop bsf
check "it starts after kill -9" lab_start bsf
check_same "with all records" "$(names)" "pump-10 pump-7"
check "another daemon cannot have the store" exits 1 "another process uses this store" \
    timeout 10 "$top_builddir/keystrap-bsf" -c "$lab/bsf.yaml"
check "a record is deleted" exits 0 "" ctl enrolee delete pump-7
check "once" exits 1 not-found ctl enrolee delete pump-7
check_same "the other stays" "$(names)" pump-10
lab_stop bsf
check_same "it stops cleanly" "${lab_codes[bsf]}" 0

# keys of a MAF
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
cat >"$lab/naf.yaml" <<END2
maf:
  fqdn: maf.mte.example
  listen: [ "127.0.0.1:$port_mef" ]
  raw_keys: false
  cert: $lab/pki/maf.pem
  key: $lab/pki/maf.key
  store: { path: $lab/maf, key_file: $lab/store.key }
admin: { listen: [ "127.0.0.1:$port_admin" ], token_file: $lab/token }
END2
(umask 077; echo $key >"$lab/km"; echo "${key}00" >"$lab/other-km"; echo zz >"$lab/no-key")
cp "$lab/km" "$lab/open-km"
chmod 644 "$lab/open-km"
import() { ctl key import "$1" --use "$2" --key "$lab/$3" "${@:4}"; }
psk() { # IDENTITY: a session with that key
    printf 'GET /- HTTP/1.1\r\nHost: maf.mte.example\r\nConnection: close\r\n\r\n' | timeout 10 openssl s_client -tls1_2 -quiet \
        -connect "127.0.0.1:$port_mef" -cipher PSK-AES128-CBC-SHA256 -psk "$key" -psk_identity "$1"
}
pki fqdn maf root maf.mte.example
check "keystrap-naf starts" lab_start naf
check "another use" exits 1 "at use [bad-word]" import km-17@maf.mte.example kc km
check "another name" exits 1 m2m-key-id import km-17 km km
check "another peer" exits 1 "at peer [m2m-id" import km-17@maf.mte.example km km --peer nobody
check "another time" exits 1 "at until [bad-time]" import km-17@maf.mte.example km km --until soon
check "what has expired" exits 1 target-key-expired import km-17@maf.mte.example km km --until 20200101T000000
check "no hexadecimal digits" exits 4 bad-hex import km-17@maf.mte.example km no-key
check "a key that others can read" exits 4 "others may read it" import km-17@maf.mte.example km open-km
check "no keys" exits 0 "[]" ctl --json keys list
check "and no session" exits 1 "" psk km-17@maf.mte.example
check "a Km" exits 0 "" import KM-17@maf.mte.example km km --peer //sp.example/S98821 --until 20990101T000000
check "is listed" exits 0 '"name":"km-17@maf.mte.example","use":"km","peer":"//sp.example/S98821"' ctl --json keys list
check "without the key" lacks "$lab/out" AAECAwQFBgc
check "in lines too" exits 0 "until            20990101T000000" ctl keys list
check "it makes a session" psk km-17@maf.mte.example
check "a key of standard input" exits 0 "" ctl key import km-18@maf.mte.example --use km --key - <"$lab/km"
check "a name that is taken" exits 1 m2m-name-taken import km-17@maf.mte.example km other-km
check "it is deleted" exits 0 "" ctl key delete km-17@maf.mte.example
check "and makes none any more" exits 1 "" psk km-17@maf.mte.example
check "instructions are for a MEF" exits 1 admin-route ctl enrolee list
lab_stop naf
secrets() { ! grep -F -e "$kpm_b64" -e "$token" -e "$(cat "$lab/token")" -e 0001@ -e "$key" "$lab"/bsf.log "$lab"/naf.log; }
check "no key, token or whole identity was told" secrets
check "nor lies in the store" sh -c "! grep -rqF -e '$token' -e Hall -e '$kpm_b64' '$lab/store'"
tap_done
