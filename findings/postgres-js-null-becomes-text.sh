#!/usr/bin/env bash
# The npm package postgres reads NULL in an array as the text "NULL", or as NaN.
#
# Guess: ARRAY['a', NULL] is ['a', null], as the package pg reads it.
# Seen: ['a', 'NULL'], the same as for the text NULL. In an array of numbers it is NaN, which is null again in JSON.
. "$(dirname "$0")/lib.bash"
need node
postgres 15.18.0-beta.17
node_package postgres@3.4.9
node_package pg@8.23.1
echo "postgres 3.4.9 and pg 8.23.1 (npm), PostgreSQL 15.18"

cat >"$dir/ask.js" <<'JAVASCRIPT'
const { Client } = require('pg');
const postgres = require('postgres');
const { inspect } = require('util');

(async () => {
  const client = new Client();
  await client.connect();
  const sql = postgres({ ssl: false });
  for (const array of ["ARRAY['a', NULL]", "ARRAY['a', 'NULL']", 'ARRAY[1, NULL]']) {
    const question = `SELECT ${array} AS v`;
    console.log(inspect((await client.query(question)).rows[0].v), inspect((await sql.unsafe(question))[0].v));
  }
  await client.end();
  await sql.end();
})();
JAVASCRIPT
answers=$(cd "$dir" && node ask.js 2>&1)
expect "ARRAY['a', NULL] by pg and by postgres" "$(sed -n 1p <<<"$answers")" "[ 'a', null ] [ 'a', 'NULL' ]"
expect "ARRAY['a', 'NULL']" "$(sed -n 2p <<<"$answers")" "[ 'a', 'NULL' ] [ 'a', 'NULL' ]"
expect "ARRAY[1, NULL]" "$(sed -n 3p <<<"$answers")" "[ 1, null ] [ 1, NaN ]"
verdict
