#!/usr/bin/env bash
# Appended by pandas or Polars over ADBC, or copied in binary form by psycopg 3, the count 12.0 is 4622945017495814144 in a bigint column, without an error.
#
# Guess: the number is cast to the column's type, as an INSERT does it, or the types are compared, and it is an error (as psycopg's binary COPY of the int 12 is: "insufficient data left in message").
# Seen: ADBC writes each Arrow column in its own binary form, by COPY, and does not look at the table. The form says how many bytes a value has, but not of which type. What has 8 bytes is a bigint: the bits
# of a float, the letters of a text, the seconds of a time as microseconds, the head of a zero as a numeric (0.00 is 2). A column of counts in which one is missing is float64 in pandas. Only other widths are
# errors (int32 into bigint). Over SQLAlchemy the same frame is 12. With psycopg's set_types(["int8"]) and in its text format, 12.0 is an error.
. "$(dirname "$0")/lib.bash"
python_packages adbc-driver-postgresql==1.13.0 pyarrow==26.0.1 pandas==3.1.1 polars==2.1.0 sqlalchemy==2.1.9 'psycopg[binary]==3.3.9'
postgres 18.4.0-beta.17
echo "adbc-driver-postgresql 1.13.0, pandas 3.1.1, Polars 2.1.0, SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

import adbc_driver_postgresql.dbapi
import pandas
import polars
import sqlalchemy

library, column, *values = sys.argv[1:]
place = f"postgres@127.0.0.1:{os.environ['PGPORT']}/postgres"
values = [None if value == "NULL" else float(value) if "." in value else int(value) for value in values]
frame = pandas.DataFrame([{"n": value} for value in values])
with adbc_driver_postgresql.dbapi.connect("postgresql://" + place, autocommit=True) as connection, connection.cursor() as cursor:
    cursor.execute("DROP TABLE IF EXISTS facts")
    cursor.execute(f"CREATE TABLE facts (n {column})")
    try:
        if library == "pandas":
            frame.to_sql("facts", connection, if_exists="append", index=False)
        elif library == "polars":
            polars.DataFrame({"n": values}).write_database("facts", connection, if_table_exists="append", engine="adbc")
        else:
            frame.to_sql("facts", sqlalchemy.create_engine("postgresql+psycopg://" + place), if_exists="append", index=False)
    except Exception as error:
        print("an error", error, file=sys.stderr)
        print("an error")
        sys.exit()
    cursor.execute("SELECT coalesce(n::text, 'NULL') FROM facts")
    print(*(n for n, in cursor.fetchall()))
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$@" 2>"$dir/ask.log" || cat "$dir/ask.log"; }
expect "pandas, the counts 12, 7 and a missing one into bigint" "$(ask pandas bigint 12 7 NULL)" "4622945017495814144 4619567317775286272 NULL"
expect "Polars, 12.0 into bigint" "$(ask polars bigint 12.0)" "4622945017495814144"
expect "pandas, 12 into float8" "$(ask pandas float8 12)" "6e-323"
expect "pandas, the seconds 1741564800 into timestamptz" "$(ask pandas timestamptz 1741564800)" "2000-01-01 00:29:01.5648+00"
expect "pandas, the counts 12 and 7 into bigint" "$(ask pandas bigint 12 7)" "12 7"
expect "pandas, 12 into int" "$(ask pandas int 12)" "an error"
expect "pandas over SQLAlchemy, 12, 7 and a missing one into bigint" "$(ask sqlalchemy bigint 12 7 NULL)" "12 7 NULL"
cat >"$dir/rows.py" <<'PYTHON'
import datetime
import decimal
import sys

import pandas
import psycopg

column, expression, form = sys.argv[1:]
with psycopg.connect(autocommit=True) as connection, connection.cursor() as cursor:
    cursor.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t (n {column})")
    try:
        with cursor.copy("COPY t FROM STDIN (FORMAT {})".format("TEXT" if form == "text" else "BINARY")) as copy:
            if form == "typed":
                copy.set_types(["int8"])
            for value in eval(expression):
                copy.write_row([value])
        print(*(n for n, in cursor.execute("SELECT n::text FROM t")))
    except (psycopg.Error, AttributeError, TypeError, ValueError):
        print("an error")
PYTHON
copy() { python3 "$dir/rows.py" "$@" 2>&1 | tail -1; }
expect "psycopg, pandas' column of the counts 12, 7 and a missing one, into bigint" "$(copy bigint 'pandas.DataFrame([{"n": 12}, {"n": 7}, {}])["n"]' binary)" "4622945017495814144 4619567317775286272 9221120237041090560"
expect "psycopg, the Decimals 0, 0.00 and 0.0000 into bigint" "$(copy bigint '[decimal.Decimal(n) for n in ("0", "0.00", "0.0000")]' binary)" "0 2 4"
expect "psycopg, the text 12345678 into bigint" "$(copy bigint '["12345678"]' binary)" "3544952156018063160"
expect "psycopg, the day 2025-03-10 into int" "$(copy int '[datetime.date(2025, 3, 10)]' binary)" "9200"
expect "psycopg, the int 12 into bigint" "$(copy bigint '[12]' binary)" "an error"
expect "psycopg, 12.0 into bigint, with set_types" "$(copy bigint '[12.0]' typed)" "an error"
expect "psycopg, 12.0 into bigint, in the text format" "$(copy bigint '[12.0]' text)" "an error"
verdict
