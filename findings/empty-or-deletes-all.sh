#!/usr/bin/env bash
# Drizzle, goqu, xorm's builder, go-sqlbuilder, SQLAlchemy and Sequelize leave an OR of no conditions out: a DELETE by an empty list of keys deletes all rows.
#
# Guess: an OR of nothing is false, as Kysely and squirrel write it, and as `IN` of an empty list is in each of them; or it is an error.
# Seen: Or() of an empty list is no condition. As the whole WHERE all rows are deleted; beside `app = 1` all rows of the app are, instead of none. The list is one condition per key of two columns,
# (day = … AND code = …) OR …, which is empty when nothing has to be deleted. Sequelize writes false for {[Op.or]: []}, but nothing for {code: {[Op.or]: []}}. SQLAlchemy warns, the others do not.
. "$(dirname "$0")/lib.bash"
need node
node_package drizzle-orm@0.45.4
node_package pg@8.23.1
node_package sequelize@6.37.8
node_package kysely@0.28.19
python_packages sqlalchemy==2.1.9
go_modules github.com/doug-martin/goqu/v9@v9.19.0 xorm.io/builder@v0.3.13 github.com/huandu/go-sqlbuilder@v1.44.1 github.com/Masterminds/squirrel@v1.5.4
echo "Drizzle 0.45.4, Sequelize 6.37.8, Kysely 0.28.19, SQLAlchemy 2.1.9, goqu 9.19.0, xorm builder 0.3.13, go-sqlbuilder 1.44.1, squirrel 1.5.4"

cat >"$dir/ask.cjs" <<'JS'
const { and, eq, inArray, or } = require("drizzle-orm");
const { drizzle } = require("drizzle-orm/node-postgres");
const { integer, pgTable, text } = require("drizzle-orm/pg-core");
const { Pool } = require("pg");
const { DataTypes, Op, Sequelize } = require("sequelize");
const { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } = require("kysely");

const keys = [];
const facts = pgTable("facts", { app: integer(), day: text(), code: text() });
const conditions = keys.map((key) => and(eq(facts.day, key.day), eq(facts.code, key.code)));
const db = drizzle(new Pool());
const sequelize = new Sequelize({ dialect: "postgres" });
const model = sequelize.define("facts", { app: DataTypes.INTEGER, code: DataTypes.TEXT }, { freezeTableName: true });
const written = (where) => sequelize.getQueryInterface().queryGenerator.deleteQuery("facts", where, {}, model);
const kysely = new Kysely({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
const answers = {
  drizzle: () => db.delete(facts).where(or(...conditions)).toSQL().sql,
  "drizzle-app": () => db.delete(facts).where(and(eq(facts.app, 1), or(...conditions))).toSQL().sql,
  "drizzle-in": () => db.delete(facts).where(inArray(facts.code, keys)).toSQL().sql,
  sequelize: () => written({ app: 1, code: { [Op.or]: keys } }),
  "sequelize-outside": () => written({ app: 1, [Op.or]: keys }),
  kysely: () => kysely.deleteFrom("facts").where((eb) => eb.or(keys)).compile().sql,
};
console.log(answers[process.argv[2]]());
JS
cat >"$dir/ask.py" <<'PYTHON'
from sqlalchemy import and_, column, delete, or_, table

facts = table("facts", column("app"), column("day"), column("code"))
keys = []
print(" ".join(str(delete(facts).where(facts.c.app == 1, or_(*(and_(facts.c.day == day, facts.c.code == code) for day, code in keys)))).split()))
PYTHON
cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/Masterminds/squirrel"
	"github.com/doug-martin/goqu/v9"
	_ "github.com/doug-martin/goqu/v9/dialect/postgres"
	"github.com/huandu/go-sqlbuilder"
	"xorm.io/builder"
)

func main() {
	var query string
	var err error
	switch os.Args[1] {
	case "goqu":
		query, _, err = goqu.Dialect("postgres").Delete("facts").Where(goqu.C("app").Eq(1), goqu.Or([]goqu.Expression{}...)).ToSQL()
	case "xorm":
		query, _, err = builder.Delete(builder.Eq{"app": 1}, builder.Or([]builder.Cond{}...)).From("facts").ToSQL()
	case "go-sqlbuilder":
		query, _ = func() (string, []any) {
			b := sqlbuilder.PostgreSQL.NewDeleteBuilder()
			return b.DeleteFrom("facts").Where(b.Equal("app", 1), b.Or([]string{}...)).Build()
		}()
	case "squirrel":
		query, _, err = squirrel.Delete("facts").Where(squirrel.And{squirrel.Eq{"app": 1}, squirrel.Or{}}).ToSql()
	}
	if err != nil {
		query = "an error"
	}
	fmt.Println(query)
}
GO
go_program ask
ask() { (cd "$dir" && node ask.cjs "$1" 2>&1); }
expect "Drizzle, or() of no keys" "$(ask drizzle)" 'delete from "facts"'
expect "Drizzle, the app and or() of no keys" "$(ask drizzle-app)" 'delete from "facts" where "facts"."app" = $1'
expect "Drizzle, inArray() of no keys" "$(ask drizzle-in)" 'delete from "facts" where false'
expect "goqu, the app and Or() of no keys" "$(./ask goqu)" 'DELETE FROM "facts" WHERE ("app" = 1)'
expect "xorm's builder" "$(./ask xorm)" 'DELETE FROM facts WHERE app=?'
expect "go-sqlbuilder" "$(./ask go-sqlbuilder)" 'DELETE FROM facts WHERE app = $1'
expect "SQLAlchemy" "$(python3 -W ignore "$dir/ask.py" 2>&1)" 'DELETE FROM facts WHERE facts.app = :app_1'
expect "Sequelize, Op.or of no codes" "$(ask sequelize)" 'DELETE FROM "facts" WHERE "app" = 1'
expect "Sequelize, Op.or of no keys beside the app" "$(ask sequelize-outside)" 'DELETE FROM "facts" WHERE 0 = 1 AND "app" = 1'
expect "Kysely" "$(ask kysely)" 'delete from "facts" where 1 = 0'
expect "squirrel" "$(./ask squirrel)" 'DELETE FROM facts WHERE (app = ? AND (1=0))'
verdict
