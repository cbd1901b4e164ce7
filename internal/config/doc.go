// Package config turns the environment, and the apps file it may name, into
// typed, validated settings. Everything that is wrong is reported at once, a line each.
//
// It is the one place that reads the environment; the other packages get values.
package config
