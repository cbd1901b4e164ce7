#!/usr/bin/env bash
# psql --csv writes '' and NULL alike, so what it wrote comes back by COPY with NULL for every empty text.
#
# Guess: psql's CSV is COPY's CSV, in which "" is an empty text and nothing is NULL: both are Postgres's own.
# Seen: psql quotes only what it must, and an empty text needs no quotes. A task_id of '' (here the whole app)
# comes back as NULL. \copy writes the quotes.
. "$(dirname "$0")/lib.bash"
need apt-get
debian postgresql-client-15 libpq5
postgres 15.18.0-beta.17
echo "psql $(version_of postgresql-client-15), PostgreSQL 15.18"

client="$dir/debian/usr/lib/postgresql/15/bin/psql"
export LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu"
psql() { "$client" -X -q -v ON_ERROR_STOP=1 "$@"; }
psql -c "CREATE TABLE source AS SELECT ''::text AS a, NULL::text AS b, 'x'::text AS c" -c "CREATE TABLE copied (LIKE source)"
back() {
    psql -c "TRUNCATE copied" -c "\\copy copied FROM '$dir/file.csv' CSV HEADER"
    psql -At -c "SELECT coalesce(quote_literal(a), 'NULL') || ' ' || coalesce(quote_literal(b), 'NULL') FROM copied"
}
psql -c "\\copy source TO '$dir/file.csv' CSV HEADER"
expect "'' and NULL by \\copy and back" "$(back)" "'' NULL"
psql --csv -c "TABLE source" >"$dir/file.csv"
expect "'' and NULL by psql --csv and back" "$(back)" "NULL NULL"
verdict
