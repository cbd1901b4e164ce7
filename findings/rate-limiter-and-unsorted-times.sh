#!/usr/bin/env bash
# golang.org/x/time/rate lets everything pass when times come out of order by 0.3 seconds.
#
# Guess: AllowN(t, 1) with a t before the latest one grants nothing more than the burst: the
# limiter remembers the latest time.
# Seen: a granted call sets the limiter's time back to t. The next later t earns the same
# interval again. A limit of 10 a second with a burst of 10 grants 1,000 of 1,000 calls whose times alternate
# between 1.0 s and 0.7 s: events read from a queue or a log are seldom better sorted.
. "$(dirname "$0")/lib.bash"
go_modules golang.org/x/time@v0.16.0
echo "golang.org/x/time 0.16.0"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/time/rate"
)

func main() {
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	limiter := rate.NewLimiter(10, 10)
	granted := 0
	for i := range 1000 {
		at := start.Add(time.Second)
		if i%2 == 1 && os.Args[1] == "unsorted" {
			at = at.Add(-300 * time.Millisecond)
		}
		if limiter.AllowN(at, 1) {
			granted++
		}
	}
	fmt.Println(granted)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
expect "1,000 calls, all at 1.0 s: granted" "$(./ask sorted)" "10"
expect "1,000 calls, by turns at 1.0 s and 0.7 s: granted" "$(./ask unsorted)" "1000"
verdict
