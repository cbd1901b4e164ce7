package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"pushloss/internal/notify"
	"pushloss/internal/secret"
)

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
			kept := w.Text(`SELECT state || ' ' || coalesce(last_error, '') FROM pushloss.message`)
			if !strings.HasPrefix(kept, "waiting ") || len(kept) < 12 {
				t.Errorf("the message is %q", kept)
			}
			for place, text := range map[string]string{"log": w.log.String(), "database": w.Text(`SELECT string_agg(m::text, ' ') FROM pushloss.message AS m`)} {
				if strings.Contains(text, token[:14]) || text == "" {
					t.Errorf("%s: %s", place, text)
				}
			}
		})
	}
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

// A target that never answers delays no caller beyond its limit, and no messages pile
// up behind it.
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

// The message after one that ended is sent at once, not refused as if that one were
// still under way.
func TestATargetThatAnsweredTakesTheNextMessage(t *testing.T) {
	t.Parallel()
	targets, err := notify.Targets([]secret.Text{secret.New("logger://")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2_000 {
		if err := targets[0].Send(t.Context(), notify.Notice{Title: "title"}); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
}

// The API's own messages and the names of codes are in the texts.
func TestATextThatOthersWroteCallsNobody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"@all @everyone":             "@\u2060all @\u2060everyone",
		"(@所有人)":                     "(@\u2060所有人)",
		"<!channel> <@U1>":           "<\u2060!channel> <@\u2060U1>",
		`<at user_id="all"></at>`:    "<\u2060at user_id=\"all\"><\u2060/at>",
		"<users/all> <#C1|x>":        "<\u2060users/all> <\u2060#C1|x>",
		"a@example.com, 1 < 2, @ 3":  "a@example.com, 1 < 2, @ 3",
		"set TIM_IDENTIFIER: *, `_`": "set TIM_IDENTIFIER: *, `_`",
	} {
		in := newInbox(t)
		var got string
		in.answers(func(_ http.ResponseWriter, r *http.Request) { got = textOf(r) })
		targets, err := notify.Targets([]secret.Text{secret.New(in.secretURL())}, slog.Default())
		if err != nil {
			t.Fatal(err)
		}
		if err := targets[0].Send(t.Context(), notify.Notice{Title: text, Body: text}); err != nil {
			t.Fatal(err)
		}
		if got != want+"\n"+want {
			t.Errorf("%q is sent as %q", text, got)
		}
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
		{"generic://h,i/p", "has an invalid host: give a name or an IP address"},
		{"generic://-/p", "has an invalid host: give a name or an IP address"},
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
		{"telegram://1:" + token + "@telegram?chats=1&parsemode=Markdown", "has parsemode, but messages are plain text: leave it out"},
		{"smtp://user:" + token + "@h/?from=a@b.example&to=c@d.example&UseHTML=yes", "has usehtml, but messages are plain text: leave it out"},
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
