#!/usr/bin/env bash
# urllib3 repeats a PUT from a generator without its body, by default and without an error.
#
# Guess: UnrewindableBodyError, which urllib3 has for a body that it cannot read twice, or no second attempt.
# Seen: after a 503 or a 429 with Retry-After, which urllib3 obeys by default, the second PUT has no body, since the generator is at its end. A server that takes an
# empty body answers 200: the stored file is empty. POST does the same where retries are on for it, and so does requests with a Retry. A BytesIO is sent again.
. "$(dirname "$0")/lib.bash"
python_packages urllib3==2.8.0 requests==2.34.2
echo "urllib3 2.8.0, requests 2.34.2"

cat >"$dir/ask.py" <<'PYTHON'
import http.server
import io
import sys
import threading

import requests
import urllib3

bodies = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        bodies.append(body.decode())
        self.send_response(503 if len(bodies) == 1 else 200)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/losses"
body = {"generator": (line for line in [b"12 ", b"losses"]), "file": io.BytesIO(b"12 losses")}[sys.argv[2]]
try:
    if sys.argv[1] == "urllib3":
        status = urllib3.PoolManager().request("PUT", url, body=body).status
    else:
        session = requests.Session()
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=urllib3.Retry(3)))
        status = session.put(url, data=body).status_code
except Exception as error:
    status = type(error).__name__
print(bodies, status)
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1; }
expect "urllib3, a generator" "$(ask urllib3 generator)" "['12 losses', ''] 200"
expect "urllib3, a BytesIO" "$(ask urllib3 file)" "['12 losses', '12 losses'] 200"
expect "requests with Retry(3), a generator" "$(ask requests generator)" "['12 losses', ''] 200"
verdict
