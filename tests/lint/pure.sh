#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules do no I/O: what libgba_pure leaves undefined is on a short list, and
# libcrypto, expat and libfdproto appear only where they belong.
set -eu
. "$top_srcdir/tests/lint/lib.sh"
rule=$top_srcdir/tests/lint/pure.awk

for symbol in socket open read write close time clock_gettime getenv printf snprintf __snprintf_chk pthread_mutex_lock \
    rand malloc calloc free fopen uv_now getrandom fd_core_start fd_log; do
    echo "diameter-dict/load $symbol"
done | awk -f "$rule" | check_flags "input, output, clocks, threads, heap" 21
printf '%s\n' 'gba/crypto/kdf EVP_MD_fetch' 'bsf/ub XML_Parse' 'gba/wire/guss fd_msg_new' |
    awk -f "$rule" | check_flags "libraries out of their place" 3
printf '%s\n' 'gba/crypto/hash EVP_MD_fetch' 'gba/wire/guss XML_Parse' 'diameter-dict/zh fd_msg_new' \
    'bsf/ub memcpy' 'bsf/ub __asan_report_load1' | awk -f "$rule" | check_flags "what is allowed" 0

# "FOLDER/OBJECT SYMBOL" of all objects whose source is still there; symbols by $1.
symbols() {
    find "$top_builddir" -path "$top_builddir/*/.libs/libgba_pure_la-*.o" | LC_ALL=C sort | while read -r object; do
        name=${object#"$top_builddir"/}
        name=${name%%/.libs/*}/$(basename "$object" .o | sed 's/^libgba_pure_la-//')
        [ -f "$top_srcdir/$name.c" ] || continue
        nm "$1" "$object" | awk -v name="$name" '{ print name, $NF }'
    done
}
symbols --defined-only > "$lint_tmp/defined"
symbols -u > "$lint_tmp/undefined"
n=$(cut -d' ' -f1 "$lint_tmp/defined" | sort -u | wc -l)
[ "$n" -ge 10 ] || skip_all "no objects of the pure library"
awk 'NR == FNR { defined[$2] = 1; next } !($2 in defined)' "$lint_tmp/defined" "$lint_tmp/undefined" |
    awk -f "$rule" | check "the pure library calls nothing that is not pure ($n objects)"
done_testing
