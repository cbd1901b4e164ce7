package page_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// scriptContrast lists the visible texts whose colour does not stand out enough
// from what is behind them, by the formula of WCAG 2: 4.5:1, or 3:1 for large ones;
// and fields and buttons whose edge does not by 3:1.
const scriptContrast = `(() => {
	const parse = text => text.match(/[\d.]+/g).map(Number);
	const luminance = colour => {
		const [r, g, b] = colour.slice(0, 3).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => {
		const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
		return (high + 0.05) / (low + 0.05);
	};
	const behind = element => {
		for (; element; element = element.parentElement) {
			const colour = parse(getComputedStyle(element).backgroundColor);
			if (colour.length < 4 || colour[3] === 1) return colour;
		}
		return [255, 255, 255];
	};
	let checked = 0;
	const found = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
		if (!text || !element.checkVisibility()) continue;
		const style = getComputedStyle(element), size = parseFloat(style.fontSize);
		const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		const got = ratio(parse(style.color), behind(element));
		checked++;
		if (got < (large ? 3 : 4.5)) found.push(text.slice(0, 40) + ": " + got.toFixed(2));
	}
	for (const element of document.querySelectorAll("input, select, button")) {
		const got = ratio(parse(getComputedStyle(element).borderTopColor), behind(element.parentElement));
		checked++;
		if (got < 3) found.push(element.outerHTML.slice(0, 40) + ": " + got.toFixed(2));
	}
	return {checked, found};
})()`

type contrast struct {
	Checked int      `json:"checked"`
	Found   []string `json:"found"`
}

func TestTextsAreReadableInLightAndDark(t *testing.T) {
	t.Parallel()
	w := statesOf(t)
	for _, colours := range []scheme{light, dark} {
		t.Run(string(colours), func(t *testing.T) {
			t.Parallel()
			b := browse(t, w, 1280, colours)
			for _, query := range [][]string{{"from", (today - 35).String(), "to", (today + 1).String()}, {"from", "x"}} {
				b.open(query...)
				b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
				got := value(b, chromedp.Evaluate[contrast](scriptContrast))
				if len(got.Found) > 0 || got.Checked < 8 {
					t.Errorf("%d of %d are hard to see:\n%s", len(got.Found), got.Checked, strings.Join(got.Found, "\n"))
				}
			}
			ground := value(b, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))
			if isDark := ground == "rgb(15, 18, 24)"; isDark != (colours == dark) {
				t.Errorf("the ground is %s", ground)
			}
		})
	}
}

// The bars of a chart, and so its keys, stand out from its ground by 3:1.
func TestChartsAreVisibleInLightAndDark(t *testing.T) {
	t.Parallel()
	w := pulled(t, 20)
	for _, added := range []struct {
		first, last int // channels beside the sandbox's eight
		colours     int
	}{{8, 8, 9}, {9, 17, 9}} {
		w.Exec(`INSERT INTO pushloss.platform_loss
			SELECT sdk_app_id, day, task_key, stage_id, event_type, n, err_code_key, err_info_key, 5000, updated_at
			FROM (SELECT * FROM pushloss.platform_loss WHERE task_key = 0 AND platform_id < 8 LIMIT 1) AS f
			CROSS JOIN generate_series($1::int, $2) AS n`, added.first, added.last)
		for _, colours := range []scheme{light, dark} {
			b := browse(t, w, 1280, colours)
			b.open()
			ground := colourOf(t, value(b, chromedp.Evaluate[string](`getComputedStyle(document.querySelector(".chart").closest("section")).backgroundColor`)))
			fills := value(b, chromedp.Evaluate[[]string](`[...new Set([...document.querySelectorAll(".plot [class^=key]")].map(e => getComputedStyle(e).fill))]`))
			if len(fills) != added.colours {
				t.Errorf("%s: %d colours of channels, want %d", colours, len(fills), added.colours)
			}
			for _, fill := range fills {
				if got := ratio(colourOf(t, fill), ground); got < 3 {
					t.Errorf("%s: the contrast of %s is %.2f", colours, fill, got)
				}
			}
		}
	}
}

type colour [3]int

// colourOf reads a colour as browsers write it.
func colourOf(t testing.TB, text string) (c colour) {
	t.Helper()
	if n, _ := fmt.Sscanf(text, "rgb(%d, %d, %d)", &c[0], &c[1], &c[2]); n != 3 {
		t.Fatalf("%q is not a colour", text)
	}
	return c
}

// The tree that screen readers are given, as far as it can be wrong.
func TestScreenReadersGetEverything(t *testing.T) {
	t.Parallel()
	w := statesOf(t)
	b := browse(t, w, 1280, light)
	for _, query := range [][]string{{"from", (today - 9).String()}, {"to", "x"}} {
		b.open(query...)
		if lang := value(b, chromedp.Evaluate[string](`document.documentElement.lang`)); lang != "en" {
			t.Errorf("the language is %q", lang)
		}
		if title := value(b, chromedp.Title()); !strings.Contains(title, "pushloss") {
			t.Errorf("the title is %q", title)
		}
		roles := make(map[string]int)
		var level float64
		for _, node := range call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
			if node.Ignored || node.Role == nil {
				continue
			}
			role, name := textOf(node.Role), textOf(node.Name)
			roles[role]++
			switch role {
			case "textbox", "combobox", "Date", "button", "link", "image", "table", "region", "form", "heading", "DisclosureTriangle", "columnheader":
				if strings.TrimSpace(name) == "" {
					t.Errorf("a %s has no name", role)
				}
			}
			if role == "heading" {
				next := level
				for _, property := range node.Properties {
					if property.Name == accessibility.PropertyNameLevel {
						must(t, json.Unmarshal(property.Value.Value, &next))
					}
				}
				if next > level+1 || next < 1 {
					t.Errorf("the heading %q of level %v follows one of level %v", name, next, level)
				}
				level = next
			}
		}
		if roles["main"] != 1 || roles["heading"] == 0 || roles["form"] != 1 || roles["banner"] != 1 {
			t.Errorf("the roles are %v", roles)
		}
		for _, element := range b.document().Find("th:not([scope]), h1 ~ h1, [id='']").EachIter() {
			t.Errorf("%s is not good enough", element.Text())
		}
		ids := make(map[string]bool)
		for _, element := range b.document().Find("[id]").EachIter() {
			if id := element.AttrOr("id", ""); ids[id] {
				t.Errorf("the id %s is there twice", id)
			} else {
				ids[id] = true
			}
		}
	}
}

// textOf is the text of a value in the accessibility tree.
func textOf(v *accessibility.Value) (text string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &text)
	}
	return text
}

// scriptFocus describes what has the focus, and whether that can be seen.
const scriptFocus = `(() => {
	const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
	const seen = box.width > 4 && box.height > 4 && (style.outlineStyle !== "none" || e.matches(".skip"));
	return (e.id || e.className || e.tagName.toLowerCase()) + (seen ? "" : " unseen");
})()`

func TestThePageIsUsedByKeyboard(t *testing.T) {
	t.Parallel()
	w := pulled(t, 30)
	b := browse(t, w, 1280, light)
	b.open()
	var order []string
	for range 30 {
		b.do(chromedp.KeyEvent(kb.Tab))
		at := value(b, chromedp.Evaluate[string](scriptFocus))
		if strings.HasPrefix(at, "body") || len(order) > 0 && at == order[0] {
			break
		}
		if len(order) == 0 || order[len(order)-1] != at { // a date has several parts
			order = append(order, at)
		}
	}
	want := []string{"skip", "a", "app", "task", "stage", "from", "to", "button", "a", "preset", "summary", "scroll"}
	if len(order) < len(want) || !slices.Equal(order[:len(want)], want) {
		t.Errorf("the focus goes to %q, want it to begin %q", order, want)
	}

	b.open()
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	if address := value(b, chromedp.Location()); !strings.HasSuffix(address, "#main") {
		t.Errorf("the first link leads to %s", address)
	}
	b.do(chromedp.Focus(chromedp.CSS("summary")), chromedp.KeyEvent(kb.Enter))
	if !value(b, chromedp.Evaluate[bool](`document.querySelector("details").open`)) {
		t.Error("Enter does not open the table")
	}
	b.do(chromedp.Focus(chromedp.CSS("#task")), chromedp.KeyEvent("demo-welcome"))
	response, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter))
	must(t, err)
	if response.Status != 200 {
		t.Errorf("Enter in the form leads to HTTP %d", response.Status)
	}
	b.showsWhatSQLSays(w, "demo-welcome", today-30, today-1)
	b.keptToItself()
}

// ratio is how much two colours stand out from each other, by WCAG 2.
func ratio(a, b colour) float64 {
	high, low := luminance(a), luminance(b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func luminance(c colour) float64 {
	linear := func(part int) float64 {
		v := float64(part) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
