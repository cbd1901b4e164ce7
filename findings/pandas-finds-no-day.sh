#!/usr/bin/env bash
# pandas finds no row of a day that is there, if it reads with dtype_backend.
#
# Guess: dtype_backend chooses how NULLs are stored. "pyarrow" makes a date of a date (date32), "numpy_nullable" leaves the column of
# datetime.date as it is without the option.
# Seen: both make texts of dates, although pandas' own Series(…, dtype="date32[pyarrow]") exists. Comparing them with a datetime.date is no error: it is
# false for every row, so the filter returns an empty table. parse_dates=["day"] in the query's call makes times of them, where == compares with a pandas.Timestamp.
. "$(dirname "$0")/lib.bash"
python_packages pandas==3.1.1 pyarrow==26.0.1 SQLAlchemy==2.1.9 'psycopg[binary]==3.3.9'
postgres 18.4.0-beta.17
echo "pandas 3.1.1, SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys

import pandas
import sqlalchemy

query = "SELECT date '2025-03-09' + n AS day FROM generate_series(0, 2) AS n"
options = {"dtype_backend": sys.argv[1]} if sys.argv[1:] else {}
with sqlalchemy.create_engine("postgresql+psycopg://").connect() as connection:
    frame = pandas.read_sql(query, connection, **options)
    times = pandas.read_sql(query, connection, parse_dates=["day"], **options)
found = frame[frame["day"] == datetime.date(2025, 3, 10)]
print(f"{len(found)} of {len(frame)}, first {type(frame['day'][0]).__name__}, as times {(times['day'] == pandas.Timestamp('2025-03-10')).sum()}")
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect "rows of the day, as pandas reads by default" "$(ask)" "1 of 3, first date, as times 1"
expect "with numpy_nullable" "$(ask numpy_nullable)" "0 of 3, first str, as times 1"
expect "with pyarrow" "$(ask pyarrow)" "0 of 3, first str, as times 1"
verdict
