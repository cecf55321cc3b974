# SPDX-License-Identifier: Apache-2.0
"""A CoAP server behind `openssl s_server`, written without libcoap: a MEF, MAF or Registrar that
acknowledges late, twice, for others and by itself.  coap_mef.py PORT CODE RSC MANNER -- S_SERVER-OPTION...

Prints each datagram that it is sent, with its path and body.  The first request is not
answered at all, so that it must be sent again.  MANNER:
  piggybacked  in the acknowledgement, after answers of another id, another token and what is not CoAP
  separate     an empty acknowledgement first
  reset        the request was nothing for us
  silent       never
  unknown      with a critical option that is not known
"""
import os
import signal
import struct
import subprocess
import sys
import time


def message(kind, code, ident, token=b"", rest=b""):
    return bytes([0x40 | kind << 4 | len(token), code]) + struct.pack(">H", ident) + token + rest


def parse(octets):
    """Path and body of a request."""
    at, number, path = 4 + (octets[0] & 15), 0, ""
    while at < len(octets) and octets[at] != 0xFF:
        sizes = [octets[at] >> 4, octets[at] & 15]
        at += 1
        for i in 0, 1:
            if sizes[i] == 13:
                sizes[i], at = octets[at] + 13, at + 1
            elif sizes[i] == 14:
                sizes[i], at = struct.unpack(">H", octets[at:at + 2])[0] + 269, at + 2
        number += sizes[0]
        if number == 11:
            path += "/" + octets[at:at + sizes[1]].decode()
        at += sizes[1]
    return path, octets[at + 1:].decode()


def answers(octets, manner, code, rsc):
    ident, token = struct.unpack(">H", octets[2:4])[0], octets[4:4 + (octets[0] & 15)]
    option = b"\xe2" + struct.pack(">H", 307 - 269) + struct.pack(">H", rsc)
    other = message(2, 0xA0, ident ^ 1, token, option), message(2, 0xA0, ident, b"none", option)
    if manner == "reset":
        return [message(3, 0, ident)]
    if manner == "silent":
        return []
    if manner == "unknown":
        return [message(2, code, ident, token, b"\x91x" + option)]
    if manner == "separate":
        return [message(2, 0, ident), message(0, code, 7, token, option), message(0, code, 7, token, option)]
    return [*other, b"\x00", message(2, code, ident, token, option), message(2, code, ident, token, option)]


at = sys.argv.index("--")
port, code, rsc, manner = sys.argv[1:at]
code = int(code[0]) << 5 | int(code[2:])
# -quiet: what comes out is what was received, a record a read; a record is sent for each write
server = subprocess.Popen(["openssl", "s_server", "-quiet", "-accept", "127.0.0.1:" + port, "-dtls1_2", *sys.argv[at + 1:]],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
requests = 0
try:
    while True:
        got = os.read(server.stdout.fileno(), 65536)
        if not got:
            break
        print(["CON", "NON", "ACK", "RST"][got[0] >> 4 & 3], got[1], *parse(got), flush=True)
        requests += got[1] > 0
        for datagram in answers(got, manner, code, int(rsc)) if got[1] > 0 and requests > 1 else []:
            server.stdin.write(datagram)
            server.stdin.flush()
            time.sleep(0.1)
finally:
    server.kill()
    server.wait()
