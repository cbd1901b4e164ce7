#!/usr/bin/env bash
# Polars groups times by day and loses the rows of one hour if a midnight does not exist in their zone; if a midnight comes twice, truncating makes two days of one.
#
# Guess: group_by_dynamic(every="1d") has a group per local day, of 23 to 25 hours, and each row is in one of them. truncate("1d") makes the same groups.
# Seen: in Cairo 2025-04-25 begins at 01:00. Its group begins on 04-24 at 23:00 and ends on 04-25 at 23:00, so two groups have the date 04-24, none has 04-25, and the rows from
# 23:00 on are in no group: 118 of 119 hours, without an error. The same happens in Santiago, Havana and Beirut, and datetime_range has no 04-25 either. truncate("1d")
# has all 119. But it makes two days of 2025-11-02 in Havana, whose first hour comes twice, and group_by_dynamic one. dt.date() is right in all of them.
. "$(dirname "$0")/lib.bash"
python_packages polars==2.1.0
echo "Polars 2.1.0"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys
from zoneinfo import ZoneInfo

import polars as pl

name, first, last = sys.argv[1:]
zone = ZoneInfo(name)
midnight = lambda day: datetime.datetime.fromisoformat(day).replace(tzinfo=zone)
utc = lambda day: midnight(day).astimezone(datetime.timezone.utc)
hours = pl.DataFrame({"at": pl.datetime_range(utc(first), utc(last), "1h", eager=True, closed="left").dt.convert_time_zone(name)})


def show(groups):
    print(groups["len"].sum(), "of", len(hours), "in", " ".join(f"{at:%m-%d}:{count}" for at, count in groups.sort("at").iter_rows()))


show(hours.group_by_dynamic("at", every="1d").agg(pl.len()))
show(hours.group_by(pl.col("at").dt.truncate("1d")).len())
show(hours.group_by(pl.col("at").dt.date()).len())
print(*(f"{at:%m-%d}" for at in pl.datetime_range(midnight(first), midnight(last), "1d", eager=True)))
PYTHON
ask() { python3 "$dir/ask.py" "$@" 2>&1 | tail -4 >"$dir/seen"; }
line() { sed -n "${1}p" "$dir/seen"; }
ask Africa/Cairo 2025-04-23 2025-04-28
expect "Cairo: group_by_dynamic" "$(line 1)" "118 of 119 in 04-23:24 04-24:23 04-24:23 04-26:24 04-27:24"
expect "Cairo: truncate" "$(line 2)" "119 of 119 in 04-23:24 04-24:24 04-25:23 04-26:24 04-27:24"
expect "Cairo: date()" "$(line 3)" "119 of 119 in 04-23:24 04-24:24 04-25:23 04-26:24 04-27:24"
expect "Cairo: datetime_range" "$(line 4)" "04-23 04-24 04-24 04-26 04-27 04-28"
ask America/Santiago 2025-09-05 2025-09-09
expect "Santiago: group_by_dynamic" "$(line 1)" "94 of 95 in 09-05:24 09-06:23 09-06:23 09-08:24"
ask America/Havana 2025-11-01 2025-11-04
expect "Havana: group_by_dynamic" "$(line 1)" "73 of 73 in 11-01:24 11-02:25 11-03:24"
expect "Havana: truncate" "$(line 2)" "73 of 73 in 11-01:24 11-02:1 11-02:24 11-03:24"
verdict
