#!/usr/bin/env bash
# reugn/go-quartz runs a job of 29 February on 1 March in three years of four, one of 31 April on 1 May, and one of midnight on the 1st at 23:00 of the last day of the month before, where the clocks skip that midnight.
#
# Guess: as in Quartz, a month without the day has no run, and each run is on a day that the expression names, also when clocks change.
# Seen: with one month, the day is counted on beyond its end; with several, that happens in some years (`29 2,3`: in 2025, not in 2026); with `*`, such a month has no run. A skipped midnight goes through Go's time.Date, which is an hour earlier west of Greenwich and an hour later east of it: in
# Santiago a job of Sundays runs on Saturday, and a daily one twice on that day and not on the next. What the job takes for yesterday or last month is another one. No error.
. "$(dirname "$0")/lib.bash"
go_modules github.com/reugn/go-quartz@v0.15.2
echo "go-quartz 0.15.2, $(go version | cut -d' ' -f3)"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"github.com/reugn/go-quartz/quartz"
)

// It prints the first runs of an expression in a zone, after a time.
func main() {
	zone, err := time.LoadLocation(os.Args[2])
	check(err)
	from, err := time.ParseInLocation("2006-01-02", os.Args[3], zone)
	check(err)
	trigger, err := quartz.NewCronTriggerWithLoc(os.Args[1], zone)
	check(err)
	at := from.UnixNano()
	for range 4 {
		at, err = trigger.NextFireTime(at)
		check(err)
		fmt.Print(time.Unix(0, at).In(zone).Format("Mon 2006-01-02 15:04, "))
	}
	fmt.Println()
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
GO
go_program ask
ask() { ./ask "$@" 2>&1 | sed 's/, $//'; }
expect "0 0 3 29 2 ?, from 2025" "$(ask '0 0 3 29 2 ?' UTC 2025-01-01)" "Sat 2025-03-01 03:00, Sun 2026-03-01 03:00, Mon 2027-03-01 03:00, Tue 2028-02-29 03:00"
expect "0 0 3 31 4 ?" "$(ask '0 0 3 31 4 ?' UTC 2025-01-01)" "Thu 2025-05-01 03:00, Fri 2026-05-01 03:00, Sat 2027-05-01 03:00, Mon 2028-05-01 03:00"
expect "0 0 3 29 2,3 ?" "$(ask '0 0 3 29 2,3 ?' UTC 2025-01-01)" "Sat 2025-03-01 03:00, Sat 2025-03-29 03:00, Sun 2026-03-29 03:00, Mon 2027-03-29 03:00"
expect "0 0 3 31 3,6 ?" "$(ask '0 0 3 31 3,6 ?' UTC 2025-01-01)" "Mon 2025-03-31 03:00, Tue 2026-03-31 03:00, Wed 2027-03-31 03:00, Fri 2028-03-31 03:00"
expect "0 0 3 31 * ?" "$(ask '0 0 3 31 * ?' UTC 2025-01-01)" "Fri 2025-01-31 03:00, Mon 2025-03-31 03:00, Sat 2025-05-31 03:00, Thu 2025-07-31 03:00"
expect "0 0 0 * * ? in Santiago, whose clocks skip midnight of Sunday 2025-09-07" "$(ask '0 0 0 * * ?' America/Santiago 2025-09-05)" "Sat 2025-09-06 00:00, Sat 2025-09-06 23:00, Mon 2025-09-08 00:00, Tue 2025-09-09 00:00"
expect "0 0 0 ? * SUN there" "$(ask '0 0 0 ? * SUN' America/Santiago 2025-09-01)" "Sat 2025-09-06 23:00, Sun 2025-09-14 00:00, Sun 2025-09-21 00:00, Sun 2025-09-28 00:00"
expect "0 0 0 1 * ? in Asunción in 2023, whose clocks skipped midnight of 1 October" "$(ask '0 0 0 1 * ?' America/Asuncion 2023-09-15)" "Sat 2023-09-30 23:00, Wed 2023-11-01 00:00, Fri 2023-12-01 00:00, Mon 2024-01-01 00:00"
expect "0 0 0 * * ? in Cairo, whose clocks skip midnight of 2025-04-25" "$(ask '0 0 0 * * ?' Africa/Cairo 2025-04-23)" "Thu 2025-04-24 00:00, Fri 2025-04-25 01:00, Sat 2025-04-26 00:00, Sun 2025-04-27 00:00"
verdict
