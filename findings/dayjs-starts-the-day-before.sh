#!/usr/bin/env bash
# In a process in Berlin, dayjs starts the day 2026-03-29 of Shanghai at 23:00 of the day before.
#
# Guess: startOf('day') of a time in Asia/Shanghai is 00:00 there, and the zone of the process plays no part: that is what the plugin timezone is for.
# Seen: the plugin computes with a Date in the zone of the process, and corrects it by the offset of another hour. When Berlin puts its clocks forward, the day of Shanghai, which never does,
# begins at 23:00, so a group by it has 03-28 twice and no 03-29. When Berlin puts them back, 2026-10-25 begins at 01:00. add(1, 'day') keeps 24 hours across
# a change of the zone itself, so a list of Berlin's days has 01:00 from then on, in a process in UTC. luxon is right in each case. With TZ=UTC the first two are right.
. "$(dirname "$0")/lib.bash"
need node
node_package dayjs@1.11.23
node_package luxon@3.7.2
echo "dayjs 1.11.23, luxon 3.7.2, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import dayjs from "dayjs";
import utc from "dayjs/plugin/utc.js";
import timezone from "dayjs/plugin/timezone.js";
import { DateTime } from "luxon";

dayjs.extend(utc);
dayjs.extend(timezone);
const [library, what, zone, ...noons] = process.argv.slice(2);
const starts = {
  dayjs: (noon) => dayjs(noon).tz(zone).startOf("day").format("MM-DD HH:mm"),
  luxon: (noon) => DateTime.fromISO(noon, { zone }).startOf("day").toFormat("LL-dd HH:mm"),
};
const first = {
  dayjs: () => dayjs.tz("2026-03-28 00:00", zone),
  luxon: () => DateTime.fromISO("2026-03-28T00:00", { zone }),
};
const later = {
  dayjs: (time) => time.add(1, "day"),
  luxon: (time) => time.plus({ days: 1 }),
};
const seen = [];
if (what === "start") {
  for (const noon of noons) seen.push(starts[library](`${noon}T04:00:00Z`));
} else {
  for (let n = 0, time = first[library](); n < 4; n++, time = later[library](time)) {
    seen.push(DateTime.fromMillis(time.valueOf(), { zone }).toFormat("LL-dd HH:mm"));
  }
}
console.log(seen.join(", "));
JS
ask() { TZ=$1 node "$dir/ask.mjs" "${@:2}" 2>&1; }
march="2026-03-28 2026-03-29 2026-03-30"
october="2026-10-24 2026-10-25 2026-10-26"
# shellcheck disable=SC2086
{
    expect "dayjs with TZ=Europe/Berlin, the start in Shanghai of March 28, 29 and 30" "$(ask Europe/Berlin dayjs start Asia/Shanghai $march)" "03-28 00:00, 03-28 23:00, 03-30 00:00"
    expect "the same of October 24, 25 and 26" "$(ask Europe/Berlin dayjs start Asia/Shanghai $october)" "10-24 00:00, 10-25 01:00, 10-26 00:00"
    expect "luxon, March" "$(ask Europe/Berlin luxon start Asia/Shanghai $march)" "03-28 00:00, 03-29 00:00, 03-30 00:00"
    expect "dayjs with TZ=UTC, March" "$(ask UTC dayjs start Asia/Shanghai $march)" "03-28 00:00, 03-29 00:00, 03-30 00:00"
}
expect "dayjs with TZ=UTC, the days of Berlin from March 28 on" "$(ask UTC dayjs add Europe/Berlin)" "03-28 00:00, 03-29 00:00, 03-30 01:00, 03-31 01:00"
expect "luxon, the same" "$(ask UTC luxon add Europe/Berlin)" "03-28 00:00, 03-29 00:00, 03-30 00:00, 03-31 00:00"
verdict
