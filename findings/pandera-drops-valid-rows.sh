#!/usr/bin/env bash
# pandera's drop_invalid_rows drops valid rows too, if two rows have the same label in the index, as after pandas.concat.
#
# Guess: it drops the rows that fail a check, and no others.
# Seen: it drops by the label of the index. After concat each frame brings the labels 0, 1, …, so one invalid row takes with it the row of the same place in each other frame. With the day as the
# index, one invalid row takes the whole day. Nothing is reported. With ignore_index=True only the invalid row goes. Besides, coerce=True reads 12.9 into an int as 12, and the check sees 12.
. "$(dirname "$0")/lib.bash"
python_packages pandera==0.35.0 pandas==3.1.1
echo "pandera 0.35.0, pandas 3.1.1"

cat >"$dir/ask.py" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import pandas as pd
import pandera.pandas as pa

loss = pa.DataFrameSchema({"n": pa.Column(int, pa.Check.ge(0))}, drop_invalid_rows=True)
first = pd.DataFrame({"day": "2026-01-01", "code": ["a", "b"], "n": [1, -1]})
second = pd.DataFrame({"day": "2026-01-02", "code": ["c", "d"], "n": [3, 4]})
frames = {
    "concat": lambda: pd.concat([first, second]),
    "ignore_index": lambda: pd.concat([first, second], ignore_index=True),
    "day": lambda: pd.concat([first, second]).set_index("day"),
}
if sys.argv[1] == "coerce":
    schema = pa.DataFrameSchema({"n": pa.Column(int, pa.Check.isin([12]), coerce=True)})
    print(schema.validate(pd.DataFrame({"n": [12.9]})).n.tolist())
else:
    kept = loss.validate(frames[sys.argv[1]](), lazy=True)
    print(*(f"{code}={n}" for code, n in zip(kept.code, kept.n)))
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1 | tail -1; }
expect "a=1, b=-1 and c=3, d=4 by concat; n must be 0 or more" "$(ask concat)" "a=1 c=3"
expect "with ignore_index=True" "$(ask ignore_index)" "a=1 c=3 d=4"
expect "with the day as the index" "$(ask day)" "c=3 d=4"
expect "coerce=True: 12.9 into an int that must be 12" "$(ask coerce)" "[12]"
verdict
