#!/usr/bin/env bash
# psycopg 3 reads an endless interval as timedelta(0): what never ends has no time left.
#
# Guess: an error, "interval too large", as for the date infinity and for the timestamp infinity.
# Seen: zero, without an error, for infinity and for -infinity. Up to PostgreSQL 16 the question was refused: "cannot subtract infinite timestamps". PostgreSQL 17
# has endless intervals, so a query that failed before now says 0. asyncpg, and psycopg with binary=True, raise an error. isfinite() in the query finds such rows.
. "$(dirname "$0")/lib.bash"
python_packages "psycopg[binary]==3.3.9" asyncpg==0.32.0
echo "psycopg 3.3.9, asyncpg 0.32.0, PostgreSQL 16.14 and 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import asyncio
import os
import sys

import asyncpg
import psycopg

query = "SELECT " + sys.argv[2]


def ask_psycopg(binary):
    return psycopg.connect(host="127.0.0.1", port=int(os.environ["PGPORT"]), user="postgres").execute(query, binary=binary).fetchone()[0]


async def ask_asyncpg():
    connection = await asyncpg.connect(host="127.0.0.1", port=int(os.environ["PGPORT"]), user="postgres")
    return await connection.fetchval(query)


try:
    seen = asyncio.run(ask_asyncpg()) if sys.argv[1] == "asyncpg" else ask_psycopg(sys.argv[1] == "binary")
    print(repr(seen))
except Exception as error:
    print(type(error).__name__)
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1; }
left="timestamptz 'infinity' - now()"
before=$(
    dir=$dir/before
    mkdir "$dir"
    trap cleanup EXIT
    postgres 16.14.0-beta.17 >&2 || exit
    python3 "${dir%/before}/ask.py" text "$left" 2>&1
) || exit
postgres 18.4.0-beta.17
expect "PostgreSQL 18, psycopg: $left" "$(ask text "$left")" "datetime.timedelta(0)"
expect "PostgreSQL 16, psycopg: $left" "$before" "DatetimeFieldOverflow"
expect "psycopg: interval '-infinity'" "$(ask text "interval '-infinity'")" "datetime.timedelta(0)"
expect "psycopg: timestamptz 'infinity'" "$(ask text "timestamptz 'infinity'")" "DataError"
expect "psycopg, binary: $left" "$(ask binary "$left")" "DataError"
expect "asyncpg: $left" "$(ask asyncpg "$left")" "OverflowError"
verdict
