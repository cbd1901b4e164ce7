#!/usr/bin/env bash
# generate_series(date '2025-03-01', date '2025-03-31', '1 day') has 30 days in Beirut, and the last two begin at one o'clock.
#
# Guess: three arguments that say date, date and a whole day give 31 dates, or at worst 31 midnights.
# Seen: there is no such function of dates, so both become timestamptz. In Beirut the clocks go from 00:00
# to 01:00 on 30 March. A day after 29 March 00:00 is 01:00, and every later step starts from there, so the series
# stays at 01:00 and 31 March 01:00 is past its end. The last day is missing from each report that joins its figures to such a calendar,
# in a session that somebody gave this zone. With generate_series over timestamp all 31 are there.
. "$(dirname "$0")/lib.bash"
python_packages 'psycopg[binary]==3.3.9'
postgres 15.18.0-beta.17
echo "PostgreSQL 15.18 with its own time zones"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import psycopg

connection = psycopg.connect("", autocommit=True)
connection.execute("SET timezone = 'Asia/Beirut'")
print(connection.execute("SELECT count(*) || ', to ' || max(to_char(at, 'YYYY-MM-DD HH24:MI')) FROM generate_series(" + sys.argv[1] + ") AS at").fetchone()[0])
PYTHON
ask() { python3 "$dir/ask.py" "$1"; }
expect "over dates" "$(ask "date '2025-03-01', date '2025-03-31', '1 day'")" "30, to 2025-03-30 01:00"
expect "over timestamps" "$(ask "timestamp '2025-03-01', timestamp '2025-03-31', '1 day'")" "31, to 2025-03-31 00:00"
verdict
