package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/problem"
)

func TestAnEngineIsNamedWithItsVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc": "PostgreSQL 15.18",
		"PostgreSQL 18beta1 on aarch64, compiled by clang":                                  "PostgreSQL 18beta1",
		"CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15, go1.22.2)":         "CockroachDB v24.1.0",
		"PostgreSQL 15.12-YB-2025.1.0.0-b168 on x86_64-pc-linux-gnu, compiled by clang":     "YugabyteDB 15.12-YB-2025.1.0.0-b168",
		"PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f) on x86_64":        "Greenplum 12.12",
		"EnterpriseDB 16.3.0 on x86_64":                                                     "EnterpriseDB 16.3.0",
		"Strange":                                                                           "Strange ",
		"":                                                                                  "an unknown engine ",
	} {
		product, version := productOf(text)
		if got := product + " " + version; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// An engine whose locks are stubs gives one lock to two sessions.
func TestAnEngineThatKeepsNoLocksIsRefused(t *testing.T) {
	t.Parallel()
	answers := func(got bool, err error) func(context.Context, uint32) (bool, error) {
		return func(context.Context, uint32) (bool, error) { return got, err }
	}
	missing := &pgconn.PgError{Code: pgerrcode.UndefinedFunction, Message: "unknown function: pg_try_advisory_lock()"}
	unsupported := &pgconn.PgError{Code: pgerrcode.FeatureNotSupported, Message: "advisory locks feature is currently in preview"}
	gone := &pgconn.PgError{Code: pgerrcode.AdminShutdown}
	for _, tt := range []struct {
		name          string
		first, second func(context.Context, uint32) (bool, error)
		refused       bool
		failed        error
	}{
		{"locks", answers(true, nil), answers(false, nil), false, nil},
		{"stubs that grant every lock", answers(true, nil), answers(true, nil), true, nil},
		{"no such function", answers(false, missing), nil, true, missing},
		{"not supported", answers(false, unsupported), nil, true, unsupported},
		{"a server that stops", answers(true, nil), answers(false, gone), false, gone},
	} {
		err := checkLocks(t.Context(), Engine{Product: "CockroachDB", Version: "v24"}, 7, tt.first, tt.second)
		var locks *LocksError
		switch {
		case errors.As(err, &locks) != tt.refused, tt.failed != nil && !errors.Is(err, tt.failed), tt.failed == nil && !tt.refused && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.refused && (locks.ExitCode() != problem.Usage || locks.Hint() == "" || !strings.Contains(err.Error(), "CockroachDB v24")):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestAServerThatIsTooOldIsRefusedByItsName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		engine Engine
		want   string
	}{
		{Engine{Product: "PostgreSQL", Version: "14.0", Release: 14}, ""},
		{Engine{Product: "PostgreSQL", Version: "18.4", Release: 18}, ""},
		{Engine{Product: "PostgreSQL", Version: "13.23", Release: 13}, "PostgreSQL 13.23 is too old: pushloss needs PostgreSQL 14 or later; nothing was changed"},
		{Engine{Product: "Greenplum", Version: "7.1.0", Release: 12},
			"Greenplum 7.1.0, which has the functions of PostgreSQL 12, is too old: pushloss needs PostgreSQL 14 or later; nothing was changed"},
	} {
		err := checkRelease(tt.engine)
		if tt.want == "" && err == nil {
			continue
		}
		var release *ReleaseError
		if !errors.As(err, &release) || err.Error() != tt.want || release.ExitCode() != problem.Usage || release.Hint() == "" {
			t.Errorf("%s: %v, want %q", tt.engine, err, tt.want)
		}
	}
}
