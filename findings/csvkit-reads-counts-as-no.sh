#!/usr/bin/env bash
# csvkit reads a column of counts as yes and no if each of them is 0 or 1, and codes such as 5m as lengths of time.
#
# Guess: numbers, whatever the counts are. The file of a quiet day has the types of any other, so that both go into one table.
# Seen: csvjson writes false and true, and csvsql makes a BOOLEAN column, up to the first file that has a 2. To agate, which reads the file, yes and no come before numbers. The codes 5m and 10s
# are 5 minutes and 10 seconds. The option -I leaves every column a text.
. "$(dirname "$0")/lib.bash"
python_packages csvkit==2.2.0 agate==1.14.2
echo "csvkit 2.2.0, agate 1.14.2"

# show runs a program of csvkit on a file of two days with these two values.
show() {
    printf 'day,n\n2025-03-01,%s\n2025-03-02,%s\n' "$1" "$2" >"$dir/loss.csv"
    PATH="$dir/python/bin:$PATH" "${@:3}" "$dir/loss.csv" 2>&1 | tr -d '\n\t' | sed 's/"day": "[^"]*", //g; s/day [A-Z]* NOT NULL, //'
}
expect "csvjson: 0, 1" "$(show 0 1 csvjson)" '[{"n": false}, {"n": true}]'
expect "csvjson: 0, 2" "$(show 0 2 csvjson)" '[{"n": 0.0}, {"n": 2.0}]'
expect "csvsql: 0, 1" "$(show 0 1 csvsql)" 'CREATE TABLE loss (n BOOLEAN NOT NULL);'
expect "csvsql: 0, 2" "$(show 0 2 csvsql)" 'CREATE TABLE loss (n DECIMAL NOT NULL);'
expect "csvjson: 5m, 10s" "$(show 5m 10s csvjson)" '[{"n": "0:05:00"}, {"n": "0:00:10"}]'
expect "csvjson -I: 0, 1" "$(show 0 1 csvjson -I)" '[{"n": "0"}, {"n": "1"}]'
expect "csvsql -I: 0, 1" "$(show 0 1 csvsql -I)" 'CREATE TABLE loss (n VARCHAR NOT NULL);'
verdict
