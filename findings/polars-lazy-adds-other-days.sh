#!/usr/bin/env bash
# Polars 2 adds the figures of one day to another day when rows are not sorted by day and the frame is lazy; the same call on an eager frame is an error.
#
# Guess: group_by_dynamic on rows that are not sorted reports "is not sorted", as it has for years: on a DataFrame, on a LazyFrame, and after scan_csv.
# Seen: collect() of 2.1 answers as its streaming engine does, which does not check. Each row that is older than the current day is counted in that day: rows ordered by app and day give
# day 8 the figure of the first app alone, and day 9 the rest, without an error. collect(engine="in-memory") reports the error, and so do rolling() and join_asof() on the same frame,
# and group_by_dynamic with a group_by. Only the total is right. sort("day") before it, or group_by("day"), gives each day its own.
. "$(dirname "$0")/lib.bash"
python_packages polars==2.1.0
echo "Polars 2.1.0"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys

import polars as pl

rows = [(1, 8, 1), (1, 9, 2), (2, 8, 4), (2, 9, 8)]
frame = pl.DataFrame({
    "app": [app for app, _, _ in rows],
    "day": [datetime.date(2025, 3, day) for _, day, _ in rows],
    "n": [n for _, _, n in rows],
})
file = sys.argv[1] + "/loss.csv"
frame.write_csv(file)


def daily(frame, **how):
    return frame.group_by_dynamic("day", every="1d", **how).agg(pl.col("n").sum())


for ask in (
    lambda: daily(frame),
    lambda: daily(frame.lazy()).collect(engine="in-memory"),
    lambda: daily(frame.lazy()).collect(),
    lambda: daily(pl.scan_csv(file, try_parse_dates=True)).collect(),
    lambda: daily(frame.lazy().sort("day")).collect(),
    lambda: frame.lazy().group_by("day").agg(pl.col("n").sum()).collect().sort("day"),
    lambda: frame.lazy().rolling("day", period="1d").agg(pl.col("n").sum()).collect(),
):
    try:
        print(*(f"{day.day}: {n}" for day, n in ask().iter_rows()), sep=", ")
    except pl.exceptions.PolarsError as error:
        print("error, not sorted" if "not sorted" in str(error) else error)
PYTHON
python3 "$dir/ask.py" "$dir" >"$dir/seen" 2>&1
line() { sed -n "${1}p" "$dir/seen"; }
expect "DataFrame.group_by_dynamic, where day 8 has 1 + 4 and day 9 has 2 + 8" "$(line 1)" "error, not sorted"
expect "LazyFrame.group_by_dynamic, collect(engine=\"in-memory\")" "$(line 2)" "error, not sorted"
expect "LazyFrame.group_by_dynamic, collect()" "$(line 3)" "8: 1, 9: 14"
expect "scan_csv, the same" "$(line 4)" "8: 1, 9: 14"
expect "sorted, the same" "$(line 5)" "8: 5, 9: 10"
expect "LazyFrame.group_by" "$(line 6)" "8: 5, 9: 10"
expect "LazyFrame.rolling, collect()" "$(line 7)" "error, not sorted"
verdict
