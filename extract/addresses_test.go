package extract_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pushloss/extract"
)

func TestAnUnreachableHostLeadsToTheBackupDomain(t *testing.T) {
	t.Parallel()
	const main, backup = "main.test", "backup.test"
	unreachable := reply{err: errors.New("connection refused"), unsaid: true}
	reset := reply{err: errors.New("connection reset by peer")}
	for _, tt := range []struct {
		name    string
		replies []reply
		want    []string
	}{
		{"one connection failure", []reply{unreachable}, []string{main, main}},
		{"two connection failures", []reply{unreachable, unreachable}, []string{main, main, backup}},
		{"two on each", []reply{unreachable, unreachable, unreachable, unreachable}, []string{main, main, backup, backup, main}},
		{"one on each side of an answer", []reply{unreachable, {status: 500}, unreachable}, []string{main, main, main, main}},
		{"HTTP errors", []reply{{status: 500}, {status: 502}, {status: 503}, {status: 429}}, []string{main, main, main, main, main}},
		{"API errors", []reply{{body: `{"ErrorCode":60008}`}, {body: `{"ErrorCode":90102}`}}, []string{main, main, main}},
		{"nonsense", []reply{{body: "<html>"}, {body: "<html>"}}, []string{main, main, main}},
		{"connections that are reset", []reply{reset, reset}, []string{main, main, main}},
		{"answers that are late", []reply{{latency: time.Hour}, {latency: time.Hour}}, []string{main, main, main}},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			s := inTurn(tt.replies...)
			client := extract.NewClient(account("https://"+main, "https://"+backup), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
			if _, err := client.Pull(t.Context(), oneDay); err != nil {
				t.Error(err)
			}
			if got := s.hosts(); !slices.Equal(got, tt.want) {
				t.Errorf("called %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTheBackupDomainStaysInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{answer: func(_ int, r *http.Request) reply {
			if r.URL.Host == "main.test" {
				return reply{err: errors.New("connection refused"), unsaid: true}
			}
			return reply{body: okay}
		}}
		client := extract.NewClient(account(mainURL, "https://backup.test"), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
		for range 3 {
			if _, err := client.Pull(t.Context(), oneDay); err != nil {
				t.Error(err)
			}
		}
		want := []string{"main.test", "main.test", "backup.test", "backup.test", "backup.test"}
		if got := s.hosts(); !slices.Equal(got, want) {
			t.Errorf("called %v, want %v", got, want)
		}
	})
}

// A DNS name that a carrier hijacks leads to a server with another's certificate.
func TestAForeignCertificateLeadsToTheBackupDomain(t *testing.T) {
	t.Parallel()
	foreign := &tls.CertificateVerificationError{Err: errors.New("x509: certificate is valid for *.carrier.test, not main.test")}
	inBubble(t, "which is used at once", func(t *testing.T) {
		s := &service{answer: func(_ int, r *http.Request) reply {
			if r.URL.Host == "main.test" {
				return reply{err: foreign, unsaid: true}
			}
			return reply{body: okay}
		}}
		client := extract.NewClient(account(mainURL, "https://backup.test"), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
		if _, err := client.Pull(t.Context(), oneDay); err != nil {
			t.Error(err)
		}
		if want := []string{"main.test", "backup.test"}; !slices.Equal(s.hosts(), want) {
			t.Errorf("called %v, want %v", s.hosts(), want)
		}
	})
	for name, bases := range map[string][]string{"unless there is none": {mainURL}, "unless it is foreign too": {mainURL, "https://backup.test"}} {
		inBubble(t, name, func(t *testing.T) {
			s := always(reply{err: foreign, unsaid: true})
			client := extract.NewClient(account(bases...), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
			for range 2 {
				before := s.calls()
				_, err := client.Pull(t.Context(), oneDay)
				failed := failure(t, err)
				if failed.Class != extract.Operator || s.calls()-before != len(bases) || !strings.Contains(failed.Hint, "CA certificates") {
					t.Errorf("class %s after %d calls, hint %q", failed.Class, s.calls()-before, failed.Hint)
				}
			}
		})
	}
}

func TestAnUnacceptedCertificateHasItsOwnAdvice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		says string
	}{
		"expired":                  {x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, "correct the clock"},
		"signed by an unknown CA":  {x509.UnknownAuthorityError{Cert: &x509.Certificate{}}, "SSL_CERT_FILE"},
		"of another host":          {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "main.test"}, "the address is not the vendor's"},
		"unfit for another reason": {x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.IncompatibleUsage}, "the address is not the vendor's"},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := always(reply{err: &tls.CertificateVerificationError{Err: test.err}, unsaid: true})
			client := extract.NewClient(account(mainURL), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
			_, err := client.Pull(t.Context(), oneDay)
			if failed := failure(t, err); failed.Class != extract.Operator || !strings.Contains(failed.Hint, test.says) {
				t.Errorf("class %s, hint %q, want %q in it", failed.Class, failed.Hint, test.says)
			}
		})
	}
}

func TestARealForeignCertificateIsRecognized(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := extract.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client := extract.NewClient(account(server.URL), transport, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
	_, err := client.Pull(t.Context(), oneDay)
	if failed := failure(t, err); failed.Class != extract.Operator || failed.Attempts != 1 || !strings.Contains(failed.Hint, "SSL_CERT_FILE") {
		t.Errorf("class %s after %d calls: %v", failed.Class, failed.Attempts, err)
	}
}

func TestARealPortWithoutAServerIsUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, okay) }))
	t.Cleanup(server.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	transport := extract.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client := extract.NewClient(account(closed.URL, server.URL), transport, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{MaxTries: 3})
	if _, err := client.Pull(t.Context(), oneDay); err != nil {
		t.Errorf("the backup is not used: %v", err)
	}
}
