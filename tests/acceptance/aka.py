#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A phone and its card on Ub without any of Keystrap's code: Milenage (TS 35.206) with the AES of
the openssl program, HTTP Digest AKA (RFC 3310).

  aka.py vector RAND-HEX K-HEX OPC-HEX               RES, CK and IK
  aka.py ub PORT HOST IMPI K-HEX OPC-HEX [wrong]     one bootstrapping run at 127.0.0.1, as JSON:
                    status    of each answer; the run ends after two
                    mode      gba-me or gba-u, as AUTN says
                    btid, lifetime, type    of the answer; rand and ks, if the run was good

"wrong" answers with a RES that is not that of the card.
"""
import base64
import hashlib
import http.client
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def aes(key, *blocks):
    out = subprocess.run(["openssl", "enc", "-aes-128-ecb", "-nopad", "-K", key.hex()],
                         input=b"".join(blocks), stdout=subprocess.PIPE, check=True).stdout
    return [out[i:i + 16] for i in range(0, len(out), 16)]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def rotated(block, octets):
    return block[octets:] + block[:octets]


def constant(n):
    return bytes(15) + bytes([n])


def milenage(k, opc, rand):
    """RES, CK, IK, AK and a function that makes the MAC of SQN and AMF"""
    temp, = aes(k, xor(rand, opc))
    mixed = xor(temp, opc)
    out = aes(k, xor(mixed, constant(1)), xor(rotated(mixed, 4), constant(2)), xor(rotated(mixed, 8), constant(4)))
    out2, out3, out4 = (xor(o, opc) for o in out)

    def mac(sqn, amf):
        in1 = (sqn + amf) * 2
        return xor(aes(k, xor(temp, rotated(xor(in1, opc), 8)))[0], opc)[:8]
    return out2[8:], out3, out4, out2[:6], mac


def mode_of(autn, ik, ak, mac):
    """TS 33.220 5.3.2: in GBA_U the MAC is changed by IK"""
    own = mac(xor(autn[:6], ak), autn[6:8])
    if own == autn[8:]:
        return "gba-me"
    if xor(own, hashlib.sha1(ik).digest()) == autn[8:]:
        return "gba-u"
    raise SystemExit("AUTN is not that of this card")


def md5(*parts):
    return hashlib.md5(b":".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()


def get(port, host, authorization):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=15)
    connection.putrequest("GET", "/", skip_host=True, skip_accept_encoding=True)
    for name, value in [("Host", host), ("User-Agent", "python; 3gpp-gba"), ("Authorization", "Digest " + authorization)]:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def fields(text):
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', text)}


def quoted(**values):
    return ", ".join('%s="%s"' % v for v in values.items())


def take(said, body, keys):
    info = {e.tag.split("}")[-1]: e.text for e in ElementTree.fromstring(body)}
    said.update(btid=info["btid"], lifetime=info["lifetime"], **keys)
    assert info["btid"].split("@")[0] == base64.b64encode(bytes.fromhex(keys["rand"])).decode()


def answer(port, host, impi, said, challenge, res):
    """The second request; what the server proves with rspauth is checked"""
    a1 = md5(impi, host, res)
    middle = (challenge["nonce"], "00000001", "5ca1ab1e", "auth-int")
    response, body = get(port, host, quoted(
        username=impi, realm=host, nonce=challenge["nonce"], uri="/", cnonce="5ca1ab1e", opaque=challenge["opaque"],
        response=md5(a1, *middle, md5("GET", "/", md5(b"")))) + ", algorithm=AKAv1-MD5, qop=auth-int, nc=00000001")
    said["status"].append(response.status)
    if response.status == 200:
        proof = fields(response.getheader("Authentication-Info"))["rspauth"]
        assert proof == md5(a1, *middle, md5("", "/", md5(body))), "rspauth"
        said["type"] = response.getheader("Content-Type")
    return response.status, body


def ub(port, host, impi, k, opc, wrong=None):
    response, body = get(port, host, quoted(username=impi, realm=host, nonce="", uri="/", response=""))
    said = {"status": [response.status]}
    if response.status != 401:
        return said
    challenge = fields(response.getheader("WWW-Authenticate"))
    assert (challenge["realm"], challenge["algorithm"], challenge["qop"]) == (host, "AKAv1-MD5", "auth-int")
    nonce = base64.b64decode(challenge["nonce"], validate=True)
    rand, autn = nonce[:16], nonce[16:32]
    res, ck, ik, ak, mac = milenage(k, opc, rand)
    said["mode"] = mode_of(autn, ik, ak, mac)
    status, body = answer(port, host, impi, said, challenge, xor(res, b"\x01" * 8) if wrong else res)
    if status == 200:
        take(said, body, {"rand": rand.hex(), "ks": (ck + ik).hex()})
    return said


def main(what, *args):
    x = bytes.fromhex
    if what == "vector":
        return " ".join(part.hex() for part in milenage(x(args[1]), x(args[2]), x(args[0]))[:3])
    if what == "ub":
        return json.dumps(ub(args[0], args[1], args[2], x(args[3]), x(args[4]), *args[5:]))
    raise SystemExit(__doc__)


print(main(*sys.argv[1:]))
