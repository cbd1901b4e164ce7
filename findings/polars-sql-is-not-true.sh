#!/usr/bin/env bash
# Polars' SQL leaves NULL out of IS NOT TRUE.
#
# Guess: flag IS NOT TRUE keeps false and NULL: that is its purpose, and it is never NULL itself.
# Seen: Polars treats it as NOT flag. It keeps one row of true, false and NULL, not two.
. "$(dirname "$0")/lib.bash"
python_packages polars==2.1.0 duckdb==2.0.1
echo "Polars 2.1.0, DuckDB 2.0.1"

cat >"$dir/ask.py" <<'PYTHON'
import duckdb
import polars

t = polars.DataFrame({"flag": [True, False, None]})
connection = duckdb.connect()
connection.execute("CREATE TABLE t AS SELECT * FROM (VALUES (true), (false), (NULL)) AS v (flag)")
for test in "IS NOT TRUE", "IS NOT FALSE":
    sql = f"SELECT count(*) FROM t WHERE flag {test}"
    print(test, connection.execute(sql).fetchall()[0][0], polars.SQLContext(t=t).execute(sql, eager=True).item(), end="; ")
PYTHON
expect "rows kept by DuckDB and by Polars" "$(python3 "$dir/ask.py")" "IS NOT TRUE 2 1; IS NOT FALSE 2 1; "
verdict
