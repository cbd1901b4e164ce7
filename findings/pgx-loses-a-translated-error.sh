#!/usr/bin/env bash
# If the server's messages are Chinese, pgx reports "unexpected EOF" where a session was ended, and the SQLSTATE is lost.
#
# Guess: 57P01, in whatever language. The server sends the severity twice, translated (S) and untranslated (V, since 9.6), so that a client need not know the language.
# Seen: pgx compares S with FATAL. With lc_messages=zh_CN.UTF-8 it is 致命错误, so pgx takes the error for one of the statement, reads on, and returns the end of the connection instead.
# Who retries or reports by SQLSTATE sees neither 57P01 nor another reason to end a session (25P03, 57P05). German has FATAL too, so tests in German do not show it. A real server
# with lc_messages=zh_CN.UTF-8 gives the same; here the answer comes from a stand-in, which needs no locale. A function OnPgError that ends the connection by V keeps the error.
. "$(dirname "$0")/lib.bash"
go_modules github.com/jackc/pgx/v5@v5.13.0
echo "pgx 5.13.0"

cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// serve lets one client in, and ends its session at its first statement.
func serve(listener net.Listener, severity, message string) {
	conn, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	server := pgproto3.NewBackend(conn, conn)
	if _, err := server.ReceiveStartupMessage(); err != nil {
		panic(err)
	}
	server.Send(&pgproto3.AuthenticationOk{})
	server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if err := server.Flush(); err != nil {
		panic(err)
	}
	if _, err := server.Receive(); err != nil {
		panic(err)
	}
	server.Send(&pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: "FATAL", Code: "57P01", Message: message})
	if err := server.Flush(); err != nil {
		panic(err)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go serve(listener, os.Args[1], os.Args[2])
	ctx := context.Background()
	config, err := pgconn.ParseConfig("postgres://user@" + listener.Addr().String() + "/db?sslmode=disable")
	if err != nil {
		panic(err)
	}
	if len(os.Args) > 3 {
		config.OnPgError = func(_ *pgconn.PgConn, err *pgconn.PgError) bool { return err.SeverityUnlocalized != "FATAL" }
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		panic(err)
	}
	_, err = conn.Exec(ctx, "SELECT 1").ReadAll()
	var reason *pgconn.PgError
	fmt.Println(errors.As(err, &reason), err)
}
GO
go_program ask
ask() { ./ask "$@" 2>&1; }
expect "C: is it a PgError, and the error" "$(ask FATAL 'terminating connection due to administrator command')" \
    "true FATAL: terminating connection due to administrator command (SQLSTATE 57P01)"
expect "de_DE" "$(ask FATAL 'Verbindung wird abgebrochen aufgrund von Anweisung des Administrators')" \
    "true FATAL: Verbindung wird abgebrochen aufgrund von Anweisung des Administrators (SQLSTATE 57P01)"
expect "zh_CN" "$(ask 致命错误 '由于管理员命令中断联接')" "false unexpected EOF"
expect "zh_CN, OnPgError by V" "$(ask 致命错误 '由于管理员命令中断联接' V)" "true 致命错误: 由于管理员命令中断联接 (SQLSTATE 57P01)"
verdict
