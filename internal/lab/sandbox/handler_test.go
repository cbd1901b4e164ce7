package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEachWrongCallHasItsCode(t *testing.T) {
	t.Parallel()
	set := func(key, value string) func(url.Values) { return func(q url.Values) { q.Set(key, value) } }
	del := func(key string) func(url.Values) { return func(q url.Values) { q.Del(key) } }
	unpacked := strings.NewReplacer("+", "*", "/", "-", "=", "_").Replace(base64.StdEncoding.EncodeToString([]byte("plain")))
	week := march9.AddDate(0, 0, 7)
	for _, c := range []struct {
		name  string
		query func(url.Values)
		body  string
		want  int
	}{
		{"sdkappid is missing", del("sdkappid"), "", 60012},
		{"sdkappid is spelt in another case", func(q url.Values) { q.Set("SdkAppid", q.Get("sdkappid")); q.Del("sdkappid") }, "", 60012},
		{"sdkappid is not a number", set("sdkappid", "abc"), "", 60025},
		{"the app is unknown", set("sdkappid", "1400000099"), "", 70020},
		{"the app is unknown and more is wrong", func(q url.Values) { q.Set("sdkappid", "5"); q.Del("identifier") }, "", 70020},
		{"identifier is missing", del("identifier"), "", 60025},
		{"usersig is missing", del("usersig"), "", 60025},
		{"contenttype is missing", del("contenttype"), "", 60025},
		{"contenttype is in capitals", set("contenttype", "JSON"), "", 60025},
		{"random is missing", del("random"), "", 60002},
		{"random is negative", set("random", "-1"), "", 60002},
		{"random has 33 bits", set("random", "4294967296"), "", 60002},
		{"usersig is empty", set("usersig", ""), "", 70003},
		{"usersig is not base64", set("usersig", "???"), "", 70003},
		{"usersig is not zlib", set("usersig", unpacked), "", 70003},
		{"usersig is huge", set("usersig", strings.Repeat("e", maxUserSig+1)), "", 70003},
		{"usersig is expired", set("usersig", sign(t, testApp, testKey, DefaultAdmin, -10)), "", 70001},
		{"usersig is of another key and expired", set("usersig", sign(t, testApp, "other", DefaultAdmin, -10)), "", 70001},
		{"usersig is of another identifier", set("usersig", sign(t, testApp, testKey, "someone", 600)), "", 70013},
		{"usersig is of another app", set("usersig", sign(t, testApp+1, testKey, DefaultAdmin, 600)), "", 70014},
		{"usersig is of another key", set("usersig", sign(t, testApp, "other", DefaultAdmin, 600)), "", 70009},
		{"the identifier is not an administrator", func(q url.Values) {
			q.Set("identifier", "someone")
			q.Set("usersig", sign(t, testApp, testKey, "someone", 600))
		}, "", 90009},
		{"the body is empty", nil, " ", 90001},
		{"the body is cut", nil, `{"StartTime":1`, 90001},
		{"the body is an array", nil, `[]`, 90001},
		{"the body is null", nil, `null`, 90001},
		{"the body is huge", nil, dayBody() + strings.Repeat(" ", maxBody), 90001},
		{"StartTime is missing", nil, `{"EndTime":1741708800,"TaskID":[]}`, 90100},
		{"EndTime is missing", nil, `{"StartTime":1741708800,"TaskID":[]}`, 90100},
		{"StartTime is a string", nil, `{"StartTime":"1741622400","EndTime":1741708800,"TaskID":[]}`, 90100},
		{"StartTime is a fraction", nil, `{"StartTime":1741622400.5,"EndTime":1741708800,"TaskID":[]}`, 90100},
		{"a key is spelt in another case", nil, `{"starttime":1741622400,"EndTime":1741708800,"TaskID":[]}`, 90100},
		{"TaskID is missing", nil, `{"StartTime":1741622400,"EndTime":1741708800}`, 90100},
		{"TaskID is null", nil, `{"StartTime":1741622400,"EndTime":1741708800,"TaskID":null}`, 90100},
		{"TaskID is a string", nil, `{"StartTime":1741622400,"EndTime":1741708800,"TaskID":"a"}`, 90100},
		{"TaskID holds a number", nil, `{"StartTime":1741622400,"EndTime":1741708800,"TaskID":[1]}`, 90100},
		{"TaskID holds an empty string", nil, dayBody(""), 90100},
		{"six tasks", nil, dayBody("1", "2", "3", "4", "5", "6"), 90100},
		{"six times one task", nil, dayBody("1", "1", "1", "1", "1", "1"), 90100},
		{"start and end are equal", nil, bodyFor(march9, march9), 90100},
		{"start and end are reversed", nil, bodyFor(week, march9), 90100},
		{"seven days and a second", nil, bodyFor(march9, week.Add(time.Second)), 90100},
		{"seven days", nil, bodyFor(march9, week), 0},
		{"five tasks", nil, dayBody("1", "2", "3", "4", "5"), 0},
		{"further fields and parameters", set("ver", "v4"), strings.Replace(dayBody(), "{", `{"More":1,`, 1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newTestSandbox(t, nil)
			q := goodQuery(t)
			if c.query != nil {
				c.query(q)
			}
			if c.body == "" {
				c.body = dayBody("a")
			}
			w := callLoss(t, s, q, c.body)
			a := parse(t, w.Body.Bytes())
			if w.Code != http.StatusOK || a.ErrorCode != c.want {
				t.Fatalf("HTTP %d, code %d (%s), want %d", w.Code, a.ErrorCode, a.ErrorInfo, c.want)
			}
			if want := map[bool]string{true: "OK", false: "FAIL"}[c.want == 0]; a.ActionStatus != want || a.ErrorInfo == "" {
				t.Errorf("%+v", a)
			}
			st := s.Stats()
			if app := st.Of(testApp); app.Accepted+app.Refused[c.want]+st.Strays != 1 {
				t.Errorf("counted as %+v", st)
			}
		})
	}
}

func TestOnlyPostToThePathIsServed(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	for _, c := range []struct {
		method, path, query string
		want                int
	}{
		{http.MethodGet, Path, goodQuery(t).Encode(), 60002},
		{http.MethodPut, Path, goodQuery(t).Encode(), 60002},
		{http.MethodPost, Path + "/", goodQuery(t).Encode(), 60009},
		{http.MethodPost, "/v4/timpush/All_member_push_loss", goodQuery(t).Encode(), 60009},
		{http.MethodPost, "/", "", 60009},
		{http.MethodPost, Path, "sdkappid=%zz", 60002},
	} {
		r := httptest.NewRequest(c.method, "/", strings.NewReader(dayBody()))
		r.URL.Path, r.URL.RawQuery = c.path, c.query
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if a := parse(t, w.Body.Bytes()); a.ErrorCode != c.want {
			t.Errorf("%s %s: %d", c.method, c.path, a.ErrorCode)
		}
	}
	if st := s.Stats(); st.Strays != 6 || st.Of(testApp).Calls != 0 {
		t.Errorf("%+v", st)
	}
}

func TestResultsFollowTheRequest(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	for _, c := range []struct {
		name string
		ask  []string
		want string
	}{
		{"overall is one element without task", nil, "[]"},
		{"in the order of the request", []string{"b", "a"}, "[b a]"},
		{"requested twice, answered once", []string{"b", "a", "b"}, "[b a]"},
		{"unknown tasks are left out", []string{"unknown-7", "a"}, "[a]"},
	} {
		a := askDay(t, s, c.ask...)
		var ids []string
		for _, r := range a.Results {
			ids = append(ids, r.TaskID)
		}
		if fmt.Sprint(ids) != c.want || a.ErrorInfo != "sucess" {
			t.Errorf("%s: %q, %s", c.name, ids, a.ErrorInfo)
		}
	}
}

func TestRepeatRefusedRefusesOnlyRequestsThatNameATaskTwice(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, withFaults(t, "repeat-refused"))
	for _, c := range []struct {
		ask  []string
		want int
	}{{nil, 0}, {[]string{"a", "b"}, 0}, {[]string{"a", "b", "a"}, 90100}} {
		if a := ask(t, s, dayBody(c.ask...)); a.ErrorCode != c.want {
			t.Errorf("%q: code %d, want %d", c.ask, a.ErrorCode, c.want)
		}
	}
}

func TestWithoutLossesArraysAreEmpty(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	from := time.Now().AddDate(1, 0, 0)
	got := callLoss(t, s, goodQuery(t), bodyFor(from, from.Add(time.Hour))).Body.String()
	want := `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"sucess","Results":[{"TaskID":"","ReadyToSendLoss":[],` +
		`"PostSendDeliveredLoss":[],"PlatformReadyToSendLoss":[],"PlatformPostSendDeliveredLoss":[]}]}`
	if got != want {
		t.Error(got)
	}
}

func TestThePaceIsOneCallASecondAndApp(t *testing.T) {
	t.Parallel()
	other := App{SDKAppID: testApp + 1, SecretKey: testKey}
	s := newTestSandbox(t, func(c *Config) { c.CallsPerSecond, c.RecordCalls, c.Apps = 1, true, append(c.Apps, other) })
	var now time.Duration
	s.arrival = func() time.Duration { return now }
	q := goodQuery(t)
	for i, c := range []struct {
		at   time.Duration
		want int
	}{
		{0, 0},
		{time.Second, 0},
		{2*time.Second - 1, 60007},
		{2 * time.Second, 60007}, // a second after the last that was accepted, but not after the last
		{3 * time.Second, 0},
		{3*time.Second + 400*time.Millisecond, 60007},
	} {
		now = c.at
		if a := parse(t, callLoss(t, s, q, dayBody()).Body.Bytes()); a.ErrorCode != c.want {
			t.Errorf("call %d: %d, want %d", i, a.ErrorCode, c.want)
		}
	}
	q.Set("sdkappid", fmt.Sprint(other.SDKAppID))
	q.Set("usersig", sign(t, int(other.SDKAppID), testKey, DefaultAdmin, 600))
	if a := parse(t, callLoss(t, s, q, dayBody()).Body.Bytes()); a.ErrorCode != 0 {
		t.Errorf("the other app has to wait: %d", a.ErrorCode)
	}

	got := s.Stats().Of(testApp)
	if got.Calls != 6 || got.Accepted != 3 || got.Refused[60007] != 3 || got.SmallestGap != 1 {
		t.Errorf("%+v", got)
	}
	calls := s.Calls()
	if len(calls) != 7 || calls[2].Code != 60007 || calls[0].Start != march9.Unix() || calls[6].SDKAppID != other.SDKAppID {
		t.Errorf("%+v", calls)
	}
}

func TestTheRealClockPacesToo(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) { c.CallsPerSecond = 2 })
	if a := ask(t, s, dayBody()); a.ErrorCode != 0 {
		t.Fatal(a.ErrorCode)
	}
	if a := ask(t, s, dayBody()); a.ErrorCode != 60007 {
		t.Errorf("too early: %d", a.ErrorCode)
	}
	time.Sleep(501 * time.Millisecond)
	if a := ask(t, s, dayBody()); a.ErrorCode != 0 {
		t.Errorf("in time: %d", a.ErrorCode)
	}
}

func TestTheSandboxAnswersAboutItself(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	srv := httptest.NewServer(s)
	defer srv.Close()
	askDay(t, s, "a")
	get := func(path string) (int, string) {
		resp, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode, readAll(t, resp.Body)
	}

	_, body := get("/sandbox/stats")
	var st Stats
	if err := json.Unmarshal([]byte(body), &st); err != nil || st.Of(testApp).Accepted != 1 {
		t.Errorf("%v: %s", err, body)
	}
	_, body = get(fmt.Sprintf("/sandbox/truth?sdkappid=%d&taskid=a&start=%d&end=%d", testApp, march9.Unix(), march9.Unix()+day))
	var f Figures
	if err := json.Unmarshal([]byte(body), &f); err != nil || f.rows() == 0 || f.rows() != askDay(t, s, "a").Results[0].rows() {
		t.Errorf("%v: %s", err, body)
	}
	if code, _ := get("/sandbox/truth?sdkappid=x"); code != http.StatusBadRequest {
		t.Errorf("a bad question answers %d", code)
	}
	resp, err := http.Post(srv.URL+"/sandbox/stats", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST answers %d", resp.StatusCode)
	}
}

func TestAWrongConfigNamesEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := New(Config{
		Rows: -1, QuietDays: 2, CallsPerSecond: -1, Faults: []Fault{{Name: "nonsense"}},
		Apps: []App{{SDKAppID: 1, SecretKey: "k"}, {SDKAppID: 1, SecretKey: "k"}, {SDKAppID: 2}, {SDKAppID: -3, SecretKey: "k"}},
	})
	for _, want := range []string{"rows", "quiet days", "calls per second", `"nonsense"`, "app 1 occurs twice", "app 2 has no secret key", "-3"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("no app is accepted")
	}
}

func TestAUserSigIsVerifiedAgainOnceItMayHaveExpired(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newTestSandbox(t, func(cfg *Config) { cfg.Now = func() time.Time { return now } })
	query := goodQuery(t)
	query.Set("usersig", sign(t, testApp, testKey, DefaultAdmin, 600))
	code := func(query url.Values) int { return parse(t, callLoss(t, s, query, dayBody()).Body.Bytes()).ErrorCode }
	wrong := maps.Clone(query)
	wrong.Set("usersig", sign(t, testApp, "other", DefaultAdmin, 600))
	got := []int{code(query), code(query), code(wrong), code(wrong), code(query)}
	now = now.Add(time.Hour)
	got = append(got, code(query), code(query))
	if want := []int{0, 0, 70009, 70009, 0, 70001, 70001}; !slices.Equal(got, want) {
		t.Errorf("the codes are %v, want %v", got, want)
	}
}
