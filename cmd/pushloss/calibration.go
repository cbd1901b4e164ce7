package main

import (
	"fmt"
	"io"
	"strings"

	"pushloss/internal/calibrate"
)

// inWords are the questions as people read them.
func inWords(question calibrate.Question) string {
	switch question {
	case calibrate.DayCutting:
		return "does the service cut days, and where"
	case calibrate.WindowEnd:
		return "is EndTime inclusive or exclusive"
	case calibrate.AddingUp:
		return "do days add up to a week"
	case calibrate.APIMemory:
		return "how far back does it remember"
	case calibrate.Lateness:
		return "how late do figures change"
	}
	return string(question)
}

func printCalibration(env Environment, output format, report calibrate.Report) error {
	if output == asJSON {
		return printJSON(env.Stdout, report)
	}
	w := env.Stdout
	t := newTable(w, "question", "found")
	for _, f := range report.Findings {
		found := f.Answer
		if f.State == calibrate.Unknown {
			found = "unknown"
		}
		t.AppendRow([]any{inWords(f.Question), found})
	}
	t.Render()
	of := fmt.Sprintf("the whole app %d", report.SDKAppID)
	if len(report.Tasks) > 0 {
		of = fmt.Sprintf("app %d's tasks %s", report.SDKAppID, strings.Join(report.Tasks, ", "))
	}
	fmt.Fprintf(w, "measured by %s for %s; days and times are in %s\n", many(report.Requests, "request"), of, report.Timezone)
	for _, f := range report.Findings {
		printFinding(w, f)
	}
	fmt.Fprintln(w, "\nRecommended settings:")
	t = newTable(w, "setting", "now", "recommended", "")
	for _, r := range report.Recommendations {
		mark := ""
		if r.Differs {
			mark = "CHANGE"
		}
		t.AppendRow([]any{r.Setting, r.Present, r.Recommended, mark})
	}
	t.Render()
	for _, r := range report.Recommendations {
		fmt.Fprintf(w, "%s: %s\n", r.Setting, r.Why)
	}
	if report.Problem != "" {
		fmt.Fprintf(w, "the measurement ended early: %s\n", report.Problem)
	}
	return nil
}

// printFinding prints the evidence of a finding.
func printFinding(w io.Writer, f calibrate.Finding) {
	question := inWords(f.Question)
	fmt.Fprintf(w, "\n%s%s: %s\n", strings.ToUpper(question[:1]), question[1:], f.Detail)
	if f.ToTell != "" {
		fmt.Fprintf(w, "  to find out: %s\n", f.ToTell)
	}
	for _, e := range f.Evidence {
		const clock = "2006-01-02 15:04:05"
		note := ""
		if e.Note != "" {
			note = " (" + e.Note + ")"
		}
		fmt.Fprintf(w, "  StartTime %s, EndTime %s: %s lost, rows: %d%s\n",
			e.StartTime.Format(clock), e.EndTime.Format(clock), count(e.Lost), e.Rows, note)
	}
}
