// Package clients proves that people get the same figures, of sensible types, by
// whatever way their tool reads Postgres: psql, psycopg, JDBC and ODBC. It has tests
// only. Each client is a small program that logs in as a role that `pushloss grant`
// was given, reads the relations named to it, and prints what it got.
package clients
