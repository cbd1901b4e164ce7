// Package migrations holds the database's schema, embedded in the binary: tables as numbered pairs
// of SQL files, views and functions of analytics as views.sql. Up runs the files with
// golang-migrate and its own database driver, so that a file and its version commit together. The
// last file and the views commit together too. Up makes a view again, by CREATE OR REPLACE, if its
// text or the view itself is not as recorded in the database. What others built upon it stays.
// Every other package only checks whether the schema is current.
//
// structure.txt is what the files make. After a new migration a test writes it:
//
//	go test ./migrations -run Structure -update
package migrations
