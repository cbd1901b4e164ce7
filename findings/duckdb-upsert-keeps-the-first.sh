#!/usr/bin/env bash
# Of two rows of one key in an upsert DuckDB takes the first, and MERGE takes the first or the last: it depends on how far apart they are.
#
# Guess: ON CONFLICT DO UPDATE reports an error, as Postgres does, or takes the last row, as SQLite does. MERGE, in which two source rows match one row, reports an error.
# Seen: INSERT OR REPLACE and ON CONFLICT DO UPDATE take the first row without an error, so a correction that follows its figure in the same file is lost.
# SET n = n + excluded.n adds one of the two. MERGE takes the first row if both are in the same 2,048 rows, and the last one if not, so the
# same script gives another figure when the file grows. Deduplicate first: QUALIFY row_number() OVER (PARTITION BY k ORDER BY …) = 1.
. "$(dirname "$0")/lib.bash"
python_packages duckdb==2.0.1
echo "DuckDB 2.0.1"

cat >"$dir/ask.py" <<'PYTHON'
import contextlib
import sqlite3

import duckdb


# The figure of day 1 is 5, becomes 7, and then 9 in a later row of the same source; the rows between are of other days.
def stored(connect, statement, between):
    with contextlib.closing(connect(":memory:")) as connection:
        connection.execute("CREATE TABLE loss (day int PRIMARY KEY, n int)")
        connection.execute("INSERT INTO loss VALUES (1, 5)")
        connection.execute("CREATE TABLE loaded (day int, n int)")
        others = "".join(f"({1000 + i}, 0), " for i in range(between))
        connection.execute(f"INSERT INTO loaded VALUES (1, 7), {others}(1, 9)")
        connection.execute(statement)
        return connection.execute("SELECT n FROM loss WHERE day = 1").fetchone()[0]


replace = "INSERT OR REPLACE INTO loss SELECT day, n FROM loaded"
update = "INSERT INTO loss SELECT day, n FROM loaded WHERE true ON CONFLICT (day) DO UPDATE SET n = excluded.n"
add = "INSERT INTO loss SELECT day, n FROM loaded WHERE true ON CONFLICT (day) DO UPDATE SET n = n + excluded.n"
merge = "MERGE INTO loss USING loaded ON loss.day = loaded.day WHEN MATCHED THEN UPDATE SET n = loaded.n WHEN NOT MATCHED THEN INSERT VALUES (loaded.day, loaded.n)"
print(*(stored(sqlite3.connect, statement, 0) for statement in (replace, update, add)))
print(*(stored(duckdb.connect, statement, 0) for statement in (replace, update, add)))
print(*(stored(duckdb.connect, statement, 2100) for statement in (replace, update, add)))
print(*(stored(duckdb.connect, merge, between) for between in (0, 2046, 2047, 2100)))
PYTHON
python3 "$dir/ask.py" >"$dir/seen" 2>&1
line() { sed -n "${1}p" "$dir/seen"; }
expect "SQLite: OR REPLACE, DO UPDATE, DO UPDATE SET n = n + …, of 7 and 9 on 5" "$(line 1)" "9 9 21"
expect "DuckDB: the same" "$(line 2)" "7 7 12"
expect "DuckDB: the same, 2,100 other rows between the two" "$(line 3)" "7 7 12"
expect "DuckDB: MERGE, with 0, 2,046, 2,047 and 2,100 other rows between" "$(line 4)" "7 7 9 9"
verdict
