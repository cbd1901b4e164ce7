#!/usr/bin/env bash
# ActiveRecord, xorm, Sequelize and gorm leave a limit out of a sum or a count: the sum of the three largest of 10 is the sum of all, and behind an offset it is 0.
#
# Guess: an aggregate of a query with a limit is that of the rows that the query returns; so it is in Django, and ActiveRecord's own count has a subquery for it.
# Seen: they put sum() in place of the columns and keep LIMIT behind it, which cuts the one row of the answer, not the rows that are added up. ActiveRecord takes the ORDER BY away too, so that Postgres does not refuse it. An offset of 1
# skips the answer: ActiveRecord and gorm return 0, without an error, Sequelize null. A list of the top three and the total below it, from the same relation, do not add up.
. "$(dirname "$0")/lib.bash"
need psql node
debian ruby3.1 libruby3.1 ruby-activerecord ruby-activemodel ruby-activesupport ruby-pg libpq5 ruby-i18n ruby-tzinfo ruby-concurrent ruby-zeitwerk libyaml-0-2 libgmp10 libffi8
python_packages django==5.2.9 'psycopg[binary]==3.3.9'
node_package sequelize@6.37.8
node_package pg@8.23.1
postgres 18.4.0-beta.17
go_modules gorm.io/gorm@v1.31.2 gorm.io/driver/postgres@v1.6.3 xorm.io/xorm@v1.4.3 github.com/jackc/pgx/v5@v5.13.0
echo "ActiveRecord $(version_of ruby-activerecord), Sequelize 6.37.8, gorm 1.31.2, xorm 1.4.3, Django 5.2.9, PostgreSQL 18.4"

psql -Xqc "CREATE TABLE loss (id int PRIMARY KEY, n int)" -c "INSERT INTO loss SELECT i, i FROM generate_series(1, 10) i"
cat >"$dir/ask.rb" <<'RUBY'
require "active_record"

ActiveRecord::Base.establish_connection(adapter: "postgresql", host: "127.0.0.1", port: ENV["PGPORT"], username: "postgres", database: "postgres")
class Loss < ActiveRecord::Base
  self.table_name = "loss"
end
top = Loss.order(n: :desc).limit(3)
puts eval(ARGV[0])
RUBY
gems="$dir/debian/usr/share/rubygems-integration/all/gems"
ruby=$(echo "$dir"/debian/usr/lib/ruby/*/ "$dir"/debian/usr/lib/x86_64-linux-gnu/ruby/*/ "$dir"/debian/usr/lib/x86_64-linux-gnu/ruby/vendor_ruby/*/ "$dir"/debian/usr/lib/ruby/vendor_ruby "$gems"/*/lib "$gems"/*/lib/* | tr ' ' ':')
rails() { RUBYLIB="$ruby" LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu" "$dir/debian/usr/bin/ruby3.1" -W0 "$dir/ask.rb" "$1" 2>&1 | tail -1; }
cat >"$dir/ask.py" <<'PYTHON'
import os

import django
from django.conf import settings
from django.db import models

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": "127.0.0.1", "PORT": os.environ["PGPORT"]}})
django.setup()


class Loss(models.Model):
    n = models.IntegerField()

    class Meta:
        app_label = "ask"
        db_table = "loss"


top = Loss.objects.order_by("-n")
print(top[:3].aggregate(sum=models.Sum("n"))["sum"], top[1:4].aggregate(sum=models.Sum("n"))["sum"], top[:3].count())
PYTHON
cat >"$dir/ask.mjs" <<'JS'
import { DataTypes, Sequelize } from "sequelize";

const db = new Sequelize(`postgres://postgres@127.0.0.1:${process.env.PGPORT}/postgres`, { logging: false });
const loss = db.define("loss", { n: DataTypes.INTEGER }, { freezeTableName: true, timestamps: false });
console.log(await loss.sum("n", { limit: 3 }), await loss.sum("n", { limit: 3, offset: 1 }), await loss.count({ limit: 3 }));
process.exit();
JS
cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"

	_ "github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"xorm.io/xorm"
)

type loss struct{ Id, N int }

func (loss) TableName() string { return "loss" }

func main() {
	url := "postgres://postgres@127.0.0.1:" + os.Getenv("PGPORT") + "/postgres?sslmode=disable"
	if os.Args[1] == "gorm" {
		db, err := gorm.Open(postgres.Open(url), &gorm.Config{})
		check(err)
		var all, behind int64
		check(db.Model(&loss{}).Limit(3).Count(&all).Error)
		check(db.Model(&loss{}).Limit(3).Offset(1).Count(&behind).Error)
		fmt.Println(all, behind)
		return
	}
	db, err := xorm.NewEngine("pgx", url)
	check(err)
	sum, err := db.Limit(3).Sum(&loss{}, "n")
	check(err)
	count, err := db.Limit(3).Count(&loss{})
	check(err)
	fmt.Println(sum, count)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
GO
go_program ask
expect "ActiveRecord, the three largest: 10, 9 and 8; their sum" "$(rails 'top.sum(:n)')" "55"
expect "their count" "$(rails 'top.count')" "3"
expect "their smallest" "$(rails 'top.minimum(:n)')" "1"
expect "the sum of the three behind the largest" "$(rails 'top.offset(1).sum(:n)')" "0"
expect "Sequelize, the sum of three, of three behind the first, and the count of three" "$(cd "$dir" && node ask.mjs 2>&1 | tail -1)" "55 null 10"
expect "gorm, the count of three, and of three behind the first" "$(./ask gorm 2>&1 | tail -1)" "10 0"
expect "xorm, the sum and the count of three" "$(./ask xorm 2>&1 | tail -1)" "55 10"
expect "Django, the sum of the three largest, of the three behind the largest, and the count of three" "$(python3 "$dir/ask.py" 2>&1 | tail -1)" "27 24 3"
verdict
