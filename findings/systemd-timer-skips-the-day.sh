#!/usr/bin/env bash
# A daily systemd timer does not elapse at all on the day whose clocks skip its time.
#
# Guess: OnCalendar=*-*-* 03:00:00 Europe/Helsinki elapses at 04:00 on the day whose clocks go from 03:00 to 04:00, as Debian's cron
# runs such a job. systemd.time(7) does not mention the case.
# Seen: the whole day is left out, wherever the gap is (at midnight too). Persistent=true does not help: systemd missed nothing, since there was no such
# time. On the day whose clocks repeat the time it elapses once, at the first of the two.
. "$(dirname "$0")/lib.bash"
debian systemd libsystemd-shared
echo "systemd $(version_of systemd)"

# elapses lists when a timer elapses after a moment: the first three times, UTC.
elapses() {
    LD_LIBRARY_PATH="$(dirname "$(find "$dir/debian" -name 'libsystemd-shared-*.so')")" TZ=UTC \
        "$dir/debian/usr/bin/systemd-analyze" calendar --base-time "$1" --iterations 3 "$2" |
        grep -oE '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC' | grep -v "${1% UTC}" | tail -3 | sed 's/^20..-\(.*\):00 UTC$/\1/' | paste -sd, | sed 's/,/, /g'
}

expect "Helsinki at 03:00, which 29 March 2026 does not have" "$(elapses "2026-03-28 12:00:00 UTC" "*-*-* 03:00:00 Europe/Helsinki")" \
    "03-30 00:00, 03-31 00:00, 04-01 00:00"
expect "Cairo at 00:10, which 24 April 2026 does not have" "$(elapses "2026-04-23 12:00:00 UTC" "*-*-* 00:10:00 Africa/Cairo")" \
    "04-24 21:10, 04-25 21:10, 04-26 21:10"
expect "Helsinki at 03:00, which 25 October 2026 has twice" "$(elapses "2026-10-24 12:00:00 UTC" "*-*-* 03:00:00 Europe/Helsinki")" \
    "10-25 00:00, 10-26 01:00, 10-27 01:00"
expect "Helsinki at 05:30, which each day has" "$(elapses "2026-03-28 12:00:00 UTC" "*-*-* 05:30:00 Europe/Helsinki")" \
    "03-29 02:30, 03-30 02:30, 03-31 02:30"
verdict
