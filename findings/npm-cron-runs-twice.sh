#!/usr/bin/env bash
# When the clocks go back, npm's cron runs a daily job of 03:00 at 02:00, and again at 03:00.
#
# Guess: one run at 03:00, as that hour exists once. Only a job inside the repeated hour, 02:00 to 02:59 in Berlin, may run twice or not.
# Seen: the repeated hour itself runs once, and the hour after it twice: 03:00 to 03:59 in Berlin, 02:00 to 02:59 in New York and London. The first of the two runs is at a time that the
# schedule does not name. cron takes an hour off a time that follows a repeated hour, and finds
# the repeated hour one too far ahead. In Lord Howe, whose clocks move by 30 minutes, an hourly job runs at 01:00, 01:30, 02:30 and 03:00. cron-parser and croner run the daily job once, as
# cron does in the zone UTC.
. "$(dirname "$0")/lib.bash"
need node
node_package cron@4.4.0
node_package cron-parser@5.10.5
echo "cron 4.4.0, cron-parser 5.10.5, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import { CronTime } from "cron";
import { CronExpressionParser } from "cron-parser";
import { DateTime } from "luxon";

const [library, schedule, zone, from, runs] = process.argv.slice(2);
let time = DateTime.fromISO(from, { zone });
const next = {
  cron: (crontab) => () => crontab.getNextDateFrom(time, zone).toJSDate(),
  parser: (crontab) => () => crontab.next().toDate(),
}[library](library === "cron" ? new CronTime(schedule, zone) : CronExpressionParser.parse(schedule, { tz: zone, currentDate: time.toJSDate() }));
const seen = [];
for (let run = 0; run < Number(runs); run++) {
  time = DateTime.fromJSDate(next(), { zone });
  seen.push(time.toFormat("LL-dd HH:mmZ"));
}
console.log(seen.join(", "));
JS
ask() { node "$dir/ask.mjs" "$@" 2>&1; }
expect "daily at 03:00, Berlin 2025 (clocks change on 10-26)" "$(ask cron '0 3 * * *' Europe/Berlin 2025-10-25T03:00 3)" "10-26 02:00+1, 10-26 03:00+1, 10-27 03:00+1"
expect "daily at 02:30, Berlin" "$(ask cron '30 2 * * *' Europe/Berlin 2025-10-25T02:30 3)" "10-26 02:30+2, 10-27 02:30+1, 10-28 02:30+1"
expect "Sundays at 03:00, Berlin" "$(ask cron '0 3 * * 0' Europe/Berlin 2025-10-19T03:00 3)" "10-26 02:00+1, 10-26 03:00+1, 11-02 03:00+1"
expect "daily at 02:30, New York (11-02)" "$(ask cron '30 2 * * *' America/New_York 2025-11-01T02:30 3)" "11-02 01:30-5, 11-02 02:30-5, 11-03 02:30-5"
expect "daily at 02:00, London (10-26)" "$(ask cron '0 2 * * *' Europe/London 2025-10-25T02:00 3)" "10-26 01:00+0, 10-26 02:00+0, 10-27 02:00+0"
expect "hourly, Lord Howe (10-05)" "$(ask cron '0 * * * *' Australia/Lord_Howe 2025-10-05T00:00 4)" "10-05 01:00+10:30, 10-05 01:30+10:30, 10-05 02:30+11, 10-05 03:00+11"
expect "cron-parser: daily at 03:00, Berlin" "$(ask parser '0 3 * * *' Europe/Berlin 2025-10-25T03:00 3)" "10-26 03:00+1, 10-27 03:00+1, 10-28 03:00+1"
expect "daily at 03:00, UTC" "$(ask cron '0 3 * * *' UTC 2025-10-25T03:00 3)" "10-26 03:00+0, 10-27 03:00+0, 10-28 03:00+0"
verdict
