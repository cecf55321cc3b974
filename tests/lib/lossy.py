#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A UDP relay that loses, repeats and reorders datagrams, the same ones for the same seed.

    lossy.py --to HOST:PORT [--listen HOST:PORT] [--loss P] [--repeat P] [--reorder P]
             [--seed N] [--count FILE]

Prints "listening on HOST:PORT" once it relays.  P are probabilities (0 to 1) a datagram,
either way.  A datagram that is reordered waits until the next one of its direction has
passed, or for 50 ms.  Ends at SIGTERM; --count gets one line with what was done then.
"""
import argparse
import random
import select
import signal
import socket
import sys
import time

HOLD_S = 0.05


def address(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def udp(host):
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)


class Way:
    """One direction of one client."""

    def __init__(self, relay, send):
        self.relay, self.send, self.held = relay, send, None

    def pass_on(self, data):
        self.relay.counts["passed"] += 1
        try:
            self.send(data)
        except OSError:
            pass  # nobody listens: that is a loss too

    def take(self, data):
        r, c = self.relay.random, self.relay.counts
        lost, again, late = (r.random() < p for p in self.relay.chances)
        if lost:
            c["lost"] += 1
            return
        if late and self.held is None:
            c["reordered"] += 1
            self.held = (time.monotonic() + HOLD_S, data)
            return
        self.pass_on(data)
        if again:
            c["repeated"] += 1
            self.pass_on(data)
        self.release()

    def release(self):
        if self.held is not None:
            data, self.held = self.held[1], None
            self.pass_on(data)


class Relay:
    def __init__(self, args):
        self.random = random.Random(args.seed)
        self.chances = (args.loss, args.repeat, args.reorder)
        self.counts = {"passed": 0, "lost": 0, "repeated": 0, "reordered": 0}
        self.server = address(args.to)
        host, port = address(args.listen)
        self.front = udp(host)
        self.front.bind((host, port))
        self.clients = {}  # address -> (socket towards the server, way there, way back)
        self.backs = {}  # socket towards the server -> way back

    def client(self, peer):
        if peer not in self.clients:
            back = udp(self.server[0])
            back.connect(self.server)
            there = Way(self, back.send)
            here = Way(self, lambda data: self.front.sendto(data, peer))
            self.clients[peer] = (back, there, here)
            self.backs[back] = here
        return self.clients[peer][1]

    def ways(self):
        for _, there, here in self.clients.values():
            yield there
            yield here

    def turn(self):
        held = [way.held[0] for way in self.ways() if way.held]
        wait = max(0.0, min(held) - time.monotonic()) if held else 0.2
        ready, _, _ = select.select([self.front, *self.backs], [], [], wait)
        for sock in ready:
            try:
                data, peer = sock.recvfrom(65535)
            except OSError:
                continue
            (self.client(peer) if sock is self.front else self.backs[sock]).take(data)
        now = time.monotonic()
        for way in self.ways():
            if way.held and way.held[0] <= now:
                way.release()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--repeat", type=float, default=0.0)
    parser.add_argument("--reorder", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count")
    args = parser.parse_args()
    relay = Relay(args)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    host, port = relay.front.getsockname()[:2]
    print("listening on " + (f"[{host}]:{port}" if ":" in host else f"{host}:{port}"), flush=True)
    while not stop:
        relay.turn()
    if args.count:
        with open(args.count, "w", encoding="ascii") as f:
            print(" ".join(f"{name}={n}" for name, n in relay.counts.items()), file=f)
    return 0


if __name__ == "__main__":
    sys.exit(main())
