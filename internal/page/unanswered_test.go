package page_test

import (
	"strings"
	"testing"

	"pushloss/load"
)

func TestThePageNamesTasksThatNoAnswerEverHad(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.register(testApp, demoTasks...)
	w.run(today)
	if w.shown().Find("#unanswered").Length() != 0 {
		t.Error("answered tasks are reported")
	}
	w.register(testApp, load.Task{TaskID: "mistyped <b>", Source: load.SourceCallback})
	tasks := w.shown().says("#registry-table")
	for _, want := range []string{"mistyped <b>", "callback", "never answered", "Flash sale", "not recorded"} {
		if !strings.Contains(tasks, want) {
			t.Errorf("the tasks are without %q: %s", want, tasks)
		}
	}
	if text := w.shown().says("#unanswered"); !strings.Contains(text, "1 of the app") || !strings.Contains(text, "mistyped <b>") {
		t.Errorf("the page says %q", text)
	}
}
