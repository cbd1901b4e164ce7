#!/usr/bin/env bash
# petl finds every number of a CSV file above 5, and none below it.
#
# Guess: a text and a number cannot be compared: TypeError, as in Python and in petl.select with a function. Or petl reads the text as a number.
# Seen: the selectors wrap both sides so that a sort of mixed values does not fail: any number is below any text. selectgt(t, "n", 5) returns all rows, selectlt none, and selectge by a date
# returns all days. Sums fail, but counts of what is selected do not. Convert first: petl.convert(t, "n", int), which itself reads what it cannot convert, such as 1,234, as None.
. "$(dirname "$0")/lib.bash"
python_packages petl==1.7.30
echo "petl 1.7.30"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import pathlib
import sys

import petl

file = pathlib.Path(sys.argv[1]) / "loss.csv"
file.write_text('day,code,n\n2026-01-01,a,3\n2026-01-02,b,12\n2026-01-03,c,"1,234"\n')
loss = petl.fromcsv(file)
answers = {
    "gt": lambda: petl.selectgt(loss, "n", 5),
    "lt": lambda: petl.selectlt(loss, "n", 5),
    "range": lambda: petl.selectrangeopen(loss, "n", 0, 99999),
    "day": lambda: petl.selectge(loss, "day", datetime.date(2026, 1, 2)),
    "function": lambda: petl.select(loss, lambda row: row.n > 5),
    "convert": lambda: petl.selectgt(petl.convert(loss, "n", int), "n", 5),
}
try:
    print(" ".join(f"{code}={n}" for _, code, n in answers[sys.argv[2]]().data()) or "none")
except TypeError as error:
    print("TypeError:", error)
PYTHON
ask() { python3 "$dir/ask.py" "$dir" "$1" 2>&1; }
expect "selectgt(loss, 'n', 5) of 3, 12 and 1,234" "$(ask gt)" "a=3 b=12 c=1,234"
expect "selectlt(loss, 'n', 5)" "$(ask lt)" "none"
expect "selectrangeopen(loss, 'n', 0, 99999)" "$(ask range)" "none"
expect "selectge(loss, 'day', date(2026, 1, 2))" "$(ask day)" "a=3 b=12 c=1,234"
expect "select(loss, lambda row: row.n > 5)" "$(ask function)" "TypeError: '>' not supported between instances of 'str' and 'int'"
expect "convert to int, then selectgt" "$(ask convert)" "b=12"
verdict
