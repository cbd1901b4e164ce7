package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"pushloss/internal/problem"
	"pushloss/internal/secret"
)

// sendTimeout bounds one message to one target.
const sendTimeout = 10 * time.Second

// Target is a place to which messages are sent.
type Target struct {
	name    string // from the setting, or else its service and its number among the unnamed targets of that service
	secret  string
	service types.Service
	busy    *atomic.Bool // the caller of a running Send has given up
}

// Name identifies a target without its URL. "slack 1" is the first target of that service that has
// no name of its own. Messages wait under this name.
func (t Target) Name() string { return t.name }

// Examples are URLs of targets. A/B/C in the first one is the end of the path that Slack shows.
const Examples = "slack://hook:A-B-C@webhook or generic+https://HOST/PATH"

// TargetError names the target whose URL cannot be used, without repeating the URL.
type TargetError struct {
	Number int // in the setting, from 1
	Reason string
}

func (e *TargetError) Error() string {
	return fmt.Sprintf("PUSHLOSS_NOTIFY_URLS: entry %d %s", e.Number, e.Reason)
}

// ExitCode is problem.Usage.
func (*TargetError) ExitCode() problem.Code { return problem.Usage }

// Hint says where the form of the URLs is described.
func (e *TargetError) Hint() string {
	return "write it in the form of https://shoutrrr.nickfedor.com, like " + Examples
}

// Targets reads URLs in the form of the shoutrrr library. Its service logger writes to log. The
// error joins a *TargetError for each URL that cannot be used.
func Targets(urls []secret.Text, log *slog.Logger) ([]Target, error) {
	var targets []Target
	var problems []error
	services, err := router.New(nil)
	if err != nil {
		return nil, fmt.Errorf("prepare notifications: %w", err)
	}
	ofService := make(map[string]int)
	for i, secret := range urls {
		name, text := named(secret.Reveal())
		text = lowered(text)
		if name != "" && slices.ContainsFunc(targets, func(t Target) bool { return t.name == name }) {
			problems = append(problems, &TargetError{Number: i + 1, Reason: "has the name of another one"})
			continue
		}
		if problem := problemOf(text, services.ListServices()); problem != "" {
			problems = append(problems, &TargetError{Number: i + 1, Reason: problem})
			continue
		}
		scheme, _, _ := strings.Cut(text, ":")
		service, _, _ := strings.Cut(scheme, "+")
		located, err := services.Locate(text)
		if err != nil || service == "ntfy" && !isWeb(text) {
			problems = append(problems, &TargetError{Number: i + 1, Reason: "is not a URL that the service " + service + " understands"})
			continue
		}
		install(located)
		if name == "" {
			ofService[service]++
			name = fmt.Sprintf("%s %d", service, ofService[service])
		}
		if service == "logger" { // the others log what they send and what they are answered
			located.SetLogger(logged{log})
		}
		targets = append(targets, Target{
			name: name, secret: text, service: located, busy: new(atomic.Bool),
		})
	}
	return targets, errors.Join(problems...)
}

var (
	errTimeout = errors.New("no answer in time")
	errBusy    = errors.New("the previous message is still being sent")
)

// Send sends one message now. The error does not repeat the target's URL.
func (t Target) Send(ctx context.Context, notice Notice) error {
	if !t.busy.CompareAndSwap(false, true) {
		return errBusy
	}
	ended := make(chan error, 1)
	go func() { // the library takes no context, and some of its services have no timeout
		// Not as a parameter, because some services refuse unknown parameters.
		err := t.service.Send(clipped(unmarked(notice.Title+"\n"+notice.Body)), &types.Params{})
		t.busy.Store(false) // before the caller continues, since it may send the next message at once
		ended <- err
	}()
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	select {
	case err := <-ended:
		return t.redact(err)
	case <-ctx.Done():
		return errTimeout
	}
}

// mark matches the beginning of what chats read as a mention of people, a link or a tag: @all,
// <!channel>, <at user_id="all">.
var mark = regexp.MustCompile(`(^|[^\pL\pN_])(@)(\pL)|()(<)([!@#/\pL])`)

// unmarked prevents a text from elsewhere, such as that of an error, from mentioning people. It
// puts a word joiner, which is invisible, between the sign and the word.
func unmarked(text string) string { return mark.ReplaceAllString(text, "$1$2$4$5\u2060$3$6") }

// maxText is the smallest limit of all services, in bytes: WeCom takes 2048.
const maxText = 1800

func clipped(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + " …"
}

// logged is a logger of the library that writes to ours.
type logged struct{ *slog.Logger }

func (l logged) Print(values ...any)                 { l.Info("notification", "text", fmt.Sprint(values...)) }
func (l logged) Printf(format string, values ...any) { l.Print(fmt.Sprintf(format, values...)) }
func (l logged) Println(values ...any)               { l.Print(values...) }
