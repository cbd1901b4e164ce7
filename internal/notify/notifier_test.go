package notify_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/internal/lab/netfault"
	"pushloss/internal/notify"
	"pushloss/internal/secret"
	"pushloss/load"
)

func TestAnEventAndItsEndAreSentOnceByWhicheverReplica(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	for range 3 {
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true)) })
		}
		both.Wait()
	}
	equal(t, "sent", []string{opened(1)}, in.titles())
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), nil) // sees nothing, so nothing is over
	equal(t, "sent", []string{opened(1)}, in.titles())
	for range 2 {
		w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, false))
	}
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	equal(t, "sent", []string{opened(1), recovered(1), opened(1)}, in.titles())
}

// A command without targets, such as a backfill by hand, opens events for all processes.
func TestAnEventThatOthersOpenedReachesEachTargetOnceWhileItIsOpen(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first, second := newInbox(t), newInbox(t)
	w.replica().NotifyOfJob(t.Context(), slices.Concat(gapOf(1, true), gapOf(2, true)))
	for range 2 {
		w.replica(first.secretURL()).NotifyOfNow(t.Context(), slices.Concat(gapOf(1, true), gapOf(2, false)))
	}
	equal(t, "sent: not what is over", []string{opened(1)}, first.titles())
	for range 2 {
		w.replica(first.secretURL(), second.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	}
	equal(t, "the first target", []string{opened(1)}, first.titles())
	equal(t, "a target that was added", []string{opened(1)}, second.titles())
	w.replica(first.secretURL(), second.secretURL()).NotifyOfNow(t.Context(), gapOf(1, false))
	equal(t, "the first target", []string{opened(1), recovered(1)}, first.titles())
	equal(t, "the added target", []string{opened(1), recovered(1)}, second.titles())
}

// An app may be retired while a job works on it, and a backfill by hand may name a retired app.
func TestARetiredAppHasNoEvents(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	const app = 1400000001
	if _, err := w.DB.Apps.Save(t.Context(), load.App{SDKAppID: app, Timezone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DB.Apps.Retire(t.Context(), app, w.now); err != nil {
		t.Fatal(err)
	}
	w.replica(in.secretURL()).NotifyOfJob(t.Context(), slices.Concat(gapOf(app, true), gapOf(2, true)))
	equal(t, "sent", []string{opened(2)}, in.titles())
	if _, err := w.DB.Apps.Restore(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	w.replica(in.secretURL()).NotifyOfJob(t.Context(), gapOf(app, true))
	equal(t, "sent once it is restored", []string{opened(2), opened(app)}, in.titles())
}

// A target that has a name is the same one wherever it is in the setting.
func TestNamedTargetsMayChangeTheirOrder(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first, second, added := newInbox(t), newInbox(t), newInbox(t)
	first.answers(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) })
	w.replica("ops="+first.secretURL(), "Team-2="+second.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	equal(t, "the second target", []string{opened(1)}, second.titles())
	first.answers(nil)
	w.now = w.now.Add(time.Hour)
	w.replica(added.secretURL(), "Team-2="+second.secretURL(), "ops="+first.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	equal(t, "the first target, once it is up", []string{opened(1)}, first.titles())
	equal(t, "the second target", []string{opened(1)}, second.titles())
	equal(t, "a target that was put before them", []string{opened(1)}, added.titles())
	if names := w.Text(`SELECT string_agg(target, ', ') FROM (SELECT DISTINCT target COLLATE "C" AS target FROM pushloss.message ORDER BY 1) AS m`); names != "Team-2, generic 1, ops" {
		t.Errorf("the targets are stored as %s", names)
	}
}

func TestTwoTargetsCannotHaveOneName(t *testing.T) {
	t.Parallel()
	_, err := notify.Targets([]secret.Text{
		secret.New("ops=logger://"), secret.New("ops=generic://hooks.internal/" + token), secret.New("other=logger://"),
	}, slog.New(slog.DiscardHandler))
	if err == nil || err.Error() != "PUSHLOSS_NOTIFY_URLS: entry 2 has the name of another one" {
		t.Errorf("the error is %v", err)
	}
}

func TestAGapIsNotSentBesideItsCause(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	stopped := func(app int64, wrong bool) []notify.Verdict {
		return []notify.Verdict{{AlertKey: notify.AlertKey{Kind: notify.KindAppStopped, SDKAppID: app}, Wrong: wrong, Title: "stopped"}}
	}
	send := func(verdicts ...[]notify.Verdict) {
		w.replica(in.secretURL()).NotifyOfNow(t.Context(), slices.Concat(verdicts...))
	}
	send(gapOf(1, true), stopped(1, true), gapOf(2, true), stopped(2, false))
	equal(t, "sent", []string{"pushloss: stopped", opened(2)}, in.titles())
	send(gapOf(1, true), stopped(1, true))
	send(gapOf(1, true))
	equal(t, "while the cause lasts", []string{"pushloss: stopped", opened(2)}, in.titles())
	send(gapOf(1, true), stopped(1, false))
	equal(t, "a gap that outlives its cause", []string{"pushloss: stopped", opened(2), opened(1), "pushloss: recovered: stopped"}, in.titles())
}

func TestATargetThatIsDownKeepsItsMessagesInOrderAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := setup(t)
	up, down := newInbox(t), newInbox(t)
	down.answers(func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", http.StatusServiceUnavailable) })
	send := func(verdicts []notify.Verdict) {
		w.replica(down.secretURL(), up.secretURL()).NotifyOfNow(t.Context(), verdicts)
	}
	send(gapOf(1, true))
	send(gapOf(2, true))
	send(gapOf(1, false))
	want := []string{opened(1), opened(2), recovered(1)}
	equal(t, "the one that is up", want, up.titles())
	equal(t, "the one that is down", []string(nil), down.titles())

	down.answers(nil)
	send(nil) // too early for another attempt
	equal(t, "before its time", []string(nil), down.titles())
	w.now = w.now.Add(time.Hour)
	send(nil)
	equal(t, "up again", want, down.titles())
	equal(t, "the one that was up", want, up.titles())
}

// A message is tried again when its target says, within an hour.
func TestATargetSaysWhenAMessageIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, retryAfter string
		failures         int // before this one
		want             time.Duration
		reason           string
	}{
		{"no word", "", 0, 30 * time.Second, ""},
		{"no word, after more failures", "", 2, 2 * time.Minute, ""},
		{"ten minutes", "600", 0, 10 * time.Minute, ""},
		{"two minutes, after more failures", "120", 5, 2 * time.Minute, ""},
		{"a time", noon.Add(20 * time.Minute).Format(http.TimeFormat), 0, 20 * time.Minute, ""},
		{"at once", "0", 2, 2 * time.Minute, ""},
		{"a second", "1", 0, 30 * time.Second, ""},
		{"a day", "86400", 0, time.Hour, ""},
		{"a time that is over", noon.Add(-time.Hour).Format(http.TimeFormat), 0, 30 * time.Second, ""},
		{"no number", "soon", 0, 30 * time.Second, ""},
		{"words that pushloss would use", "", 0, 30 * time.Second, `{"error":"no (it says when to try again: in 600 seconds)"}`},
	} {
		for service, target := range services {
			t.Run(test.name+" by "+service, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				in := newInbox(t)
				in.answers(func(rw http.ResponseWriter, _ *http.Request) {
					rw.Header().Set("Retry-After", test.retryAfter)
					rw.WriteHeader(http.StatusTooManyRequests)
					_, _ = io.WriteString(rw, test.reason)
				})
				url := fmt.Sprintf(target, strings.TrimPrefix(in.URL, "http://"))
				w.replica(url).NotifyOfNow(t.Context(), gapOf(1, true))
				if test.failures > 0 {
					w.Exec(`UPDATE pushloss.message SET attempts = $1, next_try_at = $2`, test.failures, noon)
					w.replica(url).NotifyOfNow(t.Context(), nil)
				}
				if got := time.Duration(w.Number(`SELECT extract(epoch FROM next_try_at - $1)::bigint FROM pushloss.message`, noon)) * time.Second; got != test.want {
					t.Errorf("it is tried again after %s, want %s: %s", got, test.want, w.log.String())
				}
			})
		}
	}
}

// Some services of the library drop the answer of a target and keep only a text. This test replaces
// the transport of all, so it runs alone.
func TestATargetOfAnyServiceSaysWhenAMessageIsTriedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("each service takes a moment")
	}
	shared := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = shared })
	for _, target := range []string{
		"telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=1",
		"teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333301222222222233333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=test.webhook.office.com",
		"discord://token@1234567", "notifiarr://apikey123", "lark://open.larksuite.com/token",
		"wecom://693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa", "slack://hook:T00000000-B00000000-XXXXXXXXXXXXXXXXXXXXXXXX@webhook",
		"generic://hooks.example.com/hook",
	} {
		for answer, want := range map[string]time.Duration{
			`{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":600}}`: 10 * time.Minute,
			`{"message":"You are being rate limited.","retry_after":599.2}`:                   10 * time.Minute,
			`{"message":"You are being rate limited.","retry_after":-1}`:                      30 * time.Second,
			`{"message":"no (it says when to try again: in 600 seconds)"}`:                    30 * time.Second,
		} {
			service, _, _ := strings.Cut(target, ":")
			t.Run(service+" answers "+answer, func(t *testing.T) {
				w := setup(t)
				http.DefaultTransport = notify.Transport(failing{http.StatusTooManyRequests, answer})
				w.replica(target).NotifyOfNow(t.Context(), gapOf(1, true))
				if got := time.Duration(w.Number(`SELECT extract(epoch FROM next_try_at - $1)::bigint FROM pushloss.message`, noon)) * time.Second; got != want {
					t.Errorf("it is tried again after %s, want %s: %s", got, want, w.log.String())
				}
			})
		}
	}
}

// Events during an outage of the database are sent after it, if they are still true.
func TestWhatHappensWhileTheDatabaseIsAwayIsSentLater(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	address, network := netfault.Through(t, w.URL)
	var err error
	if w.DB, err = load.Open(t.Context(), address, 2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.DB.Close)
	replica := w.replica(in.secretURL())
	network.Break()
	replica.NotifyOfJob(t.Context(), gapOf(1, true))
	replica.NotifyOfJob(t.Context(), gapOf(2, true))
	replica.NotifyOfNow(t.Context(), gapOf(2, false))
	equal(t, "sent while it is away", []string(nil), in.titles())
	network.Mend()
	replica.NotifyOfNow(t.Context(), nil)
	replica.NotifyOfNow(t.Context(), nil)
	equal(t, "sent", []string{opened(1)}, in.titles())
}

func TestAMessageIsGivenUpAfterThreeDays(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	in.answers(func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", http.StatusInternalServerError) })
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	w.now = w.now.Add(73 * time.Hour)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), nil)
	in.answers(nil)
	w.now = w.now.Add(time.Hour)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, false))
	equal(t, "sent: not even the end of an event that it never got", []string(nil), in.titles())
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	equal(t, "sent", []string{opened(1)}, in.titles())
}

func unwell(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", http.StatusBadGateway) }

// An event that lasts longer than its message waits.
func TestATargetThatWasDownForDaysGetsWhatIsStillOpen(t *testing.T) {
	t.Parallel()
	w := setup(t)
	up, down := newInbox(t), newInbox(t)
	down.answers(unwell)
	days := func(n int, verdicts ...[]notify.Verdict) {
		for range n * 24 {
			w.now = w.now.Add(time.Hour)
			w.replica(down.secretURL(), up.secretURL()).NotifyOfNow(t.Context(), slices.Concat(verdicts...))
		}
	}
	days(1, gapOf(1, true), gapOf(2, true))
	days(9, gapOf(1, true), gapOf(2, false))
	down.answers(nil)
	days(1, gapOf(1, true), gapOf(2, false))
	equal(t, "the one that was up", []string{opened(1), opened(2), recovered(2)}, up.titles())
	equal(t, "the one that was down", []string{opened(1)}, down.titles())
	days(1, gapOf(1, false))
	equal(t, "the one that was down, later", []string{opened(1), recovered(1)}, down.titles())
}

func TestARecoveryIsGivenUpWithItsEvent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	in.answers(unwell)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	w.now = w.now.Add(71 * time.Hour)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, false))
	w.now = w.now.Add(2 * time.Hour)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), nil)
	in.answers(nil)
	w.now = w.now.Add(2 * time.Hour)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), nil)
	equal(t, "sent", []string(nil), in.titles())
}

// Nobody was there to send it.
func TestAMessageOfLongAgoIsNotSent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	in.answers(unwell)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), gapOf(1, true))
	in.answers(nil)
	w.now = w.now.Add(10 * 24 * time.Hour)
	w.replica(in.secretURL()).NotifyOfNow(t.Context(), nil)
	equal(t, "sent", []string(nil), in.titles())
}

// A target may refuse a text for what is in it.
func TestAMessageThatItsTargetNeverAcceptsHoldsUpNoOtherEvent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	var sent []string
	in.answers(func(rw http.ResponseWriter, r *http.Request) {
		title, _, _ := strings.Cut(textOf(r), "\n")
		if strings.Contains(title, "gap of 1") {
			http.Error(rw, "sensitive words", http.StatusBadRequest)
			return
		}
		sent = append(sent, title)
	})
	hours := func(n int, verdicts ...[]notify.Verdict) {
		for range n * 6 {
			w.now = w.now.Add(10 * time.Minute)
			w.replica(in.secretURL()).NotifyOfNow(t.Context(), slices.Concat(verdicts...))
		}
	}
	hours(1, gapOf(1, true))
	hours(2, gapOf(1, true), gapOf(2, true))
	hours(2, gapOf(1, false), gapOf(2, false), gapOf(3, true))
	equal(t, "sent", []string{opened(2), recovered(2), opened(3)}, sent)
}

// Whatever two replicas observe, and however a target behaves, each event's beginning and end reach
// the target once and in order.
func TestEveryMessageArrivesOnceAndInOrder(t *testing.T) {
	t.Parallel()
	w := setup(t)
	app := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		app++
		in := newInbox(t)
		defer in.Close()
		replicas := []*notify.Notifier{w.replica(in.secretURL()), w.replica(in.secretURL())}
		want := book{app: app}
		for range rapid.IntRange(1, 8).Draw(rt, "rounds") {
			in.answers(nil)
			if rapid.Bool().Draw(rt, "down") {
				in.answers(func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", http.StatusBadGateway) })
			}
			var verdicts []notify.Verdict
			if seen := rapid.SampledFrom([]string{"wrong", "fine", "nothing"}).Draw(rt, "seen"); seen != "nothing" {
				verdicts = gapOf(app, seen == "wrong")
				want.sees(seen == "wrong", true, w.now)
			}
			replicas[rapid.IntRange(0, 1).Draw(rt, "replica")].NotifyOfJob(t.Context(), verdicts)
			w.now = w.now.Add(rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(rt, "later"))
		}
		in.answers(nil)
		w.now = w.now.Add(2 * time.Hour)
		replicas[0].NotifyOfNow(t.Context(), nil)
		if diff := cmp.Diff(want.messages, in.titles()); diff != "" {
			rt.Fatalf("sent (-want +got):\n%s", diff)
		}
	})
}
