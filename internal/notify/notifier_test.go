package notify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"pushloss/internal/lab/netfault"
	"pushloss/internal/language"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/notify"
	"pushloss/internal/secret"
	"pushloss/load"
)

// inbox is a webhook: what it got, and whether it takes anything.
type inbox struct {
	*httptest.Server
	mu    sync.Mutex
	got   []string // titles
	reply func(http.ResponseWriter, *http.Request)
}

const token = "T0k3n-in-the-path"

func newInbox(t testing.TB) *inbox {
	in := &inbox{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		reply := in.reply
		if reply == nil {
			title, _, _ := strings.Cut(string(body), "\n")
			in.got = append(in.got, title)
		}
		in.mu.Unlock()
		if reply != nil {
			reply(w, r)
		}
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) answers(reply func(http.ResponseWriter, *http.Request)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.reply = reply
}

func (in *inbox) titles() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.got)
}

func (in *inbox) secretURL() string {
	return "generic://" + strings.TrimPrefix(in.URL, "http://") + "/" + token + "?disabletls=yes"
}

// world is a database and a clock that replicas share.
type world struct {
	t   testing.TB
	db  *load.DB
	url string
	now time.Time
	log bytes.Buffer
}

func setup(t testing.TB) *world {
	w := &world{t: t, now: noon, url: pgtest.URL(t)}
	db, err := load.Open(t.Context(), w.url, 6)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w.db = db
	return w
}

func (w *world) replica(urls ...string) *notify.Notifier {
	w.t.Helper()
	var secrets []secret.Text
	for _, url := range urls {
		secrets = append(secrets, secret.New(url))
	}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	targets, err := notify.Targets(secrets, log)
	if err != nil {
		w.t.Fatal(err)
	}
	return notify.New(w.db.Pool(), targets, nil, notify.In(language.English), log, func() time.Time { return w.now })
}

func gapOf(app int64, wrong bool) []notify.Verdict {
	return []notify.Verdict{{
		AlertKey: notify.AlertKey{Kind: notify.KindGap, SDKAppID: app}, Wrong: wrong,
		Title: fmt.Sprint("gap of ", app), Detail: "detail", Hint: "hint",
	}}
}

func opened(app int64) string    { return fmt.Sprint("pushloss: gap of ", app) }
func recovered(app int64) string { return fmt.Sprint("pushloss: recovered: gap of ", app) }

func equal(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

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

// What happens while the database is away is sent once it is back, as far as it is
// still true.
func TestWhatHappensWhileTheDatabaseIsAwayIsSentLater(t *testing.T) {
	t.Parallel()
	w := setup(t)
	in := newInbox(t)
	address, network := netfault.Through(t, w.url)
	var err error
	if w.db, err = load.Open(t.Context(), address, 2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
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

// Whatever is observed by two replicas, and however a target fares: each event's
// beginning and end reach it once and in order.
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

// S3: whatever a target answers, no part of its URL gets into log or database.
func TestS3ATargetsURLIsNeverPrintedNorStored(t *testing.T) {
	t.Parallel()
	echo := func(rw http.ResponseWriter, r *http.Request) {
		http.Error(rw, r.URL.String()+" "+r.Host, http.StatusTeapot)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		target func(in *inbox) string
		reply  func(http.ResponseWriter, *http.Request)
	}{
		{"one that echoes it", (*inbox).secretURL, echo},
		{"one that hangs up", (*inbox).secretURL, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"one that redirects", (*inbox).secretURL, func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://"+nobody+"/"+token, http.StatusTemporaryRedirect)
		}},
		{"nobody", func(*inbox) string { return "generic://" + nobody + "/" + token + "?disabletls=yes" }, echo},
		{"a token in the query", func(in *inbox) string {
			return "generic://" + strings.TrimPrefix(in.URL, "http://") + "/hook?disabletls=yes&key=" + token
		}, echo},
		{"a password", func(in *inbox) string {
			return "ntfy://user:" + token + "@" + strings.TrimPrefix(in.URL, "http://") + "/topic?scheme=http"
		}, echo},
		{"gotify", func(in *inbox) string {
			return "gotify://" + strings.TrimPrefix(in.URL, "http://") + "/" + "A" + token[:14] + "?disabletls=yes"
		}, echo},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			in := newInbox(t)
			in.answers(test.reply)
			w.replica(test.target(in)).NotifyOfNow(t.Context(), gapOf(1, true))
			kept := w.text(`SELECT state || ' ' || coalesce(last_error, '') FROM pushloss.message`)
			if !strings.HasPrefix(kept, "waiting ") || len(kept) < 12 {
				t.Errorf("the message is %q", kept)
			}
			for place, text := range map[string]string{"log": w.log.String(), "database": w.text(`SELECT string_agg(m::text, ' ') FROM pushloss.message AS m`)} {
				if strings.Contains(text, token[:14]) || text == "" {
					t.Errorf("%s: %s", place, text)
				}
			}
		})
	}
}

func (w *world) text(sql string) (text string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(w.t.Context())
	if err := conn.QueryRow(w.t.Context(), sql).Scan(&text); err != nil {
		w.t.Fatal(err)
	}
	return text
}

func TestURLsThatCannotBeUsedAreNamedByTheirNumber(t *testing.T) {
	t.Parallel()
	_, err := notify.Targets([]secret.Text{
		secret.New("logger://"), secret.New(token), secret.New("nosuch://" + token),
		secret.New("slack://" + token), secret.New("generic://%zz" + token),
	}, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 4 || strings.Contains(err.Error(), token) {
		t.Errorf("the error is\n%v", err)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, fmt.Sprintf("PUSHLOSS_NOTIFY_URLS: entry %d ", i+2)) {
			t.Errorf("line %q", line)
		}
	}
}

// A target that never answers holds up nobody for longer than they wait, and no
// messages pile up behind it.
func TestAHangingTargetIsLeftAlone(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	release := make(chan struct{})
	defer close(release)
	arrived := make(chan struct{}, 5)
	in.answers(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	targets, err := notify.Targets([]secret.Text{secret.New(in.secretURL())}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- targets[0].Send(ctx, notify.Notice{Title: "first"}) }()
	<-arrived
	cancel()
	if err := <-ended; err == nil {
		t.Error("the first message is reported as sent")
	}
	if err := targets[0].Send(t.Context(), notify.Notice{Title: "second"}); err == nil || len(arrived) > 0 {
		t.Errorf("the second message: %v; it went out behind the first: %t", err, len(arrived) > 0)
	}
}

func TestWhatIsWrongWithAURLIsNamed(t *testing.T) {
	t.Parallel()
	const (
		noService   = "names no known service"
		noHost      = "has no host"
		port        = "has a port that is not a number from 1 to 65535"
		lost        = "holds a #, and what follows it would be lost: write it as %23"
		second      = "holds a second URL: put blanks between them, not commas"
		over        = "has something other than http or https after generic+"
		slackToken  = "T0123456789-B0123456789-abcdefghijklmnopqrstuvwx"
		plainAdvice = "is a plain web address: write it as "
	)
	for _, test := range []struct{ target, want string }{
		{"generic://", noHost},
		{"generic:///" + token, noHost},
		{"generic:" + token, "has no // after its service"},
		{"ntfy:///" + token, noHost},
		{"smtp://user:" + token + "@/?from=a@b.example&to=c@d.example", noHost},
		{"generic://h:/" + token, port},
		{"generic://h:0/" + token, port},
		{"gotify://h:99999/Aaaaaaaaaaaaaaa", port},
		{"generic://h:+1/p", port},
		{"generic+https://::1/p", "has more than one colon after its host: write an IPv6 address in brackets, like [::1]:8080"},
		{"generic+https://[h]/p", "has no IPv6 address in its brackets: write it like [::1]:8080"},
		{"generic://h,i/p", "has a host that cannot be one: give a name or an IP address"},
		{"generic://-/p", "has a host that cannot be one: give a name or an IP address"},
		{"generic+ftp://h/" + token, over},
		{"generic+://h/" + token, over},
		{"generic://h/p#" + token, lost},
		{"slack://hook:" + slackToken + "@webhook#" + token, lost},
		{"generic://h/p,generic://g/" + token, second},
		{"logger://,slack://hook:" + token + "@webhook", second},
		{"logger://" + token, "has something after logger://, which takes nothing"},
		{"https://hooks.slack.com/services/" + token, plainAdvice + "slack://hook:A-B-C@webhook, where A/B/C is the end of its path"},
		{"https://discord.com/api/webhooks/1/" + token, plainAdvice + "discord://TOKEN@ID, where ID/TOKEN is the end of its path"},
		{"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + token, plainAdvice + "wecom://KEY, where KEY is the key in its query"},
		{"https://example.com/" + token, plainAdvice + "generic+https://HOST/PATH, if the server takes JSON"},
		{"HTTP://example.com/" + token, plainAdvice + "generic+http://HOST/PATH, if the server takes JSON"},
		{"ntfy://h/topic?scheme=ftp", "is not a URL that the service ntfy understands"},
		{"ntfy+http://h/topic", "is not a URL that the service ntfy understands"},
		{"slack://hook:" + token + "@webhook", "is not a URL that the service slack understands"},
		{"nosuch://" + token, noService},
		{token, noService},
		{"://" + token, noService},

		{"GENERIC://h/x", ""},
		{"Generic+HTTPS://h/x", ""},
		{"generic+http://[::1]:8080/p?key=a,b", ""},
		{"generic://h/p?icon=https://h/i.png", ""},
		{"ntfy://h/topic,a?scheme=HTTP", ""},
		{"rocketchat://h/token/token#channel", ""},
		{"smtp://user:p%40@mail.example:587/?from=a@b.example&to=c@d.example,e@f.example", ""},
		{"slack://hook:" + slackToken + "@webhook", ""},
		{"wecom://key", ""},
		{"discord://token@1", ""},
		{"lark://open.feishu.cn/token", ""},
		{"logger://", ""},
	} {
		_, err := notify.Targets([]secret.Text{secret.New(test.target)}, slog.New(slog.DiscardHandler))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "PUSHLOSS_NOTIFY_URLS: entry 1 ")
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.target, got, test.want)
		}
		if strings.Contains(got, token) {
			t.Errorf("%s: the token is printed", test.target)
		}
	}
}

// The form of Slack's webhooks that hints show works with a token as Slack makes them.
func TestTheSlackURLOfTheHintIsAccepted(t *testing.T) {
	t.Parallel()
	form, _, _ := strings.Cut(notify.Examples, " ")
	target := strings.Replace(form, "A-B-C", "T0123456789-B0123456789-abcdefghijklmnopqrstuvwx", 1)
	if _, err := notify.Targets([]secret.Text{secret.New(target)}, slog.New(slog.DiscardHandler)); err != nil || target == form {
		t.Errorf("%s: %v", target, err)
	}
}
