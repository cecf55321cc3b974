#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What every daemon does with its arguments and its configuration.
set -u
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
n=0

result() {
    n=$((n + 1))
    if [ "$1" = yes ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$tmp/out" "$tmp/err"
    fi
}

# expect NAME CODE TEXT COMMAND...: the exit code, and a text on either output.
expect() {
    what=$1 code=$2 text=$3
    shift 3
    "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
    got=$?
    if [ "$got" -eq "$code" ] && cat "$tmp/out" "$tmp/err" | grep -qF -e "$text"; then
        result yes "$what"
    else
        echo "exit code $got, expected $code with \"$text\"" >> "$tmp/err"
        result no "$what"
    fi
}

for name in bsf hss naf; do
    daemon=$top_builddir/keystrap-$name
    sample=$tmp/$name.yaml
    sed "s|/etc/keystrap/|$top_srcdir/config/|" "$top_srcdir/config/$name.yaml" > "$sample"
    sed 's/^diameter:/diamater:/' "$sample" > "$tmp/misspelt.yaml"
    line=$(grep -n '^diamater:' "$tmp/misspelt.yaml" | cut -d: -f1)
    sed 's/^  realm: .*/  realm: ""/' "$sample" > "$tmp/empty.yaml"
    expect "keystrap-$name --help" 0 --check-config "$daemon" --help
    expect "keystrap-$name --version" 0 "keystrap-$name " "$daemon" --version
    expect "keystrap-$name takes no other option" 2 --nonsense "$daemon" --nonsense
    expect "keystrap-$name takes no other argument" 2 '"more"' "$daemon" -c "$sample" more
    expect "keystrap-$name accepts its sample" 0 "$sample: ok" "$daemon" -c "$sample" --check-config
    expect "keystrap-$name names file, line and key" 2 \
        "$tmp/misspelt.yaml:$line: \"diamater\": unknown key; did you mean diameter?" "$daemon" -t -c "$tmp/misspelt.yaml"
    expect "keystrap-$name says what it expected" 2 'realm: "": expected a text of 1 to' "$daemon" -t -c "$tmp/empty.yaml"
    expect "keystrap-$name says when there is no file" 2 "$tmp/none.yaml: cannot be read: No such file" \
        "$daemon" -c "$tmp/none.yaml"
done
echo "1..$n"
