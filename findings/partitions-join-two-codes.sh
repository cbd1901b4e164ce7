#!/usr/bin/env bash
# A dataset that DuckDB partitions by a column of texts comes back with other codes: 0x10 is 16 to DuckDB itself and to pyarrow, and 0410 is 410 to pyarrow and Polars.
#
# Guess: the texts, as DuckDB wrote them, or numbers only where each of them is a number as Postgres or CSV readers have it. At least the reader that wrote them returns them.
# Seen: the values are names of folders, and each reader guesses a type from them. It depends on all the values: one word among them, and the codes are texts again. Two codes that become one number are
# one group to a sum. DuckDB keeps 0410, but not 0x10. Name the type when reading: hive_types={'code': VARCHAR} in DuckDB, a schema of the partitioning in pyarrow, hive_schema in Polars.
. "$(dirname "$0")/lib.bash"
python_packages duckdb==2.0.0 pyarrow==26.0.1 polars==2.1.0
echo "DuckDB 2.0.0, pyarrow 26.0.1, Polars 2.1.0"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys
import tempfile

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

reader, *codes = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "loss")
    connection = duckdb.connect()
    connection.execute("CREATE TABLE loss (code text, n int)")
    connection.executemany("INSERT INTO loss VALUES (?, ?)", [(code, 10**i) for i, code in enumerate(codes)])
    connection.execute(f"COPY loss TO '{path}' (FORMAT parquet, PARTITION_BY (code))")
    parts = ds.partitioning(pa.schema([("code", pa.string())]), flavor="hive")
    read = {
        "duckdb": lambda: connection.sql(f"FROM read_parquet('{path}/*/*.parquet')").pl(),
        "duckdb-typed": lambda: connection.sql(f"FROM read_parquet('{path}/*/*.parquet', hive_types={{'code': VARCHAR}})").pl(),
        "pyarrow": lambda: pl.from_arrow(ds.dataset(path, partitioning="hive").to_table()),
        "pyarrow-typed": lambda: pl.from_arrow(ds.dataset(path, partitioning=parts).to_table()),
        "polars": lambda: pl.read_parquet(f"{path}/**/*.parquet", hive_partitioning=True),
        "polars-typed": lambda: pl.read_parquet(f"{path}/**/*.parquet", hive_partitioning=True, hive_schema={"code": pl.String}),
    }[reader]()
    groups = read.group_by("code").agg(pl.col("n").sum()).sort("n")
    print(", ".join(f"{code!r}: {n}" for code, n in groups.select("code", "n").iter_rows()))
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect "DuckDB: 0x10 1, 16 10" "$(ask duckdb 0x10 16)" "16: 11"
expect "DuckDB: 0x10 1, 16 10, BadToken 100" "$(ask duckdb 0x10 16 BadToken)" "'0x10': 1, '16': 10, 'BadToken': 100"
expect "DuckDB: 0410 1, 410 10" "$(ask duckdb 0410 410)" "'0410': 1, '410': 10"
expect "pyarrow: 0410 1, 410 10" "$(ask pyarrow 0410 410)" "410: 11"
expect "pyarrow: 0x10 1, 16 10" "$(ask pyarrow 0x10 16)" "16: 11"
expect "Polars: 0410 1, 410 10" "$(ask polars 0410 410)" "410: 11"
expect "Polars: 1e3 1, 1000 10" "$(ask polars 1e3 1000)" "1000.0: 11"
for reader in duckdb-typed pyarrow-typed polars-typed; do
    expect "$reader: 0410 1, 410 10, 0x10 100, 16 1000" "$(ask $reader 0410 410 0x10 16)" "'0410': 1, '410': 10, '0x10': 100, '16': 1000"
done
verdict
