#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls that are not made here, and other shapes that a script can see.
set -eu
. "$top_srcdir/tests/lint/lib.sh"

# calls "a|b|c" "allowed path regex" < stripped code
calls() {
    grep -E "(^|[^A-Za-z0-9_>.])($1)[[:space:]]*\(" | grep -vE "^($2)" || true
}
NEVER='strcpy|strncpy|strcat|strncat|sprintf|vsprintf|strtok|gets|alloca|system|popen|rand|srand|tmpnam|mktemp|atoi|atol'
HEAP='malloc|calloc|realloc|strdup|strndup|free|asprintf'
MAY_HEAP='[a-z0-9-]+/io/|rt/|[a-z0-9-]+/main[^/]*\.c|tools/|bench/|tests/'

printf '%s\n' '/* strcpy(a, b) */ x("system(1)"); // rand()' 'strcpy(a, b);' ' p = malloc (3);' 'env->random(x);' \
    'goto fail;' 'goto out;' > "$lint_tmp/x.c"
awk -f "$top_srcdir/tests/lint/strip.awk" "$lint_tmp/x.c" > "$lint_tmp/example"
calls "$NEVER" '-' < "$lint_tmp/example" | check_flags "banned calls" 1
calls "$HEAP" "$MAY_HEAP" < "$lint_tmp/example" | check_flags "heap" 1

# Proofs and keys are compared with gba_ct_eq, which takes as long wherever they differ.
early() {
    grep -vE '^tests/' | grep -E 'gba_view_(eq|eq_nocase|starts|ends)\(' |
        grep -E '[^A-Za-z_"](response|rspauth|want\.s|mac|mac_s|xres|password|token_hash|ks|ks_naf|ck|ik)(\.b|\.s)?[,)]' || true
}
printf '%s\n' 'x.c:1:if (gba_view_eq(a->response, want))' 'x.c:2:gba_ct_eq(a->response, want);' \
    'x.c:3:gba_view_eq(GBA_ARRAY(c->ks.b), k)' 'x.c:4:gba_view_eq(a->nonce, b)' > "$lint_tmp/example"
early < "$lint_tmp/example" | check_flags "comparisons that end early" 2

# shellcheck disable=SC2086
sources $PRODUCT tests > "$lint_tmp/list"
(cd "$top_srcdir" && xargs awk -f tests/lint/strip.awk) < "$lint_tmp/list" > "$lint_tmp/code"
calls "$NEVER" '-' < "$lint_tmp/code" | check "calls that are never made"
calls 'memcpy|memmove|memcmp' 'gba/base/|tests/' < "$lint_tmp/code" | check "raw copies and comparisons only in gba/base"
early < "$lint_tmp/code" | check "proofs and keys are compared in constant time"
calls "$HEAP" "$MAY_HEAP" < "$lint_tmp/code" | check "the heap only in adapters, runtime and mains"
grep -E '[^A-Za-z0-9_]goto ' "$lint_tmp/code" | grep -vE 'goto out;' | check "no goto but to out"

sed -n 's/^GBA_RC([^"]*"\([^"]*\)".*/\1/p' "$top_srcdir/gba/base/rc.def" > "$lint_tmp/tokens"
sort "$lint_tmp/tokens" | uniq -d | check "reason codes are unique"
grep -vxE '[a-z0-9]+(-[a-z0-9]+)*' "$lint_tmp/tokens" | check "reason codes are words with hyphens"

# unnamed ROWS < stripped code: the results that no line of product code names
unnamed() {
    grep -vE '^tests/' | grep -oE 'GBA_(OK|E_[A-Z0-9_]+)' | sort -u > "$lint_tmp/named"
    sort -u "$1" | comm -23 - "$lint_tmp/named"
}
rows() {
    sed -n 's/^GBA_RC(\([A-Z0-9_]*\),.*/GBA_\1/p' "$1"
}
printf '%s\n' 'GBA_RC(E_ONE, BUG, "one", "used")' 'GBA_RC(E_TWO, BUG, "two", "not used")' > "$lint_tmp/example.def"
rows "$lint_tmp/example.def" > "$lint_tmp/rows"
printf '%s\n' 'bsf/x.c:1:return GBA_E_ONE;' 'tests/x.c:1:T_RC(rc, GBA_E_TWO);' | unnamed "$lint_tmp/rows" |
    check_flags "unused reason codes" 1
rows "$top_srcdir/gba/base/rc.def" > "$lint_tmp/rows"
unnamed "$lint_tmp/rows" < "$lint_tmp/code" | check "every reason code is one that some code gives"
# Logs can be searched by part and by event: misnamed < source lines with events.
misnamed() {
    grep -E '(rt_log|rt_log_fields|rt_reasons_log)\(' | grep -oE '"[^" ]*[._][^" ]*"' |
        grep -vxE '"[a-z0-9]+\.[a-z]+(-[a-z]+)*"' || true
}
printf '%s\n' 'rt_log(RT_LOG_WARN, "zn.key_given", x);' 'rt_log(RT_LOG_WARN, "zn.key-given", x);' 'open("a_b");' |
    misnamed | check_flags "log events" 1
# shellcheck disable=SC2086
(cd "$top_srcdir" && find $PRODUCT -name '*.c' -exec cat {} +) | misnamed | check "log events are part.event-name"

cd "$top_srcdir"
# shellcheck disable=SC2086
texts=$(find $PRODUCT config tests doc README.md ARCHITECTURE.md SECURITY.md NEWS check lab configure.ac Makefile.am \
    -type f 2> /dev/null | grep -vE '^tests/(fuzz/corpus|vectors)/|\.(o|lo|la|pcap|bin)$' | LC_ALL=C sort)
for file in $(echo "$texts" | grep -E '\.(c|h|opt|def|sh|awk|py)$'); do
    head -3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
done | check "every source names its licence"
# shellcheck disable=SC2086
grep -nwE 'TODO|FIXME|XXX' $texts | grep -v '^tests/lint/banned.sh:' | check "nothing is left to do"
cat ./*/Makefile.inc tests/*/Makefile.inc tests/unit/*/Makefile.inc | sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' |
    awk '$2 == "+=" { for (i = 3; i <= NF; i++) if (seen[$1 " " $i]++) print $1 ": " $i }' | check "nothing is listed twice"
for file in $(echo "$texts" | grep '\.h$'); do
    grep -qx '#pragma once' "$file" || echo "$file"
done | check "headers are included once"
done_testing
