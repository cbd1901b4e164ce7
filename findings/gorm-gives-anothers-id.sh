#!/usr/bin/env bash
# After an insert with ON CONFLICT DO NOTHING, gorm gives the skipped row another row's ID, and files its children there.
#
# Guess: the ID of a skipped row stays 0, and its children are refused or skipped.
# Seen: RETURNING has a row per inserted row, and gorm deals these IDs out from the first struct on. Of x, b (there already) and y, b gets the ID of y
# and y has 0. The note of b is stored as one of y: the foreign key is content, and there is no error. The same happens with DO UPDATE … WHERE. An update of every conflict (SET code = excluded.code) gives all IDs.
. "$(dirname "$0")/lib.bash"
go_modules gorm.io/gorm@v1.31.2 gorm.io/driver/postgres@v1.6.3
postgres 18.4.0-beta.17
echo "gorm 1.31.2, its driver 1.6.3, PostgreSQL 18.4"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type Loss struct {
	ID    int64
	Code  string `gorm:"unique"`
	Notes []Note
}

type Note struct {
	ID     int64
	LossID int64
	Text   string
}

func main() {
	db, err := gorm.Open(postgres.Open("host=127.0.0.1 sslmode=disable user=postgres dbname=postgres port=" + os.Getenv("PGPORT")))
	if err == nil {
		err = db.AutoMigrate(&Loss{}, &Note{})
	}
	if err == nil {
		err = db.Create(&Loss{Code: "b"}).Error
	}
	if err != nil {
		panic(err)
	}
	conflict := clause.OnConflict{DoNothing: true}
	if os.Args[1] == "update" {
		conflict = clause.OnConflict{Columns: []clause.Column{{Name: "code"}}, DoUpdates: clause.AssignmentColumns([]string{"code"})}
	}
	losses := []Loss{{Code: "x", Notes: []Note{{Text: "of x"}}}, {Code: "b", Notes: []Note{{Text: "of b"}}}, {Code: "y"}}
	created := db.Clauses(conflict).Create(&losses)
	fmt.Println(created.RowsAffected, "rows,", created.Error)
	for _, loss := range losses {
		var stored Loss
		db.Where("code = ?", loss.Code).Find(&stored)
		fmt.Printf("%s: gorm %d, stored %d\n", loss.Code, loss.ID, stored.ID)
	}
	var notes []struct{ Text, Code string }
	db.Raw("SELECT text, code FROM notes JOIN losses ON losses.id = loss_id ORDER BY notes.id").Scan(&notes)
	for _, note := range notes {
		fmt.Printf("note %s is stored as of %s\n", note.Text, note.Code)
	}
	db.Migrator().DropTable(&Loss{}, &Note{})
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
ask() { ./ask "$1" 2>&1 | paste -sd';' | sed 's/;/; /g'; }
expect "DO NOTHING" "$(ask nothing)" \
    "2 rows, <nil>; x: gorm 2, stored 2; b: gorm 4, stored 1; y: gorm 0, stored 4; note of x is stored as of x; note of b is stored as of y"
expect "DO UPDATE" "$(ask update)" \
    "3 rows, <nil>; x: gorm 2, stored 2; b: gorm 1, stored 1; y: gorm 4, stored 4; note of x is stored as of x; note of b is stored as of b"
verdict
