#!/usr/bin/env bash
# excelize gives the first day of each month another format than the rest: 1 March is Mar-25, without its day, and 2 March is 03-02-25.
#
# Guess: one format for all days, so that a column of days looks alike, and GetRows returns texts of one form.
# Seen: SetCellValue gives a time on the first of a month the format mmm-yy, with an hour too, and any other one mm-dd-yy or m/d/yy hh:mm. GetRows returns what the format shows, so an export to CSV has
# twelve days a year of which the day is lost. The cell itself has the whole day: RawCellValue gives its number, and openpyxl the day. A style with a format of days, or to_char in the query, shows all alike.
. "$(dirname "$0")/lib.bash"
go_modules github.com/xuri/excelize/v2@v2.11.1
python_packages openpyxl==3.1.5
echo "excelize 2.11.1, openpyxl 3.1.5"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/xuri/excelize/v2"
)

func main() {
	file := excelize.NewFile()
	values := []any{day(28, 0), day(29, 0), day(28, 9), day(29, 9)}
	if err := file.SetSheetRow("Sheet1", "A1", &values); err != nil {
		panic(err)
	}
	if err := file.SaveAs(os.Args[1]); err != nil {
		panic(err)
	}
	stored, err := excelize.OpenFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	for _, raw := range []bool{false, true} {
		rows, err := stored.GetRows("Sheet1", excelize.Options{RawCellValue: raw})
		if err != nil {
			panic(err)
		}
		for _, cell := range rows[0] {
			fmt.Println(cell)
		}
	}
}

// day makes a time n days after 2025-02-01.
func day(n, hour int) time.Time { return time.Date(2025, 2, 1+n, hour, 0, 0, 0, time.UTC) }
GO
go_program ask
./ask "$dir/loss.xlsx" >"$dir/seen" 2>&1
line() { sed -n "${1}p" "$dir/seen"; }
expect "2025-03-01" "$(line 1)" "Mar-25"
expect "2025-03-02" "$(line 2)" "03-02-25"
expect "2025-03-01 at 09:00" "$(line 3)" "Mar-25"
expect "2025-03-02 at 09:00" "$(line 4)" "3/2/25 09:00"
expect "2025-03-01, raw" "$(line 5)" "45717"
expect "2025-03-01, by openpyxl" \
    "$(python3 -c 'import openpyxl, sys; print(openpyxl.load_workbook(sys.argv[1]).active.cell(1, 1).value)' "$dir/loss.xlsx" 2>&1)" "2025-03-01 00:00:00"
verdict
