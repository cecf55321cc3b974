#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A foreign client, curl, against our HTTP server (in tools/lab-upstream).
set -u
tmp=$(mktemp -d)
server=
count=0

cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# check NAME GOT WANTED
check() {
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "# got:    $2" | head -5
        echo "# wanted: $3" | head -5
    fi
}

# start ADDRESS: sets $server and $url
start() {
    : >"$tmp/out"
    "$top_builddir/tools/lab-upstream" --listen "$1" >"$tmp/out" 2>"$tmp/log" &
    server=$!
    for _ in $(seq 200); do
        [ -s "$tmp/out" ] && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    url=http://$(sed -n 's/^listening on //p' "$tmp/out")
}

fetch() {
    curl -sS --noproxy '*' --max-time 20 "$@" 2>&1
}

# status ARGUMENT...: the status code only
status() {
    fetch -o /dev/null -w '%{http_code}' "$@"
}

echo 1..20
start 127.0.0.1:0
printf '<doc>1</doc>' >"$tmp/doc"

check 'absent document' "$(status "$url/xcap/doc")" 404
check 'created' "$(status -X PUT -H 'Content-Type: application/xcap+xml' --data-binary @"$tmp/doc" "$url/xcap/doc")" 201
check 'read back' "$(fetch "$url/xcap/doc")" '<doc>1</doc>'
check 'content type kept' "$(fetch -o /dev/null -w '%{content_type}' "$url/xcap/doc")" application/xcap+xml
etag=$(fetch -I "$url/xcap/doc" | tr -d '\r' | sed -n 's/^ETag: //p')
check 'HEAD tells the length' "$(fetch -I "$url/xcap/doc" | tr -d '\r' | sed -n 's/^Content-Length: //p')" 12
check 'unchanged' "$(status -H "If-None-Match: $etag" "$url/xcap/doc")" 304
check 'wrong state refused' "$(status -X PUT -H 'If-Match: "none"' -d x "$url/xcap/doc")" 412
check 'right state replaced' "$(status -X PUT -H "If-Match: $etag" -d '<doc>2</doc>' "$url/xcap/doc")" 200
check 'old state refused' "$(status -X DELETE -H "If-Match: $etag" "$url/xcap/doc")" 412
check 'no overwriting' "$(status -X PUT -H 'If-None-Match: *' -d x "$url/xcap/doc")" 412
check 'deleted' "$(status -X DELETE "$url/xcap/doc")" 204
check 'other methods' "$(status -X POST -d x "$url/xcap/doc")" 405

# 1 MB: curl asks with Expect: 100-continue; chunked both ways of giving a length
dd if=/dev/zero bs=1024 count=1000 2>/dev/null | tr '\0' z >"$tmp/big"
check '1 MB with Expect: 100-continue' \
    "$(fetch -X PUT -H 'Expect: 100-continue' --data-binary @"$tmp/big" "$url/echo" | tr -dc z | wc -c | tr -d ' ')" 1024000
check '1 MB chunked' \
    "$(fetch -T - -H 'Transfer-Encoding: chunked' "$url/big" -o /dev/null -w '%{http_code}' <"$tmp/big")" 201
check '1 MB read back' "$(fetch "$url/big" | cmp - "$tmp/big" && echo same)" same
check 'too much is refused' "$(cat "$tmp/big" "$tmp/big" | status -T - -H 'Transfer-Encoding: chunked' "$url/big")" 413

check 'kept connection' "$(fetch -w '%{num_connects} ' -o /dev/null "$url/echo" -o /dev/null "$url/echo" -o /dev/null "$url/echo")" '1 0 0 '
check 'fields arrive' "$(fetch -H 'X-Probe: a b' "$url/echo?q=1" | grep -c -e '^GET /echo?q=1$' -e '^X-Probe: a b$')" 2

kill "$server"
wait "$server"
check 'ends in order' $? 0
start '[::1]:0'
check 'IPv6' "$(fetch -g "$url/echo" | head -1)" 'GET /echo'
