#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is generated is committed as generated: samples, conf(5) pages, the table
# of clauses; and keystrap-reasons(7) has all reason codes.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
sh "$top_srcdir/tools/gen.sh" "$top_srcdir" "$new" "$top_builddir/tools/optdoc" awk
n=0
for file in "$new"/config/*.yaml "$new"/doc/man/* "$new"/doc/*.md; do
    name=${file#"$new"/}
    n=$((n + 1))
    if diff -u "$top_srcdir/$name" "$file" > "$new/diff" 2>&1; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name differs from what it is made of; run make gen"
        sed 's/^/# /' "$new/diff" | head -20
    fi
done
n=$((n + 1))
sed -n 's/^GBA_RC([^"]*"\([^"]*\)".*/\1/p' "$top_srcdir/gba/base/rc.def" | grep -v '^ok$' | sort > "$new/tokens"
sed -n 's/^\.B \([a-z0-9\\-]*\)$/\1/p' "$top_builddir/doc/man/keystrap-reasons.7" | tr -d '\\' | sort > "$new/entries"
if diff "$new/tokens" "$new/entries" > "$new/diff"; then
    echo "ok $n - every reason code has its entry in keystrap-reasons(7)"
else
    echo "not ok $n - keystrap-reasons(7) and gba/base/rc.def differ"
    sed 's/^/# /' "$new/diff"
fi
echo "1..$n"
