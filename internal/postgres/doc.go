// Package postgres connects to Postgres: it has the one parse of DATABASE_URL, the
// one list of session settings and the one classification of Postgres errors, and detects
// poolers that move clients between server connections.
package postgres
