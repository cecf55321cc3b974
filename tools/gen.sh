#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gen.sh SOURCES FOLDER OPTDOC AWK: write what is generated and committed into FOLDER:
# from option tables config/*.yaml and doc/man/*.5, from citations doc/spec-matrix.md.
set -eu
sources=$1
out=$2
optdoc=$3
awk=$4
mkdir -p "$out/config" "$out/doc/man"
"$optdoc" list | while read -r name title; do
    "$optdoc" "$name" sample > "$out/config/$name.yaml"
    "$optdoc" "$name" man > "$out/doc/man/$title.5"
done

cited() (
    cd "$sources"
    find gba diameter-dict uicc bsf naf hss m2m ue rt tests -name '*.[ch]' -o -name '*.scn' -o -name '*.vec' | LC_ALL=C sort
)
# rows LETTER < sorted citations: those with code and test (b), with code (c) or test (t) alone
rows() {
    "$awk" -F '\t' -v want="$1" '
        { kind = $3 == "-" ? "t" : $4 == "-" ? "c" : "b" }
        kind == want { print "| " $2 (want == "t" ? "" : " | " $3) (want == "c" ? "" : " | " $4) " |"; n++ }
        END { if (!n) print want == "b" ? "| none | | |" : "| none | |" }' "$rows"
}
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
cited | (cd "$sources" && xargs "$awk" -f tools/spec-matrix.awk) | LC_ALL=C sort > "$rows"
{
    echo '# Clauses, and where they are'
    echo
    echo 'Made from the citations in sources by `make gen`; how they are written stands in `tools/spec-matrix.awk`.'
    printf '\n## Code without a test that cites the clause\n\n| clause | code |\n|---|---|\n'
    rows c
    printf '\n## Code and tests\n\n| clause | code | tests |\n|---|---|---|\n'
    rows b
    printf '\n## Tests of a clause that no code cites\n\nMost are of the clause as a whole; code cites its parts.\n\n| clause | tests |\n|---|---|\n'
    rows t
} > "$out/doc/spec-matrix.md"
