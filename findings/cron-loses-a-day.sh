#!/usr/bin/env bash
# robfig/cron skips the whole day when clocks leave out the hour of a daily job.
#
# Guess: "0 3 * * *" in Helsinki, where clocks go from 03:00 to 04:00 on one Sunday in March, runs at 04:00
# that day, as Vixie cron does. "*/90" minutes is an error, or every 90 minutes.
# Seen: there is no run on that Sunday: 47 hours pass. A weekly job on Sundays skips its week. "*/90" runs hourly.
. "$(dirname "$0")/lib.bash"
go_modules github.com/robfig/cron/v3@v3.0.1
echo "robfig/cron 3.0.1"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"github.com/robfig/cron/v3"
)

func main() {
	after, _ := time.Parse(time.RFC3339, os.Args[2])
	schedule, err := cron.ParseStandard(os.Args[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	first := schedule.Next(after)
	fmt.Println(first.UTC().Format("2006-01-02 15:04"), "and", schedule.Next(first).UTC().Format("2006-01-02 15:04"), "UTC")
}
GO
go_program next
expect "daily at 03:00 in Helsinki, after Saturday's run" "$(./next 'CRON_TZ=Europe/Helsinki 0 3 * * *' 2025-03-29T12:00:00Z)" \
    "2025-03-31 00:00 and 2025-04-01 00:00 UTC"
expect "Sundays at 03:00 in Helsinki, after the Sunday before" "$(./next 'CRON_TZ=Europe/Helsinki 0 3 * * 0' 2025-03-24T12:00:00Z)" \
    "2025-04-06 00:00 and 2025-04-13 00:00 UTC"
expect "*/90 minutes" "$(./next '*/90 * * * *' 2025-03-24T12:00:00Z)" "2025-03-24 13:00 and 2025-03-24 14:00 UTC"
verdict
