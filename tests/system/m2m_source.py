#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A MEF or MAF that answers from a table: m2m_source.py CERT KEY CLIENT_CA ANSWERS LOG

HTTPS with certificates of both sides, TLS 1.2.  ANSWERS is read for every request, lines
"PATH STATUS RSC BODY", or "PATH hang"; others get 404.  A line "PATH ORIGIN CONNECTION" goes
to LOG for each request, where CONNECTION numbers connections.  Prints its port.
"""
import socket
import ssl
import sys
import threading
import time

cert, key, client_ca, answers, log = sys.argv[1:6]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(cert, key)
context.load_verify_locations(client_ca)
context.verify_mode = ssl.CERT_REQUIRED
context.set_ciphers("ECDHE-ECDSA-AES128-SHA256")


def answer(path):
    with open(answers, encoding="utf-8") as table:
        for line in table:
            parts = line.rstrip("\n").split(" ", 3)
            if parts[0] == path:
                return parts[1:]
    return ["404", "4004", '{"status":false,"errorString":"unknown"}']


def request(stream):
    """Path and fields of the next request, or None."""
    head = []
    while True:
        line = stream.readline()
        if not line:
            return None
        if line in (b"\r\n", b"\n"):
            break
        head.append(line.decode().rstrip("\r\n"))
    fields = dict((name.lower(), value) for name, value in (line.split(": ", 1) for line in head[1:]))
    return head[0].split(" ")[1], fields


def serve(number, plain):
    try:
        with context.wrap_socket(plain, server_side=True) as tls:
            stream = tls.makefile("rwb")
            while (got := request(stream)) is not None:
                path, fields = got
                with open(log, "a", encoding="utf-8") as out:
                    out.write(f"{path} {fields.get('x-m2m-origin', '-')} {number}\n")
                found = answer(path)
                if found[0] == "hang":
                    time.sleep(30)
                    return
                status, rsc, body = found
                stream.write(f"HTTP/1.1 {status} X\r\nX-M2M-RSC: {rsc}\r\nX-M2M-RI: {fields.get('x-m2m-ri', '-')}\r\n"
                             f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                stream.flush()
    except (OSError, ssl.SSLError) as error:
        print(f"connection {number}: {error}", file=sys.stderr)


with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    connections = 0
    while True:
        accepted, _ = listener.accept()
        connections += 1
        threading.Thread(target=serve, args=(connections, accepted), daemon=True).start()
