#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Attacks on Ub of a real keystrap-bsf with a real HSS behind it: each is refused, and says why.
set -u
. "$top_srcdir/tests/lib/lab.sh"

stranger=001010000000000@ims.mnc001.mcc001.3gppnetwork.org

# probe IMPI ACTION...: one line an action in $lab/out
probe() {
    timeout 30 "$lab_build/tests/system/ub_probe" 127.0.0.1 "$port_bsf" "$lab_bsf_host" "$1" "$lab_k" "$lab_opc" \
        "$lab_naf_host" "${@:2}" >"$lab/out" 2>&1
}
# says LINE...: the lines, without B-TIDs, keys and SQN
says() {
    printf '%s\n' "$@" >"$lab/want"
    sed 's/ btid=.*//; /^sqn /d' "$lab/out" | diff "$lab/want" - >"$lab/diff" && return 0
    sed 's/^/# /' "$lab/diff" "$lab/out"
    return 1
}
# attack TITLE REASON -- ACTION... -- LINE...: as the GBA_ME subscriber
attack() {
    local title=$1 reason=$2 actions=()
    shift 3
    while [ "$1" != -- ]; do
        actions+=("$1")
        shift
    done
    probe "${impi:-$lab_impi_me}" "${actions[@]}"
    check "$title" says "${@:2}"
    check "... $reason" grep -q "reason=$reason " "$lab/bsf.log"
}
reloads() {
    [ "$(grep -c 'daemon.reloaded' "$lab/bsf.log")" -eq "$1" ]
}
# configure YAML: the section ub, in a BSF that goes on
configure() {
    local n
    n=$(grep -c 'daemon.reloaded' "$lab/bsf.log")
    sed -i '/^ub:/d' "$lab/bsf.yaml"
    echo "ub: $1" >>"$lab/bsf.yaml"
    kill -HUP "${lab_pids[bsf]}"
    check "configured: $1" wait_for 10 reloads $((n + 1))
}
vectors() {
    sed -n 's/^sqn //p' "$lab/out"
}
# The SQN of three challenges: as far from the second to the third as from the first to the second.
same_pace() {
    local a b c
    # shellcheck disable=SC2046
    set -- $(vectors)
    a=$1 b=$2 c=$3
    [ $((c - b)) -eq $((b - a)) ] && [ "$b" -gt "$a" ] || {
        echo "# SQN $a $b $c"
        return 1
    }
}
jumped() {
    # shellcheck disable=SC2046
    set -- $(vectors)
    [ $(($2 - $1)) -gt 1000000 ]
}

many='limits: { identity: { burst: 1000, per_minute: 1000 } }'
echo "ub: { challenge_lifetime: 2s, $many }" >>"$lab/bsf.yaml"
start hss bsf naf
check "peers connect" lab_wait_peers

attack "exact replay" ub-nonce-unknown -- first good again -- "first 401 gba-me" "good 200" "again 401 gba-me"
attack "nonce reuse" ub-nonce-unknown -- first good nc2 -- "first 401 gba-me" "good 200" "nc2 401 gba-me"
attack "invented nonce" ub-nonce-unknown -- first invented -- "first 401 gba-me" "invented 401 gba-me"
attack "wrong opaque" ub-opaque-wrong -- first opaque good -- "first 401 gba-me" "opaque 400" "good 200"
attack "digest-uri other than the request" ub-uri-wrong -- first uri good -- "first 401 gba-me" "uri 400" "good 200"
attack "qop downgrade" ub-qop-wrong -- first qop good -- "first 401 gba-me" "qop 400" "good 200"
attack "username swap" ub-username-changed -- first swap good -- "first 401 gba-me" "swap 403" "good 200"
attack "response after a consumed challenge" ub-nonce-unknown -- first wrong impi good -- \
    "first 401 gba-me" "wrong 403" "good 401 gba-me"
attack "response guessed" ub-response-wrong -- first wrong -- "first 401 gba-me" "wrong 403"
attack "response after an expired challenge" ub-nonce-unknown -- first wait=2300 good -- \
    "first 401 gba-me" "good 401 gba-me"
attack "AUTS with wrong response resyncs once and then stops" ub-auts-malformed -- first badauts badauts -- \
    "first 401 gba-me" "badauts 401 gba-me" "badauts 400"
attack "resync limit" ub-resync-limit -- first auts auts auts -- \
    "first 401 gba-me" "auts 401 gba-me" "auts 401 gba-me" "auts 403"
attack "forged AUTS" zh-resync-refused -- first sqn first sqn forged first sqn -- \
    "first 401 gba-me" "first 401 gba-me" "forged 403" "first 401 gba-me"
check "a forged AUTS does not move SQN" same_pace
probe "$lab_impi_me" first sqn auts sqn
check "a true one does" jumped
probe "$lab_impi_u" first good
check "a GBA_U subscriber is never served GBA_ME" says "first 401 gba-u" "good 200"

configure "{ gba_u: as-me, $many }"
probe "$lab_impi_u" first
check "unless policy says so" says "first 401 gba-me"

configure "{ algorithms: [ AKAv2-SHA-256 ], $many }"
attack "algorithm downgrade" ub-algorithm-wrong -- first akav1 good -- "first 401 gba-me" "akav1 400" "good 200"
configure "{ $many }"
attack "an algorithm that was not offered" ub-algorithm-wrong -- first akav2 good -- \
    "first 401 gba-me" "akav2 400" "good 200"

impi=$stranger attack "a stranger is told so" zh-identity-unknown -- first -- "first 403"
configure "{ hide_unknown: true, $many }"
# seen IMPI: what an attacker sees of a run under this name
seen() {
    probe "$1" first wrong first forged
    sed 's/ no-autn//; s/ gba-me//' "$lab/out"
    curl -sS --noproxy '*' -i -A 3gpp-gba-tmpi -H "Host: $lab_bsf_host" -H "Authorization: Digest username=\"$1\", \
realm=\"$lab_bsf_host\", nonce=\"\", uri=\"/\", response=\"\"" "http://127.0.0.1:$port_bsf/" |
        sed 's/nonce="[^"]\{44\}"/nonce/; s/opaque="[^"]\{32\}"/opaque/; /^Date/d'
}
seen "$lab_impi_me" >"$lab/known"
seen "$stranger" >"$lab/unknown"
check "unknown IMPI indistinguishable when configured" diff "$lab/known" "$lab/unknown"
check "and it was challenged" grep -q "^HTTP/1.1 401" "$lab/unknown"

configure "{ limits: { identity: { burst: 2, per_minute: 1 } } }"
impi=$lab_impi_u attack "a vector past the limit of a subscriber" ub-challenge-repeated -- first first first first good first -- \
    "first 401 gba-u" "first 401 gba-u" "first 401 repeated gba-u" "first 401 repeated gba-u" "good 200" "first 503"
check "... ub-limit-identity" grep -q "reason=ub-limit-identity " "$lab/bsf.log"
configure "{ limits: { identity: { burst: 1000, per_minute: 1000 }, address: { burst: 6, per_minute: 1 } } }"
attack "an address past its limit" ub-limit-address -- from=127.0.0.9 first invented wrong \
    from=127.0.0.10 first good -- "first 401 gba-me" "invented 401 gba-me" "wrong 503" "first 401 gba-me" "good 200"
configure "{ limits: { total: { burst: 1, per_minute: 1 }, identity: { burst: 0 } }, status: { limited: 429 } }"
attack "everybody past the limit" ub-limit-total -- first first -- "first 401 gba-me" "first 429"

lab_stop bsf
check "the BSF ends well" same 0 "${lab_codes[bsf]}"
check "no sanitizer complains" lacks "$lab/bsf.log" 'ERROR: '
check "identities are masked in the log" lacks "$lab/bsf.log" "$lab_impi_me"
tap_done
