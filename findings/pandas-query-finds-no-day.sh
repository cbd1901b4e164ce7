#!/usr/bin/env bash
# In pandas 3, df.query("day == '2025-03-10'") finds no row, and `!=` finds all of them; `>=` and `<` are right.
#
# Guess: query() finds what df[df["day"] == "2025-03-10"] finds, as in pandas 2: both compare the day with the text read as a date.
# Seen: query() makes `in ['2025-03-10']` of an == with a text, and since pandas 3 isin() compares times with texts as they are. So == is never true and != always, without an error or a warning, in
# columns and in the index, also with @day for a text, while an ordering in the same condition is right. dask's query() does the same. A Timestamp by @ is right.
. "$(dirname "$0")/lib.bash"
python_packages pandas==3.1.1 'dask[dataframe]==2026.8.0'
pandas3=$PYTHONPATH
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target "$dir/pandas2" pandas==2.3.3 >"$dir/pip.log" 2>&1 || missing "pandas==2.3.3 (PyPI)"
echo "pandas 3.1.1 and 2.3.3, dask 2026.8.0"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import pandas

library, condition = sys.argv[1:]
facts = pandas.DataFrame({"day": pandas.to_datetime(["2025-03-09", "2025-03-10", "2025-03-11"]), "n": [5, 7, 9]})
text = "2025-03-10"
day = pandas.Timestamp(text)
if library == "dask":
    import dask.dataframe

    found = dask.dataframe.from_pandas(facts, npartitions=1).query(condition).compute()
elif library == "mask":
    found = facts[eval(condition, {"day": facts["day"]})]
else:
    found = facts.query(condition)
print(*found["n"] if len(found) else ["no row"])
PYTHON
ask() { PYTHONPATH="$1" python3 -W ignore "$dir/ask.py" "$2" "$3" 2>&1 | tail -1; }
expect "pandas 3, day == '2025-03-10'" "$(ask "$pandas3" query "day == '2025-03-10'")" "no row"
expect "pandas 3, day != '2025-03-10'" "$(ask "$pandas3" query "day != '2025-03-10'")" "5 7 9"
expect "pandas 3, day == @text" "$(ask "$pandas3" query "day == @text")" "no row"
expect "pandas 3, day in ['2025-03-10', '2025-03-11']" "$(ask "$pandas3" query "day in ['2025-03-10', '2025-03-11']")" "no row"
expect "dask, day == '2025-03-10'" "$(ask "$pandas3" dask "day == '2025-03-10'")" "no row"
expect "pandas 3, day >= '2025-03-10'" "$(ask "$pandas3" query "day >= '2025-03-10'")" "7 9"
expect "pandas 3, day == @day, a Timestamp" "$(ask "$pandas3" query "day == @day")" "7"
expect "pandas 3, the mask day == '2025-03-10'" "$(ask "$pandas3" mask "day == '2025-03-10'")" "7"
expect "pandas 2, day == '2025-03-10'" "$(ask "$dir/pandas2" query "day == '2025-03-10'")" "7"
expect "pandas 2, day in ['2025-03-10', '2025-03-11']" "$(ask "$dir/pandas2" query "day in ['2025-03-10', '2025-03-11']")" "7 9"
verdict
