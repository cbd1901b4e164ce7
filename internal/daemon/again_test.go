package daemon

import (
	"context"
	"errors"
	"io"
	"testing"

	"pushloss/internal/pipeline"
	"pushloss/load"
	"pushloss/migrations"
	"pushloss/schedules"
)

func TestAJobIsTriedAgainAfterTransientErrors(t *testing.T) {
	t.Parallel()
	away := io.ErrUnexpectedEOF // as a connection that breaks
	one := func(app pipeline.AppReport) pipeline.Report {
		return pipeline.Report{Apps: []pipeline.AppReport{{State: pipeline.AppDone}, app}}
	}
	for _, test := range []struct {
		name   string
		report pipeline.Report
		err    error
		want   bool
	}{
		{"the database is away", pipeline.Report{}, away, true},
		{"the locks were lost", pipeline.Report{}, load.ErrLockLost, true},
		{"the schema is another binary's", pipeline.Report{}, &migrations.StateError{}, true},
		{"it was stopped", pipeline.Report{}, context.Canceled, false},
		{"a fault of ours", pipeline.Report{}, errors.New("fault"), false},
		{"all is well", one(pipeline.AppReport{State: pipeline.AppDone}), nil, false},
		{"some windows failed", one(pipeline.AppReport{State: pipeline.AppPartial, Accepted: 1, Totals: pipeline.Totals{WindowsFailed: 1}}), nil, false},
		{"all of the few windows failed", one(pipeline.AppReport{State: pipeline.AppPartial, Totals: pipeline.Totals{WindowsFailed: 1}}), nil, true},
		{"rows were rejected", one(pipeline.AppReport{State: pipeline.AppPartial, Accepted: 1, Totals: pipeline.Totals{Rejects: 1}}), nil, false},
		{"the API is away", one(pipeline.AppReport{State: pipeline.AppUnreachable}), nil, true},
		{"another process works on the app", one(pipeline.AppReport{State: pipeline.AppBusy}), nil, true},
		{"the API refuses the app", one(pipeline.AppReport{State: pipeline.AppRefused}), nil, false},
		{"the app failed", one(pipeline.AppReport{State: pipeline.AppFailed}), nil, false},
		{"it was interrupted", one(pipeline.AppReport{State: pipeline.AppInterrupted}), nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var wanted *schedules.AgainError
			if err := again(test.report, test.err); errors.As(err, &wanted) != test.want || test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}
