#!/usr/bin/env bash
# A row that vanishes and comes back unchanged is in dbt's snapshot twice for the same time: a sum as of that time counts it twice.
#
# Guess: with hard_deletes the snapshot says when a row was there: up to its deletion, and again from its return on. At each time a key has at most one version, with both strategies.
# Seen: the strategy `timestamp` takes updated_at as the beginning of the new version. A row that comes back as it was has the same beginning as before, and even the same dbt_scd_id, so its two versions overlap:
# 5 + 7 on the first day are 17 for ever. hard_deletes: new_record does the same. With the strategy `check`, the new version begins at its return, and the sum is 12.
. "$(dirname "$0")/lib.bash"
python_packages dbt-core==1.11.16 dbt-postgres==1.10.2
postgres 18.4.0-beta.17
need psql
echo "dbt-core 1.11.16, dbt-postgres 1.10.2, PostgreSQL 18.4"

mkdir -p "$dir/dbt/snapshots"
cat >"$dir/dbt/dbt_project.yml" <<'YAML'
{name: finding, version: "1.0", profile: finding, flags: {send_anonymous_usage_stats: false}}
YAML
cat >"$dir/dbt/profiles.yml" <<YAML
finding: {target: local, outputs: {local: {type: postgres, host: 127.0.0.1, port: $PGPORT, user: postgres, password: none, dbname: postgres, schema: public, threads: 1}}}
YAML
for snapshot in "of_time timestamp invalidate updated_at='updated_at'" "of_record timestamp new_record updated_at='updated_at'" "of_check check invalidate check_cols=['n']"; do
    read -r name strategy deletes more <<<"$snapshot"
    echo "{% snapshot $name %}{{ config(target_schema='public', unique_key=['day', 'code'], strategy='$strategy', hard_deletes='$deletes', $more) }} SELECT * FROM public.facts {% endsnapshot %}"
done >"$dir/dbt/snapshots/facts.sql"
dbt() { (cd "$dir/dbt" && HOME="$dir" python3 -c "from dbt.cli.main import cli; cli()" -q snapshot --profiles-dir .) || { echo "dbt failed"; exit 1; }; }
ask() { psql -XqAt -c "$1"; }

ask "CREATE TABLE facts (day date, code text, n bigint, updated_at timestamptz);
INSERT INTO facts VALUES ('2025-03-10', 'a', 5, '2025-03-11 03:00Z'), ('2025-03-10', 'b', 7, '2025-03-11 03:00Z')"
dbt
ask "DELETE FROM facts WHERE code = 'a'"
dbt
ask "INSERT INTO facts VALUES ('2025-03-10', 'a', 5, '2025-03-11 03:00Z')"
dbt
as_of() { ask "SELECT sum(n) FROM $1 WHERE dbt_valid_from <= $2 AND (dbt_valid_to > $2 OR dbt_valid_to IS NULL) ${3-}"; }
first="(SELECT min(dbt_valid_from) FROM of_check)"
expect "timestamp: the sum as of 2025-03-12" "$(as_of of_time "'2025-03-12'")" "17"
expect "timestamp, new_record: the same, without what is marked as deleted" "$(as_of of_record "'2025-03-12'" "AND dbt_is_deleted = 'False'")" "17"
expect "timestamp: versions of a, and their different beginnings and dbt_scd_id" "$(ask "SELECT count(*), count(DISTINCT dbt_valid_from), count(DISTINCT dbt_scd_id) FROM of_time WHERE code = 'a'")" "2|1|1"
expect "check: the sum as of the first snapshot" "$(as_of of_check "$first")" "12"
expect "check: the same of versions of a" "$(ask "SELECT count(*), count(DISTINCT dbt_valid_from), count(DISTINCT dbt_scd_id) FROM of_check WHERE code = 'a'")" "2|2|2"
verdict
