// Package migrations holds the database's schema as numbered pairs of SQL files,
// embedded in the binary, and runs them by golang-migrate. Every other room only
// asks whether the schema is current.
package migrations
