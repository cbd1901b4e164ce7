package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// overTheWire asks a real server, without following redirects or unpacking by itself.
func overTheWire(t *testing.T, ctx context.Context, s *Sandbox, change func(*http.Request)) (*http.Response, string, error) {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+Path+"?"+goodQuery(t).Encode(), strings.NewReader(dayBody("a")))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestFaultsInsteadOfAnAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec   string
		status int
		body   string
		header string
	}{
		{"http-500", 500, "Internal Server Error", ""},
		{"http-502-html", 502, "<html>", ""},
		{"http-502-html", 502, "usersig=eA", ""},
		{"http-429", 429, "Too Many", "Retry-After: 1"},
		{"http-429:retry-after=30", 429, "Too Many", "Retry-After: 30"},
		{"no-content", 204, "", ""},
		{"not-json", 200, "service busy", ""},
		{"redirect", 302, "Found", "Location: /sandbox/moved"},
		{"timeout=10ms", 504, "Timeout", ""},
	} {
		t.Run(c.spec, func(t *testing.T) {
			t.Parallel()
			s := newTestSandbox(t, withFaults(t, c.spec))
			resp, body, err := overTheWire(t, t.Context(), s, nil)
			if err != nil {
				t.Fatal(err)
			}
			key, value, _ := strings.Cut(c.header, ": ")
			if resp.StatusCode != c.status || !strings.Contains(body, c.body) || resp.Header.Get(key) != value && key != "" {
				t.Errorf("HTTP %d, %v: %s", resp.StatusCode, resp.Header, body)
			}
			name, _, _ := strings.Cut(strings.ReplaceAll(c.spec, "=", ":"), ":")
			if st := s.Stats().Of(testApp); st.Faulted[name] != 1 || st.Accepted != 0 && c.spec != "not-json" {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestTheConnectionIsReset(t *testing.T) {
	t.Parallel()
	_, _, err := overTheWire(t, t.Context(), newTestSandbox(t, withFaults(t, "reset")), nil)
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if w := callLoss(t, newTestSandbox(t, withFaults(t, "reset")), goodQuery(t), dayBody()); w.Code != 502 {
		t.Errorf("without a connection: HTTP %d", w.Code)
	}
}

func TestATimeoutEndsWhenTheClientGivesUp(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"timeout", "slow=10m"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := overTheWire(t, ctx, newTestSandbox(t, withFaults(t, spec)), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestSlowAnswersAreRight(t *testing.T) {
	t.Parallel()
	began := time.Now()
	_, body, err := overTheWire(t, t.Context(), newTestSandbox(t, withFaults(t, "slow:latency=50ms")), nil)
	if err != nil || time.Since(began) < 50*time.Millisecond {
		t.Fatalf("after %s: %v", time.Since(began), err)
	}
	if len(parse(t, []byte(body)).Results) != 1 {
		t.Error(body)
	}
}

func TestAnswersAreTruncated(t *testing.T) {
	t.Parallel()
	if _, body, err := overTheWire(t, t.Context(), newTestSandbox(t, withFaults(t, "truncated")), nil); !errors.Is(err, io.ErrUnexpectedEOF) || body == "" {
		t.Errorf("%v: %s", err, body)
	}
	_, body, err := overTheWire(t, t.Context(), newTestSandbox(t, withFaults(t, "truncated=clean")), nil)
	if err != nil || json.Valid([]byte(body)) || !strings.HasPrefix(body, answerHead) {
		t.Errorf("%v: %s", err, body)
	}
}

func TestHugeAnswersAreStillJSON(t *testing.T) {
	t.Parallel()
	_, body, err := overTheWire(t, t.Context(), newTestSandbox(t, withFaults(t, "huge=2")), nil)
	if err != nil || len(body) < 2<<20 {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
	if len(parse(t, []byte(body)).Results) != 1 {
		t.Error("no result")
	}
}

func TestAnswersAreCompressedOnlyIfAccepted(t *testing.T) {
	t.Parallel()
	resp, body, err := overTheWire(t, t.Context(), newTestSandbox(t, withFaults(t, "gzip")), nil)
	if err != nil || resp.Header.Get("Content-Encoding") != "" || !json.Valid([]byte(body)) {
		t.Errorf("%v: %s", err, body)
	}
	resp, body, err = overTheWire(t, t.Context(), newTestSandbox(t, withFaults(t, "gzip")),
		func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v: %v", err, resp)
	}
	zr, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(parse(t, []byte(readAll(t, zr))).Results) != 1 {
		t.Error("no result")
	}
}

func TestFollowedRedirectsAreCounted(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, withFaults(t, "redirect"))
	srv := httptest.NewServer(s)
	defer srv.Close()
	resp, err := http.Post(srv.URL+Path+"?"+goodQuery(t).Encode(), "application/json", strings.NewReader(dayBody()))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound || s.Stats().RedirectsFollowed != 1 {
		t.Errorf("HTTP %d, %+v", resp.StatusCode, s.Stats())
	}
}

func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := newTestSandbox(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Log.Debug("apps", "app", c.Apps[0])
	})
	q := goodQuery(t)
	askDay(t, s, "a")
	q.Set("contenttype", "xml")
	callLoss(t, s, q, dayBody())
	if text := log.String(); strings.Contains(text, testKey) || strings.Contains(text, q.Get("usersig")) || !strings.Contains(text, "sandbox call") {
		t.Error(text)
	}
}

func TestFaultsMayBeSetWhileServing(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) { c.RecordCalls = true })
	q := goodQuery(t)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for j := range 20 {
				_ = s.SetFaults([]Fault{{Name: "http-500", Every: 2}, {Name: "late"}, {Name: "shuffled"}}[:(i+j)%4])
				callLoss(t, s, q, dayBody("a"))
				s.Stats()
				s.Truth(testApp, "a", march9, march9.AddDate(0, 0, 1))
			}
		})
	}
	group.Wait()
	if n := s.Stats().Of(testApp).Calls; n != 80 || len(s.Calls()) != 80 {
		t.Errorf("%d calls, %d recorded", n, len(s.Calls()))
	}
}
