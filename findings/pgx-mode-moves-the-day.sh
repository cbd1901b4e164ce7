#!/usr/bin/env bash
# pgx stores another day for the same time.Time when default_query_exec_mode changes.
#
# Guess: the exec mode changes how often pgx asks the server, never what is stored.
# Seen: a time.Time for a date parameter is the day on the wall clock of its own zone in the
# default mode (the server says that it wants a date). In the modes exec and simple_protocol, which one takes
# behind PgBouncer, pgx sends the text of the moment in UTC, and Postgres cuts the date off it: the next day for
# an evening in Los Angeles, and 7 hours more in a timestamp.
. "$(dirname "$0")/lib.bash"
go_modules github.com/jackc/pgx/v5@v5.13.0
postgres 15.18.0-beta.17
echo "pgx 5.13.0, PostgreSQL 15.18"

cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"
)

func main() {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, "default_query_exec_mode="+os.Args[1])
	if err != nil {
		panic(err)
	}
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err)
	}
	evening := time.Date(2025, 3, 10, 23, 30, 0, 0, zone)
	var day, at string
	if err := conn.QueryRow(ctx, "SELECT $1::date::text", evening).Scan(&day); err != nil {
		panic(err)
	}
	if err := conn.QueryRow(ctx, "SELECT $1::timestamp::text", evening).Scan(&at); err != nil {
		panic(err)
	}
	fmt.Println(day, "and", at)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
expect "10 March 23:30 in Los Angeles, cache_statement" "$(./ask cache_statement)" "2025-03-10 and 2025-03-10 23:30:00"
expect "the same, exec" "$(./ask exec)" "2025-03-11 and 2025-03-11 06:30:00"
expect "the same, simple_protocol" "$(./ask simple_protocol)" "2025-03-11 and 2025-03-11 06:30:00"
verdict
