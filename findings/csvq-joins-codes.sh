#!/usr/bin/env bash
# csvq, which asks CSV files in SQL, groups the codes 0410 and 410 as one, also 1.1, 1.10 and 1.100, and 1, t and true; the answer has the first of them and the sum of all.
#
# Guess: a column of a CSV file is a text, and GROUP BY puts the same texts together: 0410 and 410 are two codes.
# Seen: texts that both look like numbers, truths or times are compared as such, whatever else is in the column, and others without regard to case: ABC is abc. So it is in GROUP BY, DISTINCT, UNION, COUNT(DISTINCT …), PARTITION BY and joins. = agrees, but for
# 1e3, which equals 1000 and has its own group. 20250310 and 2025-03-10 are two. The operator == compares the texts, and LIKE too, but GROUP BY has no such form. No error.
. "$(dirname "$0")/lib.bash"
go_modules github.com/mithrandie/csvq@v1.18.1
go build -o csvq github.com/mithrandie/csvq 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
echo "csvq 1.18.1, $(go version | cut -d' ' -f3)"

# ask asks for the codes and losses of the arguments behind the query; the losses are 1, 2, 4 and so on.
ask() {
    local query=$1 n=1
    shift
    echo code,n >loss.csv
    for code in "$@"; do
        echo "$code,$n" >>loss.csv
        n=$((2 * n))
    done
    HOME=$dir ./csvq -f CSV -N "$query" 2>&1 | paste -sd' '
}
sums="SELECT code, SUM(n) AS s FROM loss GROUP BY code ORDER BY s"
expect "the losses 1, 2 and 4 of 410, 0410 and 500, GROUP BY code" "$(ask "$sums" 410 0410 500)" "410,3 500,4"
expect "of 0410, 410 and 500" "$(ask "$sums" 0410 410 500)" "0410,3 500,4"
expect "of the versions 1.1, 1.10, 1.100 and 1.2" "$(ask "$sums" 1.1 1.10 1.100 1.2)" "1.1,7 1.2,8"
expect "of 1, t, true and yes" "$(ask "$sums" 1 t true yes)" "1,7 yes,8"
expect "of ABC and abc" "$(ask "$sums" ABC abc)" "ABC,3"
expect "of 1000 and 1e3" "$(ask "$sums" 1000 1e3)" "1000,1 1e3,2"
expect "DISTINCT of 410, 0410 and 500" "$(ask "SELECT DISTINCT code FROM loss" 410 0410 500)" "410 500"
expect "rows with code = '410' of 410, 0410 and 500" "$(ask "SELECT code FROM loss WHERE code = '410'" 410 0410 500)" "410 0410"
expect "rows with code = '1000' of 1000 and 1e3" "$(ask "SELECT code FROM loss WHERE code = '1000'" 1000 1e3)" "1000 1e3"
expect "rows with code == '410' of 410, 0410 and 500" "$(ask "SELECT code FROM loss WHERE code == '410'" 410 0410 500)" "410"
verdict
