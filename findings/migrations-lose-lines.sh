#!/usr/bin/env bash
# sql-migrate, Spring's ScriptUtils and Liquibase's formatted SQL leave a line that begins with -- out of a text, or out of a function's body.
#
# Guess: a line inside quotes or $$ is no comment, and reaches the database as it is written, as it does with goose, tern, Flyway and psql: all of them cut a file at its semicolons, so they know
# where a text begins and ends.
# Seen: sql-migrate drops each line that begins with --, wherever it is. Spring does so too, and within $$ also joins the lines with spaces, so that a -- in a line's middle turns the rest of a function into a comment.
# Liquibase keeps texts in quotes, except for lines such as --comment: or --rollback, and drops comments within $$. No error is reported: the stored text, a comment on a table or a
# report's template, is shorter than the one in the file.
. "$(dirname "$0")/lib.bash"
need java psql
go_modules github.com/rubenv/sql-migrate@v1.8.1 github.com/pressly/goose/v3@v3.30.1 github.com/jackc/pgx/v5@v5.13.0
maven_packages org.springframework:spring-jdbc:6.2.7 org.liquibase:liquibase-core:4.31.1 org.postgresql:postgresql:42.7.5
postgres 18.4.0-beta.17
echo "sql-migrate 1.8.1, goose 3.30.1, spring-jdbc 6.2.7, Liquibase 4.31.1, PostgreSQL 18.4, $(java -version 2>&1 | head -1)"

cat >"$dir/script.sql" <<'SQL'
CREATE TABLE note (id int, body text);
INSERT INTO note VALUES (1, 'first
-- second
third');
INSERT INTO note VALUES (2, $$first
-- second
third$$);
SQL
mkdir "$dir/migrations"
{ echo "-- +migrate Up"; cat "$dir/script.sql"; } >"$dir/migrations/1.sql"
{ echo "-- +goose Up"; cat "$dir/script.sql"; } >"$dir/migrations/00001_note.sql"
{ echo "--liquibase formatted sql"; echo "--changeset a:1"; cat "$dir/script.sql"; } >"$dir/liquibase.sql"
cat >"$dir/go/main.go" <<'GO'
package main

import (
	"context"
	"database/sql"
	"os"
	"testing/fstest"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	migrate "github.com/rubenv/sql-migrate"
)

func main() {
	db, err := sql.Open("pgx", "postgres://postgres@127.0.0.1:"+os.Getenv("PGPORT")+"/postgres?sslmode=disable")
	if err != nil {
		panic(err)
	}
	file, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	if os.Args[1] == "goose" {
		provider, err := goose.NewProvider(goose.DialectPostgres, db, fstest.MapFS{"00001_note.sql": {Data: file}})
		if err != nil {
			panic(err)
		}
		if _, err := provider.Up(context.Background()); err != nil {
			panic(err)
		}
		return
	}
	source := migrate.AssetMigrationSource{
		Asset:    func(string) ([]byte, error) { return file, nil },
		AssetDir: func(string) ([]string, error) { return []string{"1.sql"}, nil },
	}
	if _, err := migrate.Exec(db, "postgres", source, migrate.Up); err != nil {
		panic(err)
	}
}
GO
go_program ask
cat >"$dir/Ask.java" <<'JAVA'
import java.io.File;
import java.sql.DriverManager;

class Ask {
    public static void main(String[] args) throws Exception {
        File file = new File(args[1]);
        try (var connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/postgres", "postgres", "")) {
            if (args[0].equals("spring")) {
                org.springframework.jdbc.datasource.init.ScriptUtils.executeSqlScript(connection, new org.springframework.core.io.FileSystemResource(file));
                return;
            }
            var database = liquibase.database.DatabaseFactory.getInstance()
                    .findCorrectDatabaseImplementation(new liquibase.database.jvm.JdbcConnection(connection));
            new liquibase.Liquibase(file.getName(), new liquibase.resource.DirectoryResourceAccessor(file.getParentFile()), database).update("");
        }
    }
}
JAVA
ask() {
    psql -X -q -c "DROP TABLE IF EXISTS note" 2>/dev/null
    "$@" >"$dir/ask.log" 2>&1 || { echo "an error"; return; }
    psql -X -A -t -c "SELECT string_agg(replace(body, E'\n', '/'), ' | ' ORDER BY id) FROM note"
}
expect "psql: a text in quotes | in \$\$" "$(ask psql -X -q -f "$dir/script.sql")" "first/-- second/third | first/-- second/third"
expect "goose" "$(ask ./ask goose "$dir/migrations/00001_note.sql")" "first/-- second/third | first/-- second/third"
expect "sql-migrate" "$(ask ./ask sql-migrate "$dir/migrations/1.sql")" "first/third | first/third"
expect "Spring" "$(ask java -cp "$dir/jars/*" "$dir/Ask.java" spring "$dir/script.sql")" "first/third | first third"
expect "Liquibase" "$(ask java -cp "$dir/jars/*" "$dir/Ask.java" liquibase "$dir/liquibase.sql")" "first/-- second/third | first//third"
verdict
