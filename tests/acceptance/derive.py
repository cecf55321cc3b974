#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The keys of oneM2M and GBA, worked out without any of Keystrap's code.

  derive.py split EXPORTED-HEX               RelativeKeId and Ke of 48 exported octets
  derive.py km KE-HEX MAF-ID
  derive.py kpsa KE-HEX ENTITY-ID
  derive.py usage KE-HEX SUID TARGET-FQDN
  derive.py e2e KPSA-HEX SALT-HEX
  derive.py naf KS-HEX RAND-HEX IMPI NAF-FQDN UA-HEX [gba-me|gba-u]
"""
import hashlib
import hmac
import sys
import unicodedata


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def text(s):
    return unicodedata.normalize("NFKC", s).encode()


def naf(ks, rand, impi, fqdn, ua, label="gba-me"):
    s = b"\x01"
    for part in (label.encode(), rand, impi.encode(), fqdn.encode() + ua):
        s += part + len(part).to_bytes(2, "big")
    return mac(ks, s)


def main(what, *args):
    x = bytes.fromhex
    if what == "split":
        exported = x(args[0])
        assert len(exported) == 48
        return exported[:16].hex().upper() + " " + exported[16:].hex()
    if what == "km":
        return mac(x(args[0]), b"oneM2M Enrolment Key to Master Credential derivation" + text(args[1])).hex()
    if what == "kpsa":
        label = b"oneM2M Enrolment Key to Provisioned Secure Connection Key derivation"
        return mac(x(args[0]), label + text(args[1])).hex()
    if what == "usage":
        label = b"oneM2M Enrolment Key to Usage-Constrained Symmetric Key derivation"
        return mac(x(args[0]), label + args[1].encode() + text(args[2])).hex()
    if what == "e2e":
        return mac(x(args[1]), x(args[0])).hex()
    if what == "naf":
        return naf(x(args[0]), x(args[1]), args[2], args[3], x(args[4]), *args[5:]).hex()
    raise SystemExit(__doc__)


print(main(*sys.argv[1:]))
