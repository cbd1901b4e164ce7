#!/usr/bin/env bash
# asyncpg reads the date 9999-12-31, and finds no row with the date that it has just read.
#
# Guess: date(9999, 12, 31), which many tables have as "until further notice", is a date as any other.
# Seen: asyncpg sends it as infinity, and date(1, 1, 1) as -infinity, so = finds nothing and an UPDATE with the value just read changes it. It also
# reads infinity as 9999-12-31: in Python the two are the same, in Postgres they are not. psycopg sends what it gets.
. "$(dirname "$0")/lib.bash"
python_packages asyncpg==0.32.0 "psycopg[binary]==3.3.9"
postgres 18.4.0-beta.17
echo "asyncpg 0.32.0, psycopg 3.3.9, PostgreSQL 18.4"

cat >"$dir/asyncpg.try.py" <<'PYTHON'
import asyncio
import os

import asyncpg


async def main():
    connection = await asyncpg.connect(host="127.0.0.1", port=int(os.environ["PGPORT"]), user="postgres")
    await connection.execute("CREATE TEMP TABLE price (until date); INSERT INTO price VALUES ('9999-12-31')")
    until = await connection.fetchval("SELECT until FROM price")
    found = await connection.fetch("SELECT FROM price WHERE until = $1", until)
    print(f"read {until}, found {len(found)}", end="")
    await connection.execute("UPDATE price SET until = $1", until)
    print(", written back", await connection.fetchval("SELECT until::text FROM price"))


asyncio.run(main())
PYTHON
cat >"$dir/psycopg.try.py" <<'PYTHON'
import os

import psycopg

connection = psycopg.connect(host="127.0.0.1", port=int(os.environ["PGPORT"]), user="postgres")
connection.execute("CREATE TEMP TABLE price (until date)")
connection.execute("INSERT INTO price VALUES ('9999-12-31')")
until = connection.execute("SELECT until FROM price").fetchone()[0]
found = connection.execute("SELECT FROM price WHERE until = %s", [until]).fetchall()
connection.execute("UPDATE price SET until = %s", [until])
print(f"read {until}, found {len(found)}, written back", connection.execute("SELECT until::text FROM price").fetchone()[0])
PYTHON
expect "asyncpg" "$(python3 "$dir/asyncpg.try.py" 2>&1)" "read 9999-12-31, found 0, written back infinity"
expect "psycopg" "$(python3 "$dir/psycopg.try.py" 2>&1)" "read 9999-12-31, found 1, written back 9999-12-31"
verdict
