// Package migrations holds the database's schema, embedded in the binary: tables as
// numbered pairs of SQL files, views and functions of analytics as views.sql. Up runs
// the files by golang-migrate with a database driver of its own, so that a file and its
// version commit together, and the last one with the views. Where the text of a view, or
// the view itself, is not as the database has it on record, Up makes it again, by CREATE OR
// REPLACE: what others built upon it stays. Every other room only asks whether the schema
// is current.
//
// structure.txt is what the files make. After a new migration a test writes it:
//
//	go test ./migrations -run Structure -update
package migrations
