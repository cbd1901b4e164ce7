#!/usr/bin/env bash
# squirrel puts conditions of Where together without brackets, so one with OR lets the rows of other apps in.
#
# Guess: each Where is one condition, and all of them must be true, as in goqu, bun, gorm and knex, which put brackets around a text or around each OR.
# Seen: Where("app = ?", 1).Where("n > ? OR code = ?", 9, "b") is app = $1 AND n > $2 OR code = $3: rows of app 2 come too. A Delete is put together so too. In squirrel.And a text has no brackets
# either. squirrel.Or{…} has them.
. "$(dirname "$0")/lib.bash"
go_modules github.com/Masterminds/squirrel@v1.5.4 gorm.io/gorm@v1.31.2 gorm.io/driver/postgres@v1.6.3
postgres 18.4.0-beta.17
echo "squirrel 1.5.4, gorm 1.31.2, PostgreSQL 18.4"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"database/sql"
	"fmt"
	"os"

	"github.com/Masterminds/squirrel"
	_ "github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

func main() {
	pool, err := sql.Open("pgx", os.Args[1])
	check(err)
	_, err = pool.Exec("DROP TABLE IF EXISTS loss; CREATE TABLE loss (app int, code text, n int); INSERT INTO loss VALUES (1, 'a', 3), (1, 'b', 5), (2, 'b', 7), (2, 'c', 12)")
	check(err)
	builder := squirrel.StatementBuilder.PlaceholderFormat(squirrel.Dollar).RunWith(pool)
	rows := builder.Select("count(*)").From("loss")
	var n int
	switch os.Args[2] {
	case "where":
		check(rows.Where("app = ?", 1).Where("n > ? OR code = ?", 9, "b").Scan(&n))
	case "and":
		check(rows.Where(squirrel.And{squirrel.Eq{"app": 1}, squirrel.Expr("n > ? OR code = ?", 9, "b")}).Scan(&n))
	case "or":
		check(rows.Where("app = ?", 1).Where(squirrel.Or{squirrel.Gt{"n": 9}, squirrel.Eq{"code": "b"}}).Scan(&n))
	case "delete":
		result, err := builder.Delete("loss").Where("app = ?", 1).Where("n > ? OR code = ?", 9, "b").Exec()
		check(err)
		deleted, err := result.RowsAffected()
		check(err)
		n = int(deleted)
	case "gorm":
		db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{})
		check(err)
		var found int64
		check(db.Table("loss").Where("app = ?", 1).Where("n > ? OR code = ?", 9, "b").Count(&found).Error)
		n = int(found)
	}
	fmt.Println(n)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
GO
go_program ask
ask() { ./ask "postgres://postgres@127.0.0.1:$PGPORT/postgres?sslmode=disable" "$1" 2>&1 | tail -1; }
expect "Where(app = 1).Where(n > 9 OR code = 'b'): rows, of which app 1 has 1" "$(ask where)" "2"
expect "squirrel.And of the same" "$(ask and)" "2"
expect "Delete with the same conditions" "$(ask delete)" "2"
expect "squirrel.Or" "$(ask or)" "1"
expect "gorm, the same two texts" "$(ask gorm)" "1"
verdict
