#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets where none may be.

  leaks.py SECRETS PATH...           files, folders with all below
  leaks.py SECRETS --process PID...  command line and environment of processes

SECRETS has a line each: "hex DIGITS" for octets, which are looked for as they are, in
hexadecimal and in base64; "text WORDS" for text, which is looked for as it is and in base64.
Prints what was found and where; exit code 3 then, 1 when there was nothing to look at.
"""
import base64
import os
import sys


def forms(line):
    kind, value = line.rstrip("\n").split(" ", 1)
    octets = bytes.fromhex(value) if kind == "hex" else value.encode()
    assert len(octets) >= 16, "too short to be a secret: " + value
    yield "octets", octets
    # Three ways to stand in a longer text in base64.
    for skip in range(3):
        yield "base64", base64.b64encode(octets[skip:len(octets) - (len(octets) - skip) % 3])
    if kind == "hex":
        yield "hexadecimal", octets.hex().encode()
        yield "hexadecimal", octets.hex().upper().encode()


def files(path):
    if not os.path.exists(path):
        sys.exit(f"{path}: not there")
    if not os.path.isdir(path):
        yield path
    for folder, _, names in os.walk(path):
        for name in names:
            yield os.path.join(folder, name)


def main(secrets, *where):
    if where[0] == "--process":
        where = [f"/proc/{pid}/{part}" for pid in where[1:] for part in ("cmdline", "environ")]
    with open(secrets, encoding="utf-8") as f:
        wanted = [form for line in f for form in forms(line)]
    looked = found = 0
    for path in (name for top in where for name in files(top)):
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            octets = f.read()
        looked += len(octets)
        for form, secret in wanted:
            if secret in octets:
                found += 1
                print(f"{path}: {secret[:12]!r}... in {form}")
    sys.exit(3 if found else 0 if looked and wanted else 1)


main(*sys.argv[1:])
