#!/usr/bin/env bash
# With Postgres, gorm, goqu and tortoise leave LIMIT out of a DELETE and an UPDATE, knex and Sequelize out of an UPDATE, without an error: all rows are changed.
#
# Guess: Postgres has no LIMIT there, so a builder refuses it, or selects the keys in a subquery. bun and TypeORM refuse it; knex refuses it for a DELETE.
# Seen: gorm, goqu, tortoise, knex and Sequelize drop it. Of 10 rows in order with a limit of 2, all 10 are deleted or set to 0: a batch that was to delete a little at a time empties the table at its first turn. knex
# and gorm drop an offset too, and gorm also a join with the condition in it. Sequelize's reference says that the limit of an UPDATE is for other databases.
. "$(dirname "$0")/lib.bash"
need psql node
python_packages tortoise-orm==1.1.9 asyncpg==0.32.0
node_package knex@3.3.0
node_package sequelize@6.37.8
node_package pg@8.23.1
postgres 18.4.0-beta.17
go_modules gorm.io/gorm@v1.31.2 gorm.io/driver/postgres@v1.6.3 github.com/doug-martin/goqu/v9@v9.19.0 github.com/jackc/pgx/v5@v5.13.0 github.com/uptrace/bun@v1.3.0 github.com/uptrace/bun/dialect/pgdialect@v1.3.0
echo "gorm 1.31.2, goqu 9.19.0, bun 1.3.0, knex 3.3.0, Sequelize 6.37.8, tortoise 1.1.9, PostgreSQL 18.4, node $(node --version)"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/doug-martin/goqu/v9"
	_ "github.com/doug-martin/goqu/v9/dialect/postgres"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

type loss struct{ ID, N int }

func (loss) TableName() string { return "loss" }

func main() {
	url := "postgres://postgres@127.0.0.1:" + os.Getenv("PGPORT") + "/postgres?sslmode=disable"
	db, err := sql.Open("pgx", url)
	if err != nil {
		panic(err)
	}
	orm, err := gorm.Open(postgres.Open(url), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		panic(err)
	}
	table := orm.Where("n > 0").Order("id").Limit(2)
	builder := goqu.Dialect("postgres").DB(db)
	switch os.Args[1] {
	case "gorm delete":
		err = table.Delete(&loss{}).Error
	case "gorm update":
		err = table.Model(&loss{}).Update("n", 0).Error
	case "gorm delete offset":
		err = orm.Where("n > 0").Order("id").Offset(8).Delete(&loss{}).Error
	case "gorm delete join":
		err = orm.Where("loss.n > 0").Joins("JOIN loss l ON l.id = loss.id AND l.n < 3").Delete(&loss{}).Error
	case "goqu delete":
		_, err = builder.Delete("loss").Where(goqu.C("n").Gt(0)).Order(goqu.C("id").Asc()).Limit(2).Executor().Exec()
	case "goqu update":
		_, err = builder.Update("loss").Set(goqu.Record{"n": 0}).Where(goqu.C("n").Gt(0)).Order(goqu.C("id").Asc()).Limit(2).Executor().Exec()
	case "bun delete":
		_, err = bun.NewDB(db, pgdialect.New()).NewDelete().TableExpr("loss").Where("n > 0").Limit(2).Exec(context.Background())
	}
	if err != nil {
		fmt.Print("an error, ")
	}
}
GO
go_program ask
cat >"$dir/ask.mjs" <<'JS'
import knex from "knex";
import { DataTypes, Op, Sequelize } from "sequelize";

const url = `postgres://postgres@127.0.0.1:${process.env.PGPORT}/postgres`;
const table = () => knex({ client: "pg", connection: url })("loss").where("n", ">", 0).orderBy("id");
const model = () => new Sequelize(url, { logging: false }).define("loss", { n: DataTypes.INTEGER }, { freezeTableName: true, timestamps: false });
const where = { n: { [Op.gt]: 0 } };
try {
  await {
    "knex update": () => table().limit(2).update({ n: 0 }),
    "knex delete": () => table().limit(2).del(),
    "knex delete offset": () => table().offset(8).del(),
    "sequelize update": () => model().update({ n: 0 }, { where, limit: 2 }),
    "sequelize delete": () => model().destroy({ where, limit: 2 }),
  }[process.argv[2]]();
} catch {
  process.stdout.write("an error, ");
}
process.exit();
JS
cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

from tortoise import Tortoise, fields, models, run_async


class Loss(models.Model):
    id = fields.IntField(primary_key=True)
    n = fields.IntField()

    class Meta:
        table = "loss"


async def main():
    await Tortoise.init(db_url=f"asyncpg://postgres@127.0.0.1:{os.environ['PGPORT']}/postgres", modules={"models": ["__main__"]})
    rows = Loss.filter(n__gt=0).order_by("id").limit(2)
    try:
        await (rows.delete() if sys.argv[1] == "delete" else rows.update(n=0))
    except Exception:
        print("an error, ", end="")


run_async(main())
PYTHON
ask() {
    psql -X -q -c "DROP TABLE IF EXISTS loss; CREATE TABLE loss (id int PRIMARY KEY, n int); INSERT INTO loss SELECT n, n FROM generate_series(1, 10) n" 2>/dev/null
    "$@"
    psql -X -A -t -c "SELECT 10 - count(*) || ' deleted, ' || count(*) FILTER (WHERE n = 0) || ' updated' FROM loss"
}
expect "gorm: DELETE, limit 2" "$(ask ./ask "gorm delete")" "10 deleted, 0 updated"
expect "gorm: UPDATE, limit 2" "$(ask ./ask "gorm update")" "0 deleted, 10 updated"
expect "gorm: DELETE, offset 8" "$(ask ./ask "gorm delete offset")" "10 deleted, 0 updated"
expect "gorm: DELETE with a join that 2 rows meet" "$(ask ./ask "gorm delete join")" "10 deleted, 0 updated"
expect "goqu: DELETE, limit 2" "$(ask ./ask "goqu delete")" "10 deleted, 0 updated"
expect "goqu: UPDATE, limit 2" "$(ask ./ask "goqu update")" "0 deleted, 10 updated"
expect "bun: DELETE, limit 2" "$(ask ./ask "bun delete")" "an error, 0 deleted, 0 updated"
expect "knex: UPDATE, limit 2" "$(ask node "$dir/ask.mjs" "knex update")" "0 deleted, 10 updated"
expect "knex: DELETE, offset 8" "$(ask node "$dir/ask.mjs" "knex delete offset")" "10 deleted, 0 updated"
expect "knex: DELETE, limit 2" "$(ask node "$dir/ask.mjs" "knex delete")" "an error, 0 deleted, 0 updated"
expect "Sequelize: UPDATE, limit 2" "$(ask node "$dir/ask.mjs" "sequelize update")" "0 deleted, 10 updated"
expect "Sequelize: DELETE, limit 2" "$(ask node "$dir/ask.mjs" "sequelize delete")" "2 deleted, 0 updated"
expect "tortoise: DELETE, limit 2" "$(ask python3 "$dir/ask.py" delete)" "10 deleted, 0 updated"
expect "tortoise: UPDATE, limit 2" "$(ask python3 "$dir/ask.py" update)" "0 deleted, 10 updated"
verdict
