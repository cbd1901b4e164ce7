package postgres_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

func TestEachConnectionShowsTheClientCertificateOfItsTime(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	var shown atomic.Int64
	address.Host = certifiedProxy(t, address.Host, &shown)
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key")
	query := address.Query()
	query.Set("sslmode", "require")
	query.Set("sslcert", certificate)
	query.Set("sslkey", key)
	address.RawQuery = query.Encode()

	writeCertificate(t, certificate, key, 1)
	pool, err := postgres.Open(t.Context(), address.String(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for serial := int64(1); serial <= 2; serial++ {
		writeCertificate(t, certificate, key, serial)
		pool.Reset()
		if _, err := pool.Exec(t.Context(), `SELECT 1`); err != nil || shown.Load() != serial {
			t.Fatalf("certificate %d: %v, the server saw certificate %d", serial, err, shown.Load())
		}
	}
}

// certifiedProxy is a Postgres in front of another that wants certificates of its clients. It
// stores the serial number of the last one.
func certifiedProxy(t *testing.T, server string, shown *atomic.Int64) (address string) {
	t.Helper()
	own := httptest.NewUnstartedServer(nil)
	own.StartTLS()
	t.Cleanup(own.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	serve := func(plain net.Conn) {
		defer plain.Close()
		if _, err := io.ReadFull(plain, make([]byte, 8)); err != nil { // the SSLRequest
			return
		}
		if _, err := plain.Write([]byte("S")); err != nil {
			return
		}
		client := tls.Server(plain, &tls.Config{Certificates: own.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert})
		if err := client.HandshakeContext(t.Context()); err != nil {
			return
		}
		shown.Store(client.ConnectionState().PeerCertificates[0].SerialNumber.Int64())
		backend, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(backend, client)
			_ = backend.Close()
		}()
		_, _ = io.Copy(client, backend)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return listener.Addr().String()
}

func writeCertificate(t *testing.T, certificate, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
