package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"pushloss/internal/lab/sandbox"
)

// S3: neither the secret key nor a UserSig is printed, logged or stored, however the API misbehaves
// and however much is logged.
func TestS3SecretsStayInside(t *testing.T) {
	t.Parallel()
	type answer func(w http.ResponseWriter, r *http.Request)
	echo := func(text string) answer {
		return func(w http.ResponseWriter, r *http.Request) {
			quoted, _ := json.Marshal(r.URL.String())
			decoded, _ := json.Marshal(r.URL.Query().Get("usersig"))
			fmt.Fprintf(w, text, quoted, decoded)
		}
	}
	for _, test := range []struct {
		name, fault string
		answer      answer // instead of the sandbox's
		code        int
	}{
		{name: "all is well", code: 0},
		{name: "http-502-html", fault: "http-502-html", code: 1},
		{name: "timeout", fault: "timeout=50ms", code: 1},
		{name: "reset", fault: "reset", code: 1},
		{name: "not-json", fault: "not-json", code: 1},
		{name: "truncated", fault: "truncated", code: 1},
		{name: "redirect", fault: "redirect", code: 4},
		{name: "usersig-expired", fault: "usersig-expired", code: 4},
		{name: "code 70009", fault: "code=70009", code: 4},
		{name: "an error that repeats the call", answer: echo(`{"ActionStatus":"FAIL","ErrorCode":90009,"ErrorInfo":%s,"Sig":%s}`), code: 4},
		{name: "an answer that repeats the call", answer: echo(`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":%s,"Results":[
			{"TaskID":"","Sig":%s,"ReadyToSendLoss":[{"ErrCode":"1","ErrCount":1,"ErrInfo":"fine"},{"ErrCode":null}]}]}`), code: 1},
		{name: "text that repeats the call", answer: echo(`no JSON at all: %s %s`), code: 1},
		{name: "text beyond the answer's length that repeats the call", answer: func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}%s", r.URL)
		}, code: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			secrets := &secretsSeen{values: map[string]bool{testKey: true}}
			server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				secrets.see(r)
				if test.answer != nil && r.URL.Path == sandbox.Path {
					test.answer(rw, r)
					return
				}
				w.api.ServeHTTP(rw, r)
			}))
			defer server.Close()
			w.env["TIM_BASE_URL"] = server.URL
			w.env["PUSHLOSS_LOOKBACK_DAYS"] = "1" // one window, whose tries all fail
			if test.fault != "" {
				w.faults(test.fault)
			}
			var printed strings.Builder
			for _, format := range []string{"text", "json"} {
				w.env["PUSHLOSS_LOG_FORMAT"] = format
				r := w.do(test.code, "run")
				printed.WriteString(r.stdout + r.stderr)
			}
			for _, command := range [][]string{{"check"}, {"calibrate"}, {"status", "--output", "json"}} {
				p := w.start(command...)
				p.wait()
				printed.WriteString(p.stdout.String() + p.stderr.String())
			}
			if !strings.Contains(printed.String(), "api call") {
				t.Error("nothing was logged at debug level: this proves little")
			}
			secrets.areNotIn(t, "what was printed", printed.String())
			secrets.areNotIn(t, "the database", w.dump())
		})
	}
}

// secretsSeen is the secret key and every UserSig that was sent.
type secretsSeen struct {
	mu     sync.Mutex
	values map[string]bool
}

func (s *secretsSeen) see(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sig := r.URL.Query().Get("usersig"); sig != "" {
		s.values[sig], s.values[url.QueryEscape(sig)] = true, true
	}
}

func (s *secretsSeen) areNotIn(t *testing.T, place, text string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) < 2 {
		t.Error("no UserSig was sent: this proves nothing")
	}
	for secret := range s.values {
		// A part would do as well: the middle of a UserSig is its signature.
		for _, part := range []string{secret, secret[:min(len(secret), 40)], secret[len(secret)/2 : min(len(secret), len(secret)/2+40)]} {
			if at := strings.Index(text, part); at >= 0 {
				t.Errorf("%s holds a secret: …%s…", place, text[max(0, at-100):at])
				return
			}
		}
	}
}

// dump is every value in the database as text, raw answers unpacked.
func (w *world) dump() string {
	w.t.Helper()
	var text strings.Builder
	type name struct{ Table string }
	tables := query[name](w, `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name)
		FROM information_schema.tables WHERE table_schema IN ('pushloss', 'analytics')`)
	if len(tables) < 20 {
		w.t.Errorf("only %d tables and views were found", len(tables))
	}
	type value struct{ Text string }
	for _, table := range tables {
		for _, row := range query[value](w, "SELECT t::text FROM "+table.Table+" AS t") {
			text.WriteString(row.Text + "\n")
		}
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer decoder.Close()
	type body struct{ Bytes []byte }
	for _, row := range query[body](w, `SELECT body FROM pushloss.raw_body`) {
		plain, err := decoder.DecodeAll(row.Bytes, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		text.Write(plain)
	}
	return text.String()
}
