#!/usr/bin/env bash
# dlt leaves a column out of its copy of a table if it runs with SQLAlchemy 2.1.
#
# Guess: dlt's sql_database makes the columns of the table, as reflected, with all types, whatever is in them. Its reflection_level
# "full" says so.
# Seen: with SQLAlchemy 2.0 it does. In 2.1, Float is no longer a kind of Numeric, so dlt does not know double precision and takes the type
# from the values. A rate that is NULL in every row has none: the column is missing in the copy, without an error, until a value comes. A bigint and a
# numeric that are NULL in every row are there. One with values moves behind the others. pip installs 2.1 beside dlt.
. "$(dirname "$0")/lib.bash"
postgres 18.4.0-beta.17
need python3
cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

import dlt
import duckdb
from dlt.sources.sql_database import sql_database

file = os.path.join(sys.argv[1], "file.duckdb")
source = sql_database("postgresql+psycopg://", schema="public", table_names=["rates"], reflection_level="full")
dlt.pipeline("copying", destination=dlt.destinations.duckdb(file), dataset_name="copy", pipelines_dir=sys.argv[1]).run(source)
with duckdb.connect(file) as connection:
    columns = [column[0] for column in connection.execute("SELECT * FROM copy.rates").description]
print(*(column for column in columns if not column.startswith("_dlt")))
PYTHON
python_packages 'dlt[duckdb]==1.31.0' duckdb==2.0.1 SQLAlchemy==2.1.9 'psycopg[binary]==3.3.9'
python3 - <<'PYTHON' || exit 1
import psycopg

with psycopg.connect("") as connection:
    connection.execute("CREATE TABLE rates (day date, rate double precision, lost bigint, share numeric)")
    connection.execute("INSERT INTO rates (day) VALUES ('2025-03-10')")
PYTHON
export RUNTIME__DLTHUB_TELEMETRY=false RUNTIME__LOG_LEVEL=ERROR
ask() { mkdir "$dir/$1" && HOME="$dir" python3 "$dir/ask.py" "$dir/$1" 2>&1 | tail -1; }
echo "dlt 1.31.0, DuckDB 2.0.1, psycopg 3.3.9, PostgreSQL 18.4"
expect "columns in the copy by SQLAlchemy 2.1.9" "$(ask new)" "day lost share"
python_packages --upgrade SQLAlchemy==2.0.44
expect "by SQLAlchemy 2.0.44" "$(ask old)" "day rate lost share"
verdict
