#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# keystrap-ue as a process: state file, exit codes, transport, renewal.
set -u
. "$top_srcdir/tests/lib/lab.sh"
state=$lab/ue1.state
ue() {
    "$lab_build/keystrap-ue" --card "sim:$lab/card1.yaml" --state "$state" "$@"
}
# code WANTED REASON ARGUMENT...: exit code, and the reason code in what is printed
code() {
    local got
    ue "${@:3}" >"$lab/out" 2>&1
    got=$?
    same "$1" "$got" && holds "$lab/out" "$2"
}

# ---- what is refused, before anything runs ----
check "no command" code 2 'expected a command'
check "an unknown command" code 2 'not a command' frob
check "too few arguments" code 2 'too few' request GET
check "a bad option value" code 2 'expected a duration' --timeout 5 status
check "an unknown key" code 2 'no such key' --set nothing=1 status
check "a field that is the tool's own" code 2 "tool's own" request GET http://a/ --header 'Authorization: x'
check "a field that would break out" code 2 'control character' request GET http://a/ --header $'A: b\r\nC: d'
check "a configuration that is not there" code 2 'cannot be read' -c "$lab/none.yaml" status
check "no key yet" code 6 ue-not-bootstrapped status
check "and none for a NAF" code 6 ue-not-bootstrapped key "$lab_naf_host"
check "a URL that is not http" code 2 ue-url-malformed request GET ftp://a/
check "a body file that is not there" code 1 file-error request PUT http://a/ --body "$lab/none"
check "a card of no kind" code 3 card-name --card floppy bootstrap
check "a PIN file that is not there" code 1 file-error --pin-file "$lab/none" bootstrap
check "a BSF that is not there" code 4 cannot-connect --connect 127.0.0.1:1 bootstrap
check "a failure in JSON" eval 'ue --json --connect 127.0.0.1:1 bootstrap 2>/dev/null | python3 -c "
import json, sys
f = json.load(sys.stdin)
assert not f[\"ok\"] and f[\"reason\"] == \"cannot-connect\" and \"bootstrapping at\" in f[\"what\"]"'
check "nothing was kept" eval '[ ! -e "$state" ]'

# ---- the whole way ----
start_lab
to="--connect-bsf 127.0.0.1:$port_bsf --connect 127.0.0.1:$port_naf"
url=http://$lab_naf_host:$port_naf/ue
printf '<a/>\n' >"$lab/body"
check "a proxy of the environment is not used" env http_proxy=http://127.0.0.1:1 "$lab_build/keystrap-ue" \
    --card "sim:$lab/card1.yaml" --state "$state" $to bootstrap
check "the state file is for its user alone" same 600 "$(stat -c %a "$state")"
check "status shows it" code 0 btid status
check "and no key" lacks "$lab/out" "$(sed -n 's/^ks //p' "$state")"
check "a request is let through" ue $to request PUT "$url" --body "$lab/body"
check "several in one go give the body each time" eval 'same "$(cat "$lab/body" "$lab/body")" "$(ue $to request GET "$url" "$url")"'
check "a proven error of the service has its own code" code 7 404 $to request GET "$url/none"
check "output to a file" eval 'ue $to request GET "$url" --output "$lab/copy" && cmp "$lab/body" "$lab/copy"'
check "keys are not for another host" code 5 ue- $to request GET "http://other.example.org:$port_naf/"

# ---- the state file is guarded ----
cp "$state" "$lab/saved"
chmod 640 "$state"
check "a state file that others can read is refused" code 1 ue-state-access status
chmod 600 "$state"
echo more >>"$state"
check "a damaged one too" code 1 ue-state-corrupt status
check "and it is left as it is" eval 'tail -n 1 "$state" | grep -qx more'
rm "$state"
ln -s "$lab/saved" "$state"
check "a symbolic link too" code 1 ue-state-access status
rm "$state"
mkdir "$state"
check "a folder too" code 1 ue-state-access status
rmdir "$state"
sed 's/^expires .*/expires 2020-01-01T00:00:00Z/' "$lab/saved" >"$state"
chmod 600 "$state"
check "an expired key is said to be so" code 6 ue-key-expired key "$lab_naf_host"
check "and a request makes a new one" ue $to request GET "$url"
check "which is kept" code 0 btid status

# ---- renewal ----
old=$(sed -n 's/^btid //p' "$state")
lab_stop bsf
lab_stop naf
check "the BSF starts again, empty" lab_start bsf
check "and the NAF" lab_start naf
check "peers connect again" lab_wait_peers
check "an unknown key is renewed once and the request passes" ue $to request GET "$url"
check "with another B-TID" eval '[ "$old" != "$(sed -n "s/^btid //p" "$state")" ]'
tap_done
