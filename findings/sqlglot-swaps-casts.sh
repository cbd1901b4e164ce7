#!/usr/bin/env bash
# sqlglot, which BI tools read and rewrite SQL with, swaps the two types of timestamptz '…'::date.
#
# Guess: reading Postgres's SQL and writing it as Postgres's SQL again keeps its meaning, or fails.
# Seen: a literal with its type before it and a cast behind it comes out the other way round: the text is made a
# date, and that a timestamptz. Late on 31 March in UTC is 1 April in Shanghai; rewritten it is midnight of 31 March.
# numeric '2.7'::int, which is 3, becomes an error. With parentheses, or written as two casts, it is right.
. "$(dirname "$0")/lib.bash"
python_packages sqlglot==30.30.0 'psycopg[binary]==3.3.9'
postgres 15.18.0-beta.17
echo "sqlglot 30.30.0, PostgreSQL 15.18"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import psycopg
import sqlglot

connection = psycopg.connect("", autocommit=True)
connection.execute("SET timezone = 'Asia/Shanghai'")
sql = f"SELECT {sys.argv[1]}"
for text in sql, sqlglot.transpile(sql, read="postgres", write="postgres")[0]:
    try:
        print(connection.execute(f"SELECT ({text})::text").fetchone()[0], end="; ")
    except psycopg.Error as error:
        print("error", error.sqlstate, end="; ")
PYTHON
ask() { python3 "$dir/ask.py" "$1"; }
expect "timestamptz '2025-03-31 23:00+00'::date, before and after" "$(ask "timestamptz '2025-03-31 23:00+00'::date")" \
    "2025-04-01; 2025-03-31 00:00:00+08; "
expect "numeric '2.7'::int" "$(ask "numeric '2.7'::int")" "3; error 22P02; "
expect "(timestamptz '2025-03-31 23:00+00')::date" "$(ask "(timestamptz '2025-03-31 23:00+00')::date")" "2025-04-01; 2025-04-01; "
verdict
