#!/usr/bin/env bash
# Go's database/sql stores a row twice, and reports success, if the connection breaks after an INSERT and before its answer: with lib/pq, and with pgx up to 5.12.
#
# Guess: an error. Nobody can know whether the row is stored, so neither driver may call the connection bad, which makes database/sql run the statement on another one.
# Seen: lib/pq calls it bad whenever the server's end of the connection is closed, so Exec returns no error and the table has two rows, with arguments or without. pgx 5.12.0 does
# the same for statements without arguments, as those that fill a table from another one, and for all of them with default_query_exec_mode=simple_protocol. It loses the reason and
# reports "conn closed", which SafeToRetry takes for an error from before the statement was sent; a COMMIT that was carried out is safe to retry as well. 5.9.2, 5.10.0 and 5.11.0
# do this too. 5.7.6 and 5.13.0, of November 2026, return an error. An upsert that adds to a count counts twice in the same way.
. "$(dirname "$0")/lib.bash"
postgres 18.4.0-beta.17
go_modules github.com/lib/pq@v1.12.3 github.com/jackc/pgx/v5@v5.12.0
echo "PostgreSQL 18.4, lib/pq 1.12.3, pgx 5.12.0 and 5.13.0, $(go version | cut -d' ' -f3)"

cat >main.go <<'GO'
package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// relay passes bytes to the server and back, but closes the first connection on which a client
// sends the word, when the server has answered.
func relay(server, word string) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	var broken atomic.Bool
	pass := func(from, to net.Conn, each func(bytes []byte) (goesOn bool)) {
		defer to.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := from.Read(buffer)
			if err != nil || !each(buffer[:n]) {
				return
			}
			_, _ = to.Write(buffer[:n])
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			must(err)
			backend, err := net.Dial("tcp", server)
			must(err)
			var breaks atomic.Bool
			go pass(client, backend, func(sent []byte) bool {
				if bytes.Contains(sent, []byte(word)) && broken.CompareAndSwap(false, true) {
					breaks.Store(true)
				}
				return true
			})
			go pass(backend, client, func([]byte) bool { return !breaks.Load() })
		}
	}()
	return listener.Addr().String()
}

func main() {
	ctx := context.Background()
	server := "127.0.0.1:" + os.Getenv("PGPORT")
	direct, err := pgx.Connect(ctx, "postgres://postgres@"+server+"/postgres?sslmode=disable")
	must(err)
	_, err = direct.Exec(ctx, `DROP TABLE IF EXISTS loss; CREATE TABLE loss (task text)`)
	must(err)
	how, said := os.Args[1], "success"
	url := func(word, options string) string {
		return "postgres://postgres@" + relay(server, word) + "/postgres?sslmode=disable" + options
	}
	switch how {
	case "commit":
		conn, err := pgx.Connect(ctx, url("commit", ""))
		must(err)
		tx, err := conn.Begin(ctx)
		must(err)
		_, err = tx.Exec(ctx, `INSERT INTO loss VALUES ('spring')`)
		must(err)
		err = tx.Commit(ctx)
		said = fmt.Sprintf("%v, safe to retry: %t", err, pgconn.SafeToRetry(err))
	default: // a driver, options, arguments
		db, err := sql.Open(how, url("spring", os.Args[2]))
		must(err)
		var arguments []any
		statement := `INSERT INTO loss VALUES ('spring')`
		if len(os.Args) > 3 {
			statement, arguments = `INSERT INTO loss VALUES ($1)`, []any{os.Args[3]}
		}
		if _, err = db.ExecContext(ctx, statement, arguments...); err != nil {
			said = "an error"
		}
	}
	var rows int
	must(direct.QueryRow(ctx, `SELECT count(*) FROM loss`).Scan(&rows))
	fmt.Printf("%s; rows: %d\n", said, rows)
}
GO
ask() { ./ask "$@" 2>&1; }
go_program ask
expect "lib/pq, without arguments" "$(ask postgres '')" "success; rows: 2"
expect "lib/pq, with an argument" "$(ask postgres '' spring)" "success; rows: 2"
expect "pgx 5.12.0, without arguments" "$(ask pgx '')" "success; rows: 2"
expect "pgx 5.12.0, with an argument" "$(ask pgx '' spring)" "an error; rows: 1"
expect "pgx 5.12.0, with an argument, by the simple protocol" "$(ask pgx '&default_query_exec_mode=simple_protocol' spring)" "success; rows: 2"
expect "pgx 5.12.0 without database/sql, COMMIT" "$(ask commit)" "conn closed, safe to retry: true; rows: 1"
go_modules github.com/jackc/pgx/v5@v5.13.0
go_program ask
expect "pgx 5.13.0, without arguments" "$(ask pgx '')" "an error; rows: 1"
expect "pgx 5.13.0 without database/sql, COMMIT" "$(ask commit)" "conn closed, safe to retry: false; rows: 1"
verdict
