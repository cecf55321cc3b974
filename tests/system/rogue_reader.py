# SPDX-License-Identifier: Apache-2.0
"""A virtual reader that breaks the rules: rogue_reader.py KEYSTRAP-CARD PROFILE"""
import os
import socket
import struct
import subprocess
import sys

listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(10)


def insert():
    card = subprocess.Popen([sys.argv[1], "-c", sys.argv[2], "--port=%d" % listener.getsockname()[1]],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    s = listener.accept()[0]
    s.settimeout(5)
    return card, s


def frame(content):
    return struct.pack(">H", len(content)) + content


def ask(s, content):
    s.sendall(frame(content))
    n = struct.unpack(">H", s.recv(2, socket.MSG_WAITALL))[0]
    return s.recv(n, socket.MSG_WAITALL)


def ends(card, code):
    assert card.wait(10) == code, card.returncode


# every one is answered with a status word of an error, and the next command works
card, s = insert()
select = bytes.fromhex("00a40004023f00")
assert ask(s, b"\x04")[:1] == b"\x3b"
s.sendall(frame(b"\x01"))
odd = [b"", b"\x00\xa4", b"\x00\xa4\x00", b"\x00\xa4\x00\x04", bytes.fromhex("00a40004ff3f00"), b"\x00" * 65535,
       bytes.fromhex("00a400040000023f"), b"\xff" * 300, bytes.fromhex("0088008122") + b"\x10" + b"\x00" * 10]
for command in odd:
    answer = ask(s, command)
    assert len(answer) == 2 and answer[0] >= 0x64, (command[:8], answer)
    assert ask(s, select)[0] in (0x90, 0x61), command[:8]
for control in (b"\x00", b"\x02", b"\x07", b"\xff"):
    s.sendall(frame(control))
assert ask(s, b"\x04")[:1] == b"\x3b"
s.close()
ends(card, 0)

# a frame that is cut off is a broken connection
for cut in (b"\x00", b"\xff\xff" + b"\x00" * 100, b"\x00\x07\x00\xa4"):
    card, s = insert()
    s.sendall(cut)
    s.close()
    ends(card, 1)
