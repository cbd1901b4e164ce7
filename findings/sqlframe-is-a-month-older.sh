#!/usr/bin/env bash
# sqlframe runs PySpark's DataFrames in Postgres and DuckDB. In Postgres, from a day to the same day is 1 month, and to the next month's same day 2. cast("int") of 5/3 is 2 instead of 1, and the week of 2025-03-10 is 2 instead of 11.
#
# Guess: a function has the value that Spark documents for it, up to the last digits, or is refused. Spark's are 3.94959677 months from 1996-10-30 to 1997-02-28 10:30:00 (its own example), 0 from a day to itself, 1 for 5/3 as an int, a set without NULL.
# Seen: months_between() in Postgres counts the whole months and adds 1; in DuckDB it leaves the time out. A cast to int rounds, as in SQL. date_format() hands letters that it does not know to to_char: w is the week of the month, ssSSS ends with the second of the day. collect_set() has
# NULL as a member. rint(2.5) is 3. No error or notice; other functions are missing or refused.
. "$(dirname "$0")/lib.bash"
python_packages sqlframe==4.10.0 sqlglot==30.29.0 duckdb==2.0.1 psycopg2-binary==2.9.11
postgres 18.4.0-beta.17
echo "sqlframe 4.10.0, sqlglot 30.29.0, DuckDB 2.0.1, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys

import psycopg2
from sqlframe.duckdb import DuckDBSession
from sqlframe.duckdb import functions as duckdb
from sqlframe.postgres import PostgresSession
from sqlframe.postgres import functions as postgres


def months(F, later, earlier):
    return F.months_between(F.lit(later).cast("timestamp"), F.lit(earlier).cast("timestamp"))


questions = {
    "same": lambda F: months(F, "2025-03-10", "2025-03-10"),
    "next": lambda F: months(F, "2025-04-10", "2025-03-10"),
    "day": lambda F: months(F, "2025-03-11", "2025-03-10"),
    "example": lambda F: months(F, "1997-02-28 10:30:00", "1996-10-30"),
    "cast": lambda F: (F.lit(5) / F.lit(3)).cast("int"),
    "rint": lambda F: F.rint(F.lit(2.5)),
    "week": lambda F: F.date_format(F.lit("2025-03-10").cast("timestamp"), "w"),
    "milliseconds": lambda F: F.date_format(F.lit("2025-03-10 16:30:05").cast("timestamp"), "yyyyMMddHHmmssSSS"),
}
sessions = {"Postgres": (PostgresSession(conn=psycopg2.connect("")), postgres), "DuckDB": (DuckDBSession(), duckdb)}
for question in sys.argv[1:]:
    seen = []
    for name, (session, F) in sessions.items():
        codes = session.createDataFrame([("a",), ("b",), (None,)], ["code"])
        try:
            asked = codes.agg(F.size(F.collect_set("code"))) if question == "set" else codes.limit(1).select(questions[question](F))
            value = asked.collect()[0][0]
            seen.append(f"{name} {value if isinstance(value, str) else f'{float(value):.8g}'}")
        except Exception as error:
            seen.append(f"{name} {type(error).__name__} {error}".splitlines()[0])
    print(", ".join(seen))
PYTHON
questions=(same next day example cast rint set week milliseconds)
texts=(
    "months_between, from 2025-03-10 to 2025-03-10; Spark: 0"
    "to 2025-04-10; Spark: 1"
    "to 2025-03-11; Spark: 0.03225806"
    "Spark's example, 3.94959677"
    "5/3 in cast(\"int\"); Spark: 1"
    "rint(2.5); Spark: 2"
    "the size of collect_set() of a, b and NULL; Spark: 2"
    "date_format, w of 2025-03-10; Spark 2: 11, Spark 3: an error"
    "yyyyMMddHHmmssSSS of 16:30:05 on 2025-03-10; Spark: 20250310163005000"
)
described=(
    "Postgres 1, DuckDB 0"
    "Postgres 2, DuckDB 1"
    "Postgres 1, DuckDB 0.032258065"
    "Postgres 4, DuckDB 3.9354839"
    "Postgres 2, DuckDB 2"
    "Postgres 3, DuckDB 3"
    "Postgres 3, DuckDB 3"
    "Postgres 2, DuckDB w"
    "Postgres 20250310163059405, DuckDB 20250310163005SSS"
)
mapfile -t answers < <(python3 -W ignore "$dir/ask.py" "${questions[@]}" 2>&1)
for i in "${!questions[@]}"; do expect "${texts[i]}" "${answers[i]:-nothing}" "${described[i]}"; done
verdict
