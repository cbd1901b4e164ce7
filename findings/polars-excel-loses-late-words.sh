#!/usr/bin/env bash
# Polars reads a word in a workbook as NULL, if the column has only numbers in the 100 rows above it.
#
# Guess: an error, as polars.read_csv raises for such a file, or a column of texts, as pandas has it.
# Seen: the first 100 rows decide the type of a column. A later word is NULL without an error or a warning, and a later text 0410 is 410. In a workbook with
# only that column the row is missing altogether, as an empty one. engine="openpyxl" and infer_schema_length=None look at all rows.
. "$(dirname "$0")/lib.bash"
python_packages polars==2.1.0 fastexcel==0.21.0 xlsxwriter==3.3.1 openpyxl==3.1.5
echo "Polars 2.1.0, fastexcel 0.21.0"

cat >"$dir/ask.py" <<'PYTHON'
import sys

import polars
import xlsxwriter

how, numbers, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
codes = ["err_code"] + [410] * numbers + ["BadDeviceToken", "0410"]
counts = ["err_count"] + [1] * numbers + [5, 7]
try:
    if how == "csv":
        frame = polars.read_csv("\n".join(f"{code},{count}" for code, count in zip(codes, counts)).encode())
    else:
        with xlsxwriter.Workbook(path) as workbook:
            sheet = workbook.add_worksheet()
            sheet.write_column(0, 0, codes)
            if how != "one column":
                sheet.write_column(0, 1, counts)
        frame = polars.read_excel(path, **{"openpyxl": {"engine": "openpyxl"}, "all rows": {"infer_schema_length": None}}.get(how, {}))
    print(f"{frame.height} rows, {frame['err_code'].tail(2).to_list()}")
except Exception as error:
    print(type(error).__name__)
PYTHON
ask() { python3 "$dir/ask.py" "$1" "$2" "$dir/codes.xlsx" 2>&1; }
expect "read_excel, 99 numbers above BadDeviceToken and 0410" "$(ask excel 99)" "101 rows, ['BadDeviceToken', '0410']"
expect "read_excel, 100 numbers above them" "$(ask excel 100)" "102 rows, [None, 410]"
expect "the same, no other column" "$(ask "one column" 100)" "101 rows, [410, 410]"
expect "the same, engine openpyxl" "$(ask openpyxl 100)" "102 rows, ['BadDeviceToken', '0410']"
expect "the same, infer_schema_length=None" "$(ask "all rows" 100)" "102 rows, ['BadDeviceToken', '0410']"
expect "the same as CSV, read_csv" "$(ask csv 100)" "ComputeError"
verdict
