#!/usr/bin/env bash
# CREATE SCHEMA IF NOT EXISTS fails on a schema that exists and belongs to the role.
#
# Guess: the schema is there, so nothing is done, with a notice. CREATE TABLE IF NOT EXISTS of the same role does so.
# Seen: Postgres checks the right to create schemas in the database before it checks whether the schema
# exists: "permission denied for database". A role for which an administrator made the schema cannot run a
# script that begins with this line.
. "$(dirname "$0")/lib.bash"
need apt-get
debian postgresql-client-15 libpq5
postgres 15.18.0-beta.17
echo "PostgreSQL 15.18"

clients="$dir/debian/usr/lib/postgresql/15/bin"
export LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu"
sql() { "$clients/psql" -XAtq -v ON_ERROR_STOP=1 -c "$1" 2>&1; }
try() { PGUSER=etl PGDATABASE=postgres sql "$1" | sed 's/^NOTICE.*skipping/skipped/'; }

sql "CREATE ROLE etl LOGIN"
sql "CREATE SCHEMA app AUTHORIZATION etl"
try "CREATE TABLE app.t (a int)"
expect "CREATE TABLE IF NOT EXISTS app.t" "$(try 'CREATE TABLE IF NOT EXISTS app.t (a int)')" "skipped"
expect "CREATE SCHEMA IF NOT EXISTS app" "$(try 'CREATE SCHEMA IF NOT EXISTS app')" "ERROR:  permission denied for database postgres"
verdict
