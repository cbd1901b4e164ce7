#!/usr/bin/env bash
# psycopg 3 cannot multiply 200 by 200.
#
# Guess: SELECT %s * %s with (200, 200) is 40000, as with psycopg 2 and as Postgres answers
# SELECT 200 * 200.
# Seen: psycopg 3 gives each Python int the smallest type that holds it, here smallint, so
# Postgres multiplies two smallints: 22003, smallint out of range. With (200, 40000) it works, since
# one of them is an integer. A figure decides whether a statement works.
. "$(dirname "$0")/lib.bash"
python_packages 'psycopg[binary]==3.3.9' 'psycopg2-binary==2.9.13'
postgres 15.18.0-beta.17
echo "psycopg 3.3.9, psycopg2 2.9.13, PostgreSQL 15.18"

cat >"$dir/ask.py" <<'PYTHON'
import importlib, sys

module, sql, values = sys.argv[1], sys.argv[2], tuple(map(int, sys.argv[3:]))
driver = importlib.import_module(module)
connection = driver.connect("")
cursor = connection.cursor()
try:
    cursor.execute(sql, values)
    print(cursor.fetchone()[0])
except driver.Error as error:
    print(getattr(error, "sqlstate", None) or error.pgcode, str(error).split("\n")[0])
PYTHON
ask() { python3 "$dir/ask.py" "$@"; }
expect "psycopg 2: 200 * 200" "$(ask psycopg2 'SELECT %s * %s' 200 200)" "40000"
expect "psycopg 3: 200 * 200" "$(ask psycopg 'SELECT %s * %s' 200 200)" "22003 smallint out of range"
expect "psycopg 3: 200 * 40000" "$(ask psycopg 'SELECT %s * %s' 200 40000)" "8000000"
expect "psycopg 3: - (-32768)" "$(ask psycopg 'SELECT - %s' -32768)" "22003 smallint out of range"
verdict
