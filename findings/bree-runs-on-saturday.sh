#!/usr/bin/env bash
# npm's Bree runs a job of `0 0 * * 7` on Saturdays; Go's hashicorp/cronexpr runs one of `0 0 * * 5-7` on Fridays and Saturdays only, and so does Bree.
#
# Guess: 7 is Sunday, as 0 is: so says crontab(5), Bree's check of the pattern accepts a 7, and cronexpr runs `0 0 * * 7` on Sundays. A day of the month and a day of the week mean either,
# so `0 0 13 * 5` runs on each Friday and on each 13th.
# Seen: in Bree's @breejs/later 0 is Sunday, and 6 and 7 are Saturday. cronexpr knows 7 by itself, but loses it at the end of a range. In Bree `0 0 13 * 5` needs both: four runs in two years. There is no error.
. "$(dirname "$0")/lib.bash"
need node
node_package bree@9.2.9
node_package croner@11.0.1
go_modules github.com/hashicorp/cronexpr@v1.1.3
echo "Bree 9.2.9 with @breejs/later $(node -p "require('$dir/node_modules/@breejs/later/package.json').version"), croner 11.0.1, node $(node --version), hashicorp/cronexpr 1.1.3"

cat >"$dir/ask.cjs" <<'JS'
const Bree = require("bree");
const later = require("@breejs/later");
const { Cron } = require("croner");

const [library, cron] = process.argv.slice(2);
const start = new Date("2025-01-01T12:00:00Z");
async function bree() {
  const bree = new Bree({ root: false, logger: false, timezone: "UTC", jobs: [{ name: "daily", path: () => {}, cron }] });
  await bree.init();
  return later.schedule(bree.config.jobs[0].interval).next(4, start);
}
const croner = async () => new Cron(cron, { timezone: "UTC", paused: true }).nextRuns(4, start);
(library === "bree" ? bree : croner)().then((runs) => {
  console.log(...runs.map((run) => run.toUTCString().slice(0, 3) + " " + run.toISOString().slice(0, 10)));
  process.exit();
});
JS
cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/cronexpr"
)

func main() {
	runs := cronexpr.MustParse(os.Args[1]).NextN(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC), 4)
	for i, run := range runs {
		fmt.Print([]string{"", " "}[min(i, 1)], run.Format("Mon 2006-01-02"))
	}
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
ask() { (cd "$dir" && TZ=UTC node ask.cjs "$@" 2>&1); }
expect "Bree, 0 0 * * 7" "$(ask bree '0 0 * * 7')" "Sat 2025-01-04 Sat 2025-01-11 Sat 2025-01-18 Sat 2025-01-25"
expect "Bree, 0 0 * * 5-7" "$(ask bree '0 0 * * 5-7')" "Fri 2025-01-03 Sat 2025-01-04 Fri 2025-01-10 Sat 2025-01-11"
expect "cronexpr, 0 0 * * 5-7" "$(./ask '0 0 * * 5-7')" "Fri 2025-01-03 Sat 2025-01-04 Fri 2025-01-10 Sat 2025-01-11"
expect "croner, 0 0 * * 5-7" "$(ask croner '0 0 * * 5-7')" "Fri 2025-01-03 Sat 2025-01-04 Sun 2025-01-05 Fri 2025-01-10"
expect "cronexpr, 0 0 * * 7" "$(./ask '0 0 * * 7')" "Sun 2025-01-05 Sun 2025-01-12 Sun 2025-01-19 Sun 2025-01-26"
expect "croner, 0 0 * * 7" "$(ask croner '0 0 * * 7')" "Sun 2025-01-05 Sun 2025-01-12 Sun 2025-01-19 Sun 2025-01-26"
expect "Bree, 0 0 13 * 5" "$(ask bree '0 0 13 * 5')" "Fri 2025-06-13 Fri 2026-02-13 Fri 2026-03-13 Fri 2026-11-13"
expect "cronexpr, 0 0 13 * 5" "$(./ask '0 0 13 * 5')" "Fri 2025-01-03 Fri 2025-01-10 Mon 2025-01-13 Fri 2025-01-17"
verdict
