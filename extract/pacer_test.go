package extract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"pushloss/extract"
)

// S14: calls arrive an interval apart, whatever the service answers and however long it takes.
func TestCallsNeverComeCloserThanTheInterval(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		clients := rapid.IntRange(1, 6).Draw(r, "goroutines")
		rate := rapid.SampledFrom([]float64{0.5, 1, 4}).Draw(r, "rate")
		interval := time.Duration(float64(time.Second) / rate)
		random := rand.New(rand.NewPCG(seed, 1))
		s := &service{answer: func(int, *http.Request) reply {
			latency := time.Duration(random.Int64N(int64(3 * time.Second)))
			if random.IntN(2) == 0 {
				latency /= 100
			}
			answer := reply{latency: latency, received: min(latency, time.Duration(random.Int64N(int64(interval/25)+1)))}
			switch random.IntN(5) {
			case 0:
				answer.status = 503
			case 1:
				answer.err = errors.New("reset")
			default:
				answer.body = okay
			}
			return answer
		}}
		var reported []time.Time
		synctest.Test(t, func(t *testing.T) {
			pacer := extract.NewPacer(rate, extract.PacerOptions{})
			var mu sync.Mutex
			client := extract.NewClient(account(), s, pacer, extract.Options{OnCall: func(c extract.CallReport) {
				mu.Lock()
				defer mu.Unlock()
				reported = append(reported, c.SentAt)
			}})
			var group sync.WaitGroup
			for range clients {
				group.Go(func() {
					for range 5 {
						_, _ = client.Pull(t.Context(), oneDay)
					}
				})
			}
			group.Wait()
		})
		if len(s.arrived) < 5*clients || len(reported) != len(s.arrived) {
			r.Fatalf("%d calls arrived, %d were reported", len(s.arrived), len(reported))
		}
		for i := 1; i < len(s.arrived); i++ {
			if gap := s.arrived[i].Sub(s.arrived[i-1]); gap < interval {
				r.Fatalf("calls %d and %d arrived %s apart, at an interval of %s", i-1, i, gap, interval)
			}
		}
		sent := make(map[time.Time]bool)
		for _, at := range reported {
			sent[at] = true
		}
		for i, at := range s.written {
			if !sent[at] {
				r.Fatalf("call %d was written at %s, which no report says", i, at)
			}
		}
	})
}

func TestNearlyAllTheAllowedCallsAreMade(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		inBubble(t, fmt.Sprint("seed ", seed), func(t *testing.T) {
			const calls = 500
			random := rand.New(rand.NewPCG(seed, 2))
			s := &service{answer: func(int, *http.Request) reply {
				// 1 ms to 3 s, each order of magnitude as often as the others
				seconds := 0.001 * math.Pow(3000, random.Float64())
				return reply{latency: time.Duration(seconds * float64(time.Second)), body: okay}
			}}
			client := extract.NewClient(account(), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
			var group sync.WaitGroup
			for range 5 {
				group.Go(func() {
					for range calls / 5 {
						if _, err := client.Pull(t.Context(), oneDay); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Wait()
			took := s.written[calls-1].Sub(s.written[0])
			if allowed := took.Seconds() + 1; float64(calls) < 0.95*allowed {
				t.Errorf("%d calls in %s, where %.0f were allowed", calls, took, allowed)
			}
		})
	}
}

func TestASlowAnswerDoesNotDelayTheNextCall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ latency, want time.Duration }{
		{0, time.Second},
		{10 * time.Millisecond, 1010 * time.Millisecond}, // an interval after the answer
		{40 * time.Millisecond, 1040 * time.Millisecond}, // the margin
		{500 * time.Millisecond, 1040 * time.Millisecond},
		{time.Minute, 1040 * time.Millisecond},
	} {
		inBubble(t, tt.latency.String(), func(t *testing.T) {
			pacer := extract.NewPacer(1, extract.PacerOptions{})
			first, err := pacer.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			first.Sent()
			time.AfterFunc(tt.latency, first.Done)
			if _, err := pacer.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(first.SentAt()); got != tt.want {
				t.Errorf("the next call left after %s, want %s", got, tt.want)
			}
			synctest.Wait()
			time.Sleep(tt.latency) // for AfterFunc to be over
		})
	}
}

func TestACallThatWasNotSentCountsFromItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := extract.NewPacer(1, extract.PacerOptions{})
		first, _ := pacer.Begin(t.Context())
		time.AfterFunc(5*time.Second, first.Done)
		start := time.Now()
		if _, err := pacer.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != 6*time.Second {
			t.Errorf("the next call left after %s, want 6s", got)
		}
	})
}

// A transport writes a request again where it finds an idle connection dead.
func TestARequestWrittenTwiceCountsFromTheSecondWriting(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		first  error
		redial time.Duration
	}{
		{"the first seemed to succeed", nil, 300 * time.Millisecond},
		{"the first failed", errors.New("broken pipe"), 3 * time.Second},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			var mu sync.Mutex
			var began int
			var arrived []time.Time
			transport := roundTrip(func(request *http.Request) (*http.Response, error) {
				trace := httptrace.ContextClientTrace(request.Context())
				mu.Lock()
				began++
				isFirst := began == 1
				mu.Unlock()
				if isFirst {
					trace.WroteRequest(httptrace.WroteRequestInfo{Err: tt.first})
					time.Sleep(tt.redial)
				}
				trace.WroteRequest(httptrace.WroteRequestInfo{})
				mu.Lock()
				arrived = append(arrived, time.Now())
				mu.Unlock()
				time.Sleep(2 * time.Second)
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(okay))}, nil
			})
			client := extract.NewClient(account(), transport, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
			var group sync.WaitGroup
			for range 3 {
				group.Go(func() {
					if _, err := client.Pull(t.Context(), oneDay); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			for i := 1; i < len(arrived); i++ {
				if gap := arrived[i].Sub(arrived[i-1]); gap < time.Second {
					t.Errorf("calls arrived %s apart", gap)
				}
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestEachSlowDownDoublesTheIntervalWithinABound(t *testing.T) {
	t.Parallel()
	pacer := extract.NewPacer(2, extract.PacerOptions{})
	for _, want := range []time.Duration{500, 1000, 2000, 4000, 8000, 8000} {
		if got := pacer.Interval(); got != want*time.Millisecond {
			t.Errorf("the interval is %s, want %d ms", got, want)
		}
		pacer.SlowDown()
	}
	unpaced := extract.NewPacer(0, extract.PacerOptions{})
	unpaced.SlowDown()
	if got := unpaced.Interval(); got != 0 {
		t.Errorf("without a pace the interval is %s", got)
	}
}

func TestSlowDownAppliesToCallsThatAlreadyWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := extract.NewPacer(1, extract.PacerOptions{})
		first, _ := pacer.Begin(t.Context())
		first.Done()
		time.AfterFunc(900*time.Millisecond, pacer.SlowDown)
		if _, err := pacer.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(first.SentAt()); got != 2*time.Second {
			t.Errorf("the next call left after %s, want 2s", got)
		}
	})
}

func TestAFrequencyErrorSlowsTheFollowingCallsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inTurn(reply{body: `{"ErrorCode":60007}`})
		client := extract.NewClient(account(), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
		for range 3 {
			if _, err := client.Pull(t.Context(), oneDay); err != nil {
				t.Fatal(err)
			}
		}
		for i := 1; i < len(s.written); i++ {
			if gap := s.written[i].Sub(s.written[i-1]); gap < 2*time.Second {
				t.Errorf("call %d came after %s", i, gap)
			}
		}
	})
}

func TestTheFirstCallWaitsUntilNotBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		notBefore := time.Now().Add(700 * time.Millisecond)
		pacer := extract.NewPacer(1, extract.PacerOptions{NotBefore: notBefore})
		if _, err := pacer.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !time.Now().Equal(notBefore) {
			t.Errorf("it left at %s, want %s", time.Now(), notBefore)
		}
	})
}

func TestEveryCallIsAnnouncedInItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var announced []time.Time
		s := inTurn(reply{status: 500})
		pacer := extract.NewPacer(1, extract.PacerOptions{Announce: func(context.Context) error {
			if s.calls() != len(announced) {
				t.Errorf("announcement %d comes after %d calls", len(announced), s.calls())
			}
			announced = append(announced, time.Now())
			time.Sleep(50 * time.Millisecond)
			return nil
		}})
		client := extract.NewClient(account(), s, pacer, extract.Options{})
		for range 2 {
			if _, err := client.Pull(t.Context(), oneDay); err != nil {
				t.Fatal(err)
			}
		}
		if len(announced) != 3 || s.calls() != 3 {
			t.Errorf("%d announcements of %d calls", len(announced), s.calls())
		}
		for i := 1; i < len(s.written); i++ {
			if gap := s.written[i].Sub(s.written[i-1]); gap < time.Second {
				t.Errorf("calls %s apart", gap)
			}
		}
	})
}

func TestAnAnnouncementThatFailsStopsTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("the lock is lost")
		s := always(reply{body: okay})
		failing := true
		pacer := extract.NewPacer(1, extract.PacerOptions{Announce: func(context.Context) error {
			if failing {
				return lost
			}
			return nil
		}})
		client := extract.NewClient(account(), s, pacer, extract.Options{})
		if _, err := client.Pull(t.Context(), oneDay); !errors.Is(err, lost) || s.calls() != 0 {
			t.Errorf("%d calls, %v", s.calls(), err)
		}
		failing = false // the turn has been given back
		if _, err := client.Pull(t.Context(), oneDay); err != nil {
			t.Error(err)
		}
	})
}

// S17: the end of a context ends the wait for a turn at once.
func TestCancelEndsWaitingForATurnAtOnce(t *testing.T) {
	t.Parallel()
	stop := errors.New("asked to stop")
	for name, prepare := range map[string]func(t *testing.T) *extract.Pacer{
		"until the first call": func(*testing.T) *extract.Pacer {
			return extract.NewPacer(1, extract.PacerOptions{NotBefore: time.Now().Add(time.Hour)})
		},
		"until the call before is written": func(t *testing.T) *extract.Pacer {
			pacer := extract.NewPacer(1, extract.PacerOptions{})
			_, _ = pacer.Begin(t.Context())
			return pacer
		},
		"for the interval": func(t *testing.T) *extract.Pacer {
			pacer := extract.NewPacer(0.01, extract.PacerOptions{})
			call, _ := pacer.Begin(t.Context())
			call.Sent()
			return pacer
		},
		"for the interval after an answer": func(t *testing.T) *extract.Pacer {
			pacer := extract.NewPacer(0.01, extract.PacerOptions{})
			call, _ := pacer.Begin(t.Context())
			call.Done()
			return pacer
		},
		"behind another waiting process": func(t *testing.T) *extract.Pacer {
			pacer := extract.NewPacer(1, extract.PacerOptions{NotBefore: time.Now().Add(time.Hour)})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			t.Cleanup(cancel)
			go func() { _, _ = pacer.Begin(ctx) }()
			synctest.Wait()
			return pacer
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			pacer := prepare(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			start := time.Now()
			time.AfterFunc(time.Second, func() { cancel(stop) })
			if _, err := pacer.Begin(ctx); !errors.Is(err, stop) || time.Since(start) != time.Second {
				t.Errorf("got %v after %s", err, time.Since(start))
			}
		})
	}
}

func TestWithoutAPaceNothingWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := extract.NewPacer(0, extract.PacerOptions{NotBefore: time.Now().Add(time.Hour)})
		start := time.Now()
		for range 100 {
			if _, err := pacer.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("100 calls took %s", took)
		}
	})
}

func TestAVerySmallRateIsAVeryLongInterval(t *testing.T) {
	t.Parallel()
	pacer := extract.NewPacer(1e-12, extract.PacerOptions{})
	for range 10 {
		if got := pacer.Interval(); got < 24*time.Hour {
			t.Errorf("the interval is %s", got)
		}
		pacer.SlowDown()
	}
}
