#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long functions and files may be.  Exceptions stand with their reason in
# tests/lint/exceptions: "RULE FILE[:FUNCTION] reason".
set -eu
. "$top_srcdir/tests/lint/lib.sh"
command -v ctags > /dev/null && ctags --version | grep -q Universal || skip_all "no universal-ctags"
exceptions=$top_srcdir/tests/lint/exceptions
rule=$top_srcdir/tests/lint/budgets.awk

# Names on standard input; functions sorted by length.
functions() {
    (cd "$top_srcdir" && ctags -x --c-kinds=f --language-force=C --_xformat='%{line}	%{end}	%F	%N	%S' -L - 2> /dev/null) |
        awk -F'\t' '$2 > 0 { print $2 - $1 "\t" $0 }' | sort -n | cut -f2-
}

# Drop what is excepted: the first two words of a line are looked up.
unexcepted() {
    awk 'NR == FNR { if ($0 !~ /^#/ && NF > 2) known[$1 " " $2] = 1; next } !($1 " " $2 in known)' "$exceptions" -
}

printf '1\t81\tx.c\tf\t(void)\n1\t82\tx.c\tg\t(int a, void (*fn)(int, int), int c, int d, int e, int f)\n' |
    awk -f "$rule" -v max=80 -v median=15 -v p95=45 -v params=5 | check_flags "long functions, many parameters" 5

# shellcheck disable=SC2086
sources $PRODUCT > "$lint_tmp/product"
sources tests > "$lint_tmp/tests"
functions < "$lint_tmp/product" |
    awk -f "$rule" -v max=80 -v median=15 -v p95=45 -v params=5 -v figures="$lint_tmp/figures" |
    unexcepted | check "functions are short and take few parameters"
sed 's/^/# /' "$lint_tmp/figures"
functions < "$lint_tmp/tests" | awk -f "$rule" -v max=80 | unexcepted | check "functions of tests are short"
cat "$lint_tmp/product" "$lint_tmp/tests" > "$lint_tmp/all"
(cd "$top_srcdir" && xargs wc -l) < "$lint_tmp/all" |
    awk '$2 != "total" && $1 >= 600 { print "file-length " $2 " has " $1 " lines, the limit is 599" }' |
    unexcepted | check "files are short"
# Octets 80 to BF continue a character of UTF-8.
# shellcheck disable=SC2016
(cd "$top_srcdir" && LC_ALL=C xargs awk '{ gsub(/[\200-\277]/, "") }
    length($0) > 110 { print "columns " FILENAME ":" FNR " has " length($0) }') \
    < "$lint_tmp/all" | unexcepted | check "lines have 110 columns"
awk '!/^#/ && NF > 0 && NF < 4 { print "an exception needs a reason: " $0 }' "$exceptions" | check "exceptions have reasons"
done_testing
