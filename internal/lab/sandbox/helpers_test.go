package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"
)

const (
	testApp = 1400000001
	testKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// march9 is a midnight at UTC+8.
var march9 = time.Date(2025, 3, 9, 0, 0, 0, 0, time.FixedZone("UTC+8", 8*3600))

func newTestSandbox(t testing.TB, change func(*Config)) *Sandbox {
	t.Helper()
	cfg := Config{Apps: []App{{SDKAppID: testApp, SecretKey: testKey}}, Seed: 7, Now: time.Now}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func withFaults(t testing.TB, specs ...string) func(*Config) {
	t.Helper()
	return func(cfg *Config) {
		faults, err := ParseFaults(specs...)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = append(cfg.Faults, faults...)
	}
}

func sign(t testing.TB, app int, key, identifier string, expire int) string {
	t.Helper()
	sig, err := tencentyun.GenUserSig(app, key, identifier, expire)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func goodQuery(t testing.TB) url.Values {
	t.Helper()
	return url.Values{
		"sdkappid": {fmt.Sprint(testApp)}, "identifier": {DefaultAdmin},
		"usersig": {sign(t, testApp, testKey, DefaultAdmin, 86400)}, "random": {"4294967295"}, "contenttype": {"json"},
	}
}

func bodyFor(start, end time.Time, tasks ...string) string {
	if tasks == nil {
		tasks = []string{}
	}
	b, _ := json.Marshal(map[string]any{"StartTime": start.Unix(), "EndTime": end.Unix(), "TaskID": tasks})
	return string(b)
}

func dayBody(tasks ...string) string { return bodyFor(march9, march9.AddDate(0, 0, 1), tasks...) }

// callLoss goes straight through the handler.
func callLoss(t testing.TB, s *Sandbox, query url.Values, body string) *httptest.ResponseRecorder {
	t.Helper()
	return callPath(t, s, Path, query, body)
}

func callPath(t testing.TB, s *Sandbox, path string, query url.Values, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path+"?"+query.Encode(), bytes.NewBufferString(body))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type answerRow struct {
	EventType, PushPlatform int
	ErrCode, ErrInfo        string
	ErrCount                int64
}

type answerResult struct {
	TaskID                        string
	ReadyToSendLoss               []answerRow
	PostSendDeliveredLoss         []answerRow
	PlatformReadyToSendLoss       []answerRow
	PlatformPostSendDeliveredLoss []answerRow
}

type parsedAnswer struct {
	ActionStatus string
	ErrorCode    int
	ErrorInfo    string
	ResultCode   int
	ResultInfo   string
	Results      []answerResult
}

func parse(t testing.TB, body []byte) parsedAnswer {
	t.Helper()
	var a parsedAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return a
}

func ask(t testing.TB, s *Sandbox, body string) parsedAnswer {
	t.Helper()
	w := callLoss(t, s, goodQuery(t), body)
	if w.Code != http.StatusOK {
		t.Fatalf("HTTP status %d", w.Code)
	}
	return parse(t, w.Body.Bytes())
}

func askDay(t testing.TB, s *Sandbox, tasks ...string) parsedAnswer {
	t.Helper()
	a := ask(t, s, dayBody(tasks...))
	if a.ErrorCode != 0 {
		t.Fatalf("error %d: %s", a.ErrorCode, a.ErrorInfo)
	}
	return a
}

// figures sums rows of the same key, like a reader of the API must.
func (r answerResult) figures() Figures {
	var f Figures
	addStage := func(stage string, rows []answerRow) {
		for _, row := range rows {
			i := slices.IndexFunc(f.Stage, func(o StageRow) bool { return o.Stage == stage && o.ErrCode == row.ErrCode })
			if i < 0 {
				f.Stage = append(f.Stage, StageRow{stage, row.ErrCode, row.ErrInfo, row.ErrCount})
				continue
			}
			if row.ErrCount > f.Stage[i].ErrCount {
				f.Stage[i].ErrInfo = row.ErrInfo
			}
			f.Stage[i].ErrCount += row.ErrCount
		}
	}
	addPlatform := func(stage string, rows []answerRow) {
		for _, row := range rows {
			i := slices.IndexFunc(f.Platform, func(o PlatformRow) bool {
				return o.Stage == stage && o.ErrCode == row.ErrCode && o.EventType == row.EventType && o.PushPlatform == row.PushPlatform
			})
			if i < 0 {
				f.Platform = append(f.Platform,
					PlatformRow{stage, row.EventType, row.PushPlatform, row.ErrCode, row.ErrInfo, row.ErrCount})
				continue
			}
			if row.ErrCount > f.Platform[i].ErrCount {
				f.Platform[i].ErrInfo = row.ErrInfo
			}
			f.Platform[i].ErrCount += row.ErrCount
		}
	}
	addStage(StageReadyToSend, r.ReadyToSendLoss)
	addStage(StagePostSendDelivered, r.PostSendDeliveredLoss)
	addPlatform(StageReadyToSend, r.PlatformReadyToSendLoss)
	addPlatform(StagePostSendDelivered, r.PlatformPostSendDeliveredLoss)
	slices.SortFunc(f.Stage, func(a, b StageRow) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.ErrCode, b.ErrCode))
	})
	slices.SortFunc(f.Platform, func(a, b PlatformRow) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.EventType, b.EventType),
			cmp.Compare(a.PushPlatform, b.PushPlatform), cmp.Compare(a.ErrCode, b.ErrCode))
	})
	return f
}

func (r answerResult) rows() int {
	return len(r.ReadyToSendLoss) + len(r.PostSendDeliveredLoss) + len(r.PlatformReadyToSendLoss) + len(r.PlatformPostSendDeliveredLoss)
}

func (f Figures) rows() int { return len(f.Stage) + len(f.Platform) }

func (f Figures) total() (sum int64) {
	for _, r := range f.Stage {
		sum += r.ErrCount
	}
	for _, r := range f.Platform {
		sum += r.ErrCount
	}
	return sum
}

// addTo merges figures, to compare a whole with its parts.
func (f Figures) addTo(sums map[string]int64) {
	for _, r := range f.Stage {
		sums[fmt.Sprint(r.Stage, "|", r.ErrCode)] += r.ErrCount
	}
	for _, r := range f.Platform {
		sums[fmt.Sprint(r.Stage, "|", r.EventType, "|", r.PushPlatform, "|", r.ErrCode)] += r.ErrCount
	}
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
