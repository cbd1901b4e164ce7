#!/usr/bin/env bash
# go-sqlbuilder writes a time of Shanghai into SQL as '… CST', which Postgres reads as Chicago's: 14 hours later. Postgres 17 reads its own texts with such a zone in the same way, also in a session in Shanghai.
#
# Guess: an interpolated time has its offset, so it is the same moment in any session.
# Seen: Interpolate writes the letters of the zone for Postgres, and digits of the time's own zone without any for MySQL and ClickHouse. Postgres has a list of letters in which CST is UTC-6 and IST, also India's, is UTC+2. A day's begin in Shanghai falls into
# the afternoon of that day, without an error. Right are only letters of one zone, zones without letters (+03), and times in UTC. to_char(…, 'TZ') and the DateStyles SQL and Postgres, in COPY too, write
# the same letters. From 18 on the session's own zone is asked first: the same statement stores another time after the upgrade.
. "$(dirname "$0")/lib.bash"
need psql
go_modules github.com/huandu/go-sqlbuilder@v1.44.1
echo "go-sqlbuilder 1.44.1, $(go version | cut -d' ' -f3)"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"github.com/huandu/go-sqlbuilder"
)

// It writes a query for 2025-03-10 00:00 of the zone, in the flavor of a database.
func main() {
	zone, err := time.LoadLocation(os.Args[2])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	flavor := map[string]sqlbuilder.Flavor{"postgres": sqlbuilder.PostgreSQL, "clickhouse": sqlbuilder.ClickHouse, "sqlserver": sqlbuilder.SQLServer}[os.Args[1]]
	query, err := flavor.Interpolate(map[bool]string{true: "SELECT $1::timestamptz", false: "SELECT ?"}[os.Args[1] == "postgres"], []any{time.Date(2025, 3, 10, 0, 0, 0, 0, zone)})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(query)
}
GO
go_program ask
expect "2025-03-10 00:00 of Shanghai, for Postgres" "$(./ask postgres Asia/Shanghai)" "SELECT '2025-03-10 00:00:00 CST'::timestamptz"
expect "the same for ClickHouse" "$(./ask clickhouse Asia/Shanghai)" "SELECT '2025-03-10 00:00:00'"

# ask prints the seconds between a time in Postgres and the right one, in hours, in sessions in UTC and in Shanghai.
ask() {
    for zone in UTC Asia/Shanghai; do
        PGTZ=$zone psql -XqAt -c "SELECT (extract(epoch FROM ($1) - timestamptz '2025-03-10 00:00 $2') / 3600)::int" 2>&1
    done | paste -sd' '
}
# copied does so for the time in a file that Postgres has written and read.
copied() {
    for zone in UTC Asia/Shanghai; do
        PGTZ=$zone PGOPTIONS="-c DateStyle=$1" psql -XqAt -c "CREATE TEMP TABLE t (at timestamptz)" -c "\\copy (SELECT timestamptz '2025-03-10 00:00 +08:00') TO '$dir/file'" \
            -c "\\copy t FROM '$dir/file'" -c "SELECT (extract(epoch FROM at - timestamptz '2025-03-10 00:00 +08:00') / 3600)::int FROM t" 2>&1
    done | paste -sd' '
}
# answers starts a version of Postgres, and prints what it has for each question.
answers() (
    dir=$dir/$1
    mkdir "$dir"
    trap cleanup EXIT
    postgres "$1" >&2 || exit
    {
        psql -XqAtc "SHOW server_version"
        ask "$(./ask postgres Asia/Shanghai)" "+08:00"
        ask "$(./ask postgres Asia/Kolkata)" "+05:30"
        ask "$(./ask postgres Europe/Istanbul)" "+03:00"
        ask "$(./ask postgres UTC)" "+00:00"
        copied SQL
        copied ISO
    } | paste -sd,
)
expect "hours by which Postgres 17 reads midnights of Shanghai, Kolkata, Istanbul and UTC too late, in sessions in UTC and Shanghai; and files in the DateStyles SQL and ISO, written and read in the same session" \
    "$(answers 17.10.0-beta.17)" "17.10,14 14,4 4,0 0,0 0,0 14,0 0"
expect "the same in Postgres 18" "$(answers 18.4.0-beta.17)" "18.4,14 0,4 4,0 0,0 0,0 0,0 0"
verdict
