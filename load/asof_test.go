package load_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
	"pushloss/transform"
)

// lossAsOf is analytics.loss_as_of($1), or what the documentation offers instead on Citus,
// which plans no such function.
func lossAsOf() string {
	if pgtest.OnCitus() {
		return `(SELECT *, valid_from AS updated_at FROM analytics.loss_versions WHERE valid_from <= $1 AND (valid_to > $1 OR valid_to IS NULL)) AS loss_as_of`
	}
	return `analytics.loss_as_of($1)`
}

// factsAt are the facts of a day as they were, in the form of facts.
func (f *fixture) factsAt(at time.Time, day time.Time) []string {
	f.t.Helper()
	return f.rows(`
		SELECT task_id, stage, coalesce(event, '-'), coalesce(platform, '-'), err_code, err_info, err_count, updated_at
		FROM `+lossAsOf()+` WHERE day = $2 ORDER BY 1, 2, 3, 4, 5`, at, day)
}

// factsNow are the facts of a day by the views of the four grains.
func (f *fixture) factsNow(day time.Time) []string {
	f.t.Helper()
	return f.rows(`
		SELECT task_id, stage, '-', '-', err_code, err_info, err_count, updated_at FROM analytics.task_stage_loss WHERE day = $1
		UNION ALL
		SELECT '', stage, '-', '-', err_code, err_info, err_count, updated_at FROM analytics.app_stage_loss WHERE day = $1
		UNION ALL
		SELECT task_id, stage, event, platform, err_code, err_info, err_count, updated_at FROM analytics.task_platform_loss WHERE day = $1
		UNION ALL
		SELECT '', stage, event, platform, err_code, err_info, err_count, updated_at FROM analytics.app_platform_loss WHERE day = $1
		ORDER BY 1, 2, 3, 4, 5`, day)
}

// snapshots draws an answer of few keys, so that facts come, change, go and come
// back.
func snapshots(rt *rapid.T, task string) transform.Snapshot {
	s := transform.Snapshot{TaskID: task}
	for _, code := range []string{"1", "2", "3"} {
		if rapid.Bool().Draw(rt, "by stage") {
			s.Facts = append(s.Facts, stageFact(code, rapid.Int64Range(0, 2).Draw(rt, "count"), rapid.SampledFrom([]string{"", "x"}).Draw(rt, "info")))
		}
		if rapid.Bool().Draw(rt, "by platform") {
			s.Facts = append(s.Facts, platformFact(1, code, rapid.Int64Range(0, 2).Draw(rt, "count")))
		}
	}
	return s
}

// Whatever was loaded, and whichever host's clock ran behind, the facts as of a moment are those
// that the views showed at that moment.
func TestLossAsOfShowsWhatTheViewsShowedThen(t *testing.T) {
	t.Parallel()
	f := setup(t)
	day := march
	rapid.Check(t, func(rt *rapid.T) {
		day++
		asked := day.UTC()
		clock := asked.AddDate(0, 0, 2)
		type moment struct {
			at    time.Time
			facts []string
		}
		then := []moment{{clock, nil}}
		for range rapid.IntRange(1, 5).Draw(rt, "loads") {
			clock = clock.Add(rapid.SampledFrom([]time.Duration{time.Microsecond, time.Hour}).Draw(rt, "later"))
			var pull load.Pull
			switch rapid.SampledFrom([]string{"app", "both", "a", "none", "untrusted"}).Draw(rt, "answer") {
			case "app":
				pull = f.ofApp(snapshots(rt, ""))
			case "both":
				pull = f.pull(snapshots(rt, "a"), snapshots(rt, "b"))
			case "a":
				pull = f.pull(snapshots(rt, "a"))
			case "none":
				pull = f.pull()
			case "untrusted":
				pull = f.pull(transform.Snapshot{TaskID: "a"})
				pull.Trusted = false
			}
			pull.Day = day
			f.load(pull, clock)
			then = append(then, moment{clock, f.factsNow(asked)})
		}
		for i, m := range then {
			equal(t, "facts as of then", m.facts, f.factsAt(m.at, asked))
			if i+1 < len(then) {
				equal(t, "facts just before the next load", m.facts, f.factsAt(then[i+1].at.Add(-time.Microsecond), asked))
			}
		}
		equal(t, "facts as of ever after", then[len(then)-1].facts, f.factsAt(clock.AddDate(100, 0, 0), asked))
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// A clock that is behind the one of an earlier load must not reverse the history.
func TestALoadIsNeverStampedBeforeTheOneItFollows(t *testing.T) {
	t.Parallel()
	f := setup(t)
	some := func(count int64) load.Pull {
		return f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", count, "")}})
	}
	f.load(some(1), loadedAt)
	f.load(some(2), loadedAt.Add(-time.Minute))
	f.load(some(3), loadedAt)
	for after, want := range []string{"1", "2", "3"} {
		at := loadedAt.Add(time.Duration(after) * time.Microsecond)
		equal(t, "count", []string{want}, f.rows(`SELECT err_count FROM `+lossAsOf(), at))
	}
}

// A query for one day reads only that day.
func TestLossAsOfReadsTheDaysAskedForOnly(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("Citus does not plan the function")
	}
	f := setup(t)
	plan := f.rows(`EXPLAIN (COSTS OFF) SELECT * FROM analytics.loss_as_of(now()) WHERE sdk_app_id = 1 AND day = '2025-03-09'`)
	conditions := 0
	for _, line := range plan {
		if containsAll(line, "Cond: ", "sdk_app_id = ", "day = ") {
			conditions++
		}
	}
	if conditions < 4 {
		t.Errorf("facts of two tables, changes and ledger are not all read by app and day:\n%s", plan)
	}
}

func containsAll(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}
