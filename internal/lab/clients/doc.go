// Package clients tests that people get the same figures, of sensible types, however
// their tool reads Postgres: by psql, psycopg, JDBC, ODBC, Node, pandas, dlt or Superset.
// It has only tests. Each client is a small program that logs in as a role that `pushloss
// grant` gave rights, reads the relations in its arguments, and prints them.
package clients
