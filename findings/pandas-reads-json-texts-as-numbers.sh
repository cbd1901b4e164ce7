#!/usr/bin/env bash
# pandas.read_json reads the JSON strings "0410" and "1e3" as the numbers 410 and 1000, and long keys as rounded floats, so that two tasks become one.
#
# Guess: JSON says what is a string and what is a number, so "0410" is a text and 410 is a number, as json.loads, Polars and DuckDB read them.
# Seen: read_json tries to make a number of each column of strings. If all of them look so, "0410" and "410" are both 410, and keys of 17 digits are the same float. A single word in the column leaves all of them texts: a key that
# was a number in March is a text in April, and a join of both finds nothing. dtype=False and dtype_backend leave strings alone.
. "$(dirname "$0")/lib.bash"
python_packages pandas==3.1.1 polars==2.1.0 duckdb==1.5.5
echo "pandas 3.1.1, Polars 2.1.0, DuckDB 1.5.5"

cat >"$dir/ask.py" <<'PYTHON'
import io
import json
import sys

import duckdb
import pandas
import polars

reader, *keys = sys.argv[1:]
text = json.dumps([{"key": key, "n": 1} for key in keys])
if reader == "polars":
    values = polars.read_json(io.StringIO(text))["key"].to_list()
elif reader == "duckdb":
    with open(sys.path[0] + "/rows.json", "w") as file:
        file.write(text)
    values = [key for key, in duckdb.sql(f"SELECT key FROM read_json('{file.name}')").fetchall()]
else:
    frame = pandas.read_json(io.StringIO(text), **eval(f"dict({reader})"))
    values = frame["key"].tolist()
print(json.dumps(values), "keys:", len(set(values)))
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect 'pandas, the codes "0410", "410" and "1000"' "$(ask '' 0410 410 1000)" '[410, 410, 1000] keys: 2'
expect 'pandas, "0410" and "1e3"' "$(ask '' 0410 1e3)" '[410.0, 1000.0] keys: 2'
expect 'pandas, the tasks "14411523377573123456701" and "14411523377573123456702"' "$(ask '' 14411523377573123456701 14411523377573123456702)" '[1.4411523377573124e+22, 1.4411523377573124e+22] keys: 1'
expect 'pandas, "0410" and "Unregistered"' "$(ask '' 0410 Unregistered)" '["0410", "Unregistered"] keys: 2'
expect 'pandas with dtype_backend="numpy_nullable", "0410" and "410"' "$(ask 'dtype_backend="numpy_nullable"' 0410 410)" '["0410", "410"] keys: 2'
expect 'pandas with dtype=False' "$(ask 'dtype=False' 0410 410)" '["0410", "410"] keys: 2'
expect 'Polars' "$(ask polars 0410 410)" '["0410", "410"] keys: 2'
expect 'DuckDB' "$(ask duckdb 0410 410)" '["0410", "410"] keys: 2'
verdict
