#!/usr/bin/env bash
# Python's jq package returns the key 7301234567890123457 as the int 7301234567890123776, and writes it rightly as a text in the same answer: two keys that jq tells apart come back as the same int.
#
# Guess: since jq 1.7 keeps the digits of long numbers, a key is exact in every way, or the same double in every way.
# Seen: jq itself compares, groups and prints the exact number (tostring, @csv, tojson). The package reads each number of the answer as a double, and makes an int of it if it has no fraction. A group by key has two rows with the same key; looked up by
# it, each is another push's or none. text() writes the rounded number into JSON. input_value() takes an exact int and gives another one back, with the program `.`. No error, and no float that would be a warning. Keys up to 9007199254740992 are right.
. "$(dirname "$0")/lib.bash"
python_packages jq==1.13.0
echo "jq (PyPI) 1.13.0, $(python3 --version)"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import jq

rows = '[{"id": 7301234567890123457, "n": 5}, {"id": 7301234567890123458, "n": 7}]'
key = 7301234567890123457
answers = {
    "all": lambda: jq.compile(".[0].id").input_text(rows).first(),
    "text": lambda: jq.compile(".[0].id").input_text(rows).text(),
    "tostring": lambda: jq.compile(".[0].id | tostring").input_text(rows).first(),
    "csv": lambda: jq.compile(".[0] | [.id, .n] | @csv").input_text(rows).first(),
    "equal": lambda: jq.compile(".[0].id == .[1].id").input_text(rows).first(),
    "group": lambda: [(group["id"], group["n"]) for group in jq.compile("group_by(.id)[] | {id: .[0].id, n: map(.n) | add}").input_text(rows).all()],
    "same": lambda: jq.compile(".").input_value(key).first() - key,
    "type": lambda: type(jq.compile(".").input_value(key).first()).__name__,
    "small": lambda: jq.compile(".").input_value(9007199254740991).first(),
}
for question in sys.argv[1:]:
    print(answers[question]())
PYTHON
mapfile -t seen < <(python3 "$dir/ask.py" all text tostring csv equal group same type small 2>&1)
expect "the program .[0].id, of a key 7301234567890123457" "${seen[0]}" "7301234567890123776"
expect "the same as text()" "${seen[1]}" "7301234567890123776"
expect ".[0].id | tostring" "${seen[2]}" "7301234567890123457"
expect "[.id, .n] | @csv" "${seen[3]}" "7301234567890123457,5"
expect "is it equal to 7301234567890123458?" "${seen[4]}" "False"
expect "group_by(.id), with the losses 5 and 7" "${seen[5]}" "[(7301234567890123776, 5), (7301234567890123776, 7)]"
expect "an int in, by the program ., less the int out" "${seen[6]}, ${seen[7]}" "319, int"
expect "the key 9007199254740991" "${seen[8]}" "9007199254740991"
verdict
