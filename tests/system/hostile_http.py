# SPDX-License-Identifier: Apache-2.0
"""HTTP that no client would send, against one listener: hostile_http.py PORT HOST PID GOOD-STATUS

Raw sockets, one TAP line a case.  Beside them runs an honest client that asks
all the time and must always be answered soon.
"""
import os
import socket
import sys
import threading
import time

port, host, pid, good_status = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
MAX_CONNECTIONS, REQUEST_S = 64, 1.0  # as configured by hostile_http.sh
number = failed = 0


def check(name, wanted, got):
    global number, failed
    number += 1
    good = wanted(got) if callable(wanted) else wanted == got
    failed += not good
    print(("ok" if good else "not ok"), number, "-", name, flush=True)
    if not good:
        print("# wanted", wanted, "got", got)


def dial():
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def read_all(s):
    out = b""
    try:
        while True:
            got = s.recv(65536)
            if not got:
                return out, "closed"
            out += got
    except socket.timeout:
        return out, "open"
    except ConnectionError:
        return out, "reset"


def statuses(out):
    return " ".join(line.split()[1].decode() for line in out.split(b"\r\n") if line.startswith(b"HTTP/1.1 "))


def say(octets, patience=6.0):
    """Send, then read to the end: the statuses, and how the connection ended."""
    with dial() as s:
        s.settimeout(patience)
        try:
            s.sendall(octets)
        except (ConnectionError, socket.timeout):
            pass
        out, end = read_all(s)
    return statuses(out) + " " + end


def request(extra=b"", line=b"GET / HTTP/1.1", body=b""):
    return line + b"\r\nHost: " + host.encode() + b"\r\n" + extra + b"\r\n" + body


GOOD = request(b"Connection: close\r\n")
LAST = b"Connection: close\r\n"


class Honest(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.n, self.bad, self.worst, self.on = 0, 0, 0.0, True

    def run(self):
        while self.on:
            began = time.monotonic()
            try:
                got = say(GOOD)
            except OSError as e:
                got = str(e)
            self.worst = max(self.worst, time.monotonic() - began)
            self.n += 1
            if got != good_status + " closed":
                self.bad += 1
                print("# honest:", got)
            time.sleep(0.02)


def fds():
    return len(os.listdir("/proc/%d/fd" % pid))


def refused(status):
    """This status once, nothing after it, and the connection ended."""
    return lambda got: got in (status + " closed", status + " reset")


def slow(octets, pause, patience):
    with dial() as s:
        s.settimeout(patience)
        try:
            for i in range(len(octets)):
                s.sendall(octets[i:i + 1])
                time.sleep(pause)
        except ConnectionError:
            pass
        out, end = read_all(s)
    return statuses(out) + " " + end


def flood():
    conns, served, closed = [], 0, 0
    for _ in range(2 * MAX_CONNECTIONS):
        conns.append(dial())
    for s in conns:
        s.settimeout(3)
        try:
            s.sendall(GOOD)
            out, _ = read_all(s)
        except ConnectionError:
            out = b""
        served += out != b""
        closed += out == b""
        s.close()
    return served, closed


def settle(wanted, seconds=10):
    end = time.monotonic() + seconds
    while fds() > wanted and time.monotonic() < end:
        time.sleep(0.05)
    return fds()


check("a good request", good_status + " closed", say(GOOD))
before = fds()
honest = Honest()
honest.start()

for name, octets, status in [
    ("no HTTP at all", b"\x00\x01\x02\x03\r\n\r\n", "400"),
    ("HTTP/0.9", b"GET /\r\n\r\n", "400"),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
    ("HTTP/3.7", request(line=b"GET / HTTP/3.7"), "505"),
    ("TLS ClientHello", bytes.fromhex("16030100c8010000c40303") + bytes(range(1, 190)) + b"\r\n\r\n", "400"),
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", "400"),
    ("two Hosts", request(b"Host: other\r\n"), "400"),
    ("Host with a path", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"),
    ("absolute-form of another host", request(line=b"GET http://other.example/ HTTP/1.1"), "400"),
    ("CL and TE", request(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"POST / HTTP/1.1", b"0\r\n\r\n"),
     "400"),
    ("two different CLs", request(b"Content-Length: 4\r\nContent-Length: 5\r\n", b"POST / HTTP/1.1", b"abcde"), "400"),
    ("CL in a list", request(b"Content-Length: 4, 5\r\n", b"POST / HTTP/1.1", b"abcde"), "400"),
    ("CL with a sign", request(b"Content-Length: +4\r\n", b"POST / HTTP/1.1", b"abcd"), "400"),
    ("CL beyond 64 bit", request(b"Content-Length: 99999999999999999999\r\n", b"POST / HTTP/1.1"), "400"),
    ("CL of 2^62", request(b"Content-Length: 4611686018427387904\r\n", b"POST / HTTP/1.1"), "413"),
    ("TE twice", request(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"POST / HTTP/1.1"), "400"),
    ("TE of something else", request(b"Transfer-Encoding: xchunked\r\n", b"POST / HTTP/1.1"), "400"),
    ("TE with a vertical tab", request(b"Transfer-Encoding:\x0bchunked\r\n", b"POST / HTTP/1.1"), "400"),
    ("TE in HTTP/1.0", request(b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.0", b"0\r\n\r\n"), "400"),
    ("chunk size that is no number", request(b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.1", b"zz\r\n"), "400"),
    ("chunk size beyond 64 bit",
     request(b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.1", b"f" * 17 + b"\r\n"), "400"),
    ("chunk longer than it says",
     request(b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.1", b"1\r\nabc\r\n0\r\n\r\n"), "400"),
    ("obs-fold", request(b"X: a\r\n b\r\n"), "400"),
    ("space before the colon", request(b"X : a\r\n"), "400"),
    ("a field hidden in auts", request(b'Authorization: Digest auts="\r\nContent-Length: 5\r\n"\r\n'), "400"),
    ("a request hidden in auts", request(b'Authorization: Digest auts="\r\n\r\nGET / HTTP/1.1\r\n"\r\n'), "400"),
    ("bare CR in a value", request(b"X: a\rY: b\r\n"), "400"),
    ("bare LF lines", b"GET / HTTP/1.1\nHost: a\n\n", "400"),
    ("NUL in a value", request(b"X: a\x00b\r\n"), "400"),
    ("NUL in the target", request(line=b"GET /\x00 HTTP/1.1"), "400"),
    ("a field without a colon", request(b"X\r\n"), "400"),
    ("100 fields", request(b"X: y\r\n" * 100), "431"),
    ("a head of 2 MB", request(b"Authorization: Digest " + b"a" * 2000000 + b"\r\n"), "431"),
    ("a target of 2 MB", request(line=b"GET /" + b"a" * 2000000 + b" HTTP/1.1"), "414"),
    ("a body that is too long", request(b"Content-Length: 70000\r\n", b"POST / HTTP/1.1", b"a" * 70000), "413"),
    ("chunks that are too long together", request(b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.1",
     b"4000\r\n" + b"a" * 0x4000 + b"\r\n" + b"f000\r\n" + b"a" * 0xf000 + b"\r\n0\r\n\r\n"), "413"),
    ("Expect of something else", request(b"Expect: tea\r\nContent-Length: 3\r\n", b"POST / HTTP/1.1", b"abc"), "417"),
    ("a method of 100 letters", request(line=b"A" * 100 + b" / HTTP/1.1"), "501"),
]:
    check(name + ": " + status, refused(status), say(octets))

# What is no error of HTTP is the application's to answer, and then ends in order.
for name, octets in [
    ("asterisk-form", request(LAST, b"OPTIONS * HTTP/1.1")),
    ("absolute-form", request(LAST, b"GET http://" + host.encode() + b"/ HTTP/1.1")),
    ("two CLs that agree", request(LAST + b"Content-Length: 1\r\nContent-Length: 1\r\n", b"POST / HTTP/1.1", b"a")),
    ("an Authorization of 4 KB", request(LAST + b"Authorization: Digest " + b"a" * 4000 + b"\r\n")),
    ("Authorization that is no Digest", request(LAST + b"Authorization: Basic YTpi\r\n")),
    ("two Authorizations", request(LAST + b"Authorization: Digest a=1\r\nAuthorization: Digest a=1\r\n")),
]:
    check(name + ": one answer", lambda got: got.endswith(" closed") and got[:1] == "4" and len(got) == 10, say(octets))

many = say(request() * 49 + GOOD)
check("50 pipelined requests: 50 answers", lambda got: len(got.split()) == 51 and got.endswith("closed"), many)
check("a smuggled request is not a request",
      lambda got: len(got.split()) == 2,
      say(request(LAST + b"Content-Length: %d\r\n" % len(GOOD), b"POST / HTTP/1.1", GOOD)))
check("what follows a refusal is not read", refused("400"), say(request(b"X : a\r\n") + GOOD))

check("octet by octet, fast enough", good_status + " closed", slow(GOOD, 0.001, 5))
began = time.monotonic()
check("octet by octet, too slow: 408", lambda got: got.split()[-1] in ("closed", "reset"), slow(GOOD, 0.05, 5))
check("and not for ever", lambda s: s < REQUEST_S + 6, time.monotonic() - began)
check("half a request: 408", refused("408"), say(GOOD[:20]))
check("half a body: 408", refused("408"), say(request(b"Content-Length: 9\r\n", b"POST / HTTP/1.1", b"a")))
check("nothing at all", " closed", say(b""))

honest.on = False
honest.join()
check("an honest client beside them was always served", 0, honest.bad)
check("(%d times)" % honest.n, lambda n: n > 20, honest.n)
check("and never waited for more than a second", lambda s: s < 1.0, honest.worst)

check("a flood of connections: as many as allowed are served", (MAX_CONNECTIONS, MAX_CONNECTIONS), flood())
check("and then others", good_status + " closed", say(GOOD))
check("no descriptor is left behind", lambda n: n <= before, settle(before))
print("1..%d" % number)
sys.exit(failed > 0)
