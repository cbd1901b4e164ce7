package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"pushloss/internal/calendar"
)

// field fills a field of the form in.
func field(id, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SetValue(chromedp.CSS("#"+id), text)
}

// submit presses the form's button and waits for the page that comes of it.
func (b *browser) submit() (status int64) {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS("button[type=submit]")))
	must(b.t, err)
	return response.Status
}

// showsWhatSQLSays compares the page that is open with a selection.
func (b *browser) showsWhatSQLSays(w *fixture, task string, from, to calendar.Day) {
	b.t.Helper()
	w.isWhatSQLSays(b.document(), choice{app: testApp, task: task, from: from, to: to})
}

func TestABrowserShowsAndFiltersTheFigures(t *testing.T) {
	t.Parallel()
	w := pulled(t, 30)
	for _, width := range []int{1280, 360} {
		t.Run(fmt.Sprint(width, " pixels wide"), func(t *testing.T) {
			t.Parallel()
			b := browse(t, w, width, light)
			b.open()
			b.do(field("task", "demo-newsletter"), field("from", (today-12).String()), field("to", (today-5).String()))
			if status := b.submit(); status != 200 {
				t.Fatalf("the form leads to HTTP %d", status)
			}
			b.showsWhatSQLSays(w, "demo-newsletter", today-12, today-5)
			address := value(b, chromedp.Location())
			for _, part := range []string{"app=1400000001", "task=demo-newsletter", "from=" + (today - 12).String(), "to=" + (today - 5).String()} {
				if !strings.Contains(address, part) {
					t.Errorf("the address %s lacks %s", address, part)
				}
			}

			b.do(chromedp.Clear(chromedp.CSS("#task")))
			b.submit()
			if shown, want := b.document().says("#total"), w.shown("from", (today-12).String(), "to", (today-5).String()).says("#total"); shown != want {
				t.Errorf("without the task the total is %s, want %s", shown, want)
			}
			b.keptToItself()
		})
	}
}

func TestThePageNeedsNoScripts(t *testing.T) {
	t.Parallel()
	w := pulled(t, 30)
	b := browse(t, w, 1280, light)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open()
	b.do(field("task", "demo-welcome"))
	if status := b.submit(); status != 200 {
		t.Fatalf("the form leads to HTTP %d", status)
	}
	b.showsWhatSQLSays(w, "demo-welcome", today-30, today-1)
	b.keptToItself()
}
