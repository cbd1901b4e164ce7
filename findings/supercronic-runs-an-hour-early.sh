#!/usr/bin/env bash
# On the day whose clocks skip its time, supercronic in the Americas starts a daily job an hour early, and then writes thousands of lines of log a second until the clocks change.
#
# Guess: a job of 02:30 in New York runs at 03:00 or 03:30 on that day, or not at all as with robfig/cron. Nothing runs before.
# Seen: it runs at 01:30. A time that does not exist is 01:30 to time.Date west of UTC, and 03:30 east of it (Berlin). From then on the next run is always that same 01:30, which is past: supercronic
# asks again at once, and warns each time that the job took too long. It wrote 6.8 GB in ten minutes, on one busy core, and SIGTERM does not end it. After the change it goes on with the next day.
. "$(dirname "$0")/lib.bash"
go_modules github.com/aptible/supercronic@v0.2.48
GOFLAGS='' GOBIN="$dir" go install github.com/aptible/supercronic@v0.2.48 >"$dir/go.log" 2>&1 || missing "supercronic (Go)"
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
	for range 3 {
		run = cronexpr.MustParse(os.Args[3]).Next(run)
		fmt.Print(run.Format("01-02 15:04 "))
	}
}
GO
go mod tidy >"$dir/go.log" 2>&1
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
expect "the next three runs of 30 2 * * * after 2025-03-08 12:00 in New York" "$(./ask America/New_York 2025-03-08T12:00 '30 2 * * *')" "03-09 01:30 03-09 01:30 03-09 01:30 "
expect "the same after 2025-03-09 01:59" "$(./ask America/New_York 2025-03-09T01:59 '30 2 * * *')" "03-09 01:30 03-09 01:30 03-09 01:30 "
expect "the same after 2025-03-09 03:01" "$(./ask America/New_York 2025-03-09T03:01 '30 2 * * *')" "03-10 02:30 03-11 02:30 03-12 02:30 "
expect "of 0 0 * * * after 2025-09-06 12:00 in Santiago" "$(./ask America/Santiago 2025-09-06T12:00 '0 0 * * *')" "09-06 23:00 09-06 23:00 09-06 23:00 "
expect "of 30 2 * * * after 2025-03-29 12:00 in Berlin" "$(./ask Europe/Berlin 2025-03-29T12:00 '30 2 * * *')" "03-30 03:30 03-31 02:30 04-01 02:30 "

# A zone west of UTC whose clocks go from 02:00 to 03:00 half an hour after the next full minute, so that this minute is 01:30.
cat >"$dir/zone.py" <<'PYTHON'
import struct
import sys

change = int(sys.argv[1])
offset = -((change - 2 * 3600) % 86400)
if offset > -7200:
    offset -= 86400
types = struct.pack(">iBB", offset, 0, 0) + struct.pack(">iBB", offset + 3600, 1, 4) + b"STD\0DST\0"
for form in "i", "q":
    sys.stdout.buffer.write(b"TZif2" + bytes(15) + struct.pack(">6I", 0, 0, 0, 1, 2, 8) + struct.pack(">" + form, change) + b"\1" + types)
sys.stdout.buffer.write(b"\n\n")
PYTHON
mkdir -p "$dir/zones/Finding"
minute=$((($(date +%s) + 5) / 60 * 60 + 60))
python3 "$dir/zone.py" $((minute + 1800)) >"$dir/zones/Finding/Gap"
printf 'CRON_TZ=Finding/Gap\n30 2 * * * true\n' >"$dir/crontab"
seconds=$((minute - $(date +%s) + 4))
ZONEINFO="$dir/zones" timeout --signal KILL "$seconds" "$dir/supercronic" "$dir/crontab" 2>&1 | head -c 20000000 >"$dir/log"
echo "  supercronic itself, in a zone whose clocks go from 02:00 to 03:00: $(grep -c 'took too long' "$dir/log") warnings in $(du -k "$dir/log" | cut -f1) kB, $(grep -m 1 'took too long' "$dir/log" | sed 's/.*msg=\("[^"]*\).*/\1"/')"
started=$(grep -m 1 'msg=starting' "$dir/log" | sed 's/^time="\([^"]*\)".*/\1/')
expect "at which time of the zone did the job of 02:30 start?" "$([ "$(date -d "$started" +%s)" = "$minute" ] && echo 01:30)" "01:30"
expect "more than a thousand warnings within four seconds?" "$([ "$(grep -c 'took too long' "$dir/log")" -gt 1000 ] && echo yes)" "yes"
verdict
