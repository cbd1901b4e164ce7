#!/usr/bin/env bash
# datacompy compares long keys, sums and decimals as floats: two frames whose key of a task differs by 500, or whose rate is 0.1 and 0.10000000000000001, match, with "Default Absolute Tolerance: 0" in the report and no unequal value.
#
# Guess: with a tolerance of 0, which is the default, frames match only if each value is the same. So it is in pandas' equals(), and in diffly.
# Seen: numbers go through a comparison with a tolerance, in which one side becomes a float of 53 bits: beyond 2^53, neighbours are the same number, in pandas and in Polars, also for decimals. The report says that no value is unequal. As a key of the join, the same
# values are different ones.
. "$(dirname "$0")/lib.bash"
python_packages datacompy==1.1.0 pandas==3.0.6 polars==1.33.1 diffly==1.6.0
echo "datacompy 1.1.0, pandas 3.0.6, Polars 1.33.1, diffly 1.6.0"

cat >"$dir/ask.py" <<'PYTHON'
import sys
from decimal import Decimal

import datacompy
import diffly
import pandas as pd
import polars as pl

tasks = {"task": [7301234567890123457, 2]}
pairs = {
    "one": (tasks, {"task": [7301234567890123458, 2]}),
    "500": (tasks, {"task": [7301234567890123957, 2]}),
    "1000": (tasks, {"task": [7301234567890124457, 2]}),
    "decimal": ({"rate": [Decimal("0.1")]}, {"rate": [Decimal("0.10000000000000001")]}),
    "sum": ({"n": [Decimal("9007199254740993")]}, {"n": [Decimal("9007199254740992")]}),
    "same": (tasks, tasks),
}


def ask(name):
    left, right = ({"code": [str(i) for i in range(len(next(iter(values.values()))))]} | values for values in pairs[name])
    report = datacompy.PandasCompare(pd.DataFrame(left), pd.DataFrame(right), join_columns="code")
    yield "pandas", report.matches()
    yield "Polars", datacompy.PolarsCompare(pl.DataFrame(left), pl.DataFrame(right), join_columns="code").matches()
    yield "equals", pd.DataFrame(left).equals(pd.DataFrame(right))
    yield "diffly", diffly.compare_frames(pl.DataFrame(left), pl.DataFrame(right), primary_key="code").equal()
    if name == "500":
        yield from (line.split(": ") for line in report.report().splitlines() if line.startswith(("Default Absolute", "Total number")))


def key(kind, compare):
    left, right = (kind({"task": [number], "n": [5]}) for number in (7301234567890123457, 7301234567890123458))
    return len(compare(left, right, join_columns="task").intersect_rows)


for name in sys.argv[1:]:
    print(", ".join(f"{what} {value}" for what, value in ask(name)))
print(f"pandas {key(pd.DataFrame, datacompy.PandasCompare)}, Polars {key(pl.DataFrame, datacompy.PolarsCompare)}")
PYTHON
names=(one 500 1000 decimal sum same)
texts=(
    "the task 7301234567890123457 and the one after it: do the frames match, by datacompy, by pandas' equals, by diffly"
    "a task that is 500 more, and lines of the report"
    "a task that is 1000 more"
    "the decimals 0.1 and 0.10000000000000001"
    "the decimals 9007199254740993 and 9007199254740992"
    "the same frame twice"
    "the task and the one after it as keys of the join: rows in common"
)
described=(
    "pandas True, Polars True, equals False, diffly False"
    "pandas True, Polars True, equals False, diffly False, Default Absolute Tolerance 0, Total number of values which compare unequal 0"
    "pandas False, Polars False, equals False, diffly False"
    "pandas True, Polars True, equals False, diffly False"
    "pandas True, Polars True, equals False, diffly False"
    "pandas True, Polars True, equals True, diffly True"
    "pandas 0, Polars 0"
)
mapfile -t answers < <(python3 -W ignore "$dir/ask.py" "${names[@]}" 2>&1)
for i in "${!texts[@]}"; do expect "${texts[i]}" "${answers[i]:-nothing}" "${described[i]}"; done
verdict
