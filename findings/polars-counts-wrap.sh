#!/usr/bin/env bash
# In Polars, 3 rows less 5 rows is 4294967294: a count of rows is unsigned, and wraps without an error.
#
# Guess: a difference of two counts is signed, as pandas, SQL and Polars' own diff() have it, or below zero it is an error (as Polars reports for -pl.len()).
# Seen: len(), count() and n_unique() are UInt32, and UInt32 minus UInt32 or minus a number stays UInt32: a day with 2 rows fewer than the day before has 4294967294 rows more, and the mean of the differences is a billion. diff() is Int64 and
# right, and so is Polars' own SQL with count(*) as Int64. In lazy frames the same.
. "$(dirname "$0")/lib.bash"
python_packages polars==2.1.0 pandas==3.1.1
echo "Polars 2.1.0, pandas 3.1.1"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import pandas
import polars
from polars import col

rows = {"day": [1] * 5 + [2] * 3 + [3] * 4, "code": ["a"] * 12}
frame = polars.LazyFrame(rows) if sys.argv[1] == "lazy" else polars.DataFrame(rows)
days = frame.group_by("day").agg(polars.len(), n=col("code").count(), codes=col("code").n_unique()).sort("day")
answers = {
    "shift": lambda: days.select(col("len") - col("len").shift(1)),
    "lazy": lambda: days.select(col("len") - col("len").shift(1)).collect(),
    "plan": lambda: days.select(col("n") - 4),
    "codes": lambda: days.select(col("codes") - 2),
    "mean": lambda: days.select((col("n") - 4).mean()),
    "diff": lambda: days.select(col("len").diff()),
    "cast": lambda: days.select(col("n").cast(polars.Int64) - 4),
    "minus": lambda: days.select(-col("n")),
    "sql": lambda: polars.sql("SELECT count(*) - 4 AS n FROM frame GROUP BY day ORDER BY day", eager=True),
}
try:
    if sys.argv[1] == "pandas":
        sizes = pandas.DataFrame(rows).groupby("day").size()
        print(*(sizes - 4))
    else:
        print(*answers[sys.argv[1]]().to_series())
except polars.exceptions.InvalidOperationError:
    print("an error")
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1 | tail -1; }
expect "days with 5, 3 and 4 rows: len less the day before" "$(ask shift)" "None 4294967294 1"
expect "the same in a lazy frame" "$(ask lazy)" "None 4294967294 1"
expect "count() - 4" "$(ask plan)" "1 4294967295 0"
expect "the mean of it" "$(ask mean)" "1431655765.3333333"
expect "n_unique() - 2" "$(ask codes)" "4294967295 4294967295 4294967295"
expect "diff()" "$(ask diff)" "None -2 1"
expect "cast(Int64) first" "$(ask cast)" "1 -1 0"
expect "-count()" "$(ask minus)" "an error"
expect "Polars' SQL, count(*) - 4" "$(ask sql)" "1 -1 0"
expect "pandas, size() - 4" "$(ask pandas)" "1 -1 0"
verdict
