# SPDX-License-Identifier: Apache-2.0
"""A client that shares no code with us: HTTP Digest (RFC 7616, MD5, auth-int) with a chunked body.

digest_client.py PORT HOST METHOD TARGET BODY: the user file ("user = B-TID:password") on standard input;
prints the status and whether rspauth is right.
"""
import hashlib
import http.client
import re
import sys

port, host, method, target, body = sys.argv[1:]
user, password = re.match(r'user = "(.*):([^:]*)"', sys.stdin.read()).groups()


def md5(text):
    return hashlib.md5(text if isinstance(text, bytes) else text.encode()).hexdigest()


connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
connection.request(method, target, headers={"Host": host})
answer = connection.getresponse()
answer.read()
challenge = dict(re.findall(r'(\w+)="?([^",]*)"?', answer.headers["WWW-Authenticate"]))

ha1 = md5(f"{user}:{challenge['realm']}:{password}")
nonce, cnonce, nc = challenge["nonce"], "5ccf91813bb01aab", "00000001"
ha2 = md5(f"{method}:{target}:{md5(body)}")
response = md5(f"{ha1}:{nonce}:{nc}:{cnonce}:auth-int:{ha2}")
credentials = (
    f'Digest username="{user}", realm="{challenge["realm"]}", nonce="{nonce}", uri="{target}", qop=auth-int, '
    f'nc={nc}, cnonce="{cnonce}", response="{response}", opaque="{challenge["opaque"]}", algorithm=MD5'
)
half = len(body) // 2
connection.request(
    method,
    target,
    body=iter([body[:half].encode(), body[half:].encode()]),
    headers={"Host": host, "Authorization": credentials, "Transfer-Encoding": "chunked"},
    encode_chunked=True,
)
answer = connection.getresponse()
content = answer.read()
proof = re.search(r'rspauth="(\w+)"', answer.headers.get("Authentication-Info", "")) or ["", ""]
right = proof[1] == md5(f"{ha1}:{nonce}:{nc}:{cnonce}:auth-int:{md5(f':{target}:{md5(content)}')}")
print(answer.status, "proven" if right else "not proven")
