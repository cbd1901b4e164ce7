#!/usr/bin/env bash
# DuckDB sums whole numbers exactly and hands the sum to pandas as a float.
#
# Guess: the sum of BIGINTs arrives in a data frame as int64 or, as it may be wider, as Python's exact ints.
# Seen: sum() of any integer type is a HUGEINT, which .df() turns into float64. 9007199254740995 becomes
# 9007199254740996, and every count prints as 5.0. fetchall() of the same query is exact.
. "$(dirname "$0")/lib.bash"
python_packages duckdb==2.0.1 pandas==3.1.1
echo "DuckDB 2.0.1, pandas 3.1.1"

cat >"$dir/ask.py" <<'PYTHON'
import duckdb

connection = duckdb.connect()
sql = "SELECT sum(n) AS n FROM (VALUES (9007199254740993::BIGINT), (2)) AS v (n)"
print(connection.execute(sql).fetchall()[0][0])
frame = connection.execute(sql).df()
print(frame.n.dtype, int(frame.n[0]))
PYTHON
expect "9007199254740993 + 2 by fetchall() and by df()" "$(python3 "$dir/ask.py" 2>&1 | tr '\n' ' ')" \
    "9007199254740995 float64 9007199254740996 "
verdict
