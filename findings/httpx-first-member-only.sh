#!/usr/bin/env bash
# httpx ends an answer of two gzip members after the first, without an error: the rows of the second are not there.
#
# Guess: all of it. A gzip file is a series of members (RFC 1952): cat a.gz b.gz makes one, as rotated logs do, and gzip -d, Python's gzip and Go read it to the end.
# Seen: httpx returns the first member with the status 200. requests, aiohttp and node's fetch return both. curl --compressed writes the first one, and exits with 23.
# Read iter_raw() with Python's gzip.
. "$(dirname "$0")/lib.bash"
need node curl
python_packages httpx==0.28.1 requests==2.34.2 aiohttp==3.14.5
echo "httpx 0.28.1, requests 2.34.2, aiohttp 3.14.5, node $(node --version), $(curl --version | head -1 | cut -d' ' -f1,2)"

cat >"$dir/ask.py" <<'PYTHON'
import asyncio
import gzip
import http.server
import subprocess
import sys
import threading

import aiohttp
import httpx
import requests

BODY = gzip.compress(b"2025-03-01,12\n") + gzip.compress(b"2025-03-02,9\n")


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


def with_raw(url):
    with httpx.stream("GET", url) as response:
        return gzip.decompress(b"".join(response.iter_raw())).decode()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + (f"exit code {done.returncode}" if done.returncode else "")


clients = {
    "httpx": lambda url: httpx.get(url).raise_for_status().text,
    "curl": lambda url: run("curl", "--silent", "--compressed", url),
    "requests": lambda url: requests.get(url).text,
    "aiohttp": lambda url: asyncio.run(with_aiohttp(url)),
    "node": lambda url: run("node", "-e", f"fetch('{url}').then((answer) => answer.text()).then((text) => process.stdout.write(text))"),
    "raw": with_raw,
}
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(clients[sys.argv[1]](f"http://127.0.0.1:{server.server_port}/").strip().replace("\n", " "))
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1; }
expect "httpx" "$(ask httpx)" "2025-03-01,12"
expect "curl --compressed" "$(ask curl)" "2025-03-01,12 exit code 23"
expect "requests" "$(ask requests)" "2025-03-01,12 2025-03-02,9"
expect "aiohttp" "$(ask aiohttp)" "2025-03-01,12 2025-03-02,9"
expect "node's fetch" "$(ask node)" "2025-03-01,12 2025-03-02,9"
expect "httpx, iter_raw() and gzip" "$(ask raw)" "2025-03-01,12 2025-03-02,9"
verdict
