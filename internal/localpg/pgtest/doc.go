// Package pgtest gives every test its own Postgres database.
//
// The first test of a test binary that needs a database starts a server. Its data is in
// memory if there is plenty, else in a temporary directory. Main stops the server and
// removes the data. A database is a copy of a migrated template, which takes some 20 ms:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestLoad(t *testing.T) {
//		t.Parallel()
//		pool := pgtest.Pool(t)
//		...
//	}
//
// PUSHLOSS_TEST_DATABASE_URL names a server to use instead (its role must be
// allowed to create databases and roles). "make test" sets it, to a server that all
// packages share; PUSHLOSS_POSTGRES_BIN names the programs to start one with.
//
// PUSHLOSS_TEST_CITUS_URL names the coordinator of a Citus cluster, as a superuser. Every
// database with the schema is then spread over its workers, which takes seconds:
//
//	PUSHLOSS_TEST_CITUS_URL=postgres://postgres@127.0.0.1:5432/postgres go test ./load ./internal/lab/questions -run 'Reconcile|OnCitus' -parallel 4
package pgtest
