#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every file that the pages at the root name in `quotes` exists.
set -eu
. "$top_srcdir/tests/lint/lib.sh"

# missing ROOT < page: quoted names of files and folders, also with *, that are not below ROOT
missing() {
    grep -oE '`[a-z*][A-Za-z0-9_*./-]*`' | tr -d '`' | grep -E '/|\.(md|c|h|sh|scn|yaml|def|opt)$' | sort -u |
        while read -r name; do
            # shellcheck disable=SC2086
            (cd "$1" && ls -d $name > /dev/null 2>&1) || echo "$name does not exist"
        done
}
mkdir -p "$lint_tmp/tree/bsf"
touch "$lint_tmp/tree/bsf/ub.c"
printf '%s\n' '`bsf/ub.c`, `bsf/`, `bsf/*.c`, `step(bsf/x)`, `gone/ub.c` and `naf/*.h`' |
    missing "$lint_tmp/tree" | check_flags "names that do not exist" 2

for page in README.md ARCHITECTURE.md SECURITY.md NEWS; do
    missing "$top_srcdir" < "$top_srcdir/$page" | sed "s|^|$page: |"
done | check "files that the pages name exist"
done_testing
