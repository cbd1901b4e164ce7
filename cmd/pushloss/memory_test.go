package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// maxMemory is the documented limit of a process's memory, whatever the API answers.
const maxMemory = 96 << 20

// K9: an answer that is far too large costs only its window, at this run and the next: neither the
// process nor the windows after it.
func TestAnAnswerOfAnySizeKeepsTheProcessWithinItsMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	t.Parallel()
	losses := func(rows string) string { return `{"ErrorCode":0,"Results":[{"ReadyToSendLoss":[` + rows + `]}]}` }
	rows := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+",", i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	for _, test := range []struct {
		name, body string
		code       int
		says       string
	}{
		{"many rows", losses(rows(39_000, `{"ErrCode":"%d","ErrCount":1,"ErrInfo":"the text of a code"}`)), 0, ""},
		{"too many rows", losses(rows(198_000, `{"ErrCode":%d,"ErrCount":1}`)), 1, "it has more than 40000 rows"},
		{"a long text", losses(`{"ErrCode":"1","ErrCount":1,"ErrInfo":"` + strings.Repeat("推送", 1_200_000) + `"}`), 0, ""},
		{"texts of 30 MiB", losses(rows(30_000, `{"ErrCode":"%d","ErrCount":1,"ErrInfo":"`+strings.Repeat("x", 1000)+`"}`)), 1, "the answer is larger than 8.0 MiB"},
		{"nothing that can be understood", losses(rows(300_000, `{"%d":[]}`)), 1, "it has more than 40000 rows"},
		{"trailing commas", losses(rows(15_000, `{"ErrCode":%d,"ErrCount":1,}`) + ","), 0, ""},
		{"too many trailing commas", losses(rows(60_000, `{"ErrCode":%d,"ErrCount":1,}`) + ","), 1, "too large (over 512 KiB) to be repaired"},
		{"a bomb", "", 1, "the answer is larger than 8.0 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			first := (w.today - 2).Window(w.zone)
			server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var asked struct{ StartTime int64 }
				_ = json.Unmarshal(body, &asked)
				switch {
				case asked.StartTime != first.Start.Unix():
					r.Body = io.NopCloser(bytes.NewReader(body))
					w.api.ServeHTTP(rw, r)
				case test.body == "":
					rw.Header().Set("Content-Encoding", "gzip")
					_, _ = rw.Write(bomb())
				default:
					_, _ = io.WriteString(rw, test.body)
				}
			}))
			t.Cleanup(server.Close)
			w.env["TIM_BASE_URL"] = server.URL
			w.env["PUSHLOSS_LOG_LEVEL"] = "info"
			for run := range 2 {
				p := w.start("run")
				peak := p.memory()
				r := p.endedWith(test.code)
				if test.says != "" {
					r.says(t, test.says)
				}
				if peak > maxMemory {
					t.Errorf("run %d took %d MB", run, peak>>20)
				}
				t.Logf("run %d took %d MB", run, peak>>20)
			}
			const sqlLoaded = `SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND day = $1 AND state = 'loaded'`
			if w.number(sqlLoaded, w.back(1)) != 1 {
				t.Error("the day after it is not loaded")
			}
			want := int64(0)
			if test.code == 0 {
				want = int64(strings.Count(test.body, "ErrCount"))
			}
			if n := w.number(`SELECT count(*) FROM analytics.app_stage_loss WHERE day = $1`, w.back(2)); n != want {
				t.Errorf("%d rows of its own day are loaded, want %d", n, want)
			}
		})
	}
}

// bomb is 256 MiB of zeros, packed. The parts of such a file, all alike, follow one
// another: packing one of them is enough.
func bomb() []byte {
	const parts = 64
	var part bytes.Buffer
	packed := gzip.NewWriter(&part)
	_, _ = packed.Write(make([]byte, 256<<20/parts))
	_ = packed.Close()
	return bytes.Repeat(part.Bytes(), parts)
}

// memory waits for the process to end and returns the most memory that it was seen to use, in
// bytes.
func (p *process) memory() (most int64) {
	p.t.Helper()
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		for line := range strings.Lines(string(status)) {
			if kilobytes, found := strings.CutPrefix(line, "VmHWM:"); found {
				if n, err := strconv.ParseInt(strings.Fields(kilobytes)[0], 10, 64); err == nil {
					most = max(most, n<<10)
				}
			}
		}
		select {
		case <-p.ended:
			return most
		case <-time.After(5 * time.Millisecond):
		}
	}
}
