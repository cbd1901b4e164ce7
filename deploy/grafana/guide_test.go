package grafana_test

import (
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"
)

// guideQuestions are those of docs/bi.md.
func guideQuestions(t *testing.T) (questions []string) {
	t.Helper()
	for _, match := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(readFile(t, "../../docs/bi.md"), -1) {
		questions = append(questions, match[1])
	}
	if len(questions) < 4 {
		t.Fatalf("only %d questions were found", len(questions))
	}
	return questions
}

// guideIsTrue asks what docs/bi.md asks, as the role it gives to tools.
func guideIsTrue(t *testing.T, w *fixture) {
	for _, question := range guideQuestions(t) {
		rows, err := w.reader.Query(t.Context(), question, pgx.QueryExecModeExec)
		if err != nil {
			t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowToMap)
		if err != nil {
			t.Errorf("%v\n%s", err, question)
		}
		if len(found) == 0 {
			t.Errorf("nothing answers\n%s", question)
		}
	}
}

// The guide names every dashboard.
func TestTheGuideListsTheDashboards(t *testing.T) {
	t.Parallel()
	guide := readFile(t, "../../docs/bi.md")
	for _, d := range dashboards(t) {
		if !regexp.MustCompile(`\| ` + regexp.QuoteMeta(d.Title) + ` \|`).MatchString(guide) {
			t.Errorf("docs/bi.md does not list %s", d.Title)
		}
	}
}
