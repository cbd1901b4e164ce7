#!/usr/bin/env bash
# psycopg 3 copies the count 12.0 into a bigint column as 4622945017495814144, and the zero 0.00 as 2, without an error.
#
# Guess: the binary format of COPY converts nothing, so each value of another type is an error, as the int 12 is ("insufficient data left in message").
# Seen: the format says how many bytes a value has, but not of which type. What has 8 bytes is a bigint: the bits of a float or of NaN, the head of a zero as a numeric (its digits after the point are
# the lowest bits), the letters of a text such as 12345678. A float is what pandas makes of a column of counts in which one is missing. With set_types(["int8"]) and in the text format, 12.0 is an error.
. "$(dirname "$0")/lib.bash"
python_packages 'psycopg[binary]==3.3.9' pandas==3.1.1
postgres 18.4.0-beta.17
echo "psycopg 3.3.9, pandas 3.1.1, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
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
ask() { python3 "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect "pandas' column of the counts 12, 7 and a missing one, into bigint" "$(ask bigint 'pandas.DataFrame([{"n": 12}, {"n": 7}, {}])["n"]' binary)" "4622945017495814144 4619567317775286272 9221120237041090560"
expect "the Decimals 0, 0.00 and 0.0000 into bigint" "$(ask bigint '[decimal.Decimal(n) for n in ("0", "0.00", "0.0000")]' binary)" "0 2 4"
expect "the text 12345678 into bigint" "$(ask bigint '["12345678"]' binary)" "3544952156018063160"
expect "the text 1234 into int" "$(ask int '["1234"]' binary)" "825373492"
expect "the day 2025-03-10 into int" "$(ask int '[datetime.date(2025, 3, 10)]' binary)" "9200"
expect "the year 2025 as a text into date" "$(ask date '["2025"]' binary)" "2307370-10-06"
expect "the int 12 into bigint" "$(ask bigint '[12]' binary)" "an error"
expect "12.0 into bigint, with set_types" "$(ask bigint '[12.0]' typed)" "an error"
expect "the int 12 into bigint, with set_types" "$(ask bigint '[12]' typed)" "12"
expect "12.0 into bigint, in the text format" "$(ask bigint '[12.0]' text)" "an error"
verdict
