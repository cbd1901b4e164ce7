#!/usr/bin/env bash
# ClickHouse reads a time with a zone from Postgres as a wall-clock time of its own zone: hours away from the stored one.
#
# Guess: a timestamptz is a point in time, and so is a DateTime64: the same instant arrives, whatever the two zones are.
# Seen: postgresql() takes the digits that Postgres shows in the session's zone, without the offset, for a time in ClickHouse's zone. With a database in UTC and ClickHouse in
# Shanghai, 02:00 UTC is read as 02:00 in Shanghai, 8 hours earlier; a search for the right instant finds nothing, and one for the wrong one finds the row by the same digits. Where both are in the same zone,
# it is right, except in a repeated hour: two instants become one. extract(epoch FROM …) in a view keeps them.
. "$(dirname "$0")/lib.bash"
need psql
python_packages chdb==4.4.0
postgres 18.4.0-beta.17
cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

import chdb

zone, what = sys.argv[1:]
source = f"postgresql('127.0.0.1:{os.environ['PGPORT']}', 'postgres', '{'seen' if what == 'epochs' else 'run'}', 'postgres', '')"
query = {
    "version": "SELECT version()",
    "instants": f"SELECT toUnixTimestamp(at) - 1741572000 FROM {source} ORDER BY id",
    "epochs": f"SELECT at - 1741572000 FROM {source} ORDER BY id",
    "found": f"SELECT id FROM {source} WHERE at = fromUnixTimestamp64Micro(1741572000000000) ORDER BY id",
}[what]
print(*str(chdb.query(query + f" SETTINGS session_timezone = '{zone}'", "TSV")).split())
PYTHON
psql -X -q -c "CREATE TABLE run (id int, at timestamptz); INSERT INTO run VALUES (1, '2025-03-10 02:00Z'); CREATE VIEW seen AS SELECT id, extract(epoch FROM at)::bigint AS at FROM run"
ask() { TZ=UTC python3 "$dir/ask.py" "$@" 2>&1 | tail -1; }
echo "chdb 4.4.0 with ClickHouse $(ask UTC version), PostgreSQL 18.4"
expect "both in UTC: seconds from the stored time" "$(ask UTC instants)" "0"
expect "Postgres in UTC, ClickHouse in Shanghai" "$(ask Asia/Shanghai instants)" "-28800"
expect "the id of the row with the stored time" "$(ask Asia/Shanghai found)" ""
expect "in UTC" "$(ask UTC found)" "1"
expect "a view with extract(epoch FROM at), ClickHouse in Shanghai" "$(ask Asia/Shanghai epochs)" "0"
psql -X -q -c "ALTER ROLE postgres SET timezone = 'Asia/Shanghai'"
expect "Postgres in Shanghai, ClickHouse in UTC" "$(ask UTC instants)" "28800"
expect "both in Shanghai" "$(ask Asia/Shanghai instants)" "0"
psql -X -q -c "ALTER ROLE postgres SET timezone = 'Europe/Berlin'; UPDATE run SET at = '2025-10-26 00:30Z'; INSERT INTO run VALUES (2, '2025-10-26 01:30Z')"
expect "both in Berlin, 00:30 and 01:30 UTC when the clocks go back" "$(ask Europe/Berlin instants | tr ' ' '\n' | uniq | wc -l)" "1"
verdict
