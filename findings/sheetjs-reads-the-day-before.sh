#!/usr/bin/env bash
# npm's xlsx (SheetJS) reads each day of a workbook as 23:59:17 of the day before, in a process in Shanghai.
#
# Guess: with cellDates a day is a Date at midnight, of the zone of the process or in UTC.
# Seen: it adds the offset that the zone had in 1899, which was 8:05:43 in Shanghai, and takes only whole minutes of it back: each day is 43 seconds early, so getDate(), toLocaleDateString() and a group by day have the
# day before, and the first of a month is in the month before. UTC: true changes nothing. Writing has the reverse: midnight becomes 00:00:43, which no longer equals the day in Excel. Without cellDates the number is right, and exceljs is too.
# In India it is 10 seconds; in zones whose offset was then a whole number of minutes, and west of UTC in New York, the days are right.
. "$(dirname "$0")/lib.bash"
need node
node_package xlsx@0.18.5
node_package exceljs@4.4.0
echo "xlsx 0.18.5, exceljs 4.4.0, node $(node --version)"

cat >"$dir/ask.cjs" <<'JS'
const { Workbook } = require("exceljs");
const xlsx = require("xlsx");

const two = (n) => String(n).padStart(2, "0");
const local = (time) => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
const midnight = new Date(2025, 2, 1);
const answers = {
  read: (sheet) => local(xlsx.utils.sheet_to_json(sheet({ cellDates: true }))[0].day),
  utc: (sheet) => local(xlsx.utils.sheet_to_json(sheet({ cellDates: true, UTC: true }))[0].day),
  number: (sheet) => String(xlsx.utils.sheet_to_json(sheet({}))[0].day),
  written: () => {
    const book = xlsx.utils.book_new();
    xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet([["day"], [midnight]]), "loss");
    const { v } = xlsx.read(xlsx.write(book, { type: "buffer" })).Sheets.loss.A2;
    return xlsx.SSF.format("yyyy-mm-dd hh:mm:ss", v);
  },
};
(async () => {
  const book = new Workbook();
  book.addWorksheet("loss").addRows([["day"], [new Date("2025-03-01T00:00:00Z")]]);
  const file = await book.xlsx.writeBuffer();
  console.log(answers[process.argv[2]]((options) => xlsx.read(file, options).Sheets.loss));
})();
JS
ask() { (cd "$dir" && TZ=$1 node ask.cjs "$2" 2>&1); }
expect "Shanghai, the day 2025-03-01, read with cellDates" "$(ask Asia/Shanghai read)" "2025-02-28 23:59:17"
expect "the same with UTC: true" "$(ask Asia/Shanghai utc)" "2025-02-28 23:59:17"
expect "Shanghai, midnight of 2025-03-01, written" "$(ask Asia/Shanghai written)" "2025-03-01 00:00:43"
expect "Kolkata, read" "$(ask Asia/Kolkata read)" "2025-02-28 23:59:50"
expect "UTC, read" "$(ask UTC read)" "2025-03-01 00:00:00"
expect "Berlin, read" "$(ask Europe/Berlin read)" "2025-03-01 00:00:00"
expect "New York, read" "$(ask America/New_York read)" "2025-03-01 00:00:00"
expect "Shanghai, read as a number: the days since the end of 1899" "$(ask Asia/Shanghai number)" "45717"
verdict
