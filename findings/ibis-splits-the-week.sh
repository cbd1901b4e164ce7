#!/usr/bin/env bash
# ibis and sqlglot send the letters of a strftime format to Postgres' to_char as patterns: 2025-W11 becomes 2025-211, and a week falls into two.
#
# Guess: the letters of strftime('%G-W%V') that have no % stay as they are, since to_char has "…" for that: 2025-W11 for Monday 2025-03-10, and for each day of its week.
# Seen: the format is IYYY-WIW, whose W is the week of the month: from the 8th of March on the same ISO week has another text than before it, so a sum by it counts one week as two, without
# an error. "day %d" becomes "monday    10", and the T of %Y-%m-%dT%H makes an hour of 00 to HH24. Over DuckDB the texts are as written. sqlglot, which ibis uses, writes the same SQL.
. "$(dirname "$0")/lib.bash"
need psql
python_packages 'ibis-framework[duckdb,postgres]==12.0.0' sqlglot==30.30.0 duckdb==2.0.1 'psycopg[binary]==3.3.9' pyarrow==26.0.1 pyarrow-hotfix==0.7 pandas==3.1.1
postgres 18.4.0-beta.17
echo "ibis 12.0.0, sqlglot 30.30.0, DuckDB 2.0.1, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys
import warnings

warnings.simplefilter("ignore")
import ibis
import sqlglot

backend, text = sys.argv[1:]
if backend == "sqlglot":
    print(sqlglot.transpile(f"SELECT strftime(day, '{text}')", read="duckdb", write="postgres")[0])
    sys.exit()
if backend == "postgres":
    connection = ibis.postgres.connect(host="127.0.0.1", port=int(os.environ["PGPORT"]), user="postgres", database="postgres")
else:
    connection = ibis.duckdb.connect()
connection.raw_sql("CREATE TABLE loss AS SELECT CAST(day AS date) AS day, n FROM (VALUES ('2025-03-07', 2), ('2025-03-08', 3), ('2025-03-10', 5)) t (day, n)")
loss = connection.table("loss")
rows = loss.group_by(week=loss.day.strftime(text)).agg(n=loss.n.sum()).order_by("week").execute()
print(*(f"{week}: {n}" for week, n in zip(rows["week"], rows["n"])), sep=", ")
PYTHON
ask() { psql -X -q -c "DROP TABLE IF EXISTS loss" 2>/dev/null; python3 "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect "Postgres: sums by %G-W%V, Friday 03-07: 2, Saturday 03-08: 3, Monday 03-10: 5" "$(ask postgres %G-W%V)" "2025-110: 2, 2025-210: 3, 2025-211: 5"
expect "DuckDB: the same" "$(ask duckdb %G-W%V)" "2025-W10: 5, 2025-W11: 5"
expect "Postgres: by 'day %d'" "$(ask postgres 'day %d')" "friday    07: 2, monday    10: 5, saturday  08: 3"
expect "Postgres: by %Y-%m-%dT%H" "$(ask postgres %Y-%m-%dT%H)" "2025-03-07THH24: 2, 2025-03-08THH24: 3, 2025-03-10THH24: 5"
expect "sqlglot: strftime(day, '%G-W%V') of DuckDB, for Postgres" "$(ask sqlglot %G-W%V)" "SELECT TO_CHAR(day, 'IYYY-WIW')"
verdict
