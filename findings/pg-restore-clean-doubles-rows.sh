#!/usr/bin/env bash
# pg_restore --clean --if-exists doubles every row and drops the primary key, where a view was made since the dump.
#
# Guess: it does not drop objects that others depend on; then the primary key refuses their rows, so
# it prints errors and the data stays as it is.
# Seen: it drops the constraints first, each by its own statement, and that works. DROP TABLE
# fails because of the view, CREATE TABLE because the table is there, and COPY then adds all rows once more,
# since no key is there to refuse them. Adding the key fails, as rows occur twice. Exit code 1, with
# "errors ignored on restore"; sums are twice the truth, and thrice after the next try. With --single-transaction
# nothing is changed.
. "$(dirname "$0")/lib.bash"
need apt-get
debian postgresql-client-15 libpq5
postgres 15.18.0-beta.17
echo "pg_dump and pg_restore $(version_of postgresql-client-15), PostgreSQL 15.18"

clients="$dir/debian/usr/lib/postgresql/15/bin"
export LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu"
sql() { "$clients/psql" -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
figures() { sql "SELECT count(*) || ' rows, sum ' || sum(n) || ', ' || (SELECT count(*) FROM pg_constraint WHERE conrelid = 'app.loss'::regclass) || ' keys' FROM app.loss"; }
restore() { "$clients/pg_restore" --clean --if-exists --dbname=postgres "$@" "$dir/dump" >"$dir/restore.log" 2>&1; echo "exit code $?"; }

sql "CREATE SCHEMA app"
sql "CREATE TABLE app.loss (day date, code int, n bigint, PRIMARY KEY (day, code))"
sql "INSERT INTO app.loss SELECT date '2025-01-01' + i, 1, 100 FROM generate_series(0, 9) AS i"
"$clients/pg_dump" --format=custom --file="$dir/dump" || exit 1
sql "CREATE VIEW public.mine AS SELECT day, n FROM app.loss"
expect "before" "$(figures)" "10 rows, sum 1000, 1 keys"
expect "pg_restore --single-transaction" "$(restore --single-transaction)" "exit code 1"
expect "after that" "$(figures)" "10 rows, sum 1000, 1 keys"
expect "pg_restore" "$(restore)" "exit code 1"
expect "after that" "$(figures)" "20 rows, sum 2000, 0 keys"
restore >/dev/null
expect "after another" "$(figures)" "30 rows, sum 3000, 0 keys"
verdict
