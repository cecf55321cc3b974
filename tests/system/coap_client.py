#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CoAP (RFC 7252, TS-0008) over one DTLS session of `openssl s_client`, written without libcoap.

coap_client.py PORT LABEL [s_client option...] -- METHOD PATH FROM [TY] [BODY] [, METHOD ...]

A word that begins with "{" is the body; FROM "-" is none.  METHOD "hex" sends the octets of PATH as they are, "drop"
too and waits only a moment for an answer, "again" sends the last request once more.  Prints one line of JSON: what the session exports and the answers.
"""
import json
import os
import select
import struct
import subprocess
import sys
import time

LIMIT = 15
CODES = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4, "FETCH": 5}


def option(delta, value):
    def nibble(n):
        if n < 13:
            return n, b""
        return (13, bytes([n - 13])) if n < 269 else (14, struct.pack(">H", n - 269))
    (d, d_more), (n, n_more) = nibble(delta), nibble(len(value))
    return bytes([d << 4 | n]) + d_more + n_more + value


def request(number, words):
    method, path, *rest = words
    if method in ("hex", "drop"):
        return bytes.fromhex(path)
    body = "".join(w for w in rest if w.startswith("{")).encode()
    rest = [w for w in rest if not w.startswith("{")]
    options = [(11, segment.encode()) for segment in path.strip("/").split("/") if segment]
    if body:
        options.append((12, struct.pack(">H", 10001)))
    if len(rest) > 1:
        options.append((267, bytes([int(rest[1])])))
    options.append((271, b"3"))
    if rest[0] != "-":
        options.append((279, rest[0].encode()))
    options.append((283, b"r%d" % number))
    out, last = b"\x42" + bytes([CODES[method]]) + struct.pack(">H", 0x1000 + number) + b"tk", 0
    for n, value in options:
        out += option(n - last, value)
        last = n
    return out + (b"\xff" + body if body else b"")


def parse(octets):
    """A message as a dictionary; options that repeat are joined."""
    token_n, code, ident = octets[0] & 15, octets[1], struct.unpack(">H", octets[2:4])[0]
    at, number, options = 4 + token_n, 0, {}
    while at < len(octets) and octets[at] != 0xFF:
        d, n = octets[at] >> 4, octets[at] & 15
        at += 1
        sizes = []
        for nibble in (d, n):
            if nibble == 13:
                nibble, at = octets[at] + 13, at + 1
            elif nibble == 14:
                nibble, at = struct.unpack(">H", octets[at:at + 2])[0] + 269, at + 2
            sizes.append(nibble)
        number += sizes[0]
        options.setdefault(number, []).append(octets[at:at + sizes[1]])
        at += sizes[1]
    body = octets[at + 1:].decode()
    return {"type": octets[0] >> 4 & 3, "code": "%d.%02d" % (code >> 5, code & 31), "id": ident,
            "token": octets[4:4 + token_n].decode(), "rsc": int.from_bytes(b"".join(options.get(307, [])), "big"),
            "rqi": b"".join(options.get(283, [])).decode(),
            "format": int.from_bytes(b"".join(options.get(12, [])), "big"),
            "location": "".join("/" + s.decode() for s in options.get(8, [])), "body": json.loads(body) if body else None}


class Session:
    """s_client sends what it reads as one record, and writes each record at once."""

    def __init__(self, port, label, options):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", "127.0.0.1:" + port, "-ign_eof", "-keymatexport", label,
             "-keymatexportlen", "48", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(os.environ, OPENSSL_CONF="/dev/null"))
        self.until = time.monotonic() + LIMIT

    def read(self, wait=LIMIT):
        left = min(wait, self.until - time.monotonic())
        if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
            return b""
        return os.read(self.process.stdout.fileno(), 65536)

    def exported(self):
        text = b""
        while b"Keying material: " not in text or not text.rstrip().endswith(b"---"):
            more = self.read()
            if not more:
                return None
            text += more
        return text.split(b"Keying material: ")[1].split()[0].decode()

    def ask(self, octets, wait):
        self.process.stdin.write(octets)
        self.process.stdin.flush()
        answer = self.read(wait)
        return parse(answer) if answer else None


def main():
    port, label, *rest = sys.argv[1:]
    at = rest.index("--")
    session = Session(port, label, rest[:at])
    try:
        key, answers, words, last = session.exported(), [], [], b""
        for word in rest[at + 1:] + [","] if key else []:
            if word != ",":
                words.append(word)
                continue
            last = last if words[0] == "again" else request(len(answers), words)
            answers.append(session.ask(last, 0.3 if words[0] == "drop" else LIMIT))
            words = []
        print(json.dumps({"session": bool(key), "export": key, "answers": answers}))
    finally:
        session.process.kill()
        session.process.wait()


main()
