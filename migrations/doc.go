// Package migrations holds the database's schema as numbered pairs of SQL files,
// embedded in the binary, and runs them by golang-migrate with a database driver of
// its own: a file and its version commit together. Every other room only asks whether
// the schema is current.
//
// structure.txt is what the files make. After a new migration a test writes it:
//
//	go test ./migrations -run Structure -update
package migrations
