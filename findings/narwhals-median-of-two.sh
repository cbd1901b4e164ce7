#!/usr/bin/env bash
# In narwhals, the median by group of an Arrow table with two losses, 0 and 1000000, is 0, where the same line on Polars or pandas is 500000: with two rows it is the lower one. pyarrow's approximate_median is 0, too.
#
# Guess: the same expression has the same answer for each kind of frame, for which narwhals exists.
# Seen: narwhals calls pyarrow's approximate_median for a group, and for over(…), and the exact quantile without a group. The approximation is exact for three rows or for a hundred, and for two it is the lower one; of 500 times 0 and 500 times 1000 it is
# 438. No error or notice. A fraction in cast(Int64) is cut in Polars and rounded in DuckDB, where 2.5 is 2 and 3.5 is 4, and round() of 2.5 is 2 in Polars and pandas, and 3 in DuckDB and Arrow.
. "$(dirname "$0")/lib.bash"
python_packages narwhals==2.29.0 polars==2.1.0 pyarrow==26.0.1 pandas==3.1.1 duckdb==2.0.1
echo "narwhals 2.29.0, Polars 2.1.0, pyarrow 26.0.1, pandas 3.1.1, DuckDB 2.0.1"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
import pyarrow.compute

losses = {"two": [0, 1000000], "three": [0, 1, 1000000], "hundred": list(range(100)), "halves": [0] * 500 + [1000] * 500, "fractions": [1.5, 2.5, 3.5]}
questions = {
    "group": lambda frame: frame.group_by("day").agg(nw.col("n").median()),
    "over": lambda frame: frame.select(nw.col("n").median().over("day")),
    "all": lambda frame: frame.select(nw.col("n").median()),
    "cast": lambda frame: frame.select(nw.col("n").cast(nw.Int64)),
    "round": lambda frame: frame.select(nw.col("n").round(0)),
}


def ask(library, question, name):
    n = losses[name]
    table = pa.table({"day": ["10"] * len(n), "n": n})
    if library == "pyarrow":
        return [pyarrow.compute.approximate_median(table["n"]).as_py()]
    connection = duckdb.connect()
    frame = {"arrow": lambda: table, "polars": lambda: pl.from_arrow(table), "pandas": table.to_pandas, "duckdb": lambda: connection.from_arrow(table)}[library]()
    answer = questions[question](nw.from_native(frame)).lazy().collect("pyarrow")
    return answer["n"].to_list() if question in ("cast", "round") else answer["n"].to_list()[:1]


for line in sys.argv[1:]:
    library, question, name = line.split()
    try:
        print(f"{library} {' '.join(f'{n:.0f}' for n in ask(library, question, name))}", end=", ")
    except Exception as error:
        print(library, type(error).__name__, error, end=", ")
PYTHON
ask() {
    local question=$1 name=$2 questions=()
    shift 2
    for library in "$@"; do questions+=("$library $question $name"); done
    python3 -W ignore "$dir/ask.py" "${questions[@]}" 2>&1 | sed 's/, $//'
}
expect "the median by day of 0 and 1000000" "$(ask group two arrow polars pandas duckdb)" "arrow 0, polars 500000, pandas 500000, duckdb 500000"
expect "the same by over(\"day\")" "$(ask over two arrow polars pandas duckdb)" "arrow 0, polars 500000, pandas 500000, duckdb 500000"
expect "without a group" "$(ask all two arrow polars)" "arrow 500000, polars 500000"
expect "pyarrow's own approximate_median of them" "$(ask - two pyarrow)" "pyarrow 0"
expect "by day, of 0, 1 and 1000000" "$(ask group three arrow polars)" "arrow 1, polars 1"
expect "of 500 times 0 and 500 times 1000" "$(ask group halves arrow polars)" "arrow 438, polars 500"
expect "1.5, 2.5 and 3.5 in cast(Int64)" "$(ask cast fractions polars duckdb)" "polars 1 2 3, duckdb 2 2 4"
expect "their round()" "$(ask round fractions polars pandas duckdb arrow)" "polars 2 2 4, pandas 2 2 4, duckdb 2 3 4, arrow 2 3 4"
verdict
