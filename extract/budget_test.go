package extract_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pushloss/extract"
)

// answerOf is an accepted answer of at least a size.
func answerOf(size int) string {
	return `{"ErrorCode":0,"Results":[],"More":"` + strings.Repeat("x", size) + `"}`
}

const (
	small = 10 << 10
	large = 2 << 20
)

func TestALargeAnswerIsWorkedOnAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		first, second int
		waits         bool
	}{
		{"two small answers", small, small, false},
		{"a large answer after a small one", small, large, true},
		{"a small answer after a large one", large, small, true},
		{"two large answers", large, large, true},
	} {
		inBubble(t, test.name, func(t *testing.T) {
			budget := extract.NewBudget() // of all apps
			first, err := pull(always(reply{body: answerOf(test.first)}), extract.Options{Budget: budget})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			s := always(reply{body: answerOf(test.second)})
			go func() {
				second, err := pull(s, extract.Options{Budget: budget, Timeout: time.Second})
				second.Release()
				done <- err
			}()
			time.Sleep(time.Hour) // far beyond the call's own limit, which does not run meanwhile
			synctest.Wait()
			if waits := len(done) == 0; waits != test.waits {
				t.Errorf("the second answer waits: %t", waits)
			}
			first.Release()
			first.Release() // does nothing more
			if err := <-done; err != nil || s.calls() != 1 {
				t.Errorf("%d calls, %v", s.calls(), err)
			}
		})
	}
}

func TestAFailedCallReturnsItsBudget(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"too large": answerOf(9 << 20), "no JSON": strings.Repeat("x", large), "a refusal": `{"ErrorCode":60010,"x":"` + strings.Repeat("x", large) + `"}`,
		"too large to be repaired": `{"ErrorCode":0,` + strings.Repeat(" ", large) + `}`,
	} {
		inBubble(t, name, func(t *testing.T) {
			budget := extract.NewBudget()
			if _, err := pull(always(reply{body: body}), extract.Options{Budget: budget}); err == nil {
				t.Fatal("no error")
			}
			answer, err := pull(always(reply{body: answerOf(large)}), extract.Options{Budget: budget})
			if err != nil {
				t.Fatal(err)
			}
			answer.Release()
		})
	}
}

// What unpacks to a thousand times its size is read no further than the limit.
func TestAnAnswerThatUnpacksToTooMuchIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer // packed before the call, whose time runs
	packed := gzip.NewWriter(&body)
	_, _ = packed.Write([]byte(answerOf(64 << 20)))
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body.Bytes())
	}))
	defer server.Close()
	transport := extract.NewTransport()
	defer transport.CloseIdleConnections()
	_, err := extract.NewClient(account(server.URL), transport, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{}).Pull(t.Context(), oneDay)
	failed := failure(t, err)
	if failed.Class != extract.Unreadable || calls != 1 || !strings.Contains(err.Error(), "the answer is larger than 8.0 MiB") || failed.Hint == "" {
		t.Errorf("class %s after %d calls: %v", failed.Class, calls, err)
	}
}
