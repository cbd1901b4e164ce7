#!/usr/bin/env bash
# Debian's systemd-cron runs a job of December in November, one of `0-7` on Sundays only, and one of `13 * 5` on Friday the 13th only.
#
# Guess: the timers run when Debian's cron runs the same crontab: names of months and days, 7 for Sunday, and a day of the month beside a day of the week (either of them).
# Seen: its list of months has no October, so dec is 11 and nov is 10; oct is an error in the log. A range that ends with 7 ends with Sunday as day 0: 0-7 is Sunday, and 5-7 is no day, so systemd refuses the timer. Both days have to be met,
# so `0 3 13 * 5` has one or two runs a year. Only oct and 5-7 leave a line in the log.
. "$(dirname "$0")/lib.bash"
need python3
debian systemd-cron systemd libsystemd-shared
echo "systemd-cron $(version_of systemd-cron), systemd $(version_of systemd)"

# The generator reads $dir/etc/crontab in place of the machine's own.
mkdir -p "$dir/etc" "$dir/run/systemd" "$dir/var/spool/cron/crontabs"
sed "s#'/\(etc\|run\|var\)/#'$dir/\1/#g" "$(find "$dir/debian" -name systemd-crontab-generator -type f)" >"$dir/generator"

# runs prints the first runs after 2025-01-01 of a crontab's line.
runs() {
    rm -rf "$dir/timers" && mkdir "$dir/timers"
    echo "$1 root pushes" >"$dir/etc/crontab"
    python3 -W ignore "$dir/generator" "$dir/timers" 2>"$dir/generator.log"
    calendar=$(sed -n 's/^OnCalendar=//p' "$dir"/timers/*.timer 2>/dev/null)
    [ -n "$calendar" ] || { echo "no timer"; return; }
    LC_ALL=C LD_LIBRARY_PATH="$(dirname "$(find "$dir/debian" -name 'libsystemd-shared-*.so')")" TZ=UTC \
        "$dir/debian/usr/bin/systemd-analyze" calendar --base-time "2025-01-01 12:00:00 UTC" --iterations 4 "$calendar" 2>/dev/null |
        grep -oE '[A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC$' | sort -u -k2,3 | cut -c1-14 | paste -sd, | grep . | sed 's/,/, /g' || echo "no run"
}
expect "0 3 1 dec *" "$(runs '0 3 1 dec *')" "Sat 2025-11-01, Sun 2026-11-01, Mon 2027-11-01, Wed 2028-11-01"
expect "0 3 1 nov *" "$(runs '0 3 1 nov *')" "Wed 2025-10-01, Thu 2026-10-01, Fri 2027-10-01, Sun 2028-10-01"
expect "0 3 1 oct *" "$(runs '0 3 1 oct *')" "no timer"
expect "0 3 1 12 *" "$(runs '0 3 1 12 *')" "Mon 2025-12-01, Tue 2026-12-01, Wed 2027-12-01, Fri 2028-12-01"
expect "0 3 * * 0-7" "$(runs '0 3 * * 0-7')" "Sun 2025-01-05, Sun 2025-01-12, Sun 2025-01-19, Sun 2025-01-26"
expect "0 3 * * 5-7" "$(runs '0 3 * * 5-7')" "no run"
expect "0 3 * * 7" "$(runs '0 3 * * 7')" "Sun 2025-01-05, Sun 2025-01-12, Sun 2025-01-19, Sun 2025-01-26"
expect "0 3 * * 0-6" "$(runs '0 3 * * 0-6')" "Thu 2025-01-02, Fri 2025-01-03, Sat 2025-01-04, Sun 2025-01-05"
expect "0 3 13 * 5" "$(runs '0 3 13 * 5')" "Fri 2025-06-13, Fri 2026-02-13, Fri 2026-03-13, Fri 2026-11-13"
verdict
