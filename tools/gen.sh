#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gen.sh FOLDER OPTDOC: write all that is generated from tables into FOLDER
# (config/*.yaml, doc/man/*.5, doc/man/keystrap-reasons.7).
set -eu
out=$1
optdoc=$2
here=$(dirname "$0")
mkdir -p "$out/config" "$out/doc/man"
"$optdoc" list | while read -r name title; do
    "$optdoc" "$name" sample > "$out/config/$name.yaml"
    "$optdoc" "$name" man > "$out/doc/man/$title.5"
done
awk -f "$here/reasons.awk" "$here/../gba/base/rc.def" > "$out/doc/man/keystrap-reasons.7"
