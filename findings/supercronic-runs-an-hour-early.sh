#!/usr/bin/env bash
# On the day whose clocks skip its time, supercronic in the Americas starts a daily job an hour early.
#
# Guess: a job of 02:30 in New York runs at 03:00 or 03:30 on that day, or not at all as with robfig/cron. Nothing runs before.
# Seen: its next run is 01:30, and midnight's in Santiago is 23:00 of the day before. A time that does not exist is 01:30 to time.Date west of UTC, and 03:30 east of it (Berlin).
. "$(dirname "$0")/lib.bash"
go_modules github.com/aptible/supercronic@v0.2.48
echo "supercronic 0.2.48, $(go version | cut -d' ' -f3)"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/aptible/supercronic/cronexpr"
)

func main() {
	zone, err := time.LoadLocation(os.Args[1])
	if err != nil {
		panic(err)
	}
	run, err := time.ParseInLocation("2006-01-02T15:04", os.Args[2], zone)
	if err != nil {
		panic(err)
	}
	fmt.Print(cronexpr.MustParse(os.Args[3]).Next(run).Format("01-02 15:04"))
}
GO
go_program ask
expect "the next run of 30 2 * * * after 2025-03-08 12:00 in New York" "$(./ask America/New_York 2025-03-08T12:00 '30 2 * * *')" "03-09 01:30"
expect "of 0 0 * * * after 2025-09-06 12:00 in Santiago" "$(./ask America/Santiago 2025-09-06T12:00 '0 0 * * *')" "09-06 23:00"
expect "of 30 2 * * * after 2025-03-29 12:00 in Berlin" "$(./ask Europe/Berlin 2025-03-29T12:00 '30 2 * * *')" "03-30 03:30"
verdict
