#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The GBA framework of oneM2M on the device: Ke is Ks, KeId the B-TID, the key for the target that
# of the negotiated suite, and in a UICC it stays there.  openssl is the target, python makes the keys.
set -u
. "$top_srcdir/tests/lib/lab.sh"
start_lab
mkfifo "$lab/in"
exec 7<>"$lab/in"
umask 077
echo 'enrolee: {id: //sp.example/S98821, target: {id: maf.mte.example}, framework: gba}' >"$lab/ue.yaml"

# ue CARD ARGUMENT...
ue() {
    "$lab_build/keystrap-ue" -c "$lab/ue.yaml" --card "sim:$lab/card$1.yaml" --state "$lab/ue$1.state" \
        --set "enrolee.store=$lab/ue$1.store" --connect "127.0.0.1:$port_bsf" \
        --set "enrolee.target.address=127.0.0.1:${port:-1}" "${@:2}"
}
# code WANTED TEXT CARD ARGUMENT...
code() {
    local got
    ue "${@:3}" >"$lab/out" 2>&1
    got=$?
    same "$1" "$got" && holds "$lab/out" "$2"
}
value() {
    sed -n "s/^$1  *//p" "$lab/out" | tail -n 1
}
# naf_key gba-me|gba-u KS SUITE HOST: TS 33.220 B.3; for $impi and $btid
naf_key() {
    python3 - "$@" "$impi" "$btid" <<'END'
import base64, hashlib, hmac, sys
label, ks, suite, host, impi, btid = sys.argv[1:]
naf_id = host.encode() + bytes.fromhex("010001" + suite)
s = b"\x01"
for p in (label.encode(), base64.b64decode(btid.split("@")[0]), impi.encode(), naf_id):
    s += p + len(p).to_bytes(2, "big")
print(hmac.new(bytes.fromhex(ks), s, hashlib.sha256).hexdigest())
END
}
# target SUITE-OPTIONS KEY IDENTITY
target() {
    lab_stop target
    : >"$lab/target.log" # here, not in the new process: the old port must be gone
    # shellcheck disable=SC2086
    openssl s_server -accept 127.0.0.1:0 -nocert $1 -psk "$2" -psk_identity "$3" <&7 >>"$lab/target.log" 2>&1 &
    lab_pids[target]=$!
    lab_wait_log target '^ACCEPT '
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$lab/target.log")
}
tls='-tls1_2 -cipher PSK-AES128-CBC-SHA256 -www'

# ---- GBA_ME (B4, E4) ----
impi=$lab_impi_me
check "no key yet" code 6 enrol-no-key 1 connect
check "enrolled by bootstrapping" code 0 enrolled 1 enrol
check "Ke is Ks and KeId the B-TID" eval 'code 0 keyid 1 keys --show-keys &&
    same "$(sed -n "s/^ks //p" "$lab/ue1.state")" "$(value ke)" && same "$(sed -n "s/^btid //p" "$lab/ue1.state")" "$(value keyid)"'
btid=$(value keyid)
ks=$(value ke)
key=$(value key-00ae)
check "the key for TLS" same "$(naf_key gba-me "$ks" 00ae maf.mte.example)" "$key"
check "the key for DTLS" same "$(naf_key gba-me "$ks" c0a8 maf.mte.example)" "$(value key-c0a8)"
check "a valid Ks is used again" eval 'code 0 "$btid" 1 enrol'
check "a CSE goes by its public domain name" eval 'code 0 enrolled 1 --set enrolee.target.id=//sp.example/in-cse enrol &&
    code 0 keyid 1 keys --show-keys && same "$(naf_key gba-me "$ks" 00ae in-cse.sp.example)" "$(value key-00ae)"'

check "a CSE with that key is spoken to" eval 'target "$tls" "$(naf_key gba-me "$ks" 00ae in-cse.sp.example)" "$btid" &&
    code 0 "$btid" 1 --set enrolee.target.id=//sp.example/in-cse connect'
check "a target with another key is refused" eval 'target "$tls" "$key" "$btid" &&
    code 5 tls- 1 --set enrolee.target.id=//sp.example/in-cse connect'
check "another bootstrapping makes the key old" eval 'ue 1 bootstrap && code 6 enrol-key-expired 1 connect'
check "and enrolling makes it new" eval 'code 0 enrolled 1 enrol && [ "$(value keyid)" != "$btid" ]'
check "GBA_ME is not enough for a client in the UICC" code 5 enrol-not-in-uicc 1 --set enrolee.client_in_uicc=true enrol
check "nor may the card fall back" code 2 allow_downgrade 1 --set enrolee.client_in_uicc=true --set allow_downgrade=true enrol
check "a token has no place in GBA" code 2 enrolee.token_file 1 --set enrolee.token_file=x enrol
check "nor has a usage" code 2 enrolee.suid 1 --set enrolee.suid=21 enrol

# ---- GBA_U (E14) ----
impi=$lab_impi_u
cse='--set enrolee.target.id=//sp.example/in-cse'
uicc='--set enrolee.client_in_uicc=true'
check "enrolled with GBA_U" code 0 enrolled 2 $cse $uicc enrol
check "no key is here to be shown" eval 'code 0 keyid 2 keys --show-keys && lacks "$lab/out" "ke " && lacks "$lab/out" key-'
btid=$(value keyid)
ext=$(ue 2 key in-cse.sp.example --ua=tls:00ae | sed -n 's/^ks_naf *//p')
# Ks is somewhere in the card's state: where it leads to the external key
find_ks() {
    python3 - "$impi" "$btid" "$ext" "$lab/card2.yaml.state" <<'END'
import base64, hashlib, hmac, sys
impi, btid, ext, path = sys.argv[1:]
state = open(path, "rb").read()
naf_id = b"in-cse.sp.example" + bytes.fromhex("01000100ae")
s = b"\x01"
for p in (b"gba-me", base64.b64decode(btid.split("@")[0]), impi.encode(), naf_id):
    s += p + len(p).to_bytes(2, "big")
for i in range(len(state) - 31):
    if hmac.new(state[i:i + 32], s, hashlib.sha256).hexdigest() == ext:
        print(state[i:i + 32].hex())
END
}
ks=$(find_ks)
check "Ks is in the card" [ ${#ks} -eq 64 ]
check "a client in the phone has the external key" eval 'target "$tls" "$ext" "$btid" && code 0 "$btid" 2 $cse connect'
check "one in the UICC has not" eval 'target "$tls" "$ext" "$btid" && code 5 tls- 2 $cse $uicc connect'
check "but the internal one" eval 'target "$tls" "$(naf_key gba-u "$ks" 00ae in-cse.sp.example)" "$btid" &&
    code 0 "$btid" 2 $cse $uicc connect'
check "no key was said or kept outside of the card" eval 'lacks "$lab/ue2.state" "$ks" && lacks "$lab/ue2.store" "$ks" && lacks "$lab/out" "$ks"'
lab_stop target
tap_done
