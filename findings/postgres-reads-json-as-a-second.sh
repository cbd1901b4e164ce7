#!/usr/bin/env bash
# Postgres reads {"days":1} as an interval of one second, and node's pg sends just that.
#
# Guess: an object for an interval parameter is either understood or refused: error 22007, as JSON is not an interval.
# Seen: pg sends plain objects as JSON. The parser of intervals skips braces, quotes and colons, and a number counts in
# the unit that comes after it; the last one, without any, in seconds. So {"days":1} is 00:00:01, and
# {"days":1,"hours":2} is one hour and two seconds. What pg itself reads ({ days: 1 }) becomes such an object on its way
# through JSON: a cache, a queue, a form.
. "$(dirname "$0")/lib.bash"
need node
postgres 15.18.0-beta.17
node_package pg@8.23.1
echo "pg 8.23.1 (npm), PostgreSQL 15.18"

cat >"$dir/ask.js" <<'JAVASCRIPT'
const { Client } = require('pg');

(async () => {
  const client = new Client();
  await client.connect();
  const read = (await client.query("SELECT interval '1 day' AS v")).rows[0].v;
  for (const value of [read, JSON.parse(JSON.stringify(read)), { days: 1, hours: 2 }]) {
    try {
      console.log((await client.query('SELECT $1::interval::text AS v', [value])).rows[0].v);
    } catch (error) {
      console.log('error', error.code);
    }
  }
  await client.end();
})();
JAVASCRIPT
expect "interval '1 day' read and sent again; by way of JSON; { days: 1, hours: 2 }" \
    "$(cd "$dir" && node ask.js 2>&1 | tr '\n' ';')" "1 day;00:00:01;01:00:02;"
verdict
