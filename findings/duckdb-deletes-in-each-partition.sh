#!/usr/bin/env bash
# DuckDB deletes and updates rows of other days in a partitioned table of Postgres: one row in each partition, and reports 1.
#
# Guess: DuckDB sends the statement or the keys of its rows, and the row that the condition names is deleted, no other.
# Seen: it reads the ctid of each row that it found, and deletes by it through the parent table. A ctid says where a row is in its partition, and most partitions have a row at the same place. The condition names one
# day, the answer is 1, and the rows of the other months at this place are gone, or have the new figure. SELECT is right, and so is a table without partitions, or the partition by its own name. A parent of a table that inherits is the same.
. "$(dirname "$0")/lib.bash"
need psql
python_packages duckdb==1.5.5 duckdb-extension-postgres-scanner==1.5.5
postgres 18.4.0-beta.17
echo "DuckDB 1.5.5 with its extension postgres, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import glob
import os
import sys

import duckdb

duck = duckdb.connect(config={"allow_unsigned_extensions": "true"})
duck.execute(f"LOAD '{glob.glob(sys.argv[1] + '/**/postgres_scanner.duckdb_extension', recursive=True)[0]}'")
duck.execute(f"ATTACH 'host=127.0.0.1 port={os.environ['PGPORT']} user=postgres dbname=postgres' AS pg (TYPE postgres)")
print(*duck.execute(sys.argv[2]).fetchone())
PYTHON
duck() { python3 "$dir/ask.py" "$dir/python" "$1" 2>&1 | tail -1; }
ask() { psql -XqAtc "$1"; }
# fill makes the tables anew: a row a day from March to May, 92 rows with a sum of 920.
fill() {
    ask "DROP TABLE IF EXISTS loss, whole, old CASCADE; CREATE TABLE loss (day date, n int) PARTITION BY RANGE (day); CREATE TABLE whole (day date, n int)
        ; CREATE TABLE march PARTITION OF loss FOR VALUES FROM ('2025-03-01') TO ('2025-04-01')
        ; CREATE TABLE april PARTITION OF loss FOR VALUES FROM ('2025-04-01') TO ('2025-05-01')
        ; CREATE TABLE may PARTITION OF loss FOR VALUES FROM ('2025-05-01') TO ('2025-06-01')
        ; INSERT INTO whole SELECT date '2025-03-01' + d, 10 FROM generate_series(0, 91) d; INSERT INTO loss TABLE whole
        ; CREATE TABLE old (day date, n int); CREATE TABLE new () INHERITS (old)
        ; INSERT INTO old SELECT * FROM whole WHERE day < '2025-04-01'; INSERT INTO new SELECT * FROM whole WHERE day >= '2025-04-01'" 2>/dev/null
}
rows="string_agg(to_char(day, 'DD Mon'), ', ' ORDER BY day)"
missing_days="SELECT $rows FROM (TABLE whole EXCEPT TABLE"
fill
expect "DELETE … WHERE day = '2025-03-02' in the partitioned table, reported" "$(duck "DELETE FROM pg.loss WHERE day = '2025-03-02'")" "1"
expect "the days that are gone" "$(ask "$missing_days loss) gone")" "02 Mar, 02 Apr, 02 May"
fill
expect "UPDATE … SET n = 999 WHERE day = '2025-03-10', reported" "$(duck "UPDATE pg.loss SET n = 999 WHERE day = '2025-03-10'")" "1"
expect "the days with 999" "$(ask "SELECT $rows FROM loss WHERE n = 999")" "10 Mar, 10 Apr, 10 May"
expect "the sum, which should be 1909" "$(ask "SELECT sum(n) FROM loss")" "3887"
expect "SELECT … WHERE day = '2025-03-02': rows" "$(duck "SELECT count(*) FROM pg.loss WHERE day = '2025-03-02'")" "1"
fill
duck "DELETE FROM pg.old WHERE day = '2025-03-02'" >"$dir/out"
expect "the days that are gone from a parent that is inherited" "$(ask "$missing_days old) gone")" "02 Mar, 02 Apr"
duck "DELETE FROM pg.march WHERE day = '2025-03-02'" >"$dir/out"
expect "the days that are gone after a DELETE in the partition itself" "$(ask "$missing_days loss) gone")" "02 Mar"
expect "the same by SQL through postgres_execute" "$(fill; duck "CALL postgres_execute('pg', 'DELETE FROM loss WHERE day = ''2025-03-02''')" >"$dir/out"; ask "$missing_days loss) gone")" "02 Mar"
verdict
