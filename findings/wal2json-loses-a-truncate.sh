#!/usr/bin/env bash
# wal2json's first format writes nothing about a TRUNCATE, and leaves NULL out of the row that a DELETE names: `n = 2` instead of `day IS NULL AND n = 2`.
#
# Guess: both formats have inserts, updates, deletes and truncations, and name a row by all columns of its identity, since REPLICA IDENTITY FULL has them all.
# Seen: the first format, which is the default, has an empty list of changes for a TRUNCATE, so a copy keeps all rows. With REPLICA IDENTITY FULL, its oldkeys has no column that was NULL: a copy that
# deletes by what it names deletes the rows of all days with this number. The second format has an action T and a null. Both write NaN and infinite numbers as null.
. "$(dirname "$0")/lib.bash"
need psql
debian postgresql-15-wal2json
plugins=$(dirname "$(find "$dir/debian" -name wal2json.so)")
postgres 15.18.0-beta.17
unprivileged "$bin/pg_ctl" -D "$dir/server/data" -w -m fast -l "$dir/server/log" -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
    -c timezone=UTC -c wal_level=logical -c dynamic_library_path='$plugins:\$libdir'" restart >/dev/null || { cat "$dir/server/log"; exit 1; }
echo "wal2json $(version_of postgresql-15-wal2json), PostgreSQL 15.18"

ask() { psql -XqAtc "$1"; }
ask "CREATE TABLE facts (day date, n int, rate float8); ALTER TABLE facts REPLICA IDENTITY FULL"
ask "INSERT INTO facts VALUES ('2025-03-10', 2, 0.5), (NULL, 2, 0.5)"
for slot in first second; do ask "SELECT FROM pg_create_logical_replication_slot('$slot', 'wal2json')"; done
# changes says what each format wrote about a statement.
changes() {
    ask "$1"
    first=$(ask "SELECT data::json ->> 'change' FROM pg_logical_slot_get_changes('first', NULL, NULL)")
    second=$(ask "SELECT data FROM pg_logical_slot_get_changes('second', NULL, NULL, 'format-version', '2', 'include-transaction', '0')")
}
changes "DELETE FROM facts WHERE day IS NULL"
expect "a DELETE of the row with NULL, n = 2 and rate = 0.5, in the first format" \
    "$(ask "SELECT ('$first'::json #> '{0,oldkeys,keynames}') || ' ' || ('$first'::json #> '{0,oldkeys,keyvalues}')")" '["n","rate"] [2,0.5]'
expect "the same, in the second" "$(ask "SELECT string_agg((c ->> 'name') || '=' || (c -> 'value'), ' ') FROM json_array_elements('$second'::json -> 'identity') c")" "day=null n=2 rate=0.5"
changes "UPDATE facts SET rate = 'NaN'"
expect "the NaN of an UPDATE, in the second format" "$(ask "SELECT c ->> 'name' || '=' || (c -> 'value') FROM json_array_elements('$second'::json -> 'columns') c WHERE c ->> 'name' = 'rate'")" "rate=null"
changes "TRUNCATE facts"
expect "a TRUNCATE, in the first format" "$first" "[]"
expect "the same, in the second" "$(ask "SELECT '$second'::json ->> 'action'")" "T"
verdict
