package config

import (
	"errors"
	"strings"

	"pushloss/internal/postgres"
)

const (
	embeddedPrefix     = "embedded:"
	defaultEmbeddedDir = ".pushloss"
	postgresURLShape   = "postgres://USER:PASSWORD@HOST:5432/DATABASE"
)

// Database says where the data is kept. When printed, it hides the URL, which has a password.
type Database struct {
	// URL is a Postgres URL or a key=value string. If it is empty and Embedded is false, libpq's
	// own variables (PGHOST and so on) apply.
	URL string
	// Embedded means a local Postgres of this program, in EmbeddedDir.
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

func readDatabase(env environment, problems *collected) Database {
	dir, embedded := strings.CutPrefix(env.DatabaseURL, embeddedPrefix)
	dir = strings.TrimSpace(dir)
	switch {
	case embedded && strings.HasPrefix(dir, "//"):
		problems.add("DATABASE_URL", "a local database is written embedded:DIR, without //")
		return Database{}
	case embedded && strings.ContainsAny(dir, "@?") || embedded && strings.Contains(dir, "://"):
		problems.add("DATABASE_URL", "a local database is written embedded:DIR, with a folder behind it; a URL is written without embedded:")
		return Database{}
	case embedded && dir == "":
		return Database{Embedded: true, EmbeddedDir: defaultEmbeddedDir}
	case embedded:
		return Database{Embedded: true, EmbeddedDir: dir}
	case env.DatabaseURL == "" && env.PGHost == "" && env.PGService == "" && env.PGDatabase == "":
		problems.add("DATABASE_URL", "is not set: give a Postgres URL, %s, or DATABASE_URL=embedded: for a local one", postgresURLShape)
		return Database{}
	}
	if _, err := postgres.Parse(env.DatabaseURL); err != nil {
		problem := new(postgres.URLError)
		if !errors.As(err, &problem) {
			problem.Problem, problem.Remedy = "cannot be used", "write "+postgresURLShape
		}
		whose := "is not a usable Postgres URL: it"
		if env.DatabaseURL == "" {
			whose = "is not set, and libpq's PG* variables cannot be used: what they say"
		}
		problems.add("DATABASE_URL", "%s %s: %s", whose, problem.Problem, problem.Remedy)
	}
	return Database{URL: env.DatabaseURL}
}
