#!/usr/bin/env bash
# Python's dataset stores the rate 0.43 as 0 and 0.9 as 1, if the first row of the table had a 0.
#
# Guess: the column is widened, as a new column is added, or the insert is an error, since the types of the two values differ.
# Seen: dataset makes a column of the first value's type: the int 0 makes a bigint. Later rows only add columns that are missing. PostgreSQL rounds what is assigned to a bigint: no error, no warning, from insert(), insert_many() and upsert().
# The first row with 0.0 makes a float column. In SQLite the same rows keep their fractions, so a test with it shows nothing.
. "$(dirname "$0")/lib.bash"
python_packages dataset==2.0.0 sqlalchemy==2.1.9 'psycopg2-binary==2.9.13'
postgres 18.4.0-beta.17
echo "dataset 2.0.0, SQLAlchemy 2.1.9, psycopg2 2.9.13, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

import dataset

database, way, first = sys.argv[1:]
if database == "postgres":
    database = dataset.connect(f"postgresql+psycopg2://postgres@127.0.0.1:{os.environ['PGPORT']}/postgres")
    database.query("DROP TABLE IF EXISTS facts")
else:
    database = dataset.connect("sqlite:///:memory:")
facts = database["facts"]
facts.insert({"day": "2025-03-10", "rate": eval(first)})
rows = [{"day": "2025-03-11", "rate": 0.43}, {"day": "2025-03-12", "rate": 0.9}]
if way == "insert_many":
    facts.insert_many(rows)
else:
    for row in rows:
        getattr(facts, way)(*([row, ["day"]] if way == "upsert" else [row]))
print(*(row["rate"] for row in facts.find(order_by="day")))
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect "0, then 0.43 and 0.9, by insert" "$(ask postgres insert 0)" "0 0 1"
expect "the same, by insert_many" "$(ask postgres insert_many 0)" "0 0 1"
expect "the same, by upsert" "$(ask postgres upsert 0)" "0 0 1"
expect "0.0, then 0.43 and 0.9, by insert" "$(ask postgres insert 0.0)" "0.0 0.43 0.9"
expect "0, then 0.43 and 0.9, in SQLite" "$(ask sqlite insert 0)" "0 0.43 0.9"
verdict
