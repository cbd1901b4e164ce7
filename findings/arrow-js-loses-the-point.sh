#!/usr/bin/env bash
# npm's apache-arrow reads the decimal 12.50 as 1250.
#
# Guess: a value of decimal(10, 2) is 12.5 as a number, or "12.50" as a text, as pyarrow and every driver have it.
# Seen: the value is the unscaled integer. String(), Number(), + and JSON give 1250, and -0.05 is -5, without an error. The scale is in the type only, and the value's own text does not use it. The columns of one table then differ:
# a scale of 2 gives a hundredfold, one of 1 tenfold. Besides, 3000000000 written into an Int32 is stored as -1294967296, which pyarrow refuses. valueOf(scale) gives 12.5.
. "$(dirname "$0")/lib.bash"
need node
node_package apache-arrow@21.2.0
python_packages pyarrow==26.0.1
echo "apache-arrow 21.2.0 (npm), pyarrow 26.0.1, node $(node --version)"

cat >"$dir/write.py" <<'PYTHON'
import sys
from decimal import Decimal

import pyarrow as pa

table = pa.table({
    "rate": pa.array([Decimal("12.50"), Decimal("-0.05")], pa.decimal128(10, 2)),
    "share": pa.array([Decimal("12.5"), Decimal("-0.1")], pa.decimal128(10, 1)),
})
with pa.OSFile(sys.argv[1], "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
    writer.write(table)
print(*(f"{row['rate']} {row['share']}" for row in table.to_pylist()), sep=", ")
PYTHON
cat >"$dir/ask.mjs" <<'JS'
import { readFileSync } from "node:fs";
import { Int32, tableFromIPC, vectorFromArray } from "apache-arrow";

const rows = tableFromIPC(readFileSync(process.argv[2])).toArray();
const answers = {
  text: () => rows.map(({ rate, share }) => `${rate} ${share}`),
  number: () => rows.map(({ rate, share }) => `${Number(rate)} ${Number(share)}`),
  scaled: () => rows.map(({ rate, share }) => `${rate.valueOf(2)} ${share.valueOf(1)}`),
  int32: () => [...vectorFromArray([3000000000], new Int32())],
};
console.log(answers[process.argv[3]]().join(", "));
JS
ask() { node "$dir/ask.mjs" "$dir/loss.arrow" "$1" 2>&1; }
expect "pyarrow writes a decimal(10, 2) and a decimal(10, 1)" "$(python3 "$dir/write.py" "$dir/loss.arrow" 2>&1)" "12.50 12.5, -0.05 -0.1"
expect "apache-arrow, as texts" "$(ask text)" "1250 125, -5 -1"
expect "as numbers" "$(ask number)" "1250 125, -5 -1"
expect "valueOf(scale)" "$(ask scaled)" "12.5 12.5, -0.05 -0.1"
expect "3000000000 in an Int32" "$(ask int32)" "-1294967296"
verdict
