#!/usr/bin/env bash
# In dask, the last() of a group is a row from the middle of the month, if a month has a file per day; first() too.
#
# Guess: the first and the last row in the order of the partitions, as pandas finds them, since the partitions of a frame have an order and dask's drop_duplicates keeps to it.
# Seen: of 31 files with the counts 1 to 31, last() is 10 and first() 21, without an error or a warning: dask joins more than some 16 partitions in steps, and puts the results of a step in another order. With
# split_out, 4 partitions are enough. sum(), min() and max() are right, and drop_duplicates(keep="last") is.
. "$(dirname "$0")/lib.bash"
python_packages 'dask[dataframe]==2026.8.0' pandas==3.1.1
echo "dask 2026.8.0, pandas 3.1.1"

mkdir "$dir/days"
for day in $(seq -w 1 31); do printf 'day,code,n\n2025-03-%s,a,%d\n' "$day" "$((10#$day))" >"$dir/days/$day.csv"; done
cat >"$dir/ask.py" <<'PYTHON'
import glob
import sys

import dask.dataframe
import pandas

library, files, expression = sys.argv[1:]
files = sorted(glob.glob(files))
if library == "dask":
    facts = dask.dataframe.read_csv(files)
    answer = eval(expression).compute()
else:
    facts = pandas.concat(map(pandas.read_csv, files))
    answer = eval(expression)
print(len(files), "files:", *answer)
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$1" "$dir/days/$2" "$3" 2>&1 | tail -1; }
expect "last()" "$(ask dask '*.csv' 'facts.groupby("code").n.last()')" "31 files: 10"
expect "first()" "$(ask dask '*.csv' 'facts.groupby("code").n.first()')" "31 files: 21"
expect 'agg({"n": "last"})' "$(ask dask '*.csv' 'facts.groupby("code").agg({"n": "last"}).n')" "31 files: 10"
expect "last() of 9 files" "$(ask dask '0*.csv' 'facts.groupby("code").n.last()')" "9 files: 9"
expect "last(split_out=2) of 9 files" "$(ask dask '0*.csv' 'facts.groupby("code").n.last(split_out=2)')" "9 files: 4"
expect 'drop_duplicates("code", keep="last")' "$(ask dask '*.csv' 'facts.drop_duplicates("code", keep="last").n')" "31 files: 31"
expect "last(), in pandas" "$(ask pandas '*.csv' 'facts.groupby("code").n.last()')" "31 files: 31"
verdict
