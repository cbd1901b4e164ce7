package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"net/http"
	"testing"
)

func TestAcceptedAnswersAreKeptByWhatWasSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec string
		want int
	}{
		{"shuffled", 1},
		{"published-sample", 1},
		{"gzip", 1},
		{"huge=1", 1},
		{"truncated", 0},
		{"truncated=clean", 0},
		{"code=90102", 0},
		{"http-500", 0},
	} {
		t.Run(c.spec, func(t *testing.T) {
			t.Parallel()
			s := newTestSandbox(t, func(cfg *Config) {
				withFaults(t, c.spec)(cfg)
				cfg.RecordAnswers = true
			})
			response, body, _ := overTheWire(t, t.Context(), s, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
			got := s.Answers()
			if len(got) != c.want {
				t.Fatalf("%d answers are kept", len(got))
			}
			if c.want == 0 {
				return
			}
			if response.Header.Get("Content-Encoding") == "gzip" {
				zr, err := gzip.NewReader(bytes.NewReader([]byte(body)))
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(zr)
				if err != nil {
					t.Fatal(err)
				}
				body = string(text)
			}
			a := got[0]
			if a.SHA256 != sha256.Sum256([]byte(body)) {
				t.Error("the digest is not that of the body")
			}
			if a.SDKAppID != testApp || a.Start != march9.Unix() || a.End-a.Start != day || len(a.Tasks) != 1 || a.Tasks[0] != "a" {
				t.Errorf("the call is told as %+v", a)
			}
		})
	}
}

func TestAnswersAreKeptOnRequestOnly(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	call(t, s, goodQuery(t), dayBody())
	if got := s.Answers(); len(got) != 0 {
		t.Errorf("%d answers are kept", len(got))
	}
}
