#!/usr/bin/env bash
# APScheduler skips midnight of the day after the clocks go forward: a weekly job of Monday at 00:00 is a week late, and one of the first of the month can be a month late.
#
# Guess: a job whose own hour the clocks leave out is shifted or lost. Midnight is two hours earlier and exists on each of these days, so a job at 00:00 runs.
# Seen: on its way to the next day CronTrigger adds 24 hours to midnight of the short day, which is 01:00 of the next. The hour no longer fits, and it goes on to the day, week or month
# that comes next. Clocks change on a Sunday in Europe and North America, so it is the Monday of each spring. 00:00 to 00:59 are lost so; 01:00 and later are not. CronTrigger(timezone="UTC") loses nothing.
. "$(dirname "$0")/lib.bash"
python_packages apscheduler==3.11.3 tzdata==2026.6
echo "APScheduler 3.11.3"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

schedule, name, start, runs = sys.argv[1:]
zone = ZoneInfo(name)
trigger = CronTrigger.from_crontab(schedule, timezone=zone)
now = datetime.datetime.fromisoformat(start).replace(tzinfo=zone)
run = None
for _ in range(int(runs)):
    run = trigger.get_next_fire_time(run, now)
    print(run.strftime("%m-%d %H:%M"), end=" ")
    now = run + datetime.timedelta(seconds=1)
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1 | sed 's/ $//'; }
expect "every day, Berlin 2025 (clocks change on 03-30)" "$(ask '0 0 * * *' Europe/Berlin 2025-03-28T12:00 4)" "03-29 00:00 03-30 00:00 04-01 00:00 04-02 00:00"
expect "every day, UTC" "$(ask '0 0 * * *' UTC 2025-03-28T12:00 4)" "03-29 00:00 03-30 00:00 03-31 00:00 04-01 00:00"
expect "every day at 01:00, Berlin" "$(ask '0 1 * * *' Europe/Berlin 2025-03-28T12:00 4)" "03-29 01:00 03-30 01:00 03-31 01:00 04-01 01:00"
expect "every Monday, Berlin" "$(ask '0 0 * * mon' Europe/Berlin 2025-03-20T12:00 3)" "03-24 00:00 04-07 00:00 04-14 00:00"
expect "every Monday, New York (03-09)" "$(ask '0 0 * * mon' America/New_York 2025-03-01T12:00 3)" "03-03 00:00 03-17 00:00 03-24 00:00"
expect "the first of the month, Berlin 2024 (03-31)" "$(ask '0 0 1 * *' Europe/Berlin 2024-02-20T12:00 3)" "03-01 00:00 05-01 00:00 06-01 00:00"
verdict
