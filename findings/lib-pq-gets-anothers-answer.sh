#!/usr/bin/env bash
# Behind PgBouncer in transaction mode Go's lib/pq hands out the answer to another client's question.
#
# Guess: without named prepared statements a client is safe there; at worst it gets an error
# (unnamed prepared statement does not exist).
# Seen: for a query with parameters lib/pq prepares the unnamed statement, waits, and then binds and
# runs it. Between the two PgBouncer may give the server connection to another client, which prepares its own
# unnamed statement. Both then run the latter: of 4,000 questions some are answered wrongly without an
# error. With binary_parameters=yes it sends everything at once, and every answer is right.
. "$(dirname "$0")/lib.bash"
need apt-get
debian pgbouncer libc-ares2 libevent-2.1-7
go_modules github.com/lib/pq@v1.10.9
postgres 15.18.0-beta.17
echo "lib/pq 1.10.9, PgBouncer $(version_of pgbouncer), PostgreSQL 15.18"

pooler=$(free_port)
mkdir "$dir/pooler"
echo '"postgres" ""' >"$dir/pooler/users"
cat >"$dir/pooler/pgbouncer.ini" <<INI
[databases]
* = host=127.0.0.1 port=$PGPORT
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pooler
unix_socket_dir =
auth_type = trust
auth_file = $dir/pooler/users
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
INI
export LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu"
unprivileged "$dir/debian/usr/sbin/pgbouncer" "$dir/pooler/pgbouncer.ini" >"$dir/pooler.log" 2>&1 &
pids+=($!)
unset LD_LIBRARY_PATH
sleep 1

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"database/sql"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	_ "github.com/lib/pq"
)

func main() {
	db, err := sql.Open("postgres", os.Args[1])
	if err != nil {
		panic(err)
	}
	var right, wrong, failed atomic.Int64
	var all sync.WaitGroup
	for client := range 8 {
		question, factor := "SELECT $1::int + 1000000", 0
		if client%2 == 1 {
			question, factor = "SELECT $1::int * 2", 1
		}
		all.Add(1)
		go func() {
			defer all.Done()
			for n := range 500 {
				var answer int
				err := db.QueryRow(question, n).Scan(&answer)
				switch {
				case err != nil:
					failed.Add(1)
				case factor == 0 && answer == n+1000000, factor == 1 && answer == 2*n:
					right.Add(1)
				default:
					wrong.Add(1)
				}
			}
		}()
	}
	all.Wait()
	fmt.Fprintf(os.Stderr, "    %d right, %d wrong without an error, %d errors\n", right.Load(), wrong.Load(), failed.Load())
	fmt.Println(wrong.Load() > 0)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
url="postgres://postgres@127.0.0.1:$pooler/postgres?sslmode=disable"
expect "are there wrong answers?" "$(./ask "$url")" "true"
expect "and with binary_parameters=yes?" "$(./ask "$url&binary_parameters=yes")" "false"
verdict
