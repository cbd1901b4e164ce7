// Package distribute distributes the tables over the workers of a Citus cluster. It has a list of
// where each table belongs, compares it with the cluster, and does what is missing.
package distribute
