#!/usr/bin/env bash
# PGlite gives a timestamp back eight hours earlier than it was stored, and each read and write moves it again.
#
# Guess: a Date stored in a timestamp comes back as the same Date, or PGlite refuses it without a zone.
# Seen: with the process in Asia/Shanghai, PGlite writes a Date as the time in UTC and reads that as a time in Shanghai. A date is UTC in both directions, and a
# timestamptz keeps its moment. In a process in UTC all three are right.
. "$(dirname "$0")/lib.bash"
need node
node_package @electric-sql/pglite@0.5.17
echo "PGlite 0.5.17, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import { PGlite } from "@electric-sql/pglite";

const db = await PGlite.create();
await db.exec(`CREATE TABLE run (started ${process.argv[2]})`);
let time = new Date("2026-03-02T00:00:00Z");
const seen = [];
for (let i = 0; i < 3; i++) {
  await db.query("DELETE FROM run");
  await db.query("INSERT INTO run VALUES ($1)", [time]);
  time = (await db.query("SELECT started FROM run")).rows[0].started;
  seen.push(time.toISOString().slice(5, 16));
}
console.log(seen.join(", "));
JS
ask() { TZ=$1 node "$dir/ask.mjs" "$2" 2>&1; }
expect "03-02T00:00 UTC, thrice through a timestamp, Asia/Shanghai" "$(ask Asia/Shanghai timestamp)" "03-01T16:00, 03-01T08:00, 03-01T00:00"
expect "the same, UTC" "$(ask UTC timestamp)" "03-02T00:00, 03-02T00:00, 03-02T00:00"
expect "thrice through a timestamptz, Asia/Shanghai" "$(ask Asia/Shanghai timestamptz)" "03-02T00:00, 03-02T00:00, 03-02T00:00"
expect "thrice through a date, Asia/Shanghai" "$(ask Asia/Shanghai date)" "03-02T00:00, 03-02T00:00, 03-02T00:00"
verdict
