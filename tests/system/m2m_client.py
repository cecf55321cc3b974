#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP over one session of `openssl s_client`, a foreign client of MAF and MEF.

m2m_client.py PORT LABEL [s_client option...] -- METHOD PATH [FIELD:VALUE...] [BODY] [, METHOD ...]

A word that begins with "{" is the body.  METHOD END alone waits for the server to end the session: the
answer is how many seconds that took.  Prints one line of JSON: what the session exports
(48 octets under LABEL) and for each request the HTTP status, X-M2M-RSC and the body.
"session" is false when there was no association at all.
"""
import json
import os
import select
import subprocess
import sys
import time

LIMIT = 20


def requests(words):
    one = []
    for word in words + [","] if words else []:
        if word != ",":
            one.append(word)
            continue
        if one == ["END"]:
            yield None
            one = []
            continue
        body = "".join(w for w in one[2:] if w.startswith("{"))
        fields = [w.replace(":", ": ", 1) for w in one[2:] if not w.startswith("{")]
        yield "\r\n".join(
            ["%s %s HTTP/1.1" % tuple(one[:2]), "Host: maf.mte.example", *fields,
             "Content-Length: %d" % len(body), "", body]).encode()
        one = []


class Session:
    def __init__(self, port, label, options):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", "127.0.0.1:" + port, "-ign_eof", "-keymatexport", label,
             "-keymatexportlen", "48", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(os.environ, OPENSSL_CONF="/dev/null"))
        self.got = b""
        self.until = time.monotonic() + LIMIT

    def wait(self, done):
        """Read until done(all that was read) says something; None at the end."""
        while True:
            found = done(self.got)
            if found is not None:
                return found
            left = self.until - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            octets = os.read(self.process.stdout.fileno(), 65536)
            if not octets:
                return None
            self.got += octets

    def exported(self):
        def line(text):
            at = text.find(b"Keying material: ")
            end = text.find(b"\n", at)
            return text[at + 17:end].strip().decode() if at >= 0 and end >= 0 else None
        value = self.wait(line)
        self.wait(lambda text: True if b"\n---\n" in text[text.find(b"Keying material"):] else None)
        return value

    def ask(self, octets):
        self.got = b""
        if octets is None:
            begin = time.monotonic()
            self.wait(lambda text: None)
            return time.monotonic() - begin
        try:
            self.process.stdin.write(octets)
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        return self.wait(answer)

    def end(self):
        self.process.kill()
        self.process.wait()


def answer(text):
    text = text[text.find(b"HTTP/1.1 "):] if b"HTTP/1.1 " in text else b""
    head, mark, body = text.partition(b"\r\n\r\n")
    if not mark:
        return None
    lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    n = int(fields.get("content-length", "0"))
    if len(body) < n:
        return None
    body = body[:n].decode()
    return {"status": int(lines[0].split()[1]), "rsc": int(fields.get("x-m2m-rsc", "0")),
            "location": fields.get("content-location"), "body": json.loads(body) if body else None}


def main():
    port, label, *rest = sys.argv[1:]
    at = rest.index("--")
    session = Session(port, label, rest[:at])
    try:
        key = session.exported()
        answers = [session.ask(one) for one in requests(rest[at + 1:])] if key else []
        print(json.dumps({"session": bool(key), "export": key, "answers": answers}))
    finally:
        session.end()


main()
