package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

// K5: a process that has one of two connections waits for it in every kind of step. A statement
// that may be executed twice survives the end of all connections.
func TestEachKindOfStepWaitsForRoom(t *testing.T) {
	t.Parallel()
	database := pgtest.EmptyURL(t)
	role := pgtest.Role(t, database, "steps_"+strings.ToLower(rand.Text()[:10]), "CONNECTION LIMIT 1")
	// The connection that looks for a pooler may not have ended when the pool's first one begins.
	pool, err := postgres.OpenPatiently(t.Context(), role, 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	one := 0
	batch := &pgx.Batch{}
	batch.Queue(`SELECT 1`).QueryRow(func(row pgx.Row) error { return row.Scan(&one) })
	for name, step := range map[string]func() error{
		"batch":     func() error { return pool.SendBatch(t.Context(), batch) },
		"statement": func() error { return pool.ExecAgain(t.Context(), `SELECT 1`) },
	} {
		held, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(20*time.Millisecond, held.Release)
		if err := step(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if one != 1 {
		t.Errorf("the batch's reader has %d", one)
	}
	admin, err := pgx.Connect(t.Context(), pgtest.AdminURL(t, database))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.WithoutCancel(t.Context()))
	if _, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	if err := pool.ExecAgain(t.Context(), `SELECT 1`); err != nil {
		t.Errorf("after its connections ended: %v", err)
	}
}

// K1: a server whose messages are in another language (lc_messages) gives its own reason
// for the end of a session.
func TestTheReasonForTheEndOfASessionIsReadInAnyLanguage(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			server := pgproto3.NewBackend(conn, conn)
			if _, err := server.ReceiveStartupMessage(); err == nil {
				server.Send(&pgproto3.AuthenticationOk{})
				server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
				_ = server.Flush()
				_, _ = server.Receive()
				server.Send(&pgproto3.ErrorResponse{Severity: "致命错误", SeverityUnlocalized: "FATAL", Code: "57P01", Message: "由于管理员命令中断联接"})
				_ = server.Flush()
			}
			_ = conn.Close()
		}
	}()
	_, err = postgres.Connect(t.Context(), "postgres://u@"+listener.Addr().String()+"/db?sslmode=disable", postgres.Limits{}, nil)
	if postgres.Code(err) != "57P01" {
		t.Errorf("the reason is %v", err)
	}
}

// K1: a preset that the role may not change is named, with the statement that resets it.
func TestAPresetThatTheRoleMayNotChangeIsNamed(t *testing.T) {
	t.Parallel()
	database := pgtest.EmptyURL(t)
	name := "preset_" + strings.ToLower(rand.Text()[:10])
	address := pgtest.Role(t, database, name, "")
	admin, err := pgx.Connect(t.Context(), pgtest.AdminURL(t, database))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.WithoutCancel(t.Context()))
	if _, err := admin.Exec(t.Context(), `ALTER ROLE `+name+` SET session_replication_role = 'replica'`); err != nil {
		t.Fatal(err)
	}
	_, err = postgres.Open(t.Context(), address, 3)
	preset, ok := errors.AsType[*postgres.PresetError](err)
	if want := `ALTER ROLE "` + name + `" RESET session_replication_role`; !ok || !strings.HasPrefix(preset.Hint(), want) {
		t.Errorf("%v, want the hint %s", err, want)
	}
}

func TestEachConnectionReadsThePassfileAgain(t *testing.T) {
	t.Parallel()
	role := pgtest.Role(t, pgtest.EmptyURL(t), "renewed_"+strings.ToLower(rand.Text()[:10]), "")
	parsed, err := url.Parse(role)
	if err != nil {
		t.Fatal(err)
	}
	name := parsed.User.Username()
	before, _ := parsed.User.Password()
	passfile := filepath.Join(t.TempDir(), "pgpass")
	write := func(password string) {
		if err := os.WriteFile(passfile, []byte("*:*:*:"+name+":"+password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(before)
	query := parsed.Query()
	query.Set("passfile", passfile)
	parsed.User, parsed.RawQuery = url.User(name), query.Encode()
	pool, err := postgres.Open(t.Context(), parsed.String(), 4)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), `ALTER ROLE `+pgx.Identifier{name}.Sanitize()+` PASSWORD 'another-one'`); err != nil {
		t.Fatal(err)
	}
	pool.Reset()
	if _, err := pool.Exec(t.Context(), `SELECT 1`); postgres.Code(err) != pgerrcode.InvalidPassword {
		t.Fatalf("the old password: %v", err)
	}
	write("another-one")
	if _, err := pool.Exec(t.Context(), `SELECT 1`); err != nil {
		t.Errorf("the new password in the file: %v", err)
	}
}
