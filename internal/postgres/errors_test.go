package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

func TestErrorsOfPostgresHaveACorrectHint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, says  string
		unreachable bool
	}{
		{"25006", "read-only", true}, {"25P03", "was paused", true}, {"25P04", "was paused", true}, {"57P05", "was paused", true},
		{"57P01", "was paused", true}, {"57P03", "starting", true}, {"57014", "took too long", true}, {"53100", "disk is full", true},
		{"53200", "memory", true}, {"53300", "PUSHLOSS_MAX_CONNECTIONS", true}, {"53400", "reset its preset", true}, {"55P03", "pg_prepared_xacts", false},
		{"3D000", "CREATE DATABASE", true}, {"28P01", "password", true}, {"28000", "pg_hba.conf", true}, {"08006", "server failed", true},
		{"58030", "server failed", true}, {"XX001", "backup", true}, {"XX002", "backup", true}, {"42501", "pushloss check names each right", false},
		{"23505", "pushloss check", false}, {"23514", "pushloss check names it", false}, {"23502", "pushloss check names it", false}, {"22003", "pushloss check names it", false}, {"42P01", "migrate status names it", false}, {"42P10", "migrate status names it", false}, {"3F000", "migrate status names it", false}, {"55000", "pushloss check names it", false}, {"2200H", "pushloss check names it", false}, {"40P01", "run again", false}, {"40001", "run again", false}, {"22023", "", false},
	} {
		t.Run(test.code, func(t *testing.T) {
			t.Parallel()
			err := fmt.Errorf("load: %w", &pgconn.PgError{Code: test.code, Message: "ein Text, den niemand vergleicht"})
			if got := postgres.Unreachable(err); got != test.unreachable {
				t.Errorf("unreachable: %t", got)
			}
			if hint := postgres.Hint(err); !strings.Contains(hint, test.says) || (hint == "") != (test.says == "") {
				t.Errorf("hint: %s", hint)
			}
		})
	}
}

func TestAConnectionThatEndsIsNotReportedAsAServerThatWasNeverThere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		says string
	}{
		{"a connection that breaks", io.ErrUnexpectedEOF, "broke"},
		{"a connection that breaks before the first row of an answer", fmt.Errorf("ask: %w", pgconn.ErrConnClosed), "broke"},
		{"a server that falls silent", context.DeadlineExceeded, "does not answer"},
		{"a pooler without a free connection", &pgconn.PgError{Code: "08P01", SeverityUnlocalized: "FATAL", Message: "query_wait_timeout"}, "pool_size"},
		{"a process that may open no further file", &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", syscall.EMFILE)}, "ulimit -n"},
		{"a server that crashes", &pgconn.PgError{Code: "57P02", SeverityUnlocalized: "FATAL"}, "see its log"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := fmt.Errorf("load: %w", test.err)
			if hint := postgres.Hint(err); !postgres.Unreachable(err) || !strings.Contains(hint, test.says) || strings.Contains(hint, "start the database") {
				t.Errorf("hint: %s", hint)
			}
		})
	}
}

func TestAStatementThatFailsLeavesItsConnection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"a statement that was canceled", &pgconn.PgError{Code: "57014", SeverityUnlocalized: "ERROR"}, false},
		{"a page of a table that is damaged", &pgconn.PgError{Code: "XX001", SeverityUnlocalized: "ERROR"}, false},
		{"a value that cannot be read", errors.New("infinity is not a date"), false},
		{"a server that stops, in its own language", &pgconn.PgError{Code: "57P01", Severity: "SCHWERWIEGEND", SeverityUnlocalized: "FATAL"}, true},
		{"a connection that broke", io.ErrUnexpectedEOF, true},
		{"a server that falls silent", context.DeadlineExceeded, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := postgres.Disconnected(fmt.Errorf("read: %w", test.err)); got != test.want {
				t.Errorf("disconnected: %t", got)
			}
		})
	}
}

func TestTheHintForAMissingDatabaseNamesIt(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/not there"
	_, err = postgres.Connect(t.Context(), address.String(), postgres.Limits{Name: "the test"}, nil)
	if hint := postgres.Hint(err); !strings.Contains(hint, `CREATE DATABASE "not there" ENCODING`) {
		t.Errorf("%v: the hint is %q", err, hint)
	}
}

// A standby ends what reads rows that it must remove, with the SQLSTATE of a serialization failure.
func TestAStandbyThatEndsAReadIsNotReportedAsAMigration(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{"postgres.c": "hot_standby_feedback", "heapam.c": "another session"} {
		err := fmt.Errorf("verify: %w", &pgconn.PgError{Code: "40001", File: file})
		if hint := postgres.Hint(err); !strings.Contains(hint, says) {
			t.Errorf("%s: %s", file, hint)
		}
	}
}
