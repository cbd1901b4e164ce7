#!/usr/bin/env bash
# pandas adds the losses 12 and 9 of two days to "129", and their maximum is 9, if it reads them over ADBC.
#
# Guess: sum(bigint) is a numeric in Postgres, so pandas gets decimals, or floats, and adds them.
# Seen: ADBC's driver hands a numeric over as an opaque type of Arrow that is stored as text. pandas unwraps it to a column of texts without
# a warning, and the sum of texts is their concatenation. The number of rows, the first rows and even the order of one-digit figures look right.
# Polars 2.1 refuses to add them. A cast to bigint or double precision in the query makes numbers of them, and so does psycopg in ADBC's place.
. "$(dirname "$0")/lib.bash"
python_packages pandas==3.1.1 pyarrow==26.0.1 adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0
postgres 18.4.0-beta.17
echo "pandas 3.1.1, adbc-driver-postgresql 1.13.0, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

import adbc_driver_postgresql.dbapi
import pandas

query = "SELECT day, " + sys.argv[1] + " AS losses FROM (VALUES (1, bigint '2'), (1, 10), (2, 9)) AS fact (day, n) GROUP BY day ORDER BY day"
with adbc_driver_postgresql.dbapi.connect(f"postgresql://postgres@127.0.0.1:{os.environ['PGPORT']}/postgres") as connection:
    losses = pandas.read_sql(query, connection)["losses"]
print(f"{losses.tolist()} sum {losses.sum()!r} max {losses.max()!r}".replace("np.int64", ""))
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1; }
expect "sum(n)" "$(ask "sum(n)")" "['12', '9'] sum '129' max '9'"
expect "sum(n)::bigint" "$(ask "sum(n)::bigint")" "[12, 9] sum (21) max (12)"
verdict
