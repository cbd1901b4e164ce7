#!/usr/bin/env bash
# Postgres' to_number reads 1234 as 123 if its format has three digits, 1,234 as 123 if it has no comma, and 1e3 as 13.
#
# Guess: an error, as the cast of these texts gives, or the whole number. to_char, its counterpart, shows ### rather than a part of the number, and to_date reports what does not fit.
# Seen: what the format has no place for is cut off, and what is no digit takes a place and is left out, without an error. A format that fits the counts of this year cuts the longer ones of the
# next. replace(text, ',', '')::bigint reads all digits, and reports all the rest.
. "$(dirname "$0")/lib.bash"
need psql
postgres 18.4.0-beta.17
echo "PostgreSQL 18.4"

ask() { psql -X -A -t -c "SELECT $1" 2>&1 | paste -sd' '; }
expect "to_number('1234', '999')" "$(ask "to_number('1234', '999')")" "123"
expect "to_number('1,234', '9999')" "$(ask "to_number('1,234', '9999')")" "123"
expect "to_number('12,345', '99G999')" "$(ask "to_number('12,345', '99G999')")" "12345"
expect "to_number('1,234,567', '999G999')" "$(ask "to_number('1,234,567', '999G999')")" "1234"
expect "to_number('1e3', '9999')" "$(ask "to_number('1e3', '9999')")" "13"
expect "to_number('12.5', '99')" "$(ask "to_number('12.5', '99')")" "12"
expect "to_number('410-12', '999999')" "$(ask "to_number('410-12', '999999')")" "41012"
expect "to_char(1234, '999')" "$(ask "to_char(1234, '999')")" " ###"
expect "to_date('20250230', 'YYYYMMDD')" "$(ask "to_date('20250230', 'YYYYMMDD')")" 'ERROR:  date/time field value out of range: "20250230"'
verdict
