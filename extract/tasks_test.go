package extract_test

import (
	"strings"
	"testing"

	"pushloss/extract"
)

func TestARefusalOfParametersSaysWhatToLookAt(t *testing.T) {
	t.Parallel()
	for _, tasks := range [][]string{nil, {"t1"}} {
		refusing := always(reply{body: `{"ActionStatus":"FAIL","ErrorCode":90100,"ErrorInfo":"no"}`})
		client := extract.NewClient(account(), refusing, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
		_, err := client.Pull(t.Context(), extract.Request{Window: oneDay.Window, Tasks: tasks})
		if hint := failure(t, err).Hint; strings.Contains(hint, "fault of pushloss") || strings.Contains(hint, "TaskIDs") != (tasks != nil) {
			t.Errorf("asked for %v, the hint is %q", tasks, hint)
		}
	}
}

func TestARequestMayLimitItsTries(t *testing.T) {
	t.Parallel()
	inBubble(t, "once", func(t *testing.T) {
		s := always(reply{status: 500})
		request := oneDay
		request.Tries = 1
		_, err := extract.NewClient(account(), s, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{}).Pull(t.Context(), request)
		if failed := failure(t, err); s.calls() != 1 || failed.Attempts != 1 {
			t.Errorf("%d calls, %d attempts", s.calls(), failed.Attempts)
		}
	})
}
