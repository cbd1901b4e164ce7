#!/usr/bin/env bash
# In Postgres to_date('2025-03-10', 'YYYYMMDD') is 2025-01-03, and so is every other day of March: sums by day put a whole month on one day.
#
# Guess: a text of another form than its pattern is an error, as to_date('20250310', 'YYYY-MM-DD') is ("date out of range").
# Seen: the hyphen is read as a sign: MM takes "-0", which means no month, so January; DD takes "3-", which is 3; the rest is ignored. January to September become nine days without an error. From October
# on MM is "-1", an error, so a test in autumn finds it. A cast to date reads both forms rightly.
. "$(dirname "$0")/lib.bash"
postgres 18.4.0-beta.17
need psql
echo "PostgreSQL 18.4"

ask() { psql -XqAtc "SELECT $1" 2>&1 | head -1; }
expect "to_date('2025-03-10', 'YYYYMMDD')" "$(ask "to_date('2025-03-10', 'YYYYMMDD')")" "2025-01-03"
expect "different days of the 273 from January to September" \
    "$(ask "count(DISTINCT to_date(day::date::text, 'YYYYMMDD')) FROM generate_series('2025-01-01'::timestamp, '2025-09-30', '1 day') day")" "9"
expect "the same from texts without hyphens" \
    "$(ask "count(DISTINCT to_date(to_char(day, 'YYYYMMDD'), 'YYYYMMDD')) FROM generate_series('2025-01-01'::timestamp, '2025-09-30', '1 day') day")" "273"
expect "to_date('2025-10-10', 'YYYYMMDD')" "$(ask "to_date('2025-10-10', 'YYYYMMDD')" | cut -d: -f1)" "ERROR"
expect "to_date('20250310', 'YYYY-MM-DD')" "$(ask "to_date('20250310', 'YYYY-MM-DD')" | cut -d: -f1)" "ERROR"
expect "'2025-03-10'::date and '20250310'::date" "$(ask "'2025-03-10'::date, '20250310'::date")" "2025-03-10|2025-03-10"
verdict
