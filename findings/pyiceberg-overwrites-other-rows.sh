#!/usr/bin/env bash
# pyiceberg reads other rows by a filter than it deletes by it: who reads some rows, mends them and overwrites them by the same filter has some of them twice.
#
# Guess: scan, delete and overwrite take the rows for which the filter is true, as in SQL; a row with NULL in the column is in none of them.
# Seen: a scan by "code not in ('a', 'b')" has the rows without a code, one by "code != 'a'" does not. delete() keeps every row with NULL in a named
# column, although the whole filter is true for it: of "not (stage = 1 and code = 'a')" it keeps a row of stage 2 without a code. So overwrite()
# adds the mended rows to the old ones, without an error. Another "or code is null" in the filter makes both the same.
. "$(dirname "$0")/lib.bash"
python_packages 'pyiceberg[pyarrow,sql-sqlite]==0.12.0' pyarrow==26.0.1
echo "pyiceberg 0.12.0, pyarrow 26.0.1"

cat >"$dir/ask.py" <<'PYTHON'
import sqlite3
import sys
import warnings

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

warnings.simplefilter("ignore")
folder = sys.argv[1]
catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/lake.db", warehouse=f"file://{folder}")
catalog.create_namespace("push")
rows = [(1, 1, "a"), (2, 1, "c"), (3, 1, None), (4, 2, None)]
data = pa.table({name: list(column) for name, column in zip(("id", "stage", "code"), zip(*rows))})
lite = sqlite3.connect(":memory:")
lite.execute("CREATE TABLE loss (id int, stage int, code text)")
lite.executemany("INSERT INTO loss VALUES (?, ?, ?)", rows)


def ids(table):
    return "".join(str(number) for number in sorted(table["id"].to_pylist()))


def table(name):
    created = catalog.create_table(f"push.{name}", data.schema)
    created.append(data)
    return created


for i, condition in enumerate(("code != 'a'", "code not in ('a', 'b')", "not (stage = 1 and code = 'a')", "code not in ('a', 'b') or code is null")):
    sql = "".join(str(number) for (number,) in lite.execute(f"SELECT id FROM loss WHERE {condition}"))
    read = table(f"read{i}").scan(row_filter=condition).to_arrow()
    deleted = table(f"deleted{i}")
    deleted.delete(condition)
    kept = ids(deleted.scan().to_arrow())
    mended = table(f"mended{i}")
    mended.overwrite(read, overwrite_filter=condition)
    print(f"{sql}, {ids(read)}, {''.join(c for c in '1234' if c not in kept)}, {ids(mended.scan().to_arrow())}")
PYTHON
python3 "$dir/ask.py" "$dir" >"$dir/seen" 2>&1
line() { sed -n "${1}p" "$dir/seen"; }
echo "  of four rows: SQL selects, scan() reads, delete() deletes, and what is there after overwrite() with what scan() read"
expect "code != 'a'" "$(line 1)" "2, 2, 2, 1234"
expect "code not in ('a', 'b')" "$(line 2)" "2, 234, 2, 123344"
expect "not (stage = 1 and code = 'a')" "$(line 3)" "24, 24, 2, 12344"
expect "code not in ('a', 'b') or code is null" "$(line 4)" "234, 234, 234, 1234"
verdict
