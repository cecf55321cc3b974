#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What every daemon does with its arguments and its configuration.
set -u
. "$top_srcdir/tests/lib/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
# gives CODE TEXT COMMAND...: the exit code, and a text on either output
gives() {
    code=$1 text=$2
    shift 2
    "$@" >"$tmp/out" 2>&1 </dev/null
    same "$code" $? && holds "$tmp/out" "$text"
}

for name in bsf hss naf; do
    daemon=$top_builddir/keystrap-$name
    sample=$tmp/$name.yaml
    sed "s|/etc/keystrap/|$top_srcdir/config/|" "$top_srcdir/config/$name.yaml" > "$sample"
    sed 's/^diameter:/diamater:/' "$sample" > "$tmp/misspelt.yaml"
    line=$(grep -n '^diamater:' "$tmp/misspelt.yaml" | cut -d: -f1)
    sed 's/^  realm: .*/  realm: ""/' "$sample" > "$tmp/empty.yaml"
    check "keystrap-$name --help" gives 0 --check-config "$daemon" --help
    check "keystrap-$name --version" gives 0 "keystrap-$name " "$daemon" --version
    check "keystrap-$name takes no other option" gives 2 --nonsense "$daemon" --nonsense
    check "keystrap-$name takes no other argument" gives 2 '"more"' "$daemon" -c "$sample" more
    check "keystrap-$name accepts its sample" gives 0 "$sample: ok" "$daemon" -c "$sample" --check-config
    check "keystrap-$name names file, line and key" gives 2 \
        "$tmp/misspelt.yaml:$line: \"diamater\": unknown key; did you mean diameter?" "$daemon" -t -c "$tmp/misspelt.yaml"
    check "keystrap-$name says what it expected" gives 2 'realm: "": expected a text of 1 to' "$daemon" -t -c "$tmp/empty.yaml"
    check "keystrap-$name says when there is no file" gives 2 "$tmp/none.yaml: cannot be read: No such file" \
        "$daemon" -c "$tmp/none.yaml"
done
tap_done
