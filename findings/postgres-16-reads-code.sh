#!/usr/bin/env bash
# From Postgres 16 on a cast of text to a number takes what only a program's source has: 0x10, 0b11, 1_000.
#
# Guess: 16 brought such literals to SQL's own text; values that come as data, by a cast, a parameter or COPY,
# are read as before: digits, or error 22P02.
# Seen: the input functions of all integer types and numeric take them. A staging table that told
# identifiers like 0x10 or 1_000 from numbers by a failing cast loads 16 and 1000 after the upgrade, and a key
# 0x10 meets the key 16.
. "$(dirname "$0")/lib.bash"
python_packages 'psycopg[binary]==3.3.9'
cat >"$dir/ask.py" <<'PYTHON'
import sys

import psycopg

connection = psycopg.connect("", autocommit=True)
for text in sys.argv[1:]:
    for type_name in "bigint", "numeric":
        try:
            print(connection.execute(f"SELECT %s::text::{type_name}", (text,)).fetchone()[0], end=" ")
        except psycopg.Error as error:
            print(error.sqlstate, end=" ")
connection.execute("CREATE TABLE loaded (n int)")
try:
    with connection.cursor().copy("COPY loaded FROM STDIN") as copy:
        copy.write("0x10\n")
    print("COPY", connection.execute("SELECT n FROM loaded").fetchone()[0])
except psycopg.Error as error:
    print("COPY", error.sqlstate)
PYTHON
ask() (
    dir=$dir/$1
    mkdir "$dir"
    postgres_data=()
    trap cleanup EXIT
    postgres "$1" >&2 || exit
    python3 "$2" 0x10 1_000 0b11
)
echo "PostgreSQL 15.18 and 16.14, psycopg 3.3.9"
before=$(ask 15.18.0-beta.17 "$dir/ask.py") || exit
after=$(ask 16.14.0-beta.17 "$dir/ask.py") || exit
expect "15: 0x10, 1_000, 0b11 as bigint and numeric, 0x10 by COPY" "$before" "22P02 22P02 22P02 22P02 22P02 22P02 COPY 22P02"
expect "16: the same" "$after" "16 16 1000 1000 3 3 COPY 16"
verdict
