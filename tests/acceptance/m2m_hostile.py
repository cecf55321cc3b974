#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that mean no good, at a TLS and DTLS port of 127.0.0.1.

  m2m_hostile.py identity PORT LENGTH       a TLS-PSK handshake with an identity of that many octets;
                                            prints how it ends: alert NUMBER, or closed
  m2m_hostile.py datagrams PORT COUNT       DTLS: a ClientHello cut at each length, and mangled ones
  m2m_hostile.py slow PORT                  20 connections that send an octet now and then; prints "slow",
                                            goes on until it is killed
  m2m_hostile.py request PORT CERT KEY CA   a mutual TLS session that never ends its request; prints
                                            after how many seconds it was closed
  m2m_hostile.py tokens PORT CERT KEY CA COUNT   POST /enrol with mangled tokens; prints the statuses
  m2m_hostile.py bodies PORT CERT KEY CA    POST /enrol with bodies that are too large, too deep, none;
                                            prints the statuses
"""
import json
import os
import random
import socket
import ssl
import struct
import sys
import time

rng = random.Random(3)


def connect(port):
    return socket.create_connection(("127.0.0.1", int(port)), timeout=10)


def handshake(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


def records(kind, data):
    return b"".join(bytes([kind, 3, 3]) + struct.pack(">H", len(part)) + part
                    for part in (data[i:i + 16384] for i in range(0, len(data), 16384)))


def hello():
    return b"\3\3" + os.urandom(32) + b"\0" + b"\0\2\0\xae" + b"\1\0"


def read_record(sock):
    head = b""
    while len(head) < 5:
        got = sock.recv(5 - len(head))
        if not got:
            return None, b""
        head += got
    left, data = struct.unpack(">H", head[3:])[0], b""
    while len(data) < left:
        got = sock.recv(left - len(data))
        if not got:
            return None, b""
        data += got
    return head[0], data


def identity(port, length):
    with connect(port) as sock:
        sock.sendall(records(22, handshake(1, hello())))
        flight = b""
        while b"\x0e\0\0\0" not in flight:  # ServerHelloDone
            kind, data = read_record(sock)
            if kind != 22:
                return print("no handshake")
            flight += data
        name = b"k" * int(length)
        sock.sendall(records(22, handshake(16, struct.pack(">H", len(name)) + name)))
        sock.sendall(records(20, b"\1") + records(22, os.urandom(64)))
        try:
            kind, data = read_record(sock)
        except ConnectionResetError:
            kind, data = None, b""
        print(f"alert {data[1]}" if kind == 21 else "closed" if kind is None else f"record {kind}")


def datagrams(port, count):
    where = ("127.0.0.1", int(port))
    body = b"\xfe\xfd" + os.urandom(32) + b"\0\0" + b"\0\2\xc0\xa8\1\0"
    message = b"\1" + struct.pack(">I", len(body))[1:] + b"\0\0\0\0\0" + struct.pack(">I", len(body))[1:] + body
    whole = b"\x16\xfe\xff" + bytes(8) + struct.pack(">H", len(message)) + message
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for n in range(1, len(whole)):
        sock.sendto(whole[:n], where)
    for _ in range(int(count)):
        mangled = bytearray(whole + os.urandom(rng.randrange(40)))
        for _ in range(rng.randrange(1, 8)):
            mangled[rng.randrange(len(mangled))] = rng.randrange(256)
        sock.sendto(bytes(mangled), where)
    # After all that the very client is answered: a HelloVerifyRequest.
    sock.settimeout(0.5)
    for _ in range(10):
        sock.sendto(whole, where)
        try:
            while True:
                got = sock.recv(2048)
                if got[0] == 22 and got[13] == 3:
                    return print("answered")
        except TimeoutError:
            pass
    print("silent")


def slow(port):
    socks = [connect(port) for _ in range(20)]
    first = records(22, handshake(1, hello()))
    print("slow", flush=True)
    at = 0
    while True:
        for i, sock in enumerate(socks):
            try:
                sock.sendall(first[at % 40:at % 40 + 1])
            except OSError:
                sock.close()
                socks[i] = connect(port)
        at += 1
        time.sleep(0.2)


def session(port, cert, key, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    context.load_verify_locations(ca)
    context.load_cert_chain(cert, key)
    return context.wrap_socket(connect(port), server_hostname="mef.mte.example")


def request(*where):
    with session(*where) as tls:
        began = time.monotonic()
        tls.sendall(b"POST /enrol HTTP/1.1\r\nHost: mef.mte.example\r\nX-Slow: ")
        try:
            while tls.recv(1000):
                pass
        except (ConnectionResetError, ssl.SSLError):
            pass
        print(round(time.monotonic() - began))


def post(where, body):
    with session(*where) as tls:
        tls.sendall(b"POST /enrol HTTP/1.1\r\nHost: mef.mte.example\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body))
        try:
            tls.sendall(body)
            answer = tls.recv(1000)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
            return "closed"
        return answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/1.1 ") else "closed"


def mangled_token():
    text = bytearray(b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
    for _ in range(rng.randrange(1, 6)):
        text[rng.randrange(len(text))] = rng.randrange(32, 127)
    text = bytes(text) * rng.choice((0, 1, 1, 1, 3, 60))
    return text[:rng.choice((1, 42, 43, 44, 4000))].decode()


def tokens(port, cert, key, ca, count):
    where, seen = (port, cert, key, ca), set()
    for _ in range(int(count)):
        body = json.dumps({"enrolmentToken": mangled_token(), "rspf": ["cert"]}).encode()
        if rng.random() < 0.3:
            at = rng.randrange(len(body))
            body = body[:at] + os.urandom(rng.randrange(3)) + body[at + 1:]
        seen.add(post(where, body))
    print(*sorted(seen))


def bodies(*where):
    huge = b'{"enrolmentToken":"' + b"A" * 1000000 + b'"}'
    print(post(where, huge), post(where, b"[" * 60000), post(where, b'{"a":' * 12000),
          post(where, b'{"rspf":[' + b'"cert",' * 8000 + b'"cert"]}'), post(where, b""), post(where, b"\0" * 500))


globals()[sys.argv[1]](*sys.argv[2:])
