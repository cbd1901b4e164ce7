package extract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/secret"
)

// S3: no credential leaks, whatever a service or a network does with the URL.
func TestNoCredentialLeaks(t *testing.T) {
	t.Parallel()
	userSig := func(r *http.Request) string { return r.URL.Query().Get("usersig") }
	page := func(status int, text func(*http.Request) string) func(*http.Request) reply {
		return func(r *http.Request) reply { return reply{status: status, body: text(r)} }
	}
	quoted := func(text string) string {
		b, _ := json.Marshal(text)
		return string(b)
	}
	wholeURL := func(r *http.Request) string {
		return "<html>" + strings.Repeat("<br>\n", 40) + html.EscapeString(r.URL.String()) + "</html>"
	}
	for name, answer := range map[string]func(*http.Request) reply{
		"the dial fails": func(*http.Request) reply {
			return reply{err: errors.New("dial tcp: lookup main.test: no such host"), unsaid: true}
		},
		"the transport's error repeats the URL": func(r *http.Request) reply {
			return reply{err: &url.Error{Op: "Post", URL: r.URL.String(), Err: errors.New("reset by " + r.URL.String())}}
		},
		"a wrapped error repeats the URL": func(r *http.Request) reply {
			return reply{err: fmt.Errorf("proxy: %w", &url.Error{Op: "Post", URL: r.URL.String(), Err: errors.New("refused")})}
		},
		"no answer in time":         func(*http.Request) reply { return reply{latency: time.Hour} },
		"a page repeats the URL":    page(200, wholeURL),
		"HTTP 502 repeats the URL":  page(502, wholeURL),
		"HTTP 404 repeats the URL":  page(404, wholeURL),
		"HTTP 403 and the UserSig":  page(403, userSig),
		"HTTP 500 and the key":      page(500, func(*http.Request) string { return secretKey.Reveal() }),
		"HTTP 502 in lower case":    page(502, func(r *http.Request) string { return strings.ReplaceAll(r.URL.String(), "%2A", "%2a") }),
		"HTTP 502 escaped again":    page(502, func(r *http.Request) string { return "/login?from=" + url.QueryEscape(r.URL.String()) }),
		"HTTP 502 with the URL cut": page(502, func(r *http.Request) string { return r.URL.String()[:len(r.URL.String())-30] }),
		"HTTP 502 with the URL cut in JSON of Java": page(502, func(r *http.Request) string {
			return `{"url":"?usersig\u003d` + userSig(r)[:200]
		}),
		"HTTP 502 escaped again and cut": page(502, func(r *http.Request) string {
			again := url.QueryEscape(r.URL.String())
			return "/login?from=" + again[:len(again)-40]
		}),
		"the usersig cut at the limit of what is shown": page(200, func(r *http.Request) string {
			return strings.Repeat("x", 250) + userSig(r)
		}),
		"a refusal repeats the URL": page(200, func(r *http.Request) string {
			return `{"ActionStatus":"FAIL","ErrorCode":70009,"ErrorInfo":` + quoted("bad "+r.URL.String()) + `}`
		}),
		"a refusal repeats the UserSig alone": page(200, func(r *http.Request) string {
			return `{"ErrorCode":60008,"ErrorInfo":` + quoted(userSig(r)) + `}`
		}),
		"a ResultInfo repeats the URL": page(200, func(r *http.Request) string {
			return `{"ErrorCode":0,"ResultCode":60025,"ResultInfo":` + quoted(r.URL.RawQuery) + `}`
		}),
		"an ErrorInfo that is an object": page(200, func(r *http.Request) string {
			return `{"ErrorCode":60008,"ErrorInfo":{"url":` + quoted(r.URL.RawQuery) + `}}`
		}),
		"a redirect contains the query": func(r *http.Request) reply {
			return reply{status: 302, header: http.Header{"Location": {"https://elsewhere.test/?" + r.URL.RawQuery}}}
		},
		"a redirect to nonsense contains the query": func(r *http.Request) reply {
			return reply{status: 302, header: http.Header{"Location": {"http://%zz/?" + r.URL.RawQuery}}}
		},
		"an accepted answer repeats the URL": page(200, func(r *http.Request) string {
			return `{"ErrorCode":0,"Request":` + quoted(r.URL.String()) + `,"Results":[{"ErrInfo":` + quoted(userSig(r)) + `}]}`
		}),
		"an accepted answer in need of repairing": page(200, func(r *http.Request) string {
			return `{"ErrorCode":0,"Request":` + quoted(r.URL.RawQuery) + `,/*` + userSig(r) + `*/}`
		}),
	} {
		inBubble(t, name, func(t *testing.T) {
			var userSigs []string
			s := &service{answer: func(_ int, r *http.Request) reply {
				userSigs = append(userSigs, userSig(r))
				return answer(r)
			}}
			var out bytes.Buffer
			for _, handler := range []slog.Handler{
				slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
				slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
			} {
				log := slog.New(handler)
				log.Info("client", "account", account())
				got, err := pull(s, extract.Options{Log: log})
				log.Error("failed", "error", err)
				fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
				var failed *extract.Error
				if errors.As(err, &failed) {
					fmt.Fprintf(&out, "%+v %#v\n", *failed, *failed)
					_ = json.NewEncoder(&out).Encode(failed)
				}
				for unwrapped := err; unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
					fmt.Fprintf(&out, "%#v\n", unwrapped)
				}
				out.Write(got.Body)
				out.Write(got.JSON)
			}
			if !strings.Contains(out.String(), "api call") || len(userSigs) == 0 {
				t.Fatal("nothing has been called or logged")
			}
			searchFor(t, out.String(), append(userSigs, secretKey.Reveal()))
		})
	}
}

// searchFor looks for credentials, and for pieces of them that are not mere
// beginnings all UserSigs share.
func searchFor(t *testing.T, text string, credentials []string) {
	t.Helper()
	for _, credential := range credentials {
		for _, form := range []string{credential, url.QueryEscape(credential), url.QueryEscape(url.QueryEscape(credential))} {
			const piece = 16
			for i := 16; i+piece <= len(form); i += 4 {
				if strings.Contains(text, form[i:i+piece]) {
					t.Fatalf("a part of a credential is shown in: %s", text)
				}
			}
		}
	}
}

func TestTheSearchForCredentialsFindsThem(t *testing.T) {
	t.Parallel()
	s := always(reply{body: okay})
	if _, err := extract.NewClient(account(), s, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{}).Pull(t.Context(), oneDay); err != nil {
		t.Fatal(err)
	}
	query := s.requests[0].URL
	if len(query.Query().Get("usersig")) < 100 || !strings.Contains(query.RawQuery, "%2A") && strings.Contains(query.Query().Get("usersig"), "*") {
		t.Errorf("the usersig is not in the query as expected: %d characters", len(query.Query().Get("usersig")))
	}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const content = "5bd2850fff3ecb11d7c805251c51ee46"
	key := secret.New(content)
	client := extract.NewClient(
		extract.Account{SDKAppID: 1, SecretKey: key, Identifier: "x", BaseURLs: []string{mainURL}},
		always(reply{}), extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
	type hidden struct{ key secret.Text }
	values := []any{
		key, &key, []secret.Text{key}, map[string]secret.Text{"a": key}, map[secret.Text]int{key: 1},
		hidden{key}, &hidden{key}, extract.Account{SecretKey: key}, &extract.Account{SecretKey: key}, client,
	}
	var out bytes.Buffer
	for _, value := range values {
		for _, verb := range "vsqxXdTtbcoOUeEfFgGpw" {
			for _, flag := range []string{"", "+", "#", "-", " ", "0", "40", ".3", "+#"} {
				fmt.Fprintf(&out, "%"+flag+string(verb)+"\n", value)
			}
		}
		fmt.Fprintln(&out, value)
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Info("a", "value", value)
			slog.New(handler).With("value", value).WithGroup("g").Info("a", slog.Any("value", value))
		}
		_ = json.NewEncoder(&out).Encode(value)
	}
	for _, form := range []string{content, fmt.Sprintf("%x", content), fmt.Sprintf("%X", content), fmt.Sprintf("% x", content), fmt.Sprint([]byte(content))} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%s is printed", form)
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Error("nothing shows that a secret is there")
	}
}

func TestASecretRevealsItsContentOnRequest(t *testing.T) {
	t.Parallel()
	content := fmt.Sprint(rand.Uint64())
	key := secret.New(content)
	if key.Reveal() != content || key.IsZero() {
		t.Errorf("revealed %q", key.Reveal())
	}
	if key != secret.New(content) || key == secret.New("another") {
		t.Error("secrets do not compare by their content")
	}
	if empty := secret.New(""); !empty.IsZero() || empty.Reveal() != "" || empty != (secret.Text{}) {
		t.Error("an empty secret is not zero")
	}
}
