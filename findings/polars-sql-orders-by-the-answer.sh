#!/usr/bin/env bash
# In Polars' SQL, SELECT n % 2 FROM t ORDER BY n is sorted by n % 2.
#
# Guess: ORDER BY n means the column n of t, as no column of the answer has the name n. SQL defines it so.
# Seen: Polars names the column of an expression after the first column in it, and ORDER BY finds that name
# first. LIMIT then takes other rows than in Postgres. An alias of another name makes it right.
. "$(dirname "$0")/lib.bash"
python_packages polars==2.1.0 'psycopg[binary]==3.3.9'
postgres 15.18.0-beta.17
echo "Polars 2.1.0, PostgreSQL 15.18"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import polars
import psycopg

frame = polars.DataFrame({"n": [1, 2, 3, 4]})
connection = psycopg.connect("", autocommit=True)
connection.execute("CREATE TABLE t AS SELECT * FROM generate_series(1, 4) AS n")
for sql in sys.argv[1:]:
    print("Postgres", [row[0] for row in connection.execute(sql)], end=" ")
    print("Polars", [row[0] for row in polars.SQLContext(t=frame).execute(sql, eager=True).rows()], end="; ")
PYTHON
expect "SELECT n % 2 FROM t ORDER BY n, without an alias and with one" \
    "$(python3 "$dir/ask.py" "SELECT n % 2 FROM t ORDER BY n" "SELECT n % 2 AS odd FROM t ORDER BY n")" \
    "Postgres [1, 0, 1, 0] Polars [0, 0, 1, 1]; Postgres [1, 0, 1, 0] Polars [1, 0, 1, 0]; "
verdict
