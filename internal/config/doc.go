// Package config turns the environment, and the apps file that it may name, into typed, validated
// settings. It reports all problems at once, one per line.
//
// Only this package reads our variables; the other packages get values. The driver and
// internal/postgres read those of libpq (PGHOST and so on).
package config
