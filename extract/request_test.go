package extract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/extract"
	"pushloss/internal/calendar"
)

func TestARequestLooksLikeThatOfTheAPIPage(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("UTC+8", 8*3600)
	day := calendar.DayOf(time.Date(2025, 3, 12, 9, 0, 0, 0, beijing), beijing)
	for _, tt := range []struct {
		name  string
		end   extract.WindowEnd
		tasks []string
		want  string
	}{
		{"for two tasks", "", []string{"xxx-yyy-zzz", "aaa-bbb-ccc"}, `{"StartTime":1741708800,"EndTime":1741795200,"TaskID":["xxx-yyy-zzz","aaa-bbb-ccc"]}`},
		{"for the whole app, nil", "", nil, `{"StartTime":1741708800,"EndTime":1741795200,"TaskID":[]}`},
		{"for the whole app, empty", "", []string{}, `{"StartTime":1741708800,"EndTime":1741795200,"TaskID":[]}`},
		{"with an exclusive end", extract.EndExclusive, nil, `{"StartTime":1741708800,"EndTime":1741795200,"TaskID":[]}`},
		{"with an inclusive end", extract.EndInclusive, nil, `{"StartTime":1741708800,"EndTime":1741795199,"TaskID":[]}`},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			s := always(reply{body: okay})
			account := account()
			account.WindowEnd = tt.end
			client := extract.NewClient(account, s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{Random: func() uint32 { return 4294967295 }})
			answer, err := client.Pull(t.Context(), extract.Request{Window: day.Window(beijing), Tasks: tt.tasks})
			if err != nil {
				t.Fatal(err)
			}
			if sent := fmt.Sprintf(`"EndTime":%d,`, answer.EndTime.Unix()); !strings.Contains(tt.want, sent) {
				t.Errorf("the answer says that the request had %s", sent)
			}
			r := s.requests[0]
			if r.Method != "POST" || r.URL.Scheme+"://"+r.URL.Host+r.URL.Path != mainURL+"/v4/timpush/all_member_push_loss" {
				t.Errorf("%s %s://%s%s", r.Method, r.URL.Scheme, r.URL.Host, r.URL.Path)
			}
			if s.bodies[0] != tt.want {
				t.Errorf("the body is %s, want %s", s.bodies[0], tt.want)
			}
			query := r.URL.Query()
			query["usersig"] = []string{fmt.Sprint(query.Get("usersig") != "")}
			want := map[string][]string{
				"sdkappid": {"1400000001"}, "identifier": {"administrator"}, "usersig": {"true"}, "random": {"4294967295"}, "contenttype": {"json"},
			}
			if d := cmp.Diff(want, map[string][]string(query)); d != "" {
				t.Errorf("query (-want +got):\n%s", d)
			}
		})
	}
}

func TestEveryCallHasItsOwnRandomNumber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(reply{status: 500})
		_, _ = pull(s, extract.Options{MaxTries: 8})
		numbers := make(map[string]bool)
		for _, r := range s.requests {
			numbers[r.URL.Query().Get("random")] = true
		}
		if len(numbers) < 7 { // one pair may well be equal by chance, more not
			t.Errorf("%d different numbers in 8 calls", len(numbers))
		}
	})
}

// S15: a request beyond a documented limit is not sent.
func TestARequestBeyondALimitIsNotSent(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	span := func(d time.Duration) calendar.Window { return calendar.Window{Start: start, End: start.Add(d)} }
	for _, tt := range []struct {
		name    string
		request extract.Request
		sent    bool // whichever way the end is written
	}{
		{"7 days", extract.Request{Window: span(7 * 24 * time.Hour)}, true},
		{"7 days and a second", extract.Request{Window: span(7*24*time.Hour + time.Second)}, false},
		{"no time at all", extract.Request{Window: span(0)}, false},
		{"reversed", extract.Request{Window: span(-time.Hour)}, false},
		{"5 tasks", extract.Request{Window: span(time.Hour), Tasks: make([]string, 5)}, true},
		{"6 tasks", extract.Request{Window: span(time.Hour), Tasks: make([]string, 6)}, false},
	} {
		for _, end := range []extract.WindowEnd{extract.EndExclusive, extract.EndInclusive} {
			inBubble(t, fmt.Sprintf("%s, end %s", tt.name, end), func(t *testing.T) {
				s := always(reply{body: okay})
				account := account()
				account.WindowEnd = end
				client := extract.NewClient(account, s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})
				_, err := client.Pull(t.Context(), tt.request)
				if tt.sent {
					if err != nil || s.calls() != 1 {
						t.Errorf("%d calls, %v", s.calls(), err)
					}
					return
				}
				if failed := failure(t, err); failed.Class != extract.BadRequest || s.calls() != 0 {
					t.Errorf("class %s, %d calls", failed.Class, s.calls())
				}
			})
		}
	}
}

// S15: the requests of any plan keep both limits. Together they are the plan, with every second
// once.
func TestAnyPlanIsCutIntoAllowedRequests(t *testing.T) {
	t.Parallel()
	zones := rapid.SampledFrom([]string{"Asia/Shanghai", "America/Sao_Paulo", "Africa/Cairo", "America/New_York", "Pacific/Chatham"})
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(zones.Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		first := calendar.Day(rapid.IntRange(10000, 24000).Draw(t, "first day"))
		days := calendar.Day(rapid.IntRange(1, 40).Draw(t, "days"))
		tasks := rapid.SliceOfDistinct(rapid.StringN(1, 20, -1), rapid.ID[string]).Draw(t, "tasks")
		s := always(reply{body: okay})
		account, inclusive := account(), rapid.Bool().Draw(t, "inclusive")
		if inclusive {
			account.WindowEnd = extract.EndInclusive
		}
		client := extract.NewClient(account, s, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
		for day := first; day < first+days; day++ {
			for _, batch := range extract.Batches(tasks) {
				if _, err := client.Pull(t.Context(), extract.Request{Window: day.Window(loc), Tasks: batch}); err != nil {
					t.Fatal(err)
				}
			}
		}

		end := first.Window(loc).Start.Unix()
		var asked []string
		for _, text := range s.bodies {
			var body struct {
				StartTime, EndTime int64
				TaskID             []string
			}
			if err := json.Unmarshal([]byte(text), &body); err != nil {
				t.Fatal(err)
			}
			if inclusive {
				body.EndTime++ // the first second that is not asked for
			}
			if n := len(body.TaskID); n == 0 || n > 5 || body.EndTime-body.StartTime > 7*86400 {
				t.Fatalf("a request of %d tasks and %d s", n, body.EndTime-body.StartTime)
			}
			if len(asked) == len(tasks) { // the next day begins where the last ended
				asked = nil
				if body.StartTime != end {
					t.Fatalf("a day begins at %d, the one before ended at %d", body.StartTime, end)
				}
			}
			asked, end = append(asked, body.TaskID...), body.EndTime
			if !slices.Equal(asked, tasks[:len(asked)]) {
				t.Fatalf("asked for %q of %q", asked, tasks)
			}
		}
		if len(asked) != len(tasks) || len(tasks) > 0 && end != (first+days).Window(loc).Start.Unix() {
			t.Fatalf("asked for %d of %d tasks, until %d", len(asked), len(tasks), end)
		}
	})
}

func TestABatchHasFiveTasksAtMost(t *testing.T) {
	t.Parallel()
	for count, want := range map[int][]int{0: nil, 1: {1}, 4: {4}, 5: {5}, 6: {5, 1}, 10: {5, 5}, 11: {5, 5, 1}} {
		tasks := make([]int, count)
		var got []int
		for _, batch := range extract.Batches(tasks) {
			got = append(got, len(batch))
			if cap(batch) > 5 {
				t.Errorf("appending to a batch of %d would write into the next", count)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d tasks are cut into %v, want %v", count, got, want)
		}
	}
}
