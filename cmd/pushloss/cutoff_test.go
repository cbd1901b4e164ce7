package main_test

import (
	"os"
	"strings"
	"testing"
)

// A daemon is cut off from its database between two ticks, so that neither side notices. It works
// again as soon as its network does.
func TestADaemonThatWasCutOffComesBack(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["PUSHLOSS_HTTP_ADDR"] = "127.0.0.1:0"
	w.env["PUSHLOSS_SCHEDULES_FILE"] = file(t, "schedules.yaml", "schedules: [{name: often, job: run, cron: '* * * * *'}]")
	direct := w.env["DATABASE_URL"]
	network := w.through("DATABASE_URL")
	clock := newMinutes()
	cut := w.serve(clock.now)
	w.env["DATABASE_URL"] = direct
	runs := func() int64 { return w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'done'`) }
	eventually(t, "the daemon has run", func() bool { return strings.Contains(cut.said.String(), "job done") })
	network.Cut()
	clock.pass()
	eventually(t, "a run fails", func() bool { return strings.Contains(cut.said.String(), "job is retried") })
	before := runs()
	network.Mend()
	eventually(t, "the daemon runs again", func() bool { return runs() > before })
	cut.endsWith(0)
}

// A daemon uses a key that was put into its file since it began, and the earlier one while the file
// holds none.
func TestADaemonTakesANewKeyFromItsFile(t *testing.T) {
	t.Parallel()
	w := setup(t)
	delete(w.env, "TIM_SECRET_KEY")
	key := file(t, "key", "an-earlier-key")
	w.env["TIM_SECRET_KEY_FILE"] = key
	w.env["PUSHLOSS_HTTP_ADDR"] = "127.0.0.1:0"
	w.env["PUSHLOSS_SCHEDULES_FILE"] = file(t, "schedules.yaml", "schedules: [{name: often, job: run, cron: '* * * * *'}]")
	clock := newMinutes()
	renewed := w.serve(clock.now)
	ended := func(state string, n int64) func() bool {
		return func() bool {
			return w.number(`SELECT count(*) FROM analytics.runs WHERE state = $1`, state) == n
		}
	}
	eventually(t, "the earlier key is refused", ended("failed", 1))
	for _, step := range []struct {
		content, state string
		runs           int64
	}{{"", "failed", 2}, {testKey, "done", 1}} {
		if err := os.WriteFile(key, []byte(step.content), 0o600); err != nil {
			t.Fatal(err)
		}
		clock.pass()
		eventually(t, "a run has "+step.state, ended(step.state, step.runs))
	}
	renewed.endsWith(0)
	if !strings.Contains(renewed.said.String(), "the earlier ones serve") {
		t.Error("nothing says that the file holds no key")
	}
}
