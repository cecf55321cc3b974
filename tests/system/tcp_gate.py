#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tcp_gate.py PORT TO FOLDER: a relay on 127.0.0.1.  While FOLDER/shut exists it takes everything
and passes nothing on, in both directions, and new connections lead nowhere: a partition.  What came
before is passed on when it is over."""
import os
import select
import socket
import sys

PORT, TO, SHUT = int(sys.argv[1]), int(sys.argv[2]), os.path.join(sys.argv[3], "shut")


def main():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", PORT))
    server.listen(64)
    print("listening on", PORT, flush=True)
    peers = {}
    while True:
        shut = os.path.exists(SHUT)
        ready, _, _ = select.select([server] + ([] if shut else list(peers)), [], [], 0.02)
        for sock in ready:
            if sock is server:
                if shut:
                    continue
                inner, _ = server.accept()
                try:
                    outer = socket.create_connection(("127.0.0.1", TO))
                    peers[inner], peers[outer] = outer, inner
                except OSError:
                    inner.close()
            elif sock in peers:
                try:
                    data = sock.recv(65536)
                    if data:
                        peers[sock].sendall(data)
                        continue
                except OSError:
                    pass
                other = peers.pop(sock)
                peers.pop(other)
                sock.close()
                other.close()
        if shut and ready:
            select.select([], [], [], 0.02)


main()
