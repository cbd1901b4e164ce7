#!/usr/bin/env bash
# In Daft, the difference of two dates is as many seconds as it is days: from 2025-01-01 to 2025-03-10 it is 68 seconds.
#
# Guess: a duration of 68 days, as in Polars, pandas and Arrow, or the number 68, as in Postgres.
# Seen: the number of days becomes a duration of seconds, as an expression and in SQL, and goes to Arrow and pandas like that. total_days() of it is 0, so a condition on days finds no row, or all.
# The difference of two timestamps, and a date plus an interval, are right.
. "$(dirname "$0")/lib.bash"
python_packages daft==0.7.26 polars==2.1.0
echo "Daft 0.7.26, Polars 2.1.0"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys

import daft
import polars
from daft import col

expression = sys.argv[1]
first, last = datetime.date(2025, 1, 1), datetime.date(2025, 3, 10)
days = {"first": [first], "last": [last], "began": [datetime.datetime(2025, 1, 1)], "ended": [datetime.datetime(2025, 3, 10)]}
frame = daft.from_pydict(days)
if expression == "sql":
    answer = daft.sql("SELECT last - first AS answer FROM frame", frame=frame)
elif expression == "polars":
    answer = polars.DataFrame(days).select(answer=polars.col("last") - polars.col("first"))
else:
    answer = frame.select(eval(expression).alias("answer"))
print(*answer.to_dict(as_series=False)["answer"] if expression == "polars" else answer.to_pydict()["answer"])
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$1" 2>&1 | tail -1; }
expect "last - first" "$(ask 'col("last") - col("first")')" "0:01:08"
expect "last - first, in SQL" "$(ask sql)" "0:01:08"
expect "its total_days()" "$(ask '(col("last") - col("first")).total_days()')" "0"
expect "is it more than 7 days?" "$(ask '(col("last") - col("first")).total_days() > 7')" "False"
expect "the same of two timestamps" "$(ask 'col("ended") - col("began")')" "68 days, 0:00:00"
expect "first and 68 days" "$(ask 'col("first") + daft.interval(days=68)')" "2025-03-10"
expect "last - first, in Polars" "$(ask polars)" "68 days, 0:00:00"
verdict
