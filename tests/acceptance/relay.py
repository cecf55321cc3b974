#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A TCP relay that remembers what passes: what a capture would show, without a capture.

  relay.py LISTEN-PORT TO-PORT FILE

Prints "listening"; appends a line to FILE for each connection, and writes the octets that
clients sent to FILE.sent.
"""
import socket
import sys
import threading

lock = threading.Lock()


def pump(a, b, keep):
    try:
        while data := a.recv(65536):
            if keep:
                with lock, open(sys.argv[3] + ".sent", "ab") as f:
                    f.write(data)
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    open(sys.argv[3], "w").close()
    print("listening", flush=True)
    while True:
        client, _ = server.accept()
        with lock, open(sys.argv[3], "a") as f:
            f.write("connection\n")
        try:
            to = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
        except OSError:
            client.close()
            continue
        threading.Thread(target=pump, args=(client, to, True), daemon=True).start()
        threading.Thread(target=pump, args=(to, client, False), daemon=True).start()


main()
