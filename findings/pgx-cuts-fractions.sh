#!/usr/bin/env bash
# pgx stores 2.9 as 2 in a bigint column, without an error.
#
# Guess: an error, as for 2.9 sent as text (22P02), or 3, as Postgres rounds 2.9::bigint.
# Seen: 2 in the default mode; the mode exec has the error.
. "$(dirname "$0")/lib.bash"
go_modules github.com/jackc/pgx/v5@v5.13.0
postgres 15.18.0-beta.17
echo "pgx 5.13.0, PostgreSQL 15.18"

cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func main() {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, "default_query_exec_mode="+os.Args[1])
	if err != nil {
		panic(err)
	}
	var n int64
	err = conn.QueryRow(ctx, "SELECT $1::bigint", 2.9).Scan(&n)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		fmt.Println("error", refused.Code)
		return
	}
	fmt.Println(n, err)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
expect "2.9 for a bigint, cache_statement" "$(./ask cache_statement)" "2 <nil>"
expect "2.9 for a bigint, exec" "$(./ask exec)" "error 22P02"
verdict
