package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tailscale/hujson"
	"pgregory.net/rapid"
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
			if a.SDKAppID != testApp || a.Stream != StreamLoss || a.Start != march9.Unix() || a.End-a.Start != day || len(a.Tasks) != 1 || a.Tasks[0] != "a" {
				t.Errorf("the call is reported as %+v", a)
			}
		})
	}
}

// TestEveryAnswerThatIsSentWholeIsKept lets any faults meet and looks at what came of it only.
func TestEveryAnswerThatIsSentWholeIsKept(t *testing.T) {
	t.Parallel()
	query := goodQuery(t)
	success := regexp.MustCompile(`"ErrorCode": ?0,`)
	values := map[string]string{
		"code": "90102", "resultcode": "91000", "timeout": "1ms", "slow": "1ms", "huge": "1", "day-figures": "UTC", "forget-error": "10000d",
	}
	kinds := faultKinds()
	kept := 0
	rapid.Check(t, func(rt *rapid.T) {
		var faults []Fault
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(kinds)-1), 0, 6, rapid.ID).Draw(rt, "faults") {
			f := Fault{Name: kinds[i].name, Value: values[kinds[i].name]}
			if f.Name == "restated" {
				f.From = "2025-03-09"
			}
			if f.Name == "truncated" && rapid.Bool().Draw(rt, "clean") {
				f.Value = "clean"
			}
			faults = append(faults, f)
		}
		s := newTestSandbox(t, func(c *Config) { c.RecordAnswers, c.Faults = true, faults })
		st := rapid.SampledFrom(streams()).Draw(rt, "stream")
		r := httptest.NewRequest(http.MethodPost, st.path+"?"+query.Encode(), strings.NewReader(dayBody()))
		if rapid.Bool().Draw(rt, "zipped") {
			r.Header.Set("Accept-Encoding", "gzip")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)

		body, whole := w.Body.Bytes(), true
		if w.Header().Get("Content-Encoding") == "gzip" {
			body, whole = unzipped(body)
		}
		whole = whole && bytes.Count(body, []byte("{")) == bytes.Count(body, []byte("}"))
		accepted := w.Code == http.StatusOK && whole && success.Match(body) && !bytes.Contains(body, []byte("ResultCode"))
		got := s.Answers()
		if !accepted {
			if len(got) != 0 {
				rt.Fatalf("%v: kept, but sent was HTTP %d %.200s", faults, w.Code, body)
			}
			return
		}
		kept++
		if len(got) != 1 || got[0].SHA256 != sha256.Sum256(body) || got[0].Stream != st.name {
			rt.Fatalf("%v: kept are %+v of %d bytes %.200s", faults, got, len(body), body)
		}
	})
	if kept == 0 {
		t.Error("no answer was kept: this proves nothing")
	}
}

// unzipped says also whether all was there.
func unzipped(packed []byte) ([]byte, bool) {
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	text, err := io.ReadAll(zr)
	return text, err == nil
}

func TestAHugeAnswerIsWholeUnderOtherFaults(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"huge=1 truncated", "huge=1 truncated=clean", "huge=1 comments", "huge=1 published-sample trailing-comma"} {
		s := newTestSandbox(t, func(cfg *Config) {
			withFaults(t, strings.Fields(spec)...)(cfg)
			cfg.RecordAnswers = true
		})
		body := callLoss(t, s, goodQuery(t), dayBody("a")).Body.Bytes()
		if got := s.Answers(); len(got) != 1 || got[0].SHA256 != sha256.Sum256(body) {
			t.Errorf("%s: kept are %v", spec, got)
		}
		strict, err := hujson.Standardize(body)
		if err != nil {
			t.Fatalf("%s: %v", spec, err)
		}
		if a := parse(t, strict); len(a.Results) == 0 {
			t.Errorf("%s: no result", spec)
		}
	}
}

func TestAnswersAreKeptOnRequestOnly(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	callLoss(t, s, goodQuery(t), dayBody())
	if got := s.Answers(); len(got) != 0 {
		t.Errorf("%d answers are kept", len(got))
	}
}
