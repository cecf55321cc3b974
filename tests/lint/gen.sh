#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is generated from tables is committed as generated: samples, conf(5)
# pages and the list of reason codes.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
sh "$top_srcdir/tools/gen.sh" "$new" "$top_builddir/tools/optdoc"
n=0
for file in "$new"/config/*.yaml "$new"/doc/man/*; do
    name=${file#"$new"/}
    n=$((n + 1))
    if diff -u "$top_srcdir/$name" "$file" > "$new/diff" 2>&1; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name differs from its table; run make gen"
        sed 's/^/# /' "$new/diff" | head -20
    fi
done
for token in $(sed -n 's/^GBA_RC([^"]*"\([^"]*\)".*/\1/p' "$top_srcdir/gba/base/rc.def" | grep -v '^ok$'); do
    roff=$(printf '%s' "$token" | sed 's/-/\\-/g')
    grep -qxF ".B $roff" "$top_srcdir/doc/man/keystrap-reasons.7" || missing="${missing-} $token"
done
n=$((n + 1))
[ -z "${missing-}" ] && echo "ok $n - every reason code has its entry" || echo "not ok $n - no entry for:$missing"
echo "1..$n"
