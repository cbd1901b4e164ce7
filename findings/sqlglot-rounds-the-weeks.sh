#!/usr/bin/env bash
# sqlglot translates DuckDB's datediff('week', …) into rounded sevenths of the days for Postgres: from Monday to Friday it is 1 week instead of 0.
#
# Guess: the translation counts the beginnings of weeks as DuckDB does, as it cuts both ends to their month, quarter and year first; or it is refused.
# Seen: DuckDB counts whole weeks of 7 days, and cuts off the rest. The translation is EXTRACT(days …) / 7, cast to a bigint, and in Postgres that rounds: 4, 5 and 6 days are a week, 11 are two. Months are right. DATEDIFF of Snowflake and Redshift
# becomes the same. The other way, from Postgres to DuckDB, the number of the weekday in to_char ('D', where Sunday is 1) is %u (where Monday is 1), the week of the year ('WW') is %U, which begins with 0, and half of 7 rows is 3.5 and not
# 3. There is no error with unsupported_level=RAISE.
. "$(dirname "$0")/lib.bash"
need psql
python_packages sqlglot==30.30.0 duckdb==2.0.1
postgres 18.4.0-beta.17
echo "sqlglot 30.30.0, DuckDB 2.0.1, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import subprocess
import sys

import duckdb
import sqlglot


def answer(dialect, expression):
    if dialect == "duckdb":
        return str(duckdb.sql("SELECT " + expression).fetchall()[0][0])
    return subprocess.run(["psql", "-XqAtc", "SELECT " + expression], capture_output=True, text=True).stdout.strip()


# Each argument is the dialect to read, the one to write, and an expression; printed are the answers of both databases.
for argument in sys.argv[1:]:
    read, write, expression = argument.split("|")
    translated = sqlglot.transpile("SELECT " + expression, read=read, write=write, unsupported_level=sqlglot.ErrorLevel.RAISE)[0].removeprefix("SELECT ")
    original = answer(read, expression) if read in ("duckdb", "postgres") else read
    print(original, answer(write, translated))
PYTHON
duck() { echo "duckdb|postgres|datediff('$1', DATE '2025-$2', DATE '2025-$3')"; }
python3 "$dir/ask.py" "$(duck week 03-10 03-14)" "$(duck week 03-10 03-21)" "$(duck week 03-10 03-12)" "$(duck week 03-10 03-17)" "$(duck month 03-31 04-01)" \
    "snowflake|postgres|DATEDIFF(week, DATE '2025-03-10', DATE '2025-03-14')" "redshift|postgres|DATEDIFF(week, DATE '2025-03-10', DATE '2025-03-14')" \
    "postgres|duckdb|to_char(DATE '2025-03-10', 'D')" "postgres|duckdb|to_char(DATE '2025-01-01', 'WW')" "postgres|duckdb|count(*) / 2 FROM generate_series(1, 7)" >"$dir/out" 2>&1
seen() { sed -n "$1p" "$dir/out"; }
expect "weeks from Monday to Friday: in DuckDB, and translated in Postgres" "$(seen 1)" "0 1"
expect "weeks from Monday to Friday of the next week" "$(seen 2)" "1 2"
expect "weeks from Monday to Wednesday" "$(seen 3)" "0 0"
expect "weeks from Monday to Monday" "$(seen 4)" "1 1"
expect "months from 31 March to 1 April" "$(seen 5)" "1 1"
expect "Snowflake's weeks from Monday to Friday, translated" "$(seen 6)" "snowflake 1"
expect "Redshift's weeks from Monday to Friday, translated" "$(seen 7)" "redshift 1"
expect "the number of a Monday: to_char(…, 'D') in Postgres, and translated in DuckDB" "$(seen 8)" "2 1"
expect "the week of 1 January: to_char(…, 'WW')" "$(seen 9)" "01 00"
expect "half of 7 rows: count(*) / 2" "$(seen 10)" "3 3.5"
verdict
