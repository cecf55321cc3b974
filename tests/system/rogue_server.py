# SPDX-License-Identifier: Apache-2.0
"""A server between a device and the real one that spoils what it passes on.

rogue_server.py UPSTREAM-PORT MODE: prints its port, serves until it is killed.
"""
import re
import socket
import sys
import threading
import time

upstream, mode = int(sys.argv[1]), sys.argv[2]
kept = []  # the first answer


def read_message(s):
    data = b""
    while b"\r\n\r\n" not in data:
        got = s.recv(65536)
        if not got:
            return data
        data += got
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length.group(1)):
        got = s.recv(65536)
        if not got:
            break
        body += got
    return head + b"\r\n\r\n" + body


def real_answer(request):
    with socket.create_connection(("127.0.0.1", upstream)) as s:
        s.sendall(request)
        return read_message(s)


def change(pattern, to):
    return lambda answer: re.sub(pattern, to, answer, count=1)


def repeat_first(answer):
    kept.append(answer)
    return kept[0]


def with_body(status, extra=b""):
    return lambda _: b"HTTP/1.1 " + status + b"\r\n" + extra + b"Content-Length: 2\r\n\r\nhi"


TWISTS = {
    "redirect": with_body(b"302 Found", b"Location: http://127.0.0.1:1/\r\n"),
    "no-challenge": with_body(b"401 Unauthorized"),
    "basic": with_body(b"401 Unauthorized", b'WWW-Authenticate: Basic realm="x"\r\n'),
    "at-once": with_body(b"200 OK"),
    "broken": with_body(b"500 Oops"),
    "away": with_body(b"503 Later"),
    "forbidden": with_body(b"403 No"),
    "garbage": lambda _: b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "two-lengths": lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "short-nonce": change(rb'nonce="[^"]{8}', b'nonce="'),
    "no-nonce": change(rb'nonce="[^"]*"', b'nonce=""'),
    "long-nonce": change(rb'nonce="', b'nonce="' + b"A" * 4000),
    "other-realm": change(rb'realm="[^"]*"', b'realm="evil.example"'),
    "md5": change(rb"algorithm=AKAv1-MD5", b"algorithm=MD5"),
    "no-qop": change(rb'qop="[^"]*"', b'qop="auth"'),
    "same-again": repeat_first,
    "wrong-rspauth": change(rb'rspauth="[0-9a-f]{4}', b'rspauth="0000'),
    "no-rspauth": change(rb"Authentication-Info:", b"X-Nothing:"),
    "other-body": change(rb"<btid>.", b"<btid>*"),
    "other-answer": lambda answer: answer[:-2] + b"**" if answer.startswith(b"HTTP/1.1 200") else answer,
}


def endless(s, line):
    while True:
        s.sendall(line * 1000)


def serve(s):
    request = read_message(s)
    if not request or mode == "close":
        return
    if mode == "hang":
        time.sleep(60)
    elif mode == "half":
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
        time.sleep(60)
    elif mode == "endless-head":
        s.sendall(b"HTTP/1.1 200 OK\r\n")
        endless(s, b"X: y\r\n")
    elif mode == "endless-body":
        s.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        endless(s, b"<x/>")
    elif mode == "endless-chunks":
        s.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        endless(s, b"4\r\n<x/>\r\n")
    elif mode == "cut":
        answer = real_answer(request)
        s.sendall(answer[:len(answer) - 3])
    else:
        s.sendall(TWISTS[mode](real_answer(request)))


def handle(s):
    with s:
        try:
            serve(s)
        except OSError:
            pass


listener = socket.create_server(("127.0.0.1", 0))
print("listening on", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()
