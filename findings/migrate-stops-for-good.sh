#!/usr/bin/env bash
# After a stop before Up, golang-migrate reports success and applies nothing, for ever.
#
# Guess: Up after GracefulStop returns ErrAborted, or stops after the current migration; a later
# Up of the same instance applies the rest.
# Seen: Up returns nil, which is what it returns after applying all; there is no version. Each later Up of the
# same instance returns nil as well and applies nothing: the instance remembers the stop.
. "$(dirname "$0")/lib.bash"
go_modules github.com/golang-migrate/migrate/v4@v4.20.1 github.com/jackc/pgx/v5@v5.13.0
postgres 15.18.0-beta.17
echo "golang-migrate 4.20.1, PostgreSQL 15.18"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"testing/fstest"

	"github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
)

func main() {
	files := fstest.MapFS{"1_a.up.sql": {Data: []byte("CREATE TABLE a ()")}, "2_b.up.sql": {Data: []byte("CREATE TABLE b ()")}}
	source, err := iofs.New(files, ".")
	if err != nil {
		panic(err)
	}
	m, err := migrate.NewWithSourceInstance("iofs", source, "pgx5://postgres@127.0.0.1:"+os.Getenv("PGPORT")+"/postgres?sslmode=disable")
	if err != nil {
		panic(err)
	}
	m.GracefulStop <- true
	for range 3 {
		up := m.Up()
		_, _, version := m.Version()
		fmt.Printf("Up: %v, version: %v; ", up, version)
	}
	fmt.Println()
}
GO
go_program ask
expect "three times Up after GracefulStop" "$(./ask)" \
    "Up: <nil>, version: no migration; Up: <nil>, version: no migration; Up: <nil>, version: no migration; "
verdict
