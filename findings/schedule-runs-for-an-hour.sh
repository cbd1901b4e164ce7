#!/usr/bin/env bash
# Where the clocks skip midnight, Python's schedule runs a daily job of 00:00 at every check of the last hour of that day: 3600 times, if a loop checks each second.
#
# Guess: one run a day. On the day without a midnight it is at 01:00, or left out.
# Seen: midnight of 25 April, which Cairo does not have, becomes 01:00, and the job runs. For the next run schedule takes that midnight for 23:00 of the day before, and a day later is 23:00 of
# the same day. From then on the job is due again as soon as it has run, until the day is over. In Berlin a job of 02:30, which 30 March does not have, runs on the 31st at 01:30 and at 02:30.
# A job at a time that each day has is right, and so is one in UTC.
. "$(dirname "$0")/lib.bash"
python_packages schedule==1.2.2 freezegun==1.5.5 pytz==2026.6 tzdata==2026.6
echo "schedule 1.2.2, freezegun 1.5.5"

cat >"$dir/ask.py" <<'PYTHON'
import collections
import datetime
import sys
from zoneinfo import ZoneInfo

import schedule
from freezegun import freeze_time

# Three days of checks, as a loop of run_pending() and sleep() makes them, from noon of the day before the change on. It prints day and hour, and how many runs.
at, zone, start, seconds = sys.argv[1:]
runs = collections.Counter()


def job():
    runs[datetime.datetime.now(datetime.timezone.utc).astimezone(ZoneInfo(zone)).strftime("%d/%H h")] += 1


first = datetime.datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(datetime.timezone.utc)
with freeze_time(first.replace(tzinfo=None)) as clock:
    schedule.every().day.at(at, zone).do(job)
    for _ in range(3 * 86400 // int(seconds)):
        clock.tick(int(seconds))
        schedule.run_pending()
print(", ".join(f"{hour}: {n}" for hour, n in runs.items()))
PYTHON
ask() { TZ=UTC python3 "$dir/ask.py" "$@" 2>&1; }
expect "00:00, Cairo 2025 (clocks skip it on 04-25), a check a minute" "$(ask 00:00 Africa/Cairo 2025-04-24T12:00 60)" "25/01 h: 1, 25/23 h: 60, 26/00 h: 1, 27/00 h: 1"
expect "the same, a check a second" "$(ask 00:00 Africa/Cairo 2025-04-24T12:00 1)" "25/01 h: 1, 25/23 h: 3600, 26/00 h: 1, 27/00 h: 1"
expect "00:00, Santiago (09-07), a check a minute" "$(ask 00:00 America/Santiago 2025-09-06T12:00 60)" "07/01 h: 1, 07/23 h: 60, 08/00 h: 1, 09/00 h: 1"
expect "02:30, Berlin (03-30)" "$(ask 02:30 Europe/Berlin 2025-03-29T12:00 60)" "30/03 h: 1, 31/01 h: 1, 31/02 h: 1, 01/02 h: 1"
expect "02:30, New York (03-09)" "$(ask 02:30 America/New_York 2025-03-08T12:00 60)" "09/03 h: 1, 10/01 h: 1, 10/02 h: 1, 11/02 h: 1"
expect "03:00, Berlin" "$(ask 03:00 Europe/Berlin 2025-03-29T12:00 60)" "30/03 h: 1, 31/03 h: 1, 01/03 h: 1"
expect "00:00, UTC" "$(ask 00:00 UTC 2025-04-24T12:00 60)" "25/00 h: 1, 26/00 h: 1, 27/00 h: 1"
verdict
