#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doc/admin-api.yaml and the routes in the code are the same, both ways.
set -eu
. "$top_srcdir/tests/lint/lib.sh"

# "GET /v1/x/*" of route tables in C on standard input
routes() {
    sed -n 's|^ *{"\([A-Z]*\)", "\(/[^"]*\)", [a-z_]*},$|\1 \2|p' | LC_ALL=C sort
}
# the same of an OpenAPI file on standard input
documented() {
    awk '/^[a-z]/ { inside = $1 == "paths:" }
        inside && /^  \// { path = $1; sub(/:$/, "", path); gsub(/\{[a-z]+\}/, "*", path) }
        inside && /^    (get|put|post|delete|patch|head):/ { sub(/:/, "", $1); print toupper($1), path }' | LC_ALL=C sort
}
# differ CODE FILE: what only one has
differ() {
    comm -23 "$1" "$2" | sed 's|$| is not in doc/admin-api.yaml|'
    comm -13 "$1" "$2" | sed 's|$| is in no route table|'
}
printf '    {"GET", "/v1/a", a},\n    {"PUT", "/v1/b/*", b},\n' | routes > "$lint_tmp/code"
printf 'paths:\n  /v1/a:\n    get:\n      x: 1\n  /v1/c/{name}:\n    put:\n' | documented > "$lint_tmp/file"
differ "$lint_tmp/code" "$lint_tmp/file" | check_flags "routes that differ" 2

find "$top_srcdir" -path '*/io/admin*.c' -exec cat {} + | routes > "$lint_tmp/code"
documented < "$top_srcdir/doc/admin-api.yaml" > "$lint_tmp/file"
[ -s "$lint_tmp/code" ] || echo "no routes" | check "there are routes"
differ "$lint_tmp/code" "$lint_tmp/file" | check "doc/admin-api.yaml is what is served"
uniq -d "$lint_tmp/code" | check "no route stands twice"
done_testing
