package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/pipeline"
)

func TestTheSummaryNamesWhatIsNotStoredAsItCame(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		totals pipeline.Totals
		want   string
	}{
		{"nothing", pipeline.Totals{RowsInserted: 5, Rejects: 1}, ""},
		{"requested zeros", pipeline.Totals{ZeroCounters: 4},
			"in the answers: 4 counters of zero where all counters are zero: counted as no figures\n"},
		{"one of each", pipeline.Totals{RowsMerged: 1, RowsIgnored: 1, RowsRepeated: 1, RowsUnlisted: 1, ZeroCounters: 1, TextsReplaced: 1, SecretsBlanked: 1},
			`in the answers: 1 row added to another with the same key
in the answers: 1 row of tasks that were not asked for, not stored
in the answers: 1 row of tasks that an answer gives twice, stored once
in the answers: 1 row of lists that this version of pushloss does not know, only in the archive: see whether there is a newer version
in the answers: 1 counter of zero where all counters are zero: counted as no figures
in the answers: 1 text with characters that Postgres cannot hold, replaced by U+FFFD
in the answers: 1 credential repeated by the API, blanked out
`},
		{"many", pipeline.Totals{RowsIgnored: 1_234_567}, "in the answers: 1,234,567 rows of tasks that were not asked for, not stored\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			printOddities(&out, test.totals)
			if d := cmp.Diff(test.want, out.String()); d != "" {
				t.Errorf("summary (-want +got):\n%s", d)
			}
		})
	}
}

func TestARemedyOfManyAppsIsPrintedOnce(t *testing.T) {
	t.Parallel()
	var out, problems strings.Builder
	printProblems(Environment{Stdout: &out, Stderr: &problems}, pipeline.Report{Apps: []pipeline.AppReport{
		{SDKAppID: 1, Problem: "2 windows failed", Hint: "see last_error"},
		{SDKAppID: 2},
		{SDKAppID: 3, Problem: "refused", Hint: "correct the key"},
		{SDKAppID: 4, Problem: "1 window failed", Hint: "see last_error"},
		{SDKAppID: 5, Problem: "stopped"},
	}})
	want := `app 1: 2 windows failed
app 4: 1 window failed
what to do: see last_error
app 3: refused
what to do: correct the key
app 5: stopped
`
	if d := cmp.Diff(want, problems.String()); d != "" || out.Len() > 0 {
		t.Errorf("problems (-want +got):\n%s\nand %q", d, out.String())
	}
}
