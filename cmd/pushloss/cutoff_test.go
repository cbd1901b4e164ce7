package main_test

import (
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
