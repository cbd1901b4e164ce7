#!/usr/bin/env bash
# parquet-go stores a time.Time as a DATE of the year 4105029 without an error, and reads the time 9999-12-31 of a good file as one of 1816.
#
# Guess: with the tag "date", which its documentation allows for time.Time, it stores the day in UTC. A time that fits into milliseconds comes back as it was.
# Seen: it stores the lower 32 bits of the nanoseconds since 1970 as a number of days, so every day is a random one, for DuckDB and for itself. *time.Time is no better. An int32
# with the number of days is right. timestamp(millisecond) is stored right, DuckDB reads 9999-12-31; parquet-go reads it through nanoseconds, which end in 2262: an end that is
# not reached yet is in the past. So is the zero time.Time, which comes back as a day of 1754, and IsZero() is false.
. "$(dirname "$0")/lib.bash"
go_modules github.com/parquet-go/parquet-go@v0.32.0
python_packages duckdb==2.0.1
echo "parquet-go 0.32.0, DuckDB 2.0.1"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/parquet-go/parquet-go"
)

type dates struct {
	Time    time.Time  `parquet:"time,date"`
	Pointer *time.Time `parquet:"pointer,date"`
	Days    int32      `parquet:"days,date"`
}

type times struct {
	Until time.Time `parquet:"until,timestamp(millisecond)"`
}

func show[T any](file string, rows []T) []T {
	if err := parquet.WriteFile(file, rows); err != nil {
		panic(err)
	}
	read, err := parquet.ReadFile[T](file)
	if err != nil {
		panic(err)
	}
	return read
}

func main() {
	day := time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC)
	row := show(os.Args[1]+"/dates.parquet", []dates{{day, &day, int32(day.Unix() / 86400)}})[0]
	fmt.Println(row.Time.Format(time.DateOnly), row.Pointer.Format(time.DateOnly), row.Days)
	for _, row := range show(os.Args[1]+"/times.parquet", []times{{day}, {time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}, {}}) {
		fmt.Print(row.Until.Format(time.DateOnly), " ", row.Until.IsZero(), ", ")
	}
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
./ask "$dir" >"$dir/seen" 2>&1
line() { sed -n "${1}p" "$dir/seen"; }
duck() { python3 -c 'import duckdb, sys; print(*(row[0] for row in duckdb.sql(sys.argv[1]).fetchall()), sep=", ")' "$1" 2>&1; }
expect "2025-03-10 as time.Time, *time.Time and int32: parquet-go reads" "$(line 1)" "4105029-07-05 4105029-07-05 20157"
expect "DuckDB reads" "$(duck "SELECT concat_ws(' ', \"time\", \"pointer\", days) FROM '$dir/dates.parquet'")" "4105029-07-05 4105029-07-05 2025-03-10"
expect "times 2025-03-10, 9999-12-31 and none: parquet-go reads, and IsZero()" "$(line 2)" "2025-03-10 false, 1816-03-29 false, 1754-08-30 false, "
expect "DuckDB reads" "$(duck "SELECT strftime(until AT TIME ZONE 'UTC', '%x') FROM '$dir/times.parquet'")" "2025-03-10, 9999-12-31, 0001-01-01"
verdict
