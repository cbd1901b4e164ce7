#!/usr/bin/env bash
# PyAirbyte stores all rows of one key in its first sync; the second sync of the same answer turns each of them into the same one, so that sums change though nothing changed.
#
# Guess: with a primary key, one of two rows with the same key is kept, in the first sync as in each later one (as dlt does).
# Seen: the first sync goes into a new table and only appends: both rows are there, and their sum is right. The second one updates every row of the key by one of the new rows: 3 and 1 become
# 1 and 1, the number of rows stays, and nothing is said. So a check after the first load passes. write_strategy="append" stores both again at each sync. Rows have to be added up before they
# get to the cache. The same was seen with PyAirbyte's Postgres cache.
. "$(dirname "$0")/lib.bash"
python_packages airbyte==0.71.3
echo "PyAirbyte 0.71.3, its DuckDB cache"

cat >"$dir/sync.py" <<'PYTHON'
import http.server
import json
import sys
import threading

import airbyte
from airbyte.caches import DuckDBCache

rows = [{"day": "2025-03-05", "code": "-1", "n": 3}, {"day": "2025-03-05", "code": "-1", "n": 1}]


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"rows": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
text, number = {"type": "string"}, {"type": "integer"}
source = airbyte.get_source("source-loss", config={}, source_manifest={
    "version": "7.0.0", "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["loss"]},
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    "streams": [{
        "type": "DeclarativeStream", "name": "loss", "primary_key": ["day", "code"],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {"day": text, "code": text, "n": number}}},
        "retriever": {
            "type": "SimpleRetriever", "paginator": {"type": "NoPagination"},
            "requester": {"type": "HttpRequester", "url_base": f"http://127.0.0.1:{server.server_port}", "path": "/", "http_method": "GET"},
            "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": ["rows"]}},
        },
    }],
})
source.select_all_streams()
for strategy in ("merge", "append"):
    cache = DuckDBCache(db_path=f"{sys.argv[1]}/{strategy}.duckdb")
    for _ in range(3):
        stored = source.read(cache=cache, write_strategy=strategy)["loss"].to_pandas()
        print("stored", *sorted(stored["n"], reverse=True))
PYTHON
export AIRBYTE_OFFLINE_MODE=1 DO_NOT_TRACK=1
(cd "$dir" && python3 sync.py "$dir" >out 2>&1)
grep '^stored' "$dir/out" >"$dir/seen"
line() { sed -n "${1}p" "$dir/seen"; }
expect "merge by the primary key, first sync of the rows 3 and 1" "$(line 1)" "stored 3 1"
expect "the second sync of the same rows" "$(line 2)" "stored 1 1"
expect "the third" "$(line 3)" "stored 1 1"
expect "append, first sync" "$(line 4)" "stored 3 1"
expect "append, second sync" "$(line 5)" "stored 3 3 1 1"
verdict
