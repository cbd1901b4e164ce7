// Package postgres connects to Postgres. It has the only parser of DATABASE_URL, the only list of
// session settings and the only classification of Postgres errors. It detects poolers that move
// clients between server connections.
package postgres
