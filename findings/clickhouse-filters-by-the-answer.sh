#!/usr/bin/env bash
# In ClickHouse, WHERE means the expression of the answer if its alias is the name of a column: sums by month lose every day but the first.
#
# Guess: WHERE day >= '2025-03-10' asks the column, as in Postgres and every other SQL database: an alias of the answer is not known there yet, and where it is, as in DuckDB, a column comes first.
# Seen: SELECT toStartOfMonth(day) AS day, sum(n) … WHERE day >= '2025-03-10' compares the first of the month, so March has no row at all, without an error. upper(code) AS code … WHERE code = 'a' finds
# nothing. With prefer_column_name_to_alias = 1, or t.day in WHERE and another alias, the sums are right. A sum under its column's own name is an error at least.
. "$(dirname "$0")/lib.bash"
python_packages chdb==4.4.0 duckdb==2.0.1
cat >"$dir/ask.py" <<'PYTHON'
import sys

import chdb
import duckdb

month, upper = {"clickhouse": ("toStartOfMonth(day)", "upper(code)"), "duckdb": ("date_trunc('month', day)::date", "upper(code)")}[sys.argv[1]]
rows = "(SELECT CAST('2025-03-09' AS Date) AS day, 'a' AS code, 2 AS n UNION ALL SELECT CAST('2025-03-10' AS Date), 'a', 3 UNION ALL SELECT CAST('2025-04-01' AS Date), 'b', 5) AS t"
query = {
    "version": "SELECT version()",
    "month": f"SELECT {month} AS day, sum(n) AS total FROM {rows} WHERE day >= '2025-03-10' GROUP BY 1 ORDER BY 1",
    "other": f"SELECT {month} AS month, sum(n) AS total FROM {rows} WHERE day >= '2025-03-10' GROUP BY 1 ORDER BY 1",
    "column": f"SELECT {month} AS day, sum(n) AS total FROM {rows} WHERE day >= '2025-03-10' GROUP BY 1 ORDER BY 1 SETTINGS prefer_column_name_to_alias = 1",
    "code": f"SELECT {upper} AS code, n FROM {rows} WHERE code = 'a' ORDER BY n",
}[sys.argv[2]]
if sys.argv[1] == "duckdb":
    rows = duckdb.sql(query).fetchall()
else:
    rows = [line.split("\t") for line in str(chdb.query(query, "TSV")).splitlines()]
print(*(" ".join(map(str, row)) for row in rows), sep=", ")
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1 | tail -1; }
echo "chdb 4.4.0 with ClickHouse $(ask clickhouse version), DuckDB 2.0.1"
expect "ClickHouse: sums by month as \"day\", from 03-10 on" "$(ask clickhouse month)" "2025-04-01 5"
expect "DuckDB: the same" "$(ask duckdb month)" "2025-03-01 3, 2025-04-01 5"
expect "ClickHouse: with the alias \"month\"" "$(ask clickhouse other)" "2025-03-01 3, 2025-04-01 5"
expect "ClickHouse: with prefer_column_name_to_alias" "$(ask clickhouse column)" "2025-03-01 3, 2025-04-01 5"
expect "ClickHouse: upper(code) AS code … WHERE code = 'a'" "$(ask clickhouse code)" ""
expect "DuckDB: the same" "$(ask duckdb code)" "A 2, A 3"
verdict
