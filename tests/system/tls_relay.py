#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A man in the middle: ends TLS with a certificate of its own and talks TLS to somebody else.

tls_relay.py LISTEN_PORT CERT KEY TARGET_PORT TARGET_NAME
Prints "ready" once it listens; everything is on 127.0.0.1."""
import select
import socket
import ssl
import sys
import threading


def pump(a, b):
    ends = {a: b, b: a}
    while True:
        for end in select.select([a, b], [], [], 20)[0] or [None]:
            if end is None:
                return
            octets = end.recv(65536)
            if not octets:
                return
            ends[end].sendall(octets)


def serve(client, context, port, name):
    outward = ssl.create_default_context()
    outward.check_hostname = False
    outward.verify_mode = ssl.CERT_NONE
    try:
        with context.wrap_socket(client, server_side=True) as near:
            with socket.create_connection(("127.0.0.1", port), 10) as raw:
                with outward.wrap_socket(raw, server_hostname=name) as far:
                    pump(near, far)
    except (OSError, ssl.SSLError):
        pass


def main():
    listen, cert, key, port, name = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", int(listen))) as server:
        print("ready", flush=True)
        while True:
            client, _ = server.accept()
            threading.Thread(target=serve, args=(client, context, int(port), name), daemon=True).start()


main()
