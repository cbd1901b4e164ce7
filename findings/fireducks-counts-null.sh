#!/usr/bin/env bash
# FireDucks, which replaces pandas by another import, counts NULL as a value in nunique(), and merge() leaves out the rows whose key is NULL.
#
# Guess: the answers of pandas, which leaves NULL out of nunique() and lets NULL meet NULL in a merge; that is what it is made for.
# Seen: nunique() of a column and of a frame is one more, of numbers too; in a groupby it is right. merge() and join() follow SQL: the row of the whole app, whose task is NULL, finds no label, and an inner join loses it, also if the
# task is one of two keys. Nothing is said. groupby(dropna=False), value_counts(dropna=False) and drop_duplicates() are right.
. "$(dirname "$0")/lib.bash"
python_packages fireducks==1.4.4 pandas==2.3.3
echo "FireDucks 1.4.4, pandas 2.3.3"

cat >"$dir/ask.py" <<'PYTHON'
import io
import sys

if sys.argv[1] == "pandas":
    import pandas
else:
    import fireducks.pandas as pandas
file = "day,task,n\n2025-03-10,,5\n2025-03-10,spring,3\n2025-03-11,,4\n2025-03-11,spring,\n2025-03-12,summer,7\n"
loss = pandas.read_csv(io.StringIO(file))
names = pandas.DataFrame({"task": [None, "spring", "summer"], "label": ["whole app", "Spring", "Summer"]})
days = pandas.read_csv(io.StringIO(file)).rename(columns={"n": "m"})
answer = eval(sys.argv[2])
print(answer if isinstance(answer, (int, str)) else " ".join(str(value) for value in answer))
PYTHON
both() {
    expect "$1, FireDucks" "$(python3 -W ignore "$dir/ask.py" fireducks "$2" 2>&1 | tail -1)" "$3"
    expect "$1, pandas" "$(python3 -W ignore "$dir/ask.py" pandas "$2" 2>&1 | tail -1)" "$4"
}
both "nunique() of the tasks NULL, spring, NULL, spring and summer" 'int(loss["task"].nunique())' "3" "2"
both "nunique() of the counts 5, 3, 4, NULL and 7" 'int(loss["n"].nunique())' "5" "4"
both "merge() with the labels of NULL, spring and summer: the sum of n" 'int(loss.merge(names, on="task")["n"].sum())' "10" "19"
both "merge() with itself by day and task: rows" 'len(loss.merge(days, on=["day", "task"]))' "3" "5"
both "merge(how=\"left\"): rows with a label" 'int(loss.merge(names, on="task", how="left")["label"].count())' "3" "5"
both "groupby(\"day\"), nunique()" 'loss.groupby("day")["task"].nunique().tolist()' "1 1 1" "1 1 1"
both "groupby(\"task\", dropna=False), sum()" 'int(loss.groupby("task", dropna=False)["n"].sum().sum())' "19" "19"
verdict
