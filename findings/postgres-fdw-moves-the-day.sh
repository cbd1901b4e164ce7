#!/usr/bin/env bash
# Through postgres_fdw, a view counts a time in another day than on its own server, and max() of a text is not the largest.
#
# Guess: a view gives one answer, whether it is asked directly or through a foreign table, if both sessions have the same time zone; the order of texts is that of the database that is asked.
# Seen: the session at the other end has the time zone GMT, whatever the role, the database or the asking session say, so changed_at::date in the view is the day before for a third of Shanghai's day. max(code) and a WHERE are
# sent to the other end and follow its order, en-US; the same rows copied here follow C. A merge join of the two fails with "mergejoin input data is out of order".
# A view that names the zone (AT TIME ZONE 'Asia/Shanghai'), and max(code COLLATE "C"), are right.
. "$(dirname "$0")/lib.bash"
need psql
postgres 18.4.0-beta.17
echo "PostgreSQL 18.4"

psql -XqAt -v ON_ERROR_STOP=1 >"$dir/psql.log" 2>&1 <<SQL || { cat "$dir/psql.log"; exit 1; }
CREATE DATABASE loss LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0;
ALTER DATABASE loss SET timezone = 'Asia/Shanghai';
ALTER DATABASE postgres SET timezone = 'Asia/Shanghai';
\c loss
CREATE TABLE version (code text, changed_at timestamptz);
INSERT INTO version VALUES ('0x10', '2026-01-06 04:00+08'), ('Z', '2026-01-06 09:00+08'), ('z', '2026-01-06 12:00+08');
CREATE VIEW days AS SELECT changed_at::date AS day, count(*) AS n FROM version GROUP BY 1 ORDER BY 1;
CREATE VIEW named_days AS SELECT (changed_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) AS n FROM version GROUP BY 1;
\c postgres
CREATE EXTENSION postgres_fdw;
CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$PGPORT', dbname 'loss');
CREATE USER MAPPING FOR postgres SERVER other;
CREATE SCHEMA away;
IMPORT FOREIGN SCHEMA public FROM SERVER other INTO away;
CREATE TABLE copied AS SELECT code FROM away.version;
SQL
ask() { psql -XqAt -d "$1" -c "SHOW timezone" -c "$2" 2>&1 | tr '\n' ' ' | sed 's/ $//'; }
expect "the view on its own server" "$(ask loss 'SELECT * FROM days')" "Asia/Shanghai 2026-01-06|3"
expect "the view through postgres_fdw" "$(ask postgres 'SELECT * FROM away.days')" "Asia/Shanghai 2026-01-05|1 2026-01-06|2"
expect "a view that names the zone" "$(ask postgres 'SELECT * FROM away.named_days')" "Asia/Shanghai 2026-01-06|3"
expect "max(code) and the codes above Y, through postgres_fdw" "$(ask postgres "SELECT max(code), (SELECT string_agg(code, ' ' ORDER BY code) FROM away.version WHERE code > 'Y') FROM away.version")" "Asia/Shanghai Z|z Z"
expect "max(code COLLATE \"C\"), through postgres_fdw" "$(ask postgres 'SELECT max(code COLLATE "C") FROM away.version')" "Asia/Shanghai z"
expect "max(code) and the codes above Y, of a copy here" "$(ask postgres "SELECT max(code), (SELECT string_agg(code, ' ' ORDER BY code) FROM copied WHERE code > 'Y') FROM copied")" "Asia/Shanghai z|Z z"
verdict
