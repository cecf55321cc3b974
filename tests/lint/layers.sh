#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes point downwards only (ARCHITECTURE.md, layers).
set -eu
. "$top_srcdir/tests/lint/lib.sh"
rule=$top_srcdir/tests/lint/layers.awk

example() {
    mkdir -p "$lint_tmp/tree/$(dirname "$1")"
    printf '#include "%s"\n' "$2" > "$lint_tmp/tree/$1"
    (cd "$lint_tmp/tree" && awk -f "$rule" "$1" && rm "$1")
}
bad() {
    example "$1" "$2" | check_flags "$1 must not include $2" 1
}
good() {
    example "$1" "$2" | check_flags "$1 may include $2" 0
}
bad gba/base/x.c gba/wire/names.h
bad gba/wire/x.c rt/log.h
bad gba/crypto/x.c bsf/conf.h
bad bsf/x.c naf/ua.h
bad bsf/x.c bsf/io/ub_http.h
bad ue/x.h rt/loop.h
bad uicc/x.c diameter-dict/zh.h
bad rt/x.c bsf/conf.h
bad naf/io/x.c bsf/ub.h
bad naf/main.c hss/conf.h
bad naf/x.c tests/lib/tap.h
bad naf/x.c naf/y.c
bad naf/x.c ua.h
good bsf/x.c gba/base/rc.h
good bsf/conf.c config/bsf.opt
good ue/x.c uicc/card.h
good naf/io/x.c naf/ua.h
good naf/io/x.c rt/httpd.h
good rt/httpd.h gba/wire/http_msg.h
good naf/main.c naf/io/proxy.h
good tests/unit/naf/test_x.c naf/ua.h

# shellcheck disable=SC2086
sources $PRODUCT tests > "$lint_tmp/list"
(cd "$top_srcdir" && xargs awk -f tests/lint/layers.awk) < "$lint_tmp/list" | check "includes point downwards"
done_testing
