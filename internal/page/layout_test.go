package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// scriptLayout opens what can be opened and lists the texts and drawings that are not on the
// screen, the texts that are too small, and the words that are broken. What is for screen readers only is clipped.
const scriptLayout = `(() => {
	document.querySelectorAll("details").forEach(d => d.open = true);
	const width = document.documentElement.clientWidth, found = [];
	const clipped = e => { for (; e; e = e.parentElement) if (getComputedStyle(e).clipPath !== "none") return true; return false };
	let checked = 0, figures = 0;
	const look = (what, element, box) => {
		checked++;
		if (box.left < -1 || box.right > width + 1) found.push(what + " is at " + box.left + " to " + box.right);
		const scroll = element.closest(".scroll");
		if (scroll && box.right > scroll.getBoundingClientRect().right + 1) found.push(what + " is scrolled away");
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const node = walker.currentNode, element = node.parentElement, text = node.data.trim();
		if (!text || element.closest("title, option, datalist") || !element.checkVisibility() || clipped(element)) continue;
		const range = document.createRange();
		range.selectNodeContents(node);
		look(text.slice(0, 40), element, range.getBoundingClientRect());
		if (parseFloat(getComputedStyle(element).fontSize) < 11) found.push(text.slice(0, 40) + " is small");
		if (/^[a-z_]+$/.test(text) && new Set([...range.getClientRects()].map(box => box.top)).size > 1) found.push(text + " is broken");
		if (element.closest("td.number, dd")) figures++;
	}
	for (const element of document.querySelectorAll("input:not([type=hidden]), select, button, .plot rect[class^=key], td.day")) {
		look(element.outerHTML.slice(0, 60), element, element.getBoundingClientRect());
		if (parseFloat(getComputedStyle(element).fontSize) < 11) found.push(element.outerHTML.slice(0, 40) + " is small");
	}
	if (document.documentElement.scrollWidth > width) found.push("the page is " + document.documentElement.scrollWidth + " wide");
	return {checked, figures, found, calendar: document.getElementById("calendar").getBoundingClientRect().height};
})()`

type layout struct {
	Checked  int      `json:"checked"`
	Figures  int      `json:"figures"`
	Found    []string `json:"found"`
	Calendar float64  `json:"calendar"`
}

// Every text, figure and bar is on the screen without scrolling sideways, and legible.
func TestEverythingFitsTheScreen(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	b := browse(t, w, 1280, light)
	long := []string{"from", (today - 400).String(), "to", (today - 1).String()}
	for _, screen := range []struct {
		name    string
		width   int64
		scale   float64
		queries [][]string
	}{
		{"a phone", 360, 1, [][]string{nil, long, w.worst().query()}},
		{"a tablet", 768, 1, [][]string{nil}},
		{"a desktop", 1280, 1, [][]string{nil, long}},
		{"a desktop at 200 %", 640, 2, [][]string{nil}},
		{"a tablet at 200 %", 384, 2, [][]string{nil}},
		{"a phone at 200 %", 180, 2, [][]string{nil}},
	} {
		call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: screen.width, Height: 800, DeviceScaleFactor: screen.scale})
		for _, query := range screen.queries {
			b.open(query...)
			got := value(b, chromedp.Evaluate[layout](scriptLayout))
			if len(got.Found) > 0 || got.Figures < 20 || got.Checked < 2*got.Figures {
				t.Errorf("%s, %q: of %d texts, %d of them figures:\n%s", screen.name, query, got.Checked, got.Figures, strings.Join(got.Found, "\n"))
			}
			if got.Calendar < 50 || got.Calendar > 1800 {
				t.Errorf("%s, %q: the calendar is %v pixels high", screen.name, query, got.Calendar)
			}
		}
	}
}

// A reader goes from a code to a platform, a task and a day by links only, and comes back
// to the start by the name of the program.
func TestLinksDrillDown(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	for _, width := range []int{360, 768, 1280} {
		t.Run(fmt.Sprint(width, " pixels wide"), func(t *testing.T) {
			t.Parallel()
			here := *w
			here.t = t
			b := browse(t, &here, width, light)
			b.open()
			c := choice{app: testApp, from: today - 30, to: today - 1}
			here.isWhatSQLSays(b.document(), c)
			follow := func(selector string) {
				t.Helper()
				response, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector)))
				must(t, err)
				if response.Status != 200 {
					t.Fatalf("%s leads to HTTP %d", selector, response.Status)
				}
			}
			text := func(selector string) string { return folded(b.document().Find(selector).First().Text()) }

			c.code = text("#codes-table tbody th a")
			follow("#codes-table tbody th a")
			c.platform = text("#channels-table tbody th a")
			follow("#channels-table tbody th a")
			c.task = text("#worst-table tbody th a")
			follow("#worst-table tbody th a")
			if width == 1280 { // the same is on every screen
				here.isWhatSQLSays(b.document(), c)
			}
			day := text("#loss-table tbody tr:last-child th a")
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
			follow("#loss-table tbody tr:last-child th a")
			if day != c.to.String() {
				t.Errorf("the last day is %s", day)
			}
			c.from = c.to
			here.isWhatSQLSays(b.document(), c)
			if chosen := text(".chosen"); chosen != "task "+c.task+" ✕ platform "+c.platform+" ✕ code "+c.code+" ✕" {
				t.Errorf("it says that %q is chosen", chosen)
			}
			follow(".chosen li:last-child a")
			if left := text(".chosen"); left != "task "+c.task+" ✕ platform "+c.platform+" ✕" {
				t.Errorf("without the code it says that %q is chosen", left)
			}
			follow(".brand a")
			if shown := text("#total"); shown != here.shown().says("#total") {
				t.Errorf("the start has the total %s", shown)
			}
			b.keptToItself()
		})
	}
}

func TestLinksLeadToOtherDays(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	span := func(d *document) string {
		return d.Find("#from").AttrOr("value", "") + " " + d.Find("#to").AttrOr("value", "")
	}
	for _, test := range []struct {
		name, from, to, link string
		want                 string
	}{
		{"the last week", "", "", ".preset:nth-of-type(2)", fmt.Sprint(today-7, " ", today-1)},
		{"the last quarter", "", "", ".preset:nth-of-type(4)", fmt.Sprint(today-90, " ", today-1)},
		{"before", (today - 9).String(), (today - 5).String(), "[rel=prev]", fmt.Sprint(today-14, " ", today-10)},
		{"after", (today - 14).String(), (today - 10).String(), "[rel=next]", fmt.Sprint(today-9, " ", today-5)},
		{"after, up to the newest", (today - 9).String(), (today - 3).String(), "[rel=next]", fmt.Sprint(today-7, " ", today-1)},
	} {
		from := w.shown("from", test.from, "to", test.to, "task", "demo-welcome", "stage", "ready_to_send")
		link := from.Find(".steps " + test.link)
		to := parse(t, w.askFor(link.AttrOr("href", ""), nil).body)
		if got := span(to); got != test.want {
			t.Errorf("%s is %q, want %q", test.name, got, test.want)
		}
		if to.Find("#task").AttrOr("value", "") != "demo-welcome" || to.Find("#stage [selected]").AttrOr("value", "") != "ready_to_send" {
			t.Errorf("%s loses what was chosen", test.name)
		}
	}
	if shown := w.shown(); shown.Find("[rel=next]").Length() != 0 || shown.says(".preset[aria-current]") != "30 days" {
		t.Error("the newest thirty days are not known as these")
	}
}

// Paper shows neither the form nor links that lead on, is not dark, and keeps the hatching of days
// that are not final.
func TestThePageIsPrinted(t *testing.T) {
	t.Parallel()
	w := pulled(t, 8)
	b := browse(t, w, 1280, dark)
	b.open()
	const script = `(() => {
		const seen = name => [...document.querySelectorAll(name)].some(e => e.checkVisibility());
		return [seen(".filters") || seen(".steps") || seen(".csv"), getComputedStyle(document.querySelector("td.hatched")).printColorAdjust, getComputedStyle(document.body).color].join(" ");
	})()`
	if got, want := value(b, chromedp.Evaluate[string](script)), "true economy rgb(228, 232, 238)"; got != want {
		t.Errorf("on the screen: %s, want %s", got, want)
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: string(dark)}},
	})
	if got, want := value(b, chromedp.Evaluate[string](script)), "false exact rgb(28, 35, 48)"; got != want {
		t.Errorf("on paper: %s, want %s", got, want)
	}
}
