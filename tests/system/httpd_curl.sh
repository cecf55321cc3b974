#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A foreign client, curl, against our HTTP server (in tools/lab-upstream).
set -u
. "$top_srcdir/tools/wait.sh"
. "$top_srcdir/tests/lib/tap.sh"
tmp=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

said_or_dead() {
    [ -s "$tmp/out" ] || ! kill -0 "$server"
}

# start ADDRESS: sets $server and $url
start() {
    : >"$tmp/out"
    "$top_builddir/tools/lab-upstream" --listen "$1" >"$tmp/out" 2>"$tmp/log" &
    server=$!
    wait_for 10 said_or_dead
    url=http://$(sed -n 's/^listening on //p' "$tmp/out")
}

fetch() {
    curl -sS --noproxy '*' --max-time 20 "$@" 2>&1
}

# status ARGUMENT...: the status code only
status() {
    fetch -o /dev/null -w '%{http_code}' "$@"
}

start 127.0.0.1:0
printf '<doc>1</doc>' >"$tmp/doc"

check_same 'absent document' "$(status "$url/xcap/doc")" 404
check_same 'created' "$(status -X PUT -H 'Content-Type: application/xcap+xml' --data-binary @"$tmp/doc" "$url/xcap/doc")" 201
check_same 'read back' "$(fetch "$url/xcap/doc")" '<doc>1</doc>'
check_same 'content type kept' "$(fetch -o /dev/null -w '%{content_type}' "$url/xcap/doc")" application/xcap+xml
etag=$(fetch -I "$url/xcap/doc" | tr -d '\r' | sed -n 's/^ETag: //p')
check_same 'HEAD tells the length' "$(fetch -I "$url/xcap/doc" | tr -d '\r' | sed -n 's/^Content-Length: //p')" 12
check_same 'unchanged' "$(status -H "If-None-Match: $etag" "$url/xcap/doc")" 304
check_same 'wrong state refused' "$(status -X PUT -H 'If-Match: "none"' -d x "$url/xcap/doc")" 412
check_same 'right state replaced' "$(status -X PUT -H "If-Match: $etag" -d '<doc>2</doc>' "$url/xcap/doc")" 200
check_same 'old state refused' "$(status -X DELETE -H "If-Match: $etag" "$url/xcap/doc")" 412
check_same 'no overwriting' "$(status -X PUT -H 'If-None-Match: *' -d x "$url/xcap/doc")" 412
check_same 'deleted' "$(status -X DELETE "$url/xcap/doc")" 204
check_same 'other methods' "$(status -X POST -d x "$url/xcap/doc")" 405

# 1 MB: curl asks with Expect: 100-continue; chunked both ways of giving a length
dd if=/dev/zero bs=1024 count=1000 2>/dev/null | tr '\0' z >"$tmp/big"
check_same '1 MB with Expect: 100-continue' \
    "$(fetch -X PUT -H 'Expect: 100-continue' --data-binary @"$tmp/big" "$url/echo" | tr -dc z | wc -c | tr -d ' ')" 1024000
check_same '1 MB chunked' \
    "$(fetch -T - -H 'Transfer-Encoding: chunked' "$url/big" -o /dev/null -w '%{http_code}' <"$tmp/big")" 201
check_same '1 MB read back' "$(fetch "$url/big" | cmp - "$tmp/big" && echo same)" same
check_same 'too much is refused' "$(cat "$tmp/big" "$tmp/big" | status -T - -H 'Transfer-Encoding: chunked' "$url/big")" 413

check_same 'kept connection' "$(fetch -w '%{num_connects} ' -o /dev/null "$url/echo" -o /dev/null "$url/echo" -o /dev/null "$url/echo")" '1 0 0 '
check_same 'fields arrive' "$(fetch -H 'X-Probe: a b' "$url/echo?q=1" | grep -c -e '^GET /echo?q=1$' -e '^X-Probe: a b$')" 2

kill "$server"
wait "$server"
check_same 'ends in order' $? 0
start '[::1]:0'
check_same 'IPv6' "$(fetch -g "$url/echo" | head -1)" 'GET /echo'
tap_done
