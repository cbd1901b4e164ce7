#!/usr/bin/env bash
# robfig/cron takes "*-5" in a field for "*", and "+5" for 5.
#
# Guess: both are refused, as "5-" and "x" are.
# Seen: it ignores what follows the hyphen after a star, without an error, so that "*-5" in the
# hours runs all day. It accepts a sign before a number, since strconv.ParseInt does.
. "$(dirname "$0")/lib.bash"
go_modules github.com/robfig/cron/v3@v3.0.1
echo "robfig/cron 3.0.1"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

func main() {
	for _, spec := range []string{"0 5- * * *", "0 *-5 * * *", "0 +5 * * *"} {
		schedule, err := cron.ParseStandard(spec)
		if err != nil {
			fmt.Printf("%s is refused\n", spec)
			continue
		}
		runs := 0
		day := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
		for at := schedule.Next(day.Add(-time.Second)); at.Before(day.AddDate(0, 0, 1)); at = schedule.Next(at) {
			runs++
		}
		fmt.Printf("%s runs %d times a day\n", spec, runs)
	}
}
GO
go_program app
./app >"$dir/said"
expect "a range without an end" "$(sed -n 1p "$dir/said")" "0 5- * * * is refused"
expect "a star as the begin of a range" "$(sed -n 2p "$dir/said")" "0 *-5 * * * runs 24 times a day"
expect "a sign" "$(sed -n 3p "$dir/said")" "0 +5 * * * runs 1 times a day"
verdict
