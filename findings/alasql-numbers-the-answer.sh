#!/usr/bin/env bash
# In alasql, ROW_NUMBER() OVER (PARTITION BY code ORDER BY day DESC) numbers the rows as they come: the newest row of each code is all rows. COUNT(*) OVER () is the size of the page, and MAX of a text is nothing.
#
# Guess: a function with OVER does what SQL says, or is refused; MAX(day) of the texts 2025-03-10 to 2025-03-12 is the last.
# Seen: OVER is read, and its ORDER BY ignored. ROW_NUMBER() starts again when a column of PARTITION BY differs from the row above, and never if that column is not in the list. A sum with OVER adds up what the answer shows, after LIMIT and of
# the listed columns only, so it is 0 if n is not listed; with ORDER BY in it, it does not run. MIN() and MAX() leave texts out, AVG() joins them: of '3' and '5' it is 17.5. CAST AS BIGINT wraps at 32 bits. No error: only RANK(), LAG() and the like are refused.
. "$(dirname "$0")/lib.bash"
need node
node_package alasql@4.19.1
echo "alasql 4.19.1, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import alasql from "alasql";

const rows = [["a", "10", 5], ["b", "10", 1], ["a", "11", 7], ["b", "11", 2], ["a", "12", 3]].map(([code, day, n]) => ({ code, day, n }));
const texts = [{ n: "3" }, { n: "5" }];
for (const question of process.argv.slice(2)) {
  try {
    const answer = alasql(question, [question.includes("AVG") ? texts : rows]);
    console.log(answer.map((row) => Object.values(row).filter((value) => value !== undefined).join(" ")).join(", "));
  } catch {
    console.log("an error");
  }
}
JS
questions=(
    "SELECT code, day, n, ROW_NUMBER() OVER (PARTITION BY code ORDER BY day DESC) AS r FROM ?"
    "SELECT SUM(n) AS s FROM (SELECT code, day, n, ROW_NUMBER() OVER (PARTITION BY code ORDER BY day DESC) AS r FROM ?) WHERE r = 1"
    "SELECT code, day, n, ROW_NUMBER() OVER (PARTITION BY code ORDER BY day DESC) AS r FROM ? ORDER BY code, day"
    "SELECT day, ROW_NUMBER() OVER (PARTITION BY code ORDER BY day) AS r FROM ? ORDER BY code, day"
    "SELECT code, n, COUNT(*) OVER () AS c, SUM(n) OVER () AS s FROM ? LIMIT 2"
    "SELECT code, day, SUM(n) OVER (PARTITION BY code) AS s FROM ? WHERE day = '11'"
    "SELECT code, n, SUM(n) OVER (PARTITION BY code ORDER BY day) AS s FROM ? WHERE code = 'a'"
    "SELECT code, LAG(n) OVER (ORDER BY day) AS l FROM ?"
    "SELECT code, MAX(n) AS m, MAX(day) AS d FROM ? GROUP BY code"
    "SELECT AVG(n) AS a FROM ?"
    "SELECT CAST(3000000000 AS BIGINT) AS n"
)
described=(
    "a 10 5 1, b 10 1 1, a 11 7 1, b 11 2 1, a 12 3 1"
    "18"
    "a 10 5 1, a 11 7 2, a 12 3 3, b 10 1 1, b 11 2 2"
    "10 1, 11 2, 12 3, 10 4, 11 5"
    "a 5 2 6, b 1 2 6"
    "a 11 0, b 11 0"
    "a 5 15, a 7 15, a 3 15"
    "an error"
    "a 7, b 2"
    "17.5"
    "-1294967296"
)
mapfile -t answers < <(cd "$dir" && node ask.mjs "${questions[@]}" 2>&1)
echo "the losses by day: code a 5 on day 10, 7 on 11 and 3 on 12, code b 1 on 10 and 2 on 11; AVG is over the texts 3 and 5"
for i in "${!questions[@]}"; do expect "${questions[i]}" "${answers[i]:-nothing}" "${described[i]}"; done
verdict
