package suggest_test

import (
	"testing"

	"pushloss/internal/suggest"
)

func TestNearFindsWhatWasMeant(t *testing.T) {
	t.Parallel()
	known := []string{"run", "reconcile", "prune"}
	for text, want := range map[string]string{
		"ran": " (did you mean run?)", "RUN": " (did you mean run?)", "reconsile": " (did you mean reconcile?)", "prunes": " (did you mean prune?)",
		"rec": " (did you mean reconcile?)", "r": " (did you mean run or reconcile?)", "cut": "", "backfill": "", "": "",
	} {
		if got := suggest.Near(text, known); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
