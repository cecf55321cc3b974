# SPDX-License-Identifier: Apache-2.0
# What the lint scripts share: TAP lines and the list of sources.
# shellcheck shell=sh

# A scratch folder that goes away with the script.
lint_tmp=$(mktemp -d)
trap 'rm -rf "$lint_tmp"' EXIT
trap 'exit 1' INT TERM

# check NAME < violations: fine when there are none.  (Runs at the end of pipes,
# so the count is kept in a file.)
check() {
    cat > "$lint_tmp/violations"
    echo x >> "$lint_tmp/count"
    number=$(wc -l < "$lint_tmp/count")
    if [ -s "$lint_tmp/violations" ]; then
        echo "not ok $number - $1"
        sed 's/^/# /' "$lint_tmp/violations"
    else
        echo "ok $number - $1"
    fi
}

# check_flags NAME WANTED < violations: a bad example must be flagged WANTED times.
check_flags() {
    flagged=$(wc -l)
    if [ "$flagged" -eq "$2" ]; then
        check "$1 (self-test)" < /dev/null
    else
        echo "flagged $flagged times, expected $2" | check "$1 (self-test)"
    fi
}

done_testing() {
    echo "1..$(wc -l < "$lint_tmp/count")"
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# Names below top_srcdir, one a line: sources FOLDER...
sources() {
    (cd "$top_srcdir" && find "$@" -name '*.[ch]' | LC_ALL=C sort)
}
PRODUCT="gba diameter-dict uicc bsf naf hss ue rt bench tools m2m"
