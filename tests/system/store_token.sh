#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sessions sealed with a key of a PKCS#11 token: they outlive the BSF, keys are changed without losing
# any, and what is wrong with module, token, object or PIN is said.
set -u
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tests/lib/redis.sh"
mkdir "$lab/token"
module=$("$lab_build/tests/lib/softtoken_make" "$lab/token" keystrap 2468 store)
case $? in
77) echo "1..0 # SKIP there is no SoftHSM2" && exit 0 ;;
0) ;;
*) lab_die "no token" ;;
esac
export SOFTHSM2_CONF=$lab/token/softhsm2.conf
(umask 077 && echo 2468 >"$lab/pin" && echo 1357 >"$lab/wrong.pin" && head -c 32 /dev/urandom >"$lab/new.key")
port_redis=$("$lab_build/tests/lib/freeports" 1)
cp "$lab/bsf.yaml" "$lab/plain.yaml"
token="module: $module, token: keystrap, label: store, pin_file: $lab/pin"

# with KEYS: the BSF with these keys
with() {
    lab_stop bsf
    cp "$lab/plain.yaml" "$lab/bsf.yaml"
    redis_conf "$lab/bsf.yaml" "servers: [ \"127.0.0.1:$port_redis\" ]"
    sed -i "s|^  keys: .*|  keys: [ $1 ]|" "$lab/bsf.yaml"
    lab_start bsf >/dev/null 2>&1
}
# says_why CHANGE REASON TEXT: the start fails with it
says_why() {
    ! with "{ id: 1, pkcs11: { $(echo "$token" | sed "$1") } }" && grep -q "store.key reason=$2 id=1 .*$3" "$lab/bsf.log"
}
opens() {
    lab_wait_log naf "peer-open.*bsf.home" && lab_wait_log bsf "redis.connected" &&
        wait_for 10 eval '[ "$(says_file=$lab/known naf_code)" = '"$1"' ]'
}
start_naf_anew() {
    lab_stop naf
    lab_start naf
}
check "redis-server starts" redis_start redis "$port_redis"
start hss upstream
check "another PIN" says_why "s|$lab/pin|$lab/wrong.pin|" pkcs11-pin "token keystrap: the PIN is wrong"
check "another token" says_why 's/token: keystrap/token: another/' pkcs11-token "token another: no token has this label"
check "another object" says_why 's/label: store/label: gone/' pkcs11-key "object gone: "
check "another module" says_why 's/libsofthsm2/libgone/' pkcs11-module "module .*libgone.so: "
check "no PIN" says_why "s|$lab/pin|$lab/gone|" file-error "gone: No such file"
check "no PIN is told" eval '! grep -qE "2468|1357" "$lab/bsf.log"'

check "the BSF starts" with "{ id: 1, pkcs11: { $token } }"
start naf
check "peers connect" lab_wait_peers
check "a device bootstraps" bootstraps "$port_bsf"
cp "$lab/out" "$lab/known"
check "the BSF starts again, with a new key before the old one" \
    with "{ id: 2, file: $lab/new.key }, { id: 1, pkcs11: { $token } }"
check "the NAF gets the key of the old session" opens 200
check "and a new session is sealed" bootstraps "$port_bsf"
cp "$lab/out" "$lab/known2"
check "the BSF starts again, without the old key" with "{ id: 2, file: $lab/new.key }"
check "the NAF starts anew" start_naf_anew
check "what the old key sealed is closed" eval 'lab_wait_log naf "peer-open.*bsf.home" && [ "$(says_file=$lab/known naf_code)" != 200 ]'
cp "$lab/known2" "$lab/known"
check "the new session is there" opens 200
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
