#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every program and file format has its page, pages are clean, and every long
# option of --help is explained.
set -eu
. "$top_srcdir/tests/lint/lib.sh"
command -v man > /dev/null || skip_all "no man"
pages=$top_srcdir/doc/man

render() {
    MANWIDTH=100 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -P cat -l "$1" 2> "$lint_tmp/warnings" | col -bx
}
printf '.TH X 1\n.SH NAME\nx \\- y\n.nosuchmacro\n' > "$lint_tmp/bad.1"
render "$lint_tmp/bad.1" > /dev/null
head -1 "$lint_tmp/warnings" | check_flags "a page with a fault" 1

for page in "$pages"/*.[1-8] "$top_builddir"/doc/man/*.[1-8]; do
    render "$page" > /dev/null
    sed "s|^|${page##*/}: |" "$lint_tmp/warnings"
done | check "pages are clean"

programs=$(cd "$top_srcdir" && sed -n 's/^bin_PROGRAMS *+= *//p' ./*/Makefile.inc)
for program in $programs; do
    name=${program##*/}
    page=$(ls "$pages/$name".[18] 2> /dev/null || true)
    if [ -z "$page" ]; then
        echo "$name has no page"
        continue
    fi
    render "$page" > "$lint_tmp/text"
    "$top_builddir/$program" --help > "$lint_tmp/help" 2>&1 || echo "$name --help fails"
    grep -oE -e '--[a-z][a-z0-9-]+' "$lint_tmp/help" | sort -u | while read -r option; do
        grep -qE -e "(^|[^a-z-])$option([^a-z-]|\$)" "$lint_tmp/text" || echo "$name.$option is not explained"
    done
done | check "every program has a page with every option"

"$top_builddir/tools/optdoc" list | while read -r name title; do
    [ -f "$pages/$title.5" ] || echo "$title(5) is missing"
    [ -f "$top_srcdir/config/$name.yaml" ] || echo "config/$name.yaml is missing"
done | check "every file format has a page and a sample"
done_testing
