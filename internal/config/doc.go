// Package config turns the environment, and the apps file it may name, into
// typed, validated settings. Everything that is wrong is reported at once, a line each.
//
// It is the one place that reads our variables; the other packages get values. Those of
// libpq (PGHOST and so on) are read by the driver and by internal/postgres.
package config
