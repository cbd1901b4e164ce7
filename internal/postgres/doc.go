// Package postgres connects to Postgres: it has the one parse of DATABASE_URL, the
// one list of session settings, the one judgement of what Postgres says, and looks
// for poolers that move their clients about.
package postgres
