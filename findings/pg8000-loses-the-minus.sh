#!/usr/bin/env bash
# pg8000 reads 90 seconds too early as 90 seconds too late, and an hour and a half too early as half an hour.
#
# Guess: interval '-00:01:30' is timedelta(seconds=-90), as psycopg reads it.
# Seen: +90 seconds. Postgres prints "-00:01:30", in which the minus holds for all three numbers. pg8000 gives it to the hours only, and minus 0 hours is
# nothing: "-01:30:00" is minus 1 hour plus 30 minutes. A difference of two times is such an interval. extract(epoch from …) has the right number.
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
difference = f"time '12:00' - time '{sys.argv[1]}'"
of_pg8000, exact = pg8000.native.Connection("postgres", host="127.0.0.1", port=port).run(
    f"SELECT {difference}, extract(epoch from {difference})::int"
)[0]
of_psycopg = psycopg.connect(host="127.0.0.1", port=port, user="postgres").execute("SELECT " + difference).fetchone()[0]
print(f"pg8000 {of_pg8000.total_seconds():.0f}, psycopg {of_psycopg.total_seconds():.0f}, extract {exact}")
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1; }
expect "seconds from 12:01:30 to 12:00" "$(ask 12:01:30)" "pg8000 90, psycopg -90, extract -90"
expect "seconds from 13:30 to 12:00" "$(ask 13:30)" "pg8000 -1800, psycopg -5400, extract -5400"
expect "seconds from 10:30 to 12:00" "$(ask 10:30)" "pg8000 5400, psycopg 5400, extract 5400"
verdict
