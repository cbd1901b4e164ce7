// Package distribute spreads the tables over the workers of a Citus cluster: it has the list of
// what becomes of each table, compares it with the cluster, and does what is missing.
package distribute
