#!/usr/bin/env bash
# JSON_TABLE of PostgreSQL 17 and 18 reads the number 12.0 into an integer as NULL, without an error, and 12, "12" and 1.2e1 as 12.
#
# Guess: 12, as the cast of jsonb to int gives.
# Seen: JSON_TABLE and JSON_VALUE read the number's text, and the text "12.0" is no integer. What fails is NULL by default, and sum() leaves it out. pandas and
# Python's json write a count as 12.0 as soon as its column has a gap, so a JSON file loses the figures of all days. The column's type numeric reads
# them all, and ERROR ON ERROR reports them.
. "$(dirname "$0")/lib.bash"
need psql
postgres 18.4.0-beta.17
echo "PostgreSQL 18.4"

json='[{"n": 12}, {"n": 12.0}, {"n": 1.2e1}, {"n": "12"}]'
ask() { psql -X -A -t -c "$1" 2>&1 | paste -sd' '; }
from="FROM json_table('$json'::jsonb, '\$[*]' COLUMNS (n"
expect "jsonb_path_query(…)::int" "$(ask "SELECT string_agg(coalesce((n #>> '{}')::numeric::int::text, 'NULL'), ' ') FROM jsonb_path_query('$json', '\$[*].n') n")" "12 12 12 12"
expect "('12.0'::jsonb)::int" "$(ask "SELECT ('12.0'::jsonb)::int")" "12"
expect "n int" "$(ask "SELECT string_agg(coalesce(n::text, 'NULL'), ' '), sum(n) $from int PATH '\$.n'))")" "12 NULL 12 12|36"
expect "n numeric" "$(ask "SELECT string_agg(coalesce(n::text, 'NULL'), ' '), sum(n) $from numeric PATH '\$.n'))")" "12 12.0 12 12|48.0"
expect "JSON_VALUE(… RETURNING int)" "$(ask "SELECT coalesce(json_value('{\"n\": 12.0}', '\$.n' RETURNING int)::text, 'NULL')")" "NULL"
expect "n int, ERROR ON ERROR" "$(ask "SELECT sum(n) $from int PATH '\$.n' ERROR ON ERROR))")" 'ERROR:  invalid input syntax for type integer: "12.0"'
verdict
