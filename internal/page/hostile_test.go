package page_test

import (
	"net/http"
	"strings"
	"testing"

	"pushloss/load"
)

// hostile is a text that would be markup, or end an attribute, if it were not escaped.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{{.}}`

func TestTextsOfOthersAreNeverMarkup(t *testing.T) {
	t.Parallel()
	w := pulled(t, 3)
	w.register(testApp, load.Task{TaskID: hostile, Label: new(hostile)})
	w.backfill(testApp, today-3, today-1, load.RunDone)
	w.Exec(`UPDATE pushloss.error_catalogue SET meaning = $1 || meaning`, hostile)
	w.Exec(`UPDATE pushloss.usual_platform_text SET err_info = $1 || err_info`, hostile)
	w.Exec(`UPDATE pushloss.err_code SET err_code = $1 || err_code`, hostile)
	w.Exec(`UPDATE pushloss.platform SET platform = $1 || platform`, hostile)
	w.Exec(`UPDATE pushloss.ledger SET state = 'failed', last_error = $1 WHERE day = $2`, hostile, (today - 2).UTC())
	w.Exec(`UPDATE pushloss.run SET error = $1`, hostile)
	for _, query := range [][]string{nil, {"task", hostile}, {"task", hostile + "none"}, {hostile, "1"}, {"from", hostile}, {"app", hostile}} {
		got := w.ask(nil, query...)
		shown := parse(t, got.body)
		if n := shown.Find("script, img[onerror], [onload], iframe, style, [style]").Length(); n != 0 {
			t.Errorf("%q: %d elements come from the texts of others", query, n)
		}
		if !strings.Contains(shown.Text(), hostile) {
			t.Errorf("%q: the text is not shown", query)
		}
		if got.status != http.StatusOK {
			continue
		}
		for place, selector := range map[string]string{
			"code": "#codes-table code", "meaning": "#codes-table td:nth-child(2)", "platform": "#loss-table thead th:nth-child(6)",
			"key": ".keys li + li", "gap": "#troubles li", "run": "#runs-table td:last-child",
		} {
			if text := folded(shown.Find(selector).First().Text()); !strings.Contains(text, hostile) {
				t.Errorf("%q: the %s is %q", query, place, text)
			}
		}
		if value := shown.Find("#tasks option").FilterFunction(valueIs(hostile)).Length(); value != 1 {
			t.Errorf("%q: the task is proposed %d times", query, value)
		}
	}
}

func TestWithoutTheDatabaseThePageShowsNothing(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	w.DB.Close()
	for _, path := range []string{"/", "/days.csv?app=1400000001&from=2026-03-20&to=2026-03-24"} {
		got := w.askFor(path, nil)
		if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "cannot be read now") || strings.Contains(got.body, "closed") {
			t.Errorf("HTTP %d:\n%s", got.status, got.body)
		}
	}
	if !strings.Contains(w.log.String(), "cannot show the page") {
		t.Errorf("the log says %q", w.log)
	}
}
