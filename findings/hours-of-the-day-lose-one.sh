#!/usr/bin/env bash
# Python's arrow and npm's date-fns leave the repeated hour out of their list of hours when the clocks go back; arrow has an hour in two days where they skip midnight.
#
# Guess: the spans of span_range, and the hours of eachHourOfInterval, follow each other without a gap, so each row is in one of them. range by day has each day at the same wall-clock time, or at the next one that exists, and ends with the last day.
# Seen: in Berlin 2025-10-26 the hours go from 02:00+02:00 to 03:00+01:00; rows of 02:00+01:00 to 02:59+01:00 are in no span, and date-fns has 24 hours of 25. In Cairo the day before the change ends at 01:59 of the day of the change, so the rows of
# that hour count twice, and the list ends a day early. After a time that does not exist, range keeps the moved time: a list of 02:30 is at 03:30 from 03-30 on, and the list of Cairo's midnights goes on with 01:00, which is why the last one is missing.
. "$(dirname "$0")/lib.bash"
need node
node_package date-fns@4.4.0
node_package @date-fns/tz@1.5.0
python_packages arrow==1.4.0 tzdata==2026.6
echo "arrow 1.4.0, $(python3 --version), date-fns 4.4.0, @date-fns/tz 1.5.0, node $(node --version)"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys

import arrow

what, frame, zone, start, end = sys.argv[1:]
first, last = arrow.get(start, tzinfo=zone), arrow.get(end, tzinfo=zone)
if what == "range":
    print(*(run.format("MM-DD HH:mm") for run in arrow.Arrow.range(frame, first, last)), sep=", ")
else:
    spans = list(arrow.Arrow.span_range(frame, first, last))
    moment, found = first.to("utc"), []
    while moment <= last.ceil(frame):
        found.append(sum(low <= moment <= high for low, high in spans))
        moment += datetime.timedelta(minutes=15)
    print(f"{found.count(1)} once, {found.count(0)} never, {found.count(2)} twice")
PYTHON
cat >"$dir/ask.mjs" <<'JS'
import { addHours, eachHourOfInterval, endOfDay } from "date-fns";
import { TZDate } from "@date-fns/tz";

const [, , kind, zone, year, month, day] = process.argv;
const start = kind === "Date" ? new Date(year, month - 1, day) : new TZDate(Number(year), month - 1, Number(day), zone);
const hours = eachHourOfInterval({ start, end: endOfDay(start) });
const found = [];
for (let moment = Number(start); moment <= endOfDay(start); moment += 15 * 60000) {
  found.push(hours.filter((hour) => hour <= moment && moment < addHours(hour, 1)).length);
}
console.log([1, 0, 2].map((n) => found.filter((times) => times === n).length + [" never", " once", " twice"][n]).join(", "));
JS
ask() { python3 "$dir/ask.py" "$@" 2>&1 | tail -1; }
expect "rows, one each 15 minutes, counted by hour, Berlin 2025-10-26" "$(ask rows hour Europe/Berlin 2025-10-26T00:00 2025-10-26T23:00)" "96 once, 4 never, 0 twice"
expect "the same, New York 2025-11-02" "$(ask rows hour America/New_York 2025-11-02T00:00 2025-11-02T23:00)" "96 once, 4 never, 0 twice"
for kind in Date TZDate; do
    expect "the same with date-fns and a $kind, Berlin 2025-10-26" "$(TZ=Europe/Berlin node "$dir/ask.mjs" $kind Europe/Berlin 2025 10 26 2>&1)" "96 once, 4 never, 0 twice"
    expect "the same, Berlin 2025-03-30" "$(TZ=Europe/Berlin node "$dir/ask.mjs" $kind Europe/Berlin 2025 3 30 2>&1)" "92 once, 0 never, 0 twice"
done
expect "arrow, rows counted by hour, Berlin 2025-10-27" "$(ask rows hour Europe/Berlin 2025-10-27T00:00 2025-10-27T23:00)" "96 once, 0 never, 0 twice"
expect "rows counted by day, Cairo 2025-04-24 to 2025-04-26" "$(ask rows day Africa/Cairo 2025-04-24 2025-04-26)" "184 once, 96 never, 4 twice"
expect "rows counted by day, Berlin 2025-03-29 to 2025-03-31" "$(ask rows day Europe/Berlin 2025-03-29 2025-03-31)" "284 once, 0 never, 0 twice"
expect "each day at 02:30, Berlin" "$(ask range day Europe/Berlin 2025-03-29T02:30 2025-04-01T02:30)" "03-29 02:30, 03-30 03:30, 03-31 03:30"
expect "each day at 00:00, Cairo" "$(ask range day Africa/Cairo 2025-04-24 2025-04-27)" "04-24 00:00, 04-25 01:00, 04-26 01:00"
verdict
