package sandbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultsAreParsed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec string
		want Fault
	}{
		{"http-500", Fault{Name: "http-500"}},
		{"http-500:every=3", Fault{Name: "http-500", Every: 3}},
		{"code=60028:first=2,app=1400000001", Fault{Name: "code", Value: "60028", First: 2, App: 1400000001}},
		{"code=90045:after=3,task=a", Fault{Name: "code", Value: "90045", After: 3, Task: "a"}},
		{"reset:task=overall,day=2025-03-09", Fault{Name: "reset", Task: "overall", From: "2025-03-09", To: "2025-03-09"}},
		{"slow=250ms", Fault{Name: "slow", Value: "250ms"}},
		{"slow:latency=250ms", Fault{Name: "slow", Value: "250ms"}},
		{"late=0.3:days=2", Fault{Name: "late", Value: "0.3", Days: 2}},
		{"restated:from=2025-03-09,to=2025-03-11", Fault{Name: "restated", From: "2025-03-09", To: "2025-03-11"}},
		{"week-differs=5:task=overall,day=2025-03-09", Fault{Name: "week-differs", Value: "5", Task: "overall", From: "2025-03-09", To: "2025-03-09"}},
		{"day-figures=Asia/Kathmandu:by=touch", Fault{Name: "day-figures", Value: "Asia/Kathmandu", By: "touch"}},
		{"end-inclusive:app=1400000001", Fault{Name: "end-inclusive", App: 1400000001}},
		{"forget-after=7d:by=end", Fault{Name: "forget-after", Value: "7d", By: "end"}},
	} {
		got, err := ParseFault(c.spec)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.spec, got, err)
		}
		again, err := ParseFault(got.String())
		if err != nil || again != got {
			t.Errorf("%s is written %s: %+v, %v", c.spec, got, again, err)
		}
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{
		"", "nonsense", "http-500=3", "http-500:every=0", "http-500:every=x", "http-500:every", "http-500:sometimes=1",
		"code", "code=0", "code=x", "slow=fast", "slow=-1s", "late=0", "late=1.5", "late=NaN", "late:first=1", "late:after=1", "http-500:after=0", "late:day=2025-03-09",
		"restated", "restated:day=tomorrow", "restated:from=2025-03-09,to=2025-03-08", "http-500:days=2",
		"forget-after=soon", "forget-after=7d:by=luck", "forget-error:by=event", "empty:by=end", "truncated=half", "huge=0", "week-differs=0", "week-differs:every=2",
		"end-inclusive:task=a", "end-inclusive=1", "end-inclusive:first=1", "day-figures", "day-figures=Mars/Base", "day-figures=UTC:by=event", "day-figures=UTC:every=2",
	} {
		if f, err := ParseFault(spec); err == nil {
			t.Errorf("%q is accepted as %+v", spec, f)
		}
	}
	s := newTestSandbox(t, withFaults(t, "http-500"))
	if err := s.SetFaults([]Fault{{Name: "gzip"}, {Name: "nonsense"}}); err == nil {
		t.Error("a wrong fault is set")
	}
	if got := callLoss(t, s, goodQuery(t), dayBody()).Code; got != 500 {
		t.Errorf("the faults before are gone: HTTP %d", got)
	}
}

func TestEveryFaultIsListedAndItsSyntaxIsRead(t *testing.T) {
	t.Parallel()
	if len(Faults()) != len(faultKinds()) {
		t.Error("not all are listed")
	}
	for _, f := range Faults() {
		if f.Help == "" || !strings.HasPrefix(f.Syntax, f.Name) {
			t.Errorf("%+v", f)
		}
		spec := map[string]string{
			"code": "code=1", "resultcode": "resultcode=1", "restated": "restated:day=2025-03-09", "day-figures": "day-figures=UTC",
		}[f.Name]
		if spec == "" {
			spec = f.Name
		}
		if _, err := ParseFault(spec); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestFaultsStrikeAtTheirCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec string
		want string // of six calls: x struck, . not
	}{
		{"http-500", "xxxxxx"},
		{"http-500:every=3", "..x..x"},
		{"http-500:first=2", "xx...."},
		{"http-500:first=4,every=2", ".x.x.."},
		{"http-500:after=4", "....xx"},
		{"http-500:after=1,first=3,every=2", "..x..."},
		{"http-500:task=odd,after=1", "..x.x."},
		{"http-500:app=5", "......"},
		{"http-500:task=odd", "x.x.x."},
		{"http-500:task=overall", ".x.x.x"},
		{"http-500:task=odd,first=2", "x.x..."},
		{"http-500:day=2025-03-09", "xxxxxx"},
		{"http-500:from=2025-03-01,to=2025-03-08", "......"},
	} {
		s := newTestSandbox(t, withFaults(t, c.spec))
		got := ""
		for i := range 6 {
			body := dayBody("odd", "b")
			if i%2 == 1 {
				body = dayBody()
			}
			got += map[int]string{500: "x", 200: "."}[callLoss(t, s, goodQuery(t), body).Code]
		}
		if got != c.want {
			t.Errorf("%s strikes %s, want %s", c.spec, got, c.want)
		}
	}
}

func TestFaultsNeitherSeeNorCountCallsThatBreakThePace(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) {
		withFaults(t, "http-500:every=2")(c)
		c.CallsPerSecond = 0.001
	})
	for i := range 4 {
		if w := callLoss(t, s, goodQuery(t), dayBody()); w.Code != 200 {
			t.Errorf("call %d: HTTP %d", i, w.Code)
		}
	}
	if st := s.Stats().Of(testApp); st.Refused[60007] != 3 {
		t.Errorf("%+v", st)
	}
}

func TestFaultsOfTheAPIAnswerAsItWould(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec string
		want parsedAnswer
	}{
		{"code=60028", parsedAnswer{ActionStatus: "FAIL", ErrorCode: 60028}},
		{"usersig-expired", parsedAnswer{ActionStatus: "FAIL", ErrorCode: 70001}},
		{"frequency", parsedAnswer{ActionStatus: "FAIL", ErrorCode: 60007}},
		{"resultcode=91000", parsedAnswer{ActionStatus: "OK", ResultCode: 91000}},
	} {
		s := newTestSandbox(t, withFaults(t, c.spec+":first=1"))
		got := ask(t, s, dayBody("a"))
		if got.ErrorInfo+got.ResultInfo == "" {
			t.Errorf("%s says nothing", c.spec)
		}
		got.ErrorInfo, got.ResultInfo = "", ""
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.spec, d)
		}
		askDay(t, s, "a") // the next call is fine
		st := s.Stats().Of(testApp)
		if st.Refused[c.want.ErrorCode+c.want.ResultCode] != 1 || st.Accepted != 1 {
			t.Errorf("%s: %+v", c.spec, st)
		}
	}
	s := newTestSandbox(t, withFaults(t, "code=60028"))
	q := goodQuery(t)
	q.Set("usersig", "bad")
	if a := parse(t, callLoss(t, s, q, dayBody()).Body.Bytes()); a.ErrorCode != 70003 {
		t.Errorf("a call that is not in order gets %d", a.ErrorCode)
	}
}

func TestThePublishedSampleIsAnsweredAsPrinted(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, withFaults(t, "published-sample"))
	got := callLoss(t, s, goodQuery(t), dayBody("xxx-yyy-zzz", "aaa-bbb-ccc")).Body.String()
	if !strings.HasSuffix(strings.TrimSpace(got), `"ErrInfo": "regid_invalid" }, ] } ] }`) {
		t.Error("the trailing comma is not there")
	}
	a := parse(t, []byte(strings.Replace(got, "}, ]", "} ]", 1)))
	if len(a.Results) != 2 {
		t.Fatalf("%+v", a)
	}
	var sums []string
	for _, r := range a.Results {
		for _, rows := range [][]answerRow{r.ReadyToSendLoss, r.PlatformReadyToSendLoss, r.PostSendDeliveredLoss, r.PlatformPostSendDeliveredLoss} {
			sum := int64(0)
			for _, row := range rows {
				sum += row.ErrCount
			}
			sums = append(sums, fmt.Sprint(sum))
		}
	}
	if got := strings.Join(sums, " "); got != "292 128 252 252 263 4 169 233" {
		t.Errorf("sums of the arrays: %s", got)
	}
}
