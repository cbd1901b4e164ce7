#!/usr/bin/env bash
# psqlODBC reads the date 'infinity' as today.
#
# Guess: an error (out of range), NULL, or the largest date that ODBC has, as it does with a timestamp.
# Seen: the year, month and day of the moment of reading, for 'infinity' and for '-infinity'. "Valid until: for ever" in a
# spreadsheet shows another day each morning. The timestamp 'infinity' is 9999-12-31 23:59:59.
. "$(dirname "$0")/lib.bash"
need apt-get
debian odbc-postgresql libodbc2 libodbcinst2 libpq5 unixodbc-common libltdl7
python_packages pyodbc==5.3.0
postgres 15.18.0-beta.17
echo "psqlODBC $(version_of odbc-postgresql), PostgreSQL 15.18"

export LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu"
cat >"$dir/ask.py" <<'PYTHON'
import datetime
import os
import sys

import pyodbc

driver = os.environ["LD_LIBRARY_PATH"] + "/odbc/psqlodbcw.so"
connection = pyodbc.connect(f"Driver={driver};Server=127.0.0.1;Port={os.environ['PGPORT']};Database=postgres;Uid=postgres;Pwd=-")
value = connection.execute("SELECT " + sys.argv[1]).fetchone()[0]
print("today" if value == datetime.date.today() else value)
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1 | tail -1; }
expect "date '2025-03-10'" "$(ask "date '2025-03-10'")" "2025-03-10"
expect "date 'infinity'" "$(ask "date 'infinity'")" "today"
expect "date '-infinity'" "$(ask "date '-infinity'")" "today"
expect "timestamp 'infinity'" "$(ask "timestamp 'infinity'")" "9999-12-31 23:59:59"
verdict
