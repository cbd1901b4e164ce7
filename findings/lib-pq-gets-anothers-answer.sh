#!/usr/bin/env bash
# Behind PgBouncer in transaction mode Go's lib/pq and Python's pg8000 return the answer to another client's question.
#
# Guess (the same again before pg8000 was tried): without named prepared statements a client is safe there; at worst it gets an error
# (unnamed prepared statement does not exist).
# Seen: for a query with parameters lib/pq prepares the unnamed statement, waits, and then binds and
# runs it. Between the two PgBouncer may give the server connection to another client, which prepares its own
# unnamed statement. Both then run the latter: of 4,000 questions some are answered wrongly without an
# error. With binary_parameters=yes it sends everything at once, and every answer is right. pg8000 works the same way, and has no such setting: of 2,400 answers
# about half are wrong. asyncpg with statement_cache_size=0 keeps the connection in between, and is right.
. "$(dirname "$0")/lib.bash"
need apt-get
debian pgbouncer libc-ares2 libevent-2.1-7
go_modules github.com/lib/pq@v1.10.9
python_packages pg8000==1.31.6 asyncpg==0.32.0
postgres 15.18.0-beta.17
echo "lib/pq 1.10.9, pg8000 1.31.6, asyncpg 0.32.0, PgBouncer $(version_of pgbouncer), PostgreSQL 15.18"

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
cat >"$dir/ask.py" <<'PYTHON'
import asyncio
import sys
import threading

import asyncpg
import pg8000.native

driver, port = sys.argv[1], int(sys.argv[2])
questions = [("SELECT {}::int + 1000000", lambda n: n + 1000000), ("SELECT {}::int * 2", lambda n: 2 * n)]
wrong = []


def ask_pg8000(question, expected):
    connection = pg8000.native.Connection("postgres", host="127.0.0.1", port=port, database="postgres")
    for n in range(300):
        try:
            wrong.append(connection.run(question.format(":n "), n=n)[0][0] != expected(n))
        except pg8000.native.DatabaseError:
            pass


async def ask_asyncpg(question, expected):
    connection = await asyncpg.connect(host="127.0.0.1", port=port, user="postgres", database="postgres", statement_cache_size=0)
    for n in range(300):
        wrong.append(await connection.fetchval(question.format("$1"), n) != expected(n))


async def all_asyncpg():
    await asyncio.gather(*(ask_asyncpg(*questions[client % 2]) for client in range(8)))


if driver == "asyncpg":
    asyncio.run(all_asyncpg())
else:
    clients = [threading.Thread(target=ask_pg8000, args=questions[client % 2]) for client in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
print(f"    {wrong.count(False)} right, {wrong.count(True)} wrong without an error", file=sys.stderr)
print("true" if any(wrong) else "false")
PYTHON
expect "are there wrong answers with pg8000?" "$(python3 "$dir/ask.py" pg8000 "$pooler")" "true"
expect "and with asyncpg and statement_cache_size=0?" "$(python3 "$dir/ask.py" asyncpg "$pooler")" "false"
verdict
