package page_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestABadParameterIsNamed(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	for _, test := range []struct{ name, query, parameter, says string }{
		{"an app that is not a number", "app=many", "app", `"many" is not an SDKAppID`},
		{"an app below one", "app=0", "app", "is not an SDKAppID"},
		{"an app too large for any number", "app=99999999999999999999", "app", "is not an SDKAppID"},
		{"a missing app", "app=7", "app", "7 has no figures: use 1400000001"},
		{"a missing task", "task=none", "task", `app 1400000001 has no task "none"`},
		{"a task with a very long name", "task=" + strings.Repeat("x", 1025), "task", "longer than 1024 bytes"},
		{"a task that is not text", "task=%ff", "task", "not text"},
		{"a task that Postgres cannot hold", "task=a%00b", "task", "not text"},
		{"a first day that is not a day", "from=2026-02-30", "from", `"2026-02-30" is not a day`},
		{"a last day that is not a day", "to=yesterday", "to", `"yesterday" is not a day`},
		{"a day long ago", "from=0001-01-01", "from", "out of range"},
		{"a day in the far future", "to=9999-01-01", "to", "out of range"},
		{"days in reverse order", "from=2026-03-02&to=2026-03-01", "from", "2026-03-02 is after 2026-03-01"},
		{"days that are too many", "from=2025-01-01&to=2026-03-01", "from", "a page shows at most 400"},
		{"days that are too many to the newest", "from=2024-01-01", "from", "a page shows at most 400"},
		{"a stage that does not exist", "stage=sent", "stage", "use ready_to_send or post_send_delivered"},
		{"a platform that does not exist", "platform=Nokia", "platform", `"Nokia" is unknown: use online, `},
		{"a very long code", "code=" + strings.Repeat("x", 1025), "code", "longer than 1024 bytes"},
		{"an unknown parameter", "application=1", "application", "there is no such parameter: use app, task, "},
		{"a parameter given twice", "app=1400000001&app=1400000002", "app", "more than once"},
		{"an address that cannot be read", "app=%zz", "address", "cannot be read"},
		{"a token", "token=0123456789abcdef0123", "token", "there is no such parameter: use app, task, "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := w.askFor("/?"+test.query, nil)
			shown := parse(t, got.body)
			if got.status != http.StatusBadRequest || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
				t.Fatalf("HTTP %d:\n%s", got.status, got.body)
			}
			if text := shown.says(".problems li"); !strings.HasPrefix(text, test.parameter+": ") || !strings.Contains(text, test.says) {
				t.Errorf("it says %q, want %s and %q", text, test.parameter, test.says)
			}
			if shown.Find("form #from").Length() != 1 {
				t.Error("there is no form to correct it")
			}
		})
	}
	shown := parse(t, w.askFor("/?from=x&to=y&app=z", nil).body)
	if n := shown.Find(".problems li").Length(); n != 3 {
		t.Errorf("%d of three problems are shown", n)
	}
	most := w.askFor("/?from=2025-02-01&to=2026-03-07", nil)
	if most.status != http.StatusOK {
		t.Errorf("400 days are HTTP %d", most.status)
	}
}
