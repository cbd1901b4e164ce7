#!/usr/bin/env bash
# dlt, which merges rows by their key, keeps the old figure of the newest day if the day is the cursor.
#
# Guess: each load asks for the rows from the last cursor value on, equal values included, and the merge by primary_key replaces a row with
# the newer one. A figure of the last day that has changed since is in the next load, so it is replaced.
# Seen: dlt leaves out what it has seen at the last cursor value, and knows it by the primary key alone. The row with the new figure never gets
# as far as the merge: the copy keeps 5 for 7, while a new key of the same day arrives. When newer days have come, no load asks for that day again. Without
# a primary key (merge_key instead), dlt compares whole rows, and the figure is 7.
. "$(dirname "$0")/lib.bash"
python_packages 'dlt[duckdb]==1.31.0' duckdb==2.0.1
echo "dlt 1.31.0, DuckDB 2.0.1"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import os
import sys

import dlt
import duckdb

folder, key = sys.argv[1:]
last = datetime.date(2025, 3, 10)
rows = [{"day": last, "code": "a", "n": 5}]


@dlt.resource(write_disposition="merge", **{key: ("day", "code")})
def facts(day=dlt.sources.incremental("day")):
    yield rows


path = os.path.join(folder, key + ".duckdb")
pipeline = dlt.pipeline(key, destination=dlt.destinations.duckdb(path), dataset_name="copy", pipelines_dir=folder)
pipeline.run(facts())
rows = [{"day": last, "code": "a", "n": 7}, {"day": last, "code": "b", "n": 1}]
pipeline.run(facts())
with duckdb.connect(path) as connection:
    print(*("{} {}".format(*row) for row in connection.execute("SELECT code, n FROM copy.facts ORDER BY code").fetchall()), sep=", ")
PYTHON
export RUNTIME__DLTHUB_TELEMETRY=false RUNTIME__LOG_LEVEL=ERROR
ask() { HOME="$dir" python3 "$dir/ask.py" "$dir" "$1" 2>&1 | tail -1; }
expect "with primary_key, after a 5 became 7 and b came" "$(ask primary_key)" "a 5, b 1"
expect "with merge_key" "$(ask merge_key)" "a 7, b 1"
verdict
