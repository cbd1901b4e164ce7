package extract_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"pushloss/extract"
)

// S17: which failures are retried, and how often.
func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	type outcome struct {
		reply reply
		calls int
		class extract.Class
	}
	elsewhere := http.Header{"Location": {"https://elsewhere.test/"}}
	cases := map[string]outcome{
		"a connection that fails":       {reply{err: errors.New("connection refused"), unsaid: true}, 5, extract.Transient},
		"a connection that is reset":    {reply{err: errors.New("connection reset by peer")}, 5, extract.Transient},
		"no answer in time":             {reply{latency: time.Hour}, 5, extract.Transient},
		"HTTP 204":                      {reply{status: 204}, 5, extract.Transient},
		"HTTP 408":                      {reply{status: 408}, 5, extract.Transient},
		"HTTP 425":                      {reply{status: 425}, 5, extract.Transient},
		"HTTP 429":                      {reply{status: 429}, 5, extract.Throttled},
		"a redirect without an address": {reply{status: 302}, 1, extract.Operator},
		"a redirect to nonsense":        {reply{status: 302, header: http.Header{"Location": {"http://%zz"}}}, 1, extract.Operator},
	}
	for _, status := range []int{500, 502, 503, 504, 599} {
		cases[fmt.Sprintf("HTTP %d", status)] = outcome{reply{status: status}, 5, extract.Transient}
	}
	for _, status := range []int{400, 401, 403, 404, 405, 413, 451} {
		cases[fmt.Sprintf("HTTP %d", status)] = outcome{reply{status: status}, 1, extract.Operator}
	}
	for _, status := range []int{301, 302, 303, 304, 307, 308} {
		cases[fmt.Sprintf("HTTP %d to elsewhere", status)] = outcome{reply{status: status, header: elsewhere}, 1, extract.Operator}
	}
	for name, tt := range cases {
		inBubble(t, name, func(t *testing.T) {
			s := always(tt.reply)
			_, err := pull(s, extract.Options{})
			failed := failure(t, err)
			if failed.Class != tt.class || s.calls() != tt.calls || failed.Attempts != tt.calls {
				t.Errorf("class %s after %d calls (%d attempts); want %s after %d", failed.Class, s.calls(), failed.Attempts, tt.class, tt.calls)
			}
			if failed.HTTPStatus != tt.reply.status || failed.Hint == "" {
				t.Errorf("HTTP status %d, hint %q", failed.HTTPStatus, failed.Hint)
			}
			for _, host := range s.hosts() {
				if host != "main.test" {
					t.Errorf("followed to %s", host)
				}
			}
		})
	}
}

func TestMaxTriesBoundsTheCalls(t *testing.T) {
	t.Parallel()
	for _, tries := range []int{1, 2, 7} {
		for _, r := range []reply{{status: 500}, {body: `{"ErrorCode":60007}`}} {
			inBubble(t, fmt.Sprintf("%d of %+v", tries, r), func(t *testing.T) {
				s := always(r)
				if _, err := pull(s, extract.Options{MaxTries: tries}); err == nil || s.calls() != tries {
					t.Errorf("%d calls, %v; want %d and an error", s.calls(), err, tries)
				}
			})
		}
	}
}

func TestWaitsGrowFromThePaceWithinABound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(reply{status: 500})
		_, _ = pull(s, extract.Options{MaxTries: 12})
		for i := 1; i < len(s.written); i++ {
			wait := s.written[i].Sub(s.written[i-1])
			ideal := min(time.Second<<(i-1), 30*time.Second)
			if wait < max(time.Second, ideal/2) || wait > ideal*3/2+time.Second {
				t.Errorf("wait %d was %s, want about %s", i, wait, ideal)
			}
		}
	})
}

func TestAFastPaceGivesUpNoSooner(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{1, 10, 1000} {
		inBubble(t, fmt.Sprintf("%g calls a second", rate), func(t *testing.T) {
			s := always(reply{err: errors.New("connection refused"), unsaid: true})
			client := extract.NewClient(account(), s, extract.NewPacer(rate, extract.PacerOptions{}), extract.Options{})
			start := time.Now()
			_, err := client.Pull(context.Background(), oneDay)
			failure(t, err)
			if waited := time.Since(start); waited < 7*time.Second { // half of 1, 2, 4 and 8 seconds at least
				t.Errorf("gave up after %s", waited)
			}
		})
	}
}

func TestAnAnswerMayAskForALongerWait(t *testing.T) {
	t.Parallel()
	const sent, later = "Thu, 20 Mar 2025 12:00:00 GMT", "Thu, 20 Mar 2025 12:00:20 GMT"
	for name, tt := range map[string]struct {
		status        int
		header        http.Header
		atLeast, most time.Duration
	}{
		"seconds":                      {429, http.Header{"Retry-After": {"20"}}, 20 * time.Second, 21 * time.Second},
		"of a gateway":                 {503, http.Header{"Retry-After": {"20"}}, 20 * time.Second, 21 * time.Second},
		"a time, by the answer's Date": {503, http.Header{"Retry-After": {later}, "Date": {sent}}, 20 * time.Second, 21 * time.Second},
		"no longer than the bound":     {429, http.Header{"Retry-After": {"86400"}}, 30 * time.Second, 31 * time.Second},
		"no shorter than usual":        {429, http.Header{"Retry-After": {"0"}}, time.Second / 2, 3 * time.Second},
		"a time that is over":          {503, http.Header{"Retry-After": {sent}, "Date": {later}}, time.Second / 2, 3 * time.Second},
		"nonsense":                     {503, http.Header{"Retry-After": {"soon"}, "Date": {sent}}, time.Second / 2, 3 * time.Second},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := always(reply{status: tt.status, header: tt.header})
			_, _ = pull(s, extract.Options{MaxTries: 2})
			if wait := s.written[1].Sub(s.written[0]); wait < tt.atLeast || wait > tt.most {
				t.Errorf("waited %s, want %s to %s", wait, tt.atLeast, tt.most)
			}
		})
	}
}

func TestATimeoutIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := pull(always(reply{latency: time.Hour}), extract.Options{Timeout: 4 * time.Second, MaxTries: 1})
		if got := err.Error(); got != "no answer from the API: no answer within 4s" {
			t.Errorf("the error reads %q", got)
		}
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}

// S17: an end of the context ends waiting at once.
func TestCancelEndsABackoffAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("asked to stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		s := always(reply{status: 500})
		client := extract.NewClient(account(), s, extract.NewPacer(0.1, extract.PacerOptions{}), extract.Options{})
		start := time.Now()
		time.AfterFunc(time.Second, func() { cancel(stop) })
		_, err := client.Pull(ctx, oneDay)
		if !errors.Is(err, stop) || time.Since(start) != time.Second || s.calls() != 1 {
			t.Errorf("got %v after %s and %d calls", err, time.Since(start), s.calls())
		}
	})
}

func TestCancelLetsTheCallUnderWayFinish(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reply reply
		fails bool
	}{
		"with an answer":           {reply{latency: 3 * time.Second, body: okay}, false},
		"with a transient failure": {reply{latency: 3 * time.Second, status: 500}, true},
	} {
		inBubble(t, name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := always(tt.reply)
			reports := 0
			client := extract.NewClient(account(), s, extract.NewPacer(1, extract.PacerOptions{}),
				extract.Options{OnCall: func(extract.CallReport) { reports++ }})
			start := time.Now()
			time.AfterFunc(time.Second, cancel)
			answer, err := client.Pull(ctx, oneDay)
			if took := time.Since(start); took != 3*time.Second || s.calls() != 1 || reports != 1 {
				t.Errorf("ended after %s, %d calls, %d reports", took, s.calls(), reports)
			}
			if tt.fails && !errors.Is(err, context.Canceled) || !tt.fails && (err != nil || string(answer.Body) != okay) {
				t.Errorf("got %q, %v", answer.Body, err)
			}
		})
	}
}

func TestNothingIsCalledOnceTheContextHasEnded(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0, 1} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := always(reply{body: okay})
		client := extract.NewClient(account(), s, extract.NewPacer(rate, extract.PacerOptions{}), extract.Options{})
		if _, err := client.Pull(ctx, oneDay); !errors.Is(err, context.Canceled) || s.calls() != 0 {
			t.Errorf("at rate %v: %d calls, %v", rate, s.calls(), err)
		}
	}
}

func TestCallsAreReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inTurn(
			reply{err: errors.New("reset"), latency: time.Second}, reply{status: 502}, reply{body: "<html>"},
			reply{body: `{"ErrorCode":60008}`}, reply{body: okay, latency: 2 * time.Second})
		var reports []extract.CallReport
		answer, err := pull(s, extract.Options{OnCall: func(r extract.CallReport) { reports = append(reports, r) }})
		if err != nil {
			t.Fatal(err)
		}
		want := []extract.Outcome{
			extract.OutcomeNoAnswer, extract.OutcomeHTTPError, extract.OutcomeUnreadable, extract.OutcomeAPIError, extract.OutcomeOK,
		}
		if len(reports) != len(want) {
			t.Fatalf("%d reports, want %d", len(reports), len(want))
		}
		for i, r := range reports {
			if r.Outcome != want[i] || r.Retry != (i > 0) || !r.SentAt.Equal(s.written[i]) {
				t.Errorf("report %d is %+v, want %s sent at %s", i, r, want[i], s.written[i])
			}
		}
		if reports[0].Took != time.Second || reports[4].Took != 2*time.Second {
			t.Errorf("took %s and %s", reports[0].Took, reports[4].Took)
		}
		if !answer.SentAt.Equal(s.written[4]) {
			t.Errorf("the answer says it was sent at %s, not %s", answer.SentAt, s.written[4])
		}
	})
}
