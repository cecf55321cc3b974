#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two BSFs share sessions in one Redis: bootstrapped at one, asked for at the other.  Passwords, TLS,
# lifetimes, and nothing readable in the server.
set -u
. "$top_srcdir/tests/lib/lab.sh"
. "$top_srcdir/tests/lib/redis.sh"
# shellcheck disable=SC2046
set -- $("$lab_build/tests/lib/freeports" 2)
port_redis=$1 port_tls=$2
pw=9f2c04d1a7
(umask 077 && echo "$pw" >"$lab/redis.pw" && echo wrong >"$lab/wrong.pw")
pki() {
    "$top_srcdir/tests/lib/pki.sh" "$lab/pki" "$@"
}
pki ca ca && pki ca other && pki fqdn redis ca redis.example && pki fqdn client ca bsf.example
for name in ca other redis client; do
    [ -f "$lab/pki/$name.chain.pem" ] || cp "$lab/pki/$name.pem" "$lab/pki/$name.chain.pem"
done

second_bsf
cp "$lab/bsf.yaml" "$lab/plain.yaml"
redis_conf "$lab/bsf.yaml" "servers: [ \"127.0.0.1:$port_redis\" ], user: bsf, password_file: $lab/redis.pw, prefix: \"test:\""
redis_conf "$lab/bsf2.yaml" "servers: [ \"127.0.0.1:$port_redis\" ], password_file: $lab/redis.pw, prefix: \"test:\""
check "redis-server starts" redis_start redis "$port_redis" --requirepass "$pw" --rdbcompression no \
    --tls-port "$port_tls" --tls-cert-file "$lab/pki/redis.chain.pem" --tls-key-file "$lab/pki/redis.key" \
    --tls-ca-cert-file "$lab/pki/ca.pem" --tls-auth-clients yes
cli() {
    REDISCLI_AUTH=$pw redis_cli "$port_redis" "$@"
}
# No more rights than the manual page says.
check "a user of its own" same OK "$(cli ACL SETUSER bsf on ">$pw" '~test:*' +eval +evalsha '+script|load' +role +time +get +getrange \
    +set +del +exists +lrange +lrem +rpush +pttl +pexpire +zadd +zrem +zcount +zrange)"
start hss bsf
check "a second BSF starts" start_second_bsf
start naf upstream
check "peers connect" lab_wait_log naf "peer-open.*bsf2.home.example"
check "both BSFs reach their HSS" eval 'lab_wait_log bsf "peer-open.*hss.home" && lab_wait_log bsf2 "peer-open.*hss.home"'
check "both BSFs reach Redis" eval 'lab_wait_log bsf redis.connected && lab_wait_log bsf2 redis.connected'

check "a device bootstraps at the first" bootstraps "$port_bsf"
btid=$(value btid)
check "the NAF gets its key from the second" same 200 "$(naf_code)"
check "the second says so" grep -q 'zn.key-given reason=ok peer=naf.home.example' "$lab/bsf2.log"
probe "$port_bsf" first good first good
check "a TMPI given by the first names the device there" says "first 401 gba-me" "good 200" "first 401 gba-me" "good 200"

key=$(cli --scan --pattern 'test:s:*' | head -n 1)
ttl=$(cli PTTL "$key")
check "the record dies by itself (PTTL $ttl)" eval '[ "$ttl" -gt 3500000 ] && [ "$ttl" -le 3600000 ]'
others_die() {
    local k
    for k in $(cli --scan --pattern 'test:[ao]:*'); do
        [ "$(cli PTTL "$k")" -gt 3500000 ] || return 1
    done
}
check "so do its alias and the list of its owner" others_die
check "two sessions of a subscriber are kept" same 2 "$(cli --scan --pattern 'test:s:*' | wc -l)"

cli SAVE >/dev/null
readable() {
    grep -qaF -e "$1" "$lab/redis.d/dump.rdb"
}
check "the server's dump has the record" readable test:s:
for text in "$lab_impi_me" 001010123456789 "$btid" "${btid%%@*}" "$lab_bsf_host" alice@ims 3gppnetwork; do
    check "and not $text" eval '! readable "$text"'
done
check "no password in a log" eval '! grep -qF "$pw" "$lab"/bsf.log "$lab"/bsf2.log'

cli SCRIPT FLUSH >/dev/null
check "scripts that the server forgot are sent again" bootstraps "$port_bsf"

# again NAME SECTION: the first BSF with another section
again() {
    lab_stop bsf
    cp "$lab/plain.yaml" "$lab/bsf.yaml"
    redis_conf "$lab/bsf.yaml" "$1"
    lab_start bsf
}
fails() {
    lab_wait_log bsf "redis.unavailable reason=$1 .*said=\"*$2" && lab_wait_log bsf "peer-open.*hss.home" &&
        probe "$port_bsf" first good && says "first 401 gba-me" "good 503"
}
check "a BSF with a wrong password starts" again "servers: [ \"127.0.0.1:$port_redis\" ], password_file: $lab/wrong.pw"
check "the log says so, and devices get 503" fails redis-refused WRONGPASS
check "and the log does not tell it" eval '! grep -qw wrong "$lab/bsf.log"'
check "a BSF without a password starts" again "servers: [ \"127.0.0.1:$port_redis\" ]"
check "the log says so, and devices get 503" fails redis-refused NOAUTH
chmod 644 "$lab/wrong.pw"
check "a password that others can read is not taken" eval '! again "servers: [ \"127.0.0.1:$port_redis\" ], password_file: $lab/wrong.pw"'
check "and the log says which" grep -q 'redis.password .*wrong.pw: others may use it; its mode must be 0600' "$lab/bsf.log"

tls="ca: $lab/pki/ca.pem, cert: $lab/pki/client.chain.pem, key: $lab/pki/client.key, name: redis.example"
at_tls="servers: [ \"127.0.0.1:$port_tls\" ], password_file: $lab/redis.pw, prefix: \"test:\""
check "a BSF with TLS starts" again "$at_tls, tls: { $tls }"
check "it reaches Redis" lab_wait_log bsf redis.connected
lab_wait_log bsf "peer-open.*hss.home"
check "a device bootstraps over TLS" bootstraps "$port_bsf"
check "the NAF gets its key from the second" same 200 "$(naf_code)"
check "another name is expected" again "$at_tls, tls: { ${tls%name:*}name: another.example }"
check "that certificate is not taken" fails certificate-name ""
check "another CA is trusted" again "$at_tls, tls: { ${tls/ca.pem/other.pem} }"
check "that certificate is not taken" fails certificate-path ""
check "no certificate of ours" again "$at_tls, tls: { ca: $lab/pki/ca.pem, name: redis.example }"
check "Redis refuses that" fails tls-alert ""
lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
tap_done
