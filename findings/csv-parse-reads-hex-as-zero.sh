#!/usr/bin/env bash
# csv-parse reads every code such as 0x80070005 as 0, and "error 12" as the first of December 2001.
#
# Guess: cast: true makes numbers of decimal numbers, and 0x1F is either 31 or stays a text.
# Seen: it is 0, so a sum by code puts all such codes under one. Papa Parse's dynamicTyping leaves them texts. With cast_date: true a text that ends in a number from 1 to 12
# is a day of 2001, unless it is a number altogether: V8's Date.parse understands it so, as it does any word before a number.
. "$(dirname "$0")/lib.bash"
need node
node_package csv-parse@7.0.3
node_package papaparse@5.7.1
echo "csv-parse 7.0.3, Papa Parse 5.7.1, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import { parse } from "csv-parse/sync";
import Papa from "papaparse";

const [how, ...texts] = process.argv.slice(2);
const file = "err_code,n\n" + texts.map((text) => text + ",1\n").join("");
const rows =
  how === "papaparse"
    ? Papa.parse(file.trim(), { header: true, dynamicTyping: true }).data
    : parse(file, { columns: true, cast: true, cast_date: how === "cast_date" });
console.log(JSON.stringify(rows.map((row) => row.err_code)));
JS
ask() { TZ=UTC node "$dir/ask.mjs" "$@" 2>&1; }
expect "cast: 0x80070005, 0x80070057, 410" "$(ask cast 0x80070005 0x80070057 410)" '[0,0,410]'
expect "Papa Parse: the same" "$(ask papaparse 0x80070005 0x80070057 410)" '["0x80070005","0x80070057",410]'
expect "cast_date: error 12, error 13, task 7" "$(ask cast_date "error 12" "error 13" "task 7")" \
    '["2001-12-01T00:00:00.000Z","error 13","2001-07-01T00:00:00.000Z"]'
verdict
