#!/usr/bin/env bash
# In Modin, groupby(…).ffill() gives rows the figures of other rows, if a row has no group.
#
# Guess: the same as in pandas, which Modin is a replacement for: each row gets the last figure of its own group, in the order of the frame.
# Seen: as soon as one row has None as its group, the answers come in the order of the groups, but with the labels of the frame: the row of the code a with 2 has 1, which is b's, and the missing figure of b becomes a's 5. There is no error.
# Without such a row, and with sum(), cumsum() and shift(), Modin's answers are those of pandas.
. "$(dirname "$0")/lib.bash"
python_packages modin==0.37.1 pandas==2.3.3
echo "Modin 0.37.1, pandas 2.3.3"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

os.environ["MODIN_ENGINE"] = "python"
library, codes, method = sys.argv[1:]
if library == "modin":
    import modin.pandas as pandas
else:
    import pandas

codes = [None if code == "none" else code for code in codes.split()]
facts = pandas.DataFrame({"code": codes, "n": [1, 2, None, None, 5, 6][: len(codes)]})
facts["filled"] = getattr(facts.groupby("code").n, method)()
print(*(f"{code}={n:g}" for code, n in zip(facts["code"], facts["filled"])))
PYTHON
ask() { python3 -W ignore "$dir/ask.py" "$@" 2>"$dir/ask.log" || tail -1 "$dir/ask.log"; }
expect "Modin, ffill() of b=1 a=2 none= b= a=5 b=6" "$(ask modin "b a none b a b" ffill)" "b=1 a=1 None=nan b=5 a=2 b=6"
expect "pandas, the same" "$(ask pandas "b a none b a b" ffill)" "b=1 a=2 None=nan b=1 a=5 b=6"
expect "Modin, bfill()" "$(ask modin "b a none b a b" bfill)" "b=6 a=1 None=nan b=5 a=2 b=6"
expect "pandas, bfill()" "$(ask pandas "b a none b a b" bfill)" "b=1 a=2 None=nan b=6 a=5 b=6"
for method in cumsum shift; do
    expect "does Modin's $method() have the answer of pandas?" "$([ "$(ask modin "b a none b a b" "$method")" = "$(ask pandas "b a none b a b" "$method")" ] && echo yes)" "yes"
done
expect "Modin, ffill() of b=1 a=2 c= b= a=5 b=6" "$(ask modin "b a c b a b" ffill)" "b=1 a=2 c=nan b=1 a=5 b=6"
verdict
