package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tailscale/hujson"
)

func TestWindowsAreAsLongAsTheStreamAllows(t *testing.T) {
	t.Parallel()
	for path, days := range map[string]int{Path: 7, StatisticsPath: 30, ChatLossPath: 7, ChatStatisticsPath: 30} {
		s := newTestSandbox(t, nil)
		for extra, want := range map[time.Duration]int{0: 0, time.Second: 90100} {
			end := march9.AddDate(0, 0, days).Add(extra)
			a := parseHead(t, callPath(t, s, path, goodQuery(t), bodyFor(march9, end)).Body.Bytes())
			if a.ErrorCode != want || want != 0 && !strings.Contains(a.ErrorInfo, fmt.Sprintf("up to %d days", days)) {
				t.Errorf("%s, %d days and %s: %+v", path, days, extra, a)
			}
		}
	}
}

func parseHead(t testing.TB, body []byte) parsedAnswer {
	t.Helper()
	var head struct {
		ErrorCode int
		ErrorInfo string
	}
	if err := json.Unmarshal(body, &head); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return parsedAnswer{ErrorCode: head.ErrorCode, ErrorInfo: head.ErrorInfo}
}

func TestOnlyStreamsOfTasksAreAskedForTasks(t *testing.T) {
	t.Parallel()
	end := march9.AddDate(0, 0, 1)
	without := windowBody(march9, end)
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{StatisticsPath, without, 90100},
		{StatisticsPath, bodyFor(march9, end, "1", "2", "3", "4", "5", "6"), 90100},
		{StatisticsPath, bodyFor(march9, end, "1", "2", "3", "4", "5"), 0},
		{ChatLossPath, without, 0},
		{ChatStatisticsPath, without, 0},
		{ChatStatisticsPath, strings.Replace(without, "{", `{"TaskID":17,`, 1), 0}, // as any other field
		{ChatStatisticsPath, `{"StartTime":1}`, 90100},
		{ChatLossPath, windowBody(end, march9), 90100},
		{ChatLossPath, `[]`, 90001},
	} {
		s := newTestSandbox(t, func(c *Config) { c.RecordCalls = true })
		a := parseHead(t, callPath(t, s, c.path, goodQuery(t), c.body).Body.Bytes())
		if a.ErrorCode != c.want {
			t.Errorf("%s %s: %+v", c.path, c.body, a)
		}
		if calls := s.Calls(); len(calls) != 1 || s.streams[c.path].name != calls[0].Stream || strings.HasPrefix(calls[0].Stream, "chat") && len(calls[0].Tasks) > 0 {
			t.Errorf("reported as %+v", calls)
		}
	}
}

func TestThePaceIsOfAllStreamsTogether(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) { c.CallsPerSecond = 0.001 })
	got := ""
	for _, st := range streams() {
		a := parseHead(t, callPath(t, s, st.path, goodQuery(t), dayBody()).Body.Bytes())
		got += fmt.Sprint(a.ErrorCode, " ")
	}
	if want := "0 60007 60007 60007 "; got != want {
		t.Errorf("got %swant %s", got, want)
	}
	if st := s.Stats().Of(testApp); st.Calls != 4 || st.Accepted != 1 || st.Refused[60007] != 3 {
		t.Errorf("%+v", st)
	}
}

// shapeOf returns keys and types: of an array, what its elements are like.
func shapeOf(t testing.TB, value any) any {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		shape := map[string]any{}
		for key, value := range v {
			shape[key] = shapeOf(t, value)
		}
		return shape
	case []any:
		var shape any
		for i, element := range v {
			one := shapeOf(t, element)
			if i > 0 && !cmp.Equal(shape, one) {
				t.Errorf("elements differ: %s", cmp.Diff(shape, one))
			}
			shape = one
		}
		return []any{shape}
	default:
		return fmt.Sprintf("%T", value)
	}
}

func TestAnswersHaveTheShapeOfThePagesSamples(t *testing.T) {
	t.Parallel()
	for _, st := range streams() {
		sample := st.sample
		if st.name == StreamChatLoss {
			if _, err := hujson.Standardize([]byte(sample)); err == nil {
				t.Error("the page's sample is not JSON in any reading, but this one is")
			}
			// With the arrays at top level.
			sample = strings.Replace(strings.TrimSpace(sample), "\n{ ", "\n", 1)
			sample = strings.TrimSuffix(sample, "}")
		}
		strict, err := hujson.Standardize([]byte(sample))
		if err != nil {
			t.Fatalf("%s: %v", st.name, err)
		}
		s := newTestSandbox(t, func(c *Config) { c.Rows = 24 })
		got := callPath(t, s, st.path, goodQuery(t), dayBody("xxx-yyy-zzz", "aaa-bbb-ccc")).Body.Bytes()
		if d := cmp.Diff(shapeOf(t, read[any](t, strict)), shapeOf(t, read[any](t, got))); d != "" {
			t.Errorf("%s: %s", st.name, d)
		}
	}
}

func TestThePublishedSamplesAreAnsweredAsPrinted(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, withFaults(t, "published-sample"))
	has := map[string]string{
		StreamLoss: `"ErrCount": 177`, StreamStatistics: `"TotalCount":2941,"SentCount":2430`,
		StreamChatLoss: "\"sucess\",\n{ \"ReadyToSendLoss\"", StreamChatStatistics: `"TotalCount":933478,"SentCount":637076`,
	}
	for _, st := range streams() {
		got := callPath(t, s, st.path, goodQuery(t), dayBody()).Body.String()
		if got != st.sample || !strings.Contains(got, has[st.name]) {
			t.Errorf("%s: %s", st.name, got)
		}
	}
}

func TestFaultsOfTransportAndAPIStrikeEveryStream(t *testing.T) {
	t.Parallel()
	for _, st := range streams() {
		for spec, want := range map[string]string{
			"http-500": "500 Internal Server Error\n", "not-json": "200 upstream said: service busy\n",
			"code=90102":     "200 " + string(refuse(90102, infoOf(90102)).append(nil)),
			"resultcode=9":   `200 {"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultCode":9,"ResultInfo":`,
			"truncated":      `200 {"ActionStatus":"OK"`,
			"forget-error":   "200 " + string(refuse(codeBadParameters, "only data of the last days can be queried").append(nil)),
			"comments":       `200 /* an answer of the sandbox */{"ActionStatus":"OK"`,
			"unknown-fields": `200 {"RequestId":"sandbox"`,
			"empty":          `200 {"ActionStatus":"OK"`,
		} {
			s := newTestSandbox(t, withFaults(t, spec))
			w := callPath(t, s, st.path, goodQuery(t), dayBody())
			got := fmt.Sprint(w.Code, " ", w.Body.String())
			if !strings.HasPrefix(got, want) || spec == "truncated" && json.Valid(w.Body.Bytes()) {
				t.Errorf("%s, %s: %.200s, want %s", st.name, spec, got, want)
			}
			calm := newTestSandbox(t, nil)
			if callPath(t, calm, st.path, goodQuery(t), dayBody()).Body.String() == w.Body.String() {
				t.Errorf("%s, %s: nothing happened", st.name, spec)
			}
		}
	}
}

func TestFaultsMayBeOfOneStream(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"http-500:stream=statistics": ".x..", "http-500:stream=loss": "x...", "http-500:stream=chat_loss,first=1": "..x.",
		"http-500": "xxxx", "http-500:task=overall": "xx..",
	} {
		s := newTestSandbox(t, withFaults(t, spec))
		got := ""
		for _, st := range streams() {
			got += map[int]string{500: "x", 200: "."}[callPath(t, s, st.path, goodQuery(t), dayBody()).Code]
		}
		if got != want {
			t.Errorf("%s strikes %s, want %s", spec, got, want)
		}
	}
	f, err := ParseFault("forget-after=7d:stream=loss,by=end")
	if want := (Fault{Name: "forget-after", Value: "7d", Stream: StreamLoss, By: "end"}); err != nil || f != want {
		t.Errorf("%+v, %v", f, err)
	}
	if again, err := ParseFault(f.String()); err != nil || again != f {
		t.Errorf("%s is %+v, %v", f, again, err)
	}
	for _, spec := range []string{
		"http-500:stream=", "http-500:stream=losses", "late:stream=loss", "end-inclusive:stream=loss",
		"err-code-number:stream=statistics", "missing-counter:stream=loss", "absent-task:stream=chat_loss", "chat-nested:stream=loss",
	} {
		if f, err := ParseFault(spec); err == nil {
			t.Errorf("%q is accepted as %+v", spec, f)
		}
	}
}

func TestTheTruthCoversEveryStream(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	end := march9.AddDate(0, 0, 1)
	ask := func(stream string) (int, []byte) {
		target := fmt.Sprintf("%s?sdkappid=%d&taskid=a&start=%d&end=%d%s", truthPath, testApp, march9.Unix(), end.Unix(), stream)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		return w.Code, w.Body.Bytes()
	}
	for stream, want := range map[string]any{
		"": s.Truth(testApp, "a", march9, end), "&stream=loss": s.Truth(testApp, "a", march9, end),
		"&stream=statistics": s.Statistics(testApp, "a", march9, end),
		"&stream=chat_loss":  s.ChatTruth(testApp, march9, end), "&stream=chat_statistics": s.ChatStatistics(testApp, march9, end),
	} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		code, got := ask(stream)
		if d := cmp.Diff(read[any](t, text), read[any](t, got)); code != http.StatusOK || d != "" {
			t.Errorf("%s: HTTP %d, %s", stream, code, d)
		}
	}
	_, text := ask("&stream=statistics")
	if keys := slices.Sorted(maps.Keys(read[map[string]any](t, text))); !slices.Equal(keys,
		[]string{"click_count", "delivered_count", "platform", "sent_count", "total_count"}) {
		t.Errorf("statistics have %v", keys)
	}
	if code, _ := ask("&stream=nonsense"); code != http.StatusBadRequest {
		t.Errorf("HTTP %d", code)
	}
}
