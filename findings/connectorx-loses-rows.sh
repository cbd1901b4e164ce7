#!/usr/bin/env bash
# ConnectorX, and Polars through it, reads 90 rows of 100 if it reads them in parallel by a column that is NULL in ten.
#
# Guess: partition_on splits the rows among connections, so all of them arrive, those with NULL in one of the parts, as Spark's JDBC reader does it.
# Seen: each part is `column >= a AND column < b`, which no NULL satisfies. The rows are lost without a warning, with 1 partition too. Without
# partition_on all of them arrive.
. "$(dirname "$0")/lib.bash"
python_packages connectorx==0.4.6 polars==2.1.0 pyarrow==26.0.1
postgres 18.4.0-beta.17
echo "ConnectorX 0.4.6, Polars 2.1.0, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import os

import connectorx
import polars

url = f"postgresql://postgres@127.0.0.1:{os.environ['PGPORT']}/postgres?sslmode=disable"
query = "SELECT n, nullif(n % 10, 0) AS part FROM generate_series(1, 100) AS n"
counts = [
    len(connectorx.read_sql(url, query, return_type="arrow")),
    *(len(connectorx.read_sql(url, query, return_type="arrow", partition_on="part", partition_num=parts)) for parts in (1, 4)),
    len(polars.read_database_uri(query, url, partition_on="part", partition_num=4)),
]
print(*counts)
PYTHON
expect "rows without partitions, with 1, with 4, by Polars with 4" "$(python3 "$dir/ask.py" 2>&1)" "100 90 90 90"
verdict
