#!/usr/bin/env bash
# gorm and bun find no row that is not in an empty list.
#
# Guess: code NOT IN of an empty list is true for each row: no code is left out. squirrel, knex and Sequelize write it so, and sqlx reports an error.
# Seen: both write NOT IN (NULL), which is never true. A list of codes to leave out works until it is empty; then there are no rows, and no error. In gorm, Not(map) of the same list and
# clause-free Not(list) find all rows: one library has two answers. bun's Limit(0) returns all rows, where squirrel and gorm write LIMIT 0.
. "$(dirname "$0")/lib.bash"
go_modules github.com/uptrace/bun@v1.3.0 github.com/uptrace/bun/dialect/pgdialect@v1.3.0 gorm.io/gorm@v1.31.2 gorm.io/driver/postgres@v1.6.3 github.com/Masterminds/squirrel@v1.5.4
postgres 18.4.0-beta.17
echo "gorm 1.31.2, bun 1.3.0, squirrel 1.5.4, PostgreSQL 18.4"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/Masterminds/squirrel"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

type Loss struct {
	bun.BaseModel `bun:"table:loss" gorm:"-"`
	Code          string `bun:",pk" gorm:"primaryKey"`
}

func (Loss) TableName() string { return "loss" }

func main() {
	ctx := context.Background()
	pool, err := sql.Open("pgx", os.Args[1])
	check(err)
	b := bun.NewDB(pool, pgdialect.New())
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{})
	check(err)
	_, err = pool.ExecContext(ctx, "DROP TABLE IF EXISTS loss; CREATE TABLE loss (code text PRIMARY KEY); INSERT INTO loss VALUES ('a'), ('b'), ('c')")
	check(err)

	leftOut := []string{}
	if len(os.Args) > 3 {
		leftOut = os.Args[3:]
	}
	var rows []Loss
	switch os.Args[2] {
	case "gorm":
		check(g.Where("code NOT IN ?", leftOut).Find(&rows).Error)
	case "gorm-map":
		check(g.Not(map[string]any{"code": leftOut}).Find(&rows).Error)
	case "gorm-limit":
		check(g.Limit(0).Find(&rows).Error)
	case "bun":
		check(b.NewSelect().Model(&rows).Where("code NOT IN (?)", bun.In(leftOut)).Scan(ctx))
	case "bun-limit":
		check(b.NewSelect().Model(&rows).Limit(0).Scan(ctx))
	case "squirrel":
		found, err := squirrel.Select("code").From("loss").Where(squirrel.NotEq{"code": leftOut}).PlaceholderFormat(squirrel.Dollar).RunWith(pool).QueryContext(ctx)
		check(err)
		for found.Next() {
			rows = append(rows, Loss{})
		}
		check(found.Err())
	}
	fmt.Println(len(rows))
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
GO
go_program ask
ask() { ./ask "postgres://postgres@127.0.0.1:$PGPORT/postgres?sslmode=disable" "$@" 2>&1 | tail -1; }
expect "gorm, Where(\"code NOT IN ?\", [a]) of a, b and c: rows" "$(ask gorm a)" "2"
expect "of the empty list" "$(ask gorm)" "0"
expect "gorm, Not(map) of the empty list" "$(ask gorm-map)" "3"
expect "bun, Where(\"code NOT IN (?)\", bun.In([a]))" "$(ask bun a)" "2"
expect "of the empty list" "$(ask bun)" "0"
expect "squirrel, NotEq of the empty list" "$(ask squirrel)" "3"
expect "gorm, Limit(0)" "$(ask gorm-limit)" "0"
expect "bun, Limit(0)" "$(ask bun-limit)" "3"
verdict
