package config

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	embeddedPrefix     = "embedded:"
	defaultEmbeddedDir = ".pushloss"
	postgresURLShape   = "postgres://USER:PASSWORD@HOST:5432/DATABASE"
)

// Database says where the data is kept. Printed, it hides the URL, which holds
// a password.
type Database struct {
	// URL is a Postgres URL or key=value string; empty, unless Embedded, means
	// libpq's own environment (PGHOST and so on).
	URL string
	// Embedded means a Postgres of one's own, in EmbeddedDir.
	Embedded    bool
	EmbeddedDir string
}

func (d Database) String() string {
	switch {
	case d.Embedded:
		return embeddedPrefix + d.EmbeddedDir
	case d.URL == "":
		return "Postgres as PG* say"
	}
	return "Postgres as DATABASE_URL says"
}

// GoString is String, so that %#v hides the URL too.
func (d Database) GoString() string { return d.String() }

// MarshalText is String, so that encoders hide the URL too.
func (d Database) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func readDatabase(env environment, problems *Problems) Database {
	dir, embedded := strings.CutPrefix(env.DatabaseURL, embeddedPrefix)
	dir = strings.TrimSpace(dir)
	switch {
	case embedded && strings.HasPrefix(dir, "//"):
		problems.add("DATABASE_URL", "a local database is written embedded:DIR, without //")
		return Database{}
	case embedded && dir == "":
		return Database{Embedded: true, EmbeddedDir: defaultEmbeddedDir}
	case embedded:
		return Database{Embedded: true, EmbeddedDir: dir}
	case env.DatabaseURL == "" && env.PGHost == "" && env.PGService == "" && env.PGDatabase == "":
		problems.add("DATABASE_URL", "is not set: give a Postgres URL, %s, or DATABASE_URL=embedded: for a local one", postgresURLShape)
		return Database{}
	}
	if reason := connectionProblem(env.DatabaseURL); reason != "" {
		if env.DatabaseURL == "" {
			problems.add("DATABASE_URL", "is not set, and libpq's PG* variables cannot be used: %s", reason)
		} else {
			problems.add("DATABASE_URL", "is not a usable Postgres URL: %s; write %s with special characters percent-encoded, "+
				"or embedded: for a local database", reason, postgresURLShape)
		}
	}
	return Database{URL: env.DatabaseURL}
}

// connectionProblem says why pgx cannot use the URL, or nothing. pgx repeats the
// URL in its errors with the password masked as well as it can, which is not
// always; so only those of its words are passed on that are constant.
func connectionProblem(url string) string {
	_, err := pgxpool.ParseConfig(url)
	if err == nil {
		return ""
	}
	var parseErr *pgconn.ParseConfigError
	if !errors.As(err, &parseErr) {
		return "it cannot be parsed"
	}
	blanked := *parseErr
	blanked.ConnString = ""
	_, reason, _ := strings.Cut(blanked.Error(), "``: ")
	for _, known := range pgxReasons {
		if strings.HasPrefix(reason, known) {
			return known
		}
	}
	return "it cannot be parsed"
}

// pgxReasons are the beginnings of pgx's messages, as far as they are constant.
var pgxReasons = [...]string{
	"failed to parse as URL",
	"failed to parse as keyword/value",
	"failed to read service",
	"failed to configure TLS",
	"invalid connect_timeout",
	"invalid port",
	"invalid require_auth",
	"invalid sslcertmode",
	"invalid min_protocol_version",
	"invalid max_protocol_version",
	"unknown channel_binding value",
	"unknown target_session_attrs value",
	"could not match", // N ports to M hosts
	"cannot parse pool_max_conns",
	"pool_max_conns too small",
	"cannot parse pool_min_conns",
	"cannot parse pool_min_idle_conns",
	"cannot parse pool_max_conn_lifetime",
	"cannot parse pool_max_conn_idle_time",
	"cannot parse pool_health_check_period",
	"cannot parse pool_ping_timeout",
	"cannot parse statement_cache_capacity",
	"cannot parse description_cache_capacity",
}
