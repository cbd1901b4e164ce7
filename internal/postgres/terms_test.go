package postgres_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

func TestAFileOfAConnectionStringThatCannotBeUsedIsNamedByItsParameter(t *testing.T) {
	t.Parallel()
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	t.Cleanup(certificate.Close)
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate().Raw}))
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	none, text, roots := filepath.Join(dir, "Secr3tTail"), file("text", "Secr3tTail"), file("roots", cert)
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	services := file("services", "[there]\nhost=127.0.0.1\nuser=u\n")
	for query, says := range map[string]string{
		"sslrootcert=" + pipe: "parameter sslrootcert, whose file cannot be read (it is a pipe, not a regular file)",
		"sslrootcert=" + none: "parameter sslrootcert, whose file cannot be read (no such file or directory)",
		"sslcert=" + none:     "parameter sslcert, whose file", "sslkey=" + none: "parameter sslkey, whose file",
		"passfile=" + none: "parameter passfile, whose file", "service=there&servicefile=" + none: "parameter servicefile, whose file",
		"passfile=" + dir: "passfile, whose file cannot be read (is a directory)", "servicefile=" + services: "names no service",
		"service=Secr3tTail&servicefile=" + services: "a service that the service file does not have", "service=": "an empty service",
		"sslrootcert=" + text: "an sslrootcert whose file holds no certificate", "sslcert=" + roots: "only one of sslcert and sslkey",
		"sslcert=" + roots + "&sslkey=" + text: "an sslkey whose file holds no key", "sslcert=" + roots + "&sslkey=" + roots: "cannot be used together",
		"service=there&servicefile=" + services: "", "sslrootcert=system": "", "sslrootcert=" + roots: "", "passfile=" + text: "",
	} {
		_, err := postgres.Parse("postgres://127.0.0.1/db?" + query)
		var refusal *postgres.URLError
		switch {
		case says == "" && err != nil:
			t.Errorf("%s: refused: %v", query, err)
		case says == "":
		case !errors.As(err, &refusal) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "Secr3t"):
			t.Errorf("%s: %v, want %q", query, err, says)
		}
	}
}

func TestFeaturesThatAServerLacksAreNamed(t *testing.T) {
	t.Parallel()
	plain, err := url.Parse(pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	certified := certifiedServer(t)
	for _, test := range []struct{ host, query, says string }{
		{plain.Host, "sslmode=require", "the server offers no TLS"},
		{plain.Host, "ssl=true", "the server offers no TLS"},
		{plain.Host, "sslmode=require&require_auth=scram-sha-256", "the server offers no TLS"},
		{plain.Host, "sslmode=require&sslcertmode=require", "the server offers no TLS"},
		{plain.Host, "channel_binding=require", "channel_binding=require needs a server with TLS"},
		{plain.Host, "sslmode=disable&require_auth=gss", "than require_auth allows"},
		{plain.Host, "sslmode=prefer&password=wrong", "its user or its password"},
		{plain.Host, "sslmode=disable", "none was found"},
		{"127.0.0.1:1", "sslmode=require&channel_binding=require&require_auth=gss", "start the database"},
		{"127.0.0.1:" + certified.port, "sslmode=verify-full", "who signed the server's certificate"},
		{"127.0.0.1:" + certified.port, "sslmode=verify-ca", "who signed the server's certificate"},
		{"localhost:" + certified.port, "sslmode=verify-full&sslrootcert=" + certified.roots, "certificate is for another host"},
	} {
		address := fmt.Sprintf("postgres://%s:right@%s%s?%s", plain.User.Username(), test.host, plain.Path, test.query)
		if strings.Contains(test.query, "password=") || strings.Contains(test.says, "none was found") {
			address = strings.Replace(address, ":right@", "@", 1)
		}
		pool, err := postgres.Open(t.Context(), address, 1)
		if err == nil {
			pool.Close()
		}
		if hint := postgres.Hint(err); !strings.Contains(hint, test.says) {
			t.Errorf("%s: %q for %v, want %q", test.query, hint, err, test.says)
		}
	}
}

type certifiedAt struct{ port, roots string }

// certifiedServer agrees to TLS as Postgres does, and closes the connection after it.
func certifiedServer(t *testing.T) certifiedAt {
	t.Helper()
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	t.Cleanup(certificate.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := conn.Read(make([]byte, 8)); err != nil {
					return
				}
				if _, err := conn.Write([]byte("S")); err != nil {
					return
				}
				_ = tls.Server(conn, &tls.Config{Certificates: certificate.TLS.Certificates}).HandshakeContext(t.Context())
			}()
		}
	}()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return certifiedAt{port, roots}
}
