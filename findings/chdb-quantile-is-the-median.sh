#!/usr/bin/env bash
# In chDB's DataStore, which has the functions of pandas, every quantile by group of a file is the median: of the counts 1 to 11, the 10 % and the 90 % are both 6.
#
# Guess: the number that pandas gives, as it does for quantile() of the whole column, or an error for what is not there.
# Seen: for rows of a file it makes SQL of groupby(…).quantile(0.9), and leaves the argument out. std(ddof=0) is that of ddof=1, and sum(min_count=20) of 11 rows is 66 and not NaN, for the same reason. Built from a frame in memory,
# the quantile is right, so that a test with a few rows in the code passes. agg() with a function is right for both.
. "$(dirname "$0")/lib.bash"
python_packages chdb==4.4.0 pandas==3.1.1 pyarrow==26.0.1
echo "chDB 4.4.0, pandas $(python3 -c 'import pandas; print(pandas.__version__)')"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import chdb.datastore
import pandas

source, expression = sys.argv[1:]
path = sys.path[0] + "/rows.csv"
pandas.DataFrame({"platform": ["FCM", "APNs"] * 11, "n": [n for count in range(1, 12) for n in (count, 10 * count)]}).to_csv(path, index=False)
rows = {
    "pandas": lambda: pandas.read_csv(path),
    "file": lambda: chdb.datastore.read_csv(path),
    "memory": lambda: chdb.datastore.DataFrame(pandas.read_csv(path)),
}[source]()
answer = eval(expression, {"rows": rows, "groups": rows.groupby("platform")["n"]})
if source != "pandas" and hasattr(answer, "to_pandas"):
    answer = answer.to_pandas()
print(*(f"{value:.2f}" for value in (answer if hasattr(answer, "index") else [answer])))
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$@" 2>"$dir/ask.log" || tail -1 "$dir/ask.log"; }
for quantile in 0.1 0.9; do
    expect "chDB, a file, quantile($quantile) of APNs and FCM" "$(ask file "groups.quantile($quantile)")" "60.00 6.00"
done
expect "pandas, quantile(0.9)" "$(ask pandas 'groups.quantile(0.9)')" "100.00 10.00"
expect "chDB, a frame in memory, quantile(0.9)" "$(ask memory 'groups.quantile(0.9)')" "100.00 10.00"
expect "chDB, a file, agg(lambda …: quantile(0.9))" "$(ask file 'groups.agg(lambda values: values.quantile(0.9))')" "100.00 10.00"
expect "chDB, a file, quantile(0.9) of the whole column" "$(ask file 'rows["n"].quantile(0.9)')" "$(ask pandas 'rows["n"].quantile(0.9)')"
expect "chDB, a file, std(ddof=0)" "$(ask file 'groups.std(ddof=0)')" "33.17 3.32"
expect "pandas, std(ddof=0)" "$(ask pandas 'groups.std(ddof=0)')" "31.62 3.16"
expect "chDB, a file, sum(min_count=20) of 11 rows each" "$(ask file 'groups.sum(min_count=20)')" "660.00 66.00"
expect "pandas, sum(min_count=20)" "$(ask pandas 'groups.sum(min_count=20)')" "nan nan"
verdict
