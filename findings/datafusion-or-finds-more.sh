#!/usr/bin/env bash
# DataFusion drops the rule for NULL of NOT IN (SELECT …) as soon as an OR stands beside it: a condition that is true for no row adds rows.
#
# Guess: NOT IN is never true if the list has a NULL, wherever it stands; DataFusion finds no row, as PostgreSQL and DuckDB do.
# Seen: alone or with AND it finds none. With OR n = 99, which no row has, it finds every row that is not in the list, and a row whose own code is NULL. NOT IN (SELECT …) IS NULL
# is true for none of them. A list of literals is right in all cases. NOT EXISTS asks the same without NULL, and all engines agree on it.
. "$(dirname "$0")/lib.bash"
python_packages datafusion==55.0.0 pyarrow==26.0.1 duckdb==2.0.1
echo "DataFusion 55.0.0, DuckDB 2.0.1"

cat >"$dir/ask.py" <<'PYTHON'
import datafusion
import duckdb
import pyarrow as pa

loss = pa.table({"code": pa.array(["a", "b", None]), "n": [1, 2, 3]})
known = pa.table({"code": pa.array(["a", None])})
fusion = datafusion.SessionContext()
fusion.register_record_batches("loss", [loss.to_batches()])
fusion.register_record_batches("known", [known.to_batches()])
for condition in (
    "code NOT IN (SELECT code FROM known)",
    "code NOT IN (SELECT code FROM known) AND n < 99",
    "code NOT IN (SELECT code FROM known) OR n = 99",
    "(code NOT IN (SELECT code FROM known)) IS NULL",
    "code NOT IN ('a', NULL) OR n = 99",
    "NOT EXISTS (SELECT 1 FROM known WHERE known.code = loss.code) OR n = 99",
):
    query = f"SELECT n FROM loss WHERE {condition} ORDER BY n"
    print([n for (n,) in duckdb.sql(query).fetchall()], [n for batch in fusion.sql(query).collect() for n in batch.to_pydict()["n"]])
PYTHON
python3 "$dir/ask.py" >"$dir/seen" 2>&1
line() { sed -n "${1}p" "$dir/seen"; }
echo "  DuckDB, DataFusion: the rows of loss (codes a, b, NULL), with a and NULL in known"
expect "code NOT IN (SELECT code FROM known)" "$(line 1)" "[] []"
expect "… AND n < 99" "$(line 2)" "[] []"
expect "… OR n = 99" "$(line 3)" "[] [2, 3]"
expect "(…) IS NULL" "$(line 4)" "[2, 3] []"
expect "code NOT IN ('a', NULL) OR n = 99" "$(line 5)" "[] []"
expect "NOT EXISTS (SELECT …) OR n = 99" "$(line 6)" "[2, 3] [2, 3]"
verdict
