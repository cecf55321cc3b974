#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An OCSP responder on one address: HTTP here, answers by `openssl ocsp`.

`openssl ocsp -port` listens on every address of the machine; tests keep to the
loopback.  In the folder of a PKI of pki.sh: ocsp_responder.py CA ADDR:PORT SIGNER.
Prints the port it listens on (0 takes any free one), then one line a request.
"""
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer


class Responder(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        answer = respond(self.rfile.read(min(length, 65536)))
        self.send_response(200 if answer else 400)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        print("request", flush=True)


def respond(request):
    ca, signer = sys.argv[1], sys.argv[3]
    with tempfile.NamedTemporaryFile() as asked, tempfile.NamedTemporaryFile() as answer:
        asked.write(request)
        asked.flush()
        made = subprocess.run(
            ["openssl", "ocsp", "-index", f"{ca}.index", "-CA", f"{ca}.pem", "-rsigner", f"{signer}.pem",
             "-rkey", f"{signer}.key", "-reqin", asked.name, "-respout", answer.name, "-ndays", "1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return answer.read() if made.returncode == 0 else b""


def main():
    host, port = sys.argv[2].rsplit(":", 1)
    server = HTTPServer((host, int(port)), Responder)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
