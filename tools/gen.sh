#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gen.sh FOLDER OPTDOC: write what is generated from option tables into FOLDER
# (config/*.yaml, doc/man/*.5).
set -eu
out=$1
optdoc=$2
mkdir -p "$out/config" "$out/doc/man"
"$optdoc" list | while read -r name title; do
    "$optdoc" "$name" sample > "$out/config/$name.yaml"
    "$optdoc" "$name" man > "$out/doc/man/$title.5"
done
