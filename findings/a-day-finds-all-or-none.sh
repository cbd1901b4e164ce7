#!/usr/bin/env bash
# npm's hyparquet finds every row of a file by a day that is a Date, where the same filter by a number or a text finds its rows; lokijs and alasql find none.
#
# Guess: { day: date } compares the times, as mingo and sift do, since the library itself makes Dates of the file's days.
# Seen: hyparquet takes a value that is an object for a list of operators. A Date has none, so no row fails. An operator that it does not know is true for each row too: { n: { $between: [1, 2] } } finds all, and { $le: 2 } beside another does nothing;
# mingo and sift refuse both. { $eq: date } is right. lokijs and alasql compare the two objects: = finds none and <> all, also the row itself, where >= and BETWEEN are right, and in lokijs $in is right with an index. No error.
. "$(dirname "$0")/lib.bash"
need node
node_package hyparquet@1.33.0 hyparquet-writer@0.17.0 lokijs@1.5.12 alasql@4.19.1 mingo@7.2.7 sift@17.1.4
echo "hyparquet 1.33.0, lokijs 1.5.12, alasql 4.19.1, mingo 7.2.7, sift 17.1.4, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import alasql from "alasql";
import { parquetQuery } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import Loki from "lokijs";
import { Query } from "mingo";
import sift from "sift";

const day = (n) => new Date(Date.UTC(2025, 2, n));
const rows = [{ n: 1, day: day(10) }, { n: 2, day: day(11) }, { n: 4, day: day(12) }];
const loki = (query, indices) => {
  const collection = new Loki("finding").addCollection("loss", { indices });
  collection.insert(structuredClone(rows));
  return collection.find(query);
};
const libraries = {
  hyparquet: (query) => parquetQuery({ file: parquetWriteBuffer({ columnData: [{ name: "n", data: rows.map((row) => row.n) }, { name: "day", data: rows.map((row) => row.day) }] }), filter: query }),
  loki,
  indexed: (query) => loki(query, ["day"]),
  mingo: (query) => new Query(query).find(rows).all(),
  sift: (query) => rows.filter(sift(query)),
  alasql: (condition) => alasql(`SELECT n FROM ? WHERE ${condition}`, [rows, day(11), day(12)]),
};
const queries = {
  number: { n: 2 },
  day: { day: day(11) },
  eq: { day: { $eq: day(11) } },
  ne: { day: { $ne: day(11) } },
  in: { day: { $in: [day(11)] } },
  from: { day: { $gte: day(11) } },
  between: { n: { $between: [1, 2] } },
  le: { n: { $gte: 2, $le: 2 } },
};
const answers = [];
for (const question of process.argv.slice(3)) {
  try {
    const found = await libraries[process.argv[2]](queries[question] ?? question);
    answers.push(found.map((row) => row.n).join(" ") || "none");
  } catch {
    answers.push("an error");
  }
}
console.log(answers.join(", "));
JS
ask() { (cd "$dir" && node ask.mjs "$@" 2>&1 | tail -1); }
echo "the losses: 1 on day 10, 2 on day 11, 4 on day 12"
expect "hyparquet, { n: 2 }, and by a Date of day 11 { day: date }" "$(ask hyparquet number day)" "2, 1 2 4"
expect "the same with \$eq, \$ne, \$in and \$gte" "$(ask hyparquet eq ne in from)" "2, 1 4, 2, 2 4"
expect "{ n: { \$between: [1, 2] } }, and { n: { \$gte: 2, \$le: 2 } }" "$(ask hyparquet between le)" "1 2 4, 2 4"
expect "mingo, these eight" "$(ask mingo number day eq ne in from between le)" "2, 2, 2, 1 4, 2, 2 4, an error, an error"
expect "sift, these eight" "$(ask sift number day eq ne in from between le)" "2, 2, 2, 1 4, 2, 2 4, an error, an error"
expect "lokijs, the first six" "$(ask loki number day eq ne in from)" "2, none, none, 1 2 4, none, 2 4"
expect "lokijs with an index of the days" "$(ask indexed number day eq ne in from)" "2, none, none, 1 2 4, 2, 2 4"
expect "alasql, day = date, day <> date, day >= date, and BETWEEN days 11 and 12" "$(ask alasql 'day = ?' 'day <> ?' 'day >= ?' 'day BETWEEN ? AND ?')" "none, 1 2 4, 2 4, 2 4"
verdict
