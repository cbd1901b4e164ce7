#!/usr/bin/env bash
# After one value that pg8000 cannot convert, every later question on that connection gets the answer to the one before it.
#
# Guess: time '24:00', a valid value of Postgres, is a ValueError, since Python has no such time, and the connection goes on.
# Seen: the error leaves the rest of the answer in the connection. The next question gets nothing, the one after it the answer to that, and so on for
# as long as the connection lives, without an error. An array with a lower bound of its own has the same effect. psycopg raises an error for the same value, and goes on.
. "$(dirname "$0")/lib.bash"
python_packages pg8000==1.31.6 "psycopg[binary]==3.3.9"
postgres 18.4.0-beta.17
echo "pg8000 1.31.6, psycopg 3.3.9, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

import pg8000.native
import psycopg

port = int(os.environ["PGPORT"])
if sys.argv[1] == "pg8000":
    run = pg8000.native.Connection("postgres", host="127.0.0.1", port=port).run
else:
    connection = psycopg.connect(host="127.0.0.1", port=port, user="postgres", autocommit=True)
    run = lambda query: connection.execute(query).fetchall()
answers = []
for value in ["1", sys.argv[2], "10", "20", "30", "40"]:
    try:
        rows = run("SELECT " + value)
        answers.append(str(rows[0][0]) if rows else "nothing")
    except Exception as error:
        answers.append(type(error).__name__)
print(", ".join(answers))
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1; }
expect "pg8000: 1, time '24:00', 10, 20, 30, 40" "$(ask pg8000 "time '24:00'")" "1, ValueError, nothing, 10, 20, 30"
expect "pg8000: 1, '[2:3]={5,6}'::int[], 10, 20, 30, 40" "$(ask pg8000 "'[2:3]={5,6}'::int[]")" "1, ValueError, nothing, 10, 20, 30"
expect "psycopg: 1, time '24:00', 10, 20, 30, 40" "$(ask psycopg "time '24:00'")" "1, DataError, 10, 20, 30, 40"
verdict
