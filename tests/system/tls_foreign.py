# SPDX-License-Identifier: Apache-2.0
"""Peers that do not keep to TLS:  tls_foreign.py half|flood ADDRESS:PORT"""
import os
import socket
import struct
import sys
import time


def half(where):
    """20 connections with half a ClientHello; prints how many were cut after 0.5 to 5 s."""
    socks = [socket.create_connection(where) for _ in range(20)]
    began = time.monotonic()
    for s in socks:
        s.settimeout(8)
        s.sendall(bytes.fromhex("16030100800100007c0303"))
    print("sent", flush=True)
    cut = 0
    for s in socks:
        if s.recv(100) == b"" and 0.5 < time.monotonic() - began < 5:
            cut += 1
    print(cut)


def hello(cookie):
    body = b"\xfe\xfd" + os.urandom(32) + b"\0" + bytes([len(cookie)]) + cookie + b"\0\2\xc0\xa8\1\0"
    message = b"\1" + struct.pack(">I", len(body))[1:] + b"\0\0\0\0\0" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\xfe\xff" + bytes(8) + struct.pack(">H", len(message)) + message


def flood(where):
    """2000 ClientHellos of 100 addresses, half of them with cookies of their own making;
    prints the kinds of handshake messages that come back and whether any was larger."""
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(100)]
    kinds, larger = set(), False
    for i in range(2000):
        s = socks[i % 100]
        s.settimeout(5)
        sent = hello(os.urandom(32) if i & 1 else b"")
        s.sendto(sent, where)
        got = s.recv(4096)
        kinds.add(f"{got[0]}/{got[13]}")
        larger = larger or len(got) > len(sent) + 32
    print(" ".join(sorted(kinds)), "larger" if larger else "small")


if __name__ == "__main__":
    host, port = sys.argv[2].rsplit(":", 1)
    {"half": half, "flood": flood}[sys.argv[1]]((host, int(port)))
