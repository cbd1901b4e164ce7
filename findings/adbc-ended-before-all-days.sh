#!/usr/bin/env bash
# ADBC reads the date infinity as a day almost six million years ago, so what never ends has ended.
#
# Guess: an error, as for the timestamp infinity, or the last date that Arrow has.
# Seen: the driver adds the days from 1970 to 2000 to Postgres's largest number without a check, so it wraps. Infinity is before every other day, and
# before -infinity. pyarrow compares and sorts such days without an error. least(until, '9999-12-31') in the query helps.
. "$(dirname "$0")/lib.bash"
python_packages pyarrow==26.0.1 adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0
postgres 18.4.0-beta.17
echo "adbc-driver-postgresql 1.13.0, pyarrow 26.0.1, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import os

import adbc_driver_postgresql.dbapi
import pyarrow.compute as compute

uri = f"postgresql://postgres@127.0.0.1:{os.environ['PGPORT']}/postgres"
rows = "(VALUES ('ended', date '2025-12-31'), ('open', '2026-12-31'), ('for ever', 'infinity'), ('always', '-infinity')) AS price (name, until)"
with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as cursor:

    def ask(query):
        cursor.execute(query)
        return cursor.fetch_arrow_table()

    table = ask(f"SELECT name, until FROM {rows}")
    print("valid", table.filter(compute.field("until") >= datetime.date(2026, 3, 1))["name"].to_pylist())
    print("sorted", table.sort_by("until")["name"].to_pylist())
    print("valid", ask(f"SELECT name FROM {rows} WHERE until >= '2026-03-01'")["name"].to_pylist())
    print("sorted", ask(f"SELECT name FROM {rows} ORDER BY until")["name"].to_pylist())
PYTHON
python3 "$dir/ask.py" >"$dir/seen" 2>&1
line() { sed -n "${1}p" "$dir/seen"; }
expect "valid on 2026-03-01, by pyarrow" "$(line 1)" "valid ['open']"
expect "sorted by pyarrow" "$(line 2)" "sorted ['for ever', 'always', 'ended', 'open']"
expect "valid on 2026-03-01, by Postgres" "$(line 3)" "valid ['open', 'for ever']"
expect "sorted by Postgres" "$(line 4)" "sorted ['always', 'ended', 'open', 'for ever']"
verdict
