package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
)

// mostShown is how many differences the test prints.
const mostShown = 25

func TestChaosLeavesEverythingAsIfNothingHadHappened(t *testing.T) {
	t.Logf("-seed %d -kills %d", round.seed, round.kills)
	w := newWorld(t, rand.New(rand.NewPCG(round.seed, 99)))
	w.quietly("migrate", "up")
	for _, app := range apps() {
		w.quietly(w.adding(app, w.tasks[:len(w.tasks)-sparseTasks()/2]...)...)
	}

	// Evidence that the days add up, until a span is wrong.
	_ = query[struct{ App int64 }](w, `INSERT INTO pushloss.span_evidence (sdk_app_id, stream_id, checked_at, run_id, first_day, last_day, keys)
		SELECT app, stream, now(), 0, '2025-01-01', '2025-01-02', 1 FROM unnest($1::bigint[]) AS app CROSS JOIN (VALUES (0), (1)) AS s (stream)
		RETURNING sdk_app_id`, apps())

	s := newStorm(w, round.seed, round.kills)
	s.rage()
	if err := s.check(); err != nil {
		t.Error(err)
	}

	// The state after the storm, and failures of final days and of others.
	w.awaitSilence()
	for _, app := range apps() {
		w.quietly(w.adding(app, w.tasks...)...)
	}
	s.processes = append(s.processes, w.failing(w.today-lookback-2, w.lastDay())...)
	_, _, problems := w.likeTheModel()
	report := func() {
		t.Helper()
		for _, problem := range problems[:min(len(problems), mostShown)] {
			t.Error(problem)
		}
	}
	report()

	// The last backfill, without faults.
	if err := w.api.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	s.processes = append(s.processes,
		w.backfilled("--from", w.firstDay().String(), "--to", w.lastDay().String(), "--reprocess", "all"),
		w.quietly("run"))
	status, problemsOfStatus := w.status()
	problems = problemsOfStatus
	s.processes = append(s.processes, status)
	s.processes = append(s.processes, w.quietly("verify"))

	archive, modelled, unlike := w.likeTheModel()
	problems = append(problems, unlike...)
	facts := w.facts()
	problems = append(problems, w.nearTruth(facts)...)
	problems = append(problems, w.pulledAll(modelled.ledger)...)
	problems = append(problems, w.truePushes()...)
	problems = append(problems, archive.equalsAnswers(w.api.Answers())...)
	problems = append(problems, w.keptPace()...)
	problems = append(problems, s.reportedRuns()...)
	problems = append(problems, s.leakedSecrets(archive)...)
	report()
	t.Log(s.figures(archive, modelled, len(problems)))
	if len(facts) == 0 || len(modelled.changes) == 0 {
		t.Error("nothing happened: the round proves nothing")
	}
}

// failing loads days with figures that later answers change. Then the API refuses the whole app's
// losses of them.
func (w *world) failing(first, last calendar.Day) []*process {
	w.t.Helper()
	backfill := []string{"--from", first.String(), "--to", last.String(), "--reprocess", "all"}
	refusal := sandbox.Fault{Name: "code", Value: "99999", Stream: sandbox.StreamLoss, Task: "overall", From: first.String(), To: last.String()}
	if err := w.api.SetFaults([]sandbox.Fault{{Name: "restated", From: first.String(), To: last.String()}}); err != nil {
		w.t.Fatal(err)
	}
	loaded := w.backfilled(backfill...)
	if err := w.api.SetFaults([]sandbox.Fault{refusal}); err != nil {
		w.t.Fatal(err)
	}
	refused := w.ended(append([]string{"backfill"}, backfill...)...)
	if refused.code() != 1 {
		w.t.Errorf("a refused backfill ended with %d, and printed:\n%s", refused.code(), tail(refused.said.String()))
	}
	return []*process{loaded, refused}
}

// likeTheModel replays the archive, and compares what is stored with the model.
func (w *world) likeTheModel() (archive, *model, differences) {
	w.t.Helper()
	kept, err := w.archive()
	if err != nil {
		w.t.Fatal(err)
	}
	modelled, problems := replay(kept, w.zone)
	problems = append(problems, sameFacts("the model's", modelled.figures, w.facts())...)
	problems = append(problems, w.sameChanges(modelled.changes)...)
	problems = append(problems, w.sameLedger(modelled.ledger)...)
	return kept, modelled, problems
}

// figures returns a line about the round.
func (s *storm) figures(a archive, m *model, differences int) string {
	struck := make(map[string]int)
	calls := s.w.api.Calls()
	for _, call := range calls {
		for _, fault := range call.Faults {
			struck[fault]++
		}
	}
	for name, times := range s.deck.dealt {
		if struck[name] == 0 { // those that change the truth do not select calls
			struck[name] = times
		}
	}
	var kinds []string
	for _, name := range slices.Sorted(maps.Keys(struck)) {
		kinds = append(kinds, fmt.Sprintf("%s %d", name, struck[name]))
	}
	spans := 0
	for _, p := range a.pulls {
		if p.First != nil {
			spans++
		}
	}
	abandoned := 0
	for _, p := range s.processes {
		if p.killed && p.run() != 0 {
			abandoned++
		}
	}
	return fmt.Sprintf("kills %d (%d in a run), database restarts %d, network cuts %d, locks robbed %d, pauses %d, "+
		"faults of %d kinds out of %d (%s), runs %d, windows %d, answers loaded %d (%d for several days), requests %d, changes %d, differences %d, seed %d",
		s.killed.Load(), abandoned, s.restarts.Load(), s.cuts.Load(), s.robberies.Load(), s.pauses.Load(),
		len(struck), len(sandbox.Faults()), strings.Join(kinds, ", "), len(s.processes), len(m.ledger), len(a.pulls), spans, len(calls),
		len(m.changes), differences, s.seed)
}
