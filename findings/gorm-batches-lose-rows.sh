#!/usr/bin/env bash
# gorm's FindInBatches with an order visits some rows twice and others never, without an error.
#
# Guess: each row once, in the order that is asked for; or the order is ignored, as Rails does with a warning.
# Seen: each batch is sorted by the order first and by the key second, and the next one has the rows whose key is greater than that of the last row. Newest first, of 10 rows in batches of 3 it visits 10, 9, 8, 10, 9, and ends
# there as if done. By a day that is not in the order of the key, it loses 6 of 10 rows, or visits one seven times. One batch that holds all rows is right, so a test with a few rows shows nothing; without Order all is right.
. "$(dirname "$0")/lib.bash"
need psql
go_modules gorm.io/gorm@v1.31.2 gorm.io/driver/postgres@v1.6.3
postgres 18.4.0-beta.17
echo "gorm 1.31.2, PostgreSQL 18.4"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"strconv"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

type loss struct {
	ID  int
	Day string
}

func (loss) TableName() string { return "loss" }

func main() {
	db, err := gorm.Open(postgres.Open("postgres://postgres@127.0.0.1:" + os.Getenv("PGPORT") + "/postgres?sslmode=disable"))
	check(err)
	size, err := strconv.Atoi(os.Args[2])
	check(err)
	if os.Args[1] != "" {
		db = db.Order(os.Args[1])
	}
	var rows []loss
	found := db.FindInBatches(&rows, size, func(*gorm.DB, int) error {
		for _, row := range rows {
			fmt.Print(row.ID, " ")
		}
		return nil
	})
	check(found.Error)
	fmt.Printf("of 10: %d\n", found.RowsAffected)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
GO
go_program ask
# Row 9 was registered late: it has the day between those of 2 and 3.
psql -Xqc "CREATE TABLE loss (id int PRIMARY KEY, day date)" \
    -c "INSERT INTO loss SELECT i, date '2025-03-10' + CASE i WHEN 9 THEN 5 ELSE 2 * i END FROM generate_series(1, 10) i"
ask() { ./ask "$@" 2>&1 | tail -1; }
expect "ORDER BY id DESC, batches of 3: the keys" "$(ask 'id DESC' 3)" "10 9 8 10 9 of 10: 5"
expect "ORDER BY day, batches of 3" "$(ask day 3)" "1 2 9 10 of 10: 4"
expect "ORDER BY day, batches of 2" "$(ask day 2)" "1 2 9 3 9 4 9 5 9 6 9 7 9 8 9 10 of 10: 16"
expect "ORDER BY day, one batch of 20" "$(ask day 20)" "1 2 9 3 4 5 6 7 8 10 of 10: 10"
expect "without an order, batches of 3" "$(ask '' 3)" "1 2 3 4 5 6 7 8 9 10 of 10: 10"
verdict
