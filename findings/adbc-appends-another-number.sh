#!/usr/bin/env bash
# pandas and Polars over ADBC append the count 12.0 to a bigint column as 4622945017495814144, and the count 12 to a float8 column as 6e-323, without an error.
#
# Guess: the number is cast to the column's type, as an INSERT does it, or the types are compared, and it is an error.
# Seen: ADBC writes each Arrow column in its own binary form, by COPY, and does not look at the table. What has as many bytes is stored as it is: the bits of a float, the seconds of a time as microseconds,
# the letters of a text. A column of counts in which one is missing is float64 in pandas. Only other widths are errors (int32 into bigint). Over SQLAlchemy the same frame is 12.
. "$(dirname "$0")/lib.bash"
python_packages adbc-driver-postgresql==1.13.0 pyarrow==26.0.1 pandas==3.1.1 polars==2.1.0 sqlalchemy==2.1.9 'psycopg[binary]==3.3.9'
postgres 18.4.0-beta.17
echo "adbc-driver-postgresql 1.13.0, pandas 3.1.1, Polars 2.1.0, SQLAlchemy 2.1.9, PostgreSQL 18.4"

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
verdict
