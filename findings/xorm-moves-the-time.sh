#!/usr/bin/env bash
# xorm hands a time to an SQL text of one's own without its zone and fraction: in a process in Shanghai, Exec("… ?", at) stores it 8 hours later, and Query("… at >= ?", at) asks from another hour on. With lib/pq it reads a timestamptz by its digits, 8 hours earlier.
#
# Guess: a time.Time goes to a timestamptz and back as the same instant, up to microseconds, in each zone of the process and of the session, as with database/sql.
# Seen: Exec and Query write each time as 2006-01-02 15:04:05 in the zone of the process, and Postgres reads that in the zone of the session; Insert and Where do not. lib/pq returns times in the zone of the session, whose digits xorm takes as those of the process; pgx returns the zone of the process.
# No error. With the same zone in both, only the fraction is lost: a time that is there finds no row.
. "$(dirname "$0")/lib.bash"
need psql
postgres 18.4.0-beta.17
go_modules xorm.io/xorm@v1.4.3 github.com/jackc/pgx/v5@v5.13.0 github.com/lib/pq@v1.12.3
echo "xorm 1.4.3, pgx 5.13.0, lib/pq 1.12.3, $(go version | cut -d' ' -f3), PostgreSQL 18.4"

psql -Xqc "CREATE TABLE loss (id int PRIMARY KEY, at timestamptz)"
cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
	"xorm.io/xorm"
)

type Loss struct {
	Id int       `xorm:"pk"`
	At time.Time `xorm:"timestampz"`
}

// It stores the same time in a driver by two ways, and asks for it by three.
func main() {
	db, err := xorm.NewEngine(os.Args[1], "postgres://postgres@127.0.0.1:"+os.Getenv("PGPORT")+"/postgres?sslmode=disable")
	check(err)
	at := time.Date(2025, 3, 10, 4, 30, 0, 250000000, time.UTC)
	_, err = db.DB().Exec("DELETE FROM loss")
	check(err)
	_, err = db.Insert(&Loss{Id: 1, At: at})
	check(err)
	_, err = db.Exec("INSERT INTO loss VALUES (2, ?)", at)
	check(err)
	_, err = db.DB().DB.Exec("INSERT INTO loss VALUES (3, $1)", at)
	check(err)
	stored, err := db.DB().DB.Query("SELECT to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS.MS') FROM loss ORDER BY id")
	check(err)
	var text string
	for stored.Next() {
		check(stored.Scan(&text))
		fmt.Print(text, " ")
	}
	var first Loss
	_, err = db.ID(1).Get(&first)
	check(err)
	fmt.Print("| ", first.At.UTC().Format("15:04:05.000"), " |")
	found, err := db.QueryString("SELECT id FROM loss WHERE id <> 2 AND at = ?", at)
	check(err)
	fmt.Print(" ", len(found))
	found, err = db.QueryString("SELECT id FROM loss WHERE id <> 2 AND at >= ?", at.Add(-time.Hour))
	check(err)
	fmt.Print(" ", len(found))
	var losses []Loss
	check(db.Where("id <> 2 AND at >= ?", at.Add(-time.Hour)).Find(&losses))
	fmt.Println("", len(losses))
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
GO
go_program ask
ask() { TZ=$1 ./ask "$2" 2>&1 | tail -1; }
echo "04:30:00.250 UTC in a session in UTC: stored by Insert, by Exec, by database/sql | read back | of the first and the third found by QueryString with this time, from an hour before it on, and so by Where"
expect "a process in Shanghai, pgx" "$(ask Asia/Shanghai pgx)" "04:30:00.250 12:30:00.000 04:30:00.250 | 04:30:00.250 | 0 0 2"
expect "a process in Shanghai, lib/pq" "$(ask Asia/Shanghai postgres)" "04:30:00.250 12:30:00.000 04:30:00.250 | 20:30:00.250 | 0 0 2"
expect "a process in UTC, pgx" "$(ask UTC pgx)" "04:30:00.250 04:30:00.000 04:30:00.250 | 04:30:00.250 | 0 2 2"
verdict
