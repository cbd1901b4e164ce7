// Package clients tests that all tools get the same figures, of sensible types: psql,
// psycopg, JDBC, ODBC, Node, pandas, dlt and Superset. It has only tests. Each client is a
// small program that logs in as a role with the rights of `pushloss grant`, reads the
// relations in its arguments, and prints them.
package clients
