package page

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pushloss/internal/calendar"
	"pushloss/internal/language"
)

// ticksOf are the labels of a chart whose highest bar is so high.
func ticksOf(in language.Language, highest float64) string {
	t := lossTable{Periods: []period{{First: 1, Last: 1, ByChannel: highest}}}
	var labels []string
	for _, tick := range chartOf(wordsIn(in), t).Ticks {
		labels = append(labels, tick.Label)
	}
	return strings.Join(labels, " · ")
}

func TestAnAxisHasWholeNumbers(t *testing.T) {
	t.Parallel()
	for highest, want := range map[float64]string{
		0: "1 · 0", 1: "1 · 0", 2: "2 · 1 · 0", 7: "8 · 6 · 4 · 2 · 0", 107_722: "120,000 · 100,000 · 80,000 · 60,000 · 40,000 · 20,000 · 0",
		2_500_000: "2,500,000 · 2,000,000 · 1,500,000 · 1,000,000 · 500,000 · 0", 6_000_000: "6 M · 5 M · 4 M · 3 M · 2 M · 1 M · 0", 3e18: "3,000 P · 2,500 P · 2,000 P · 1,500 P · 1,000 P · 500 P · 0",
	} {
		if got := ticksOf(language.English, highest); got != want {
			t.Errorf("up to %v the axis has %s, want %s", highest, got, want)
		}
	}
	for highest, want := range map[float64]string{
		500_000: "500,000 · 400,000 · 300,000 · 200,000 · 100,000 · 0", 6_000_000: "600万 · 500万 · 400万 · 300万 · 200万 · 100万 · 0",
		3e8: "30,000万 · 25,000万 · 20,000万 · 15,000万 · 10,000万 · 5,000万 · 0", 3e9: "30亿 · 25亿 · 20亿 · 15亿 · 10亿 · 5亿 · 0", 3e12: "30,000亿 · 25,000亿 · 20,000亿 · 15,000亿 · 10,000亿 · 5,000亿 · 0",
		3e13: "30万亿 · 25万亿 · 20万亿 · 15万亿 · 10万亿 · 5万亿 · 0",
	} {
		if got := ticksOf(language.Chinese, highest); got != want {
			t.Errorf("in Chinese up to %v the axis has %s, want %s", highest, got, want)
		}
	}
}

func TestBarsFillTheirChart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(1, 400).Draw(t, "days")
		highest := float64(rapid.Int64Range(1, 1<<53).Draw(t, "highest"))
		table := lossTable{Series: []series{{Lost: make([]float64, days)}}}
		for day := range days {
			table.Series[0].Lost[day] = highest
			table.Periods = append(table.Periods, period{First: calendar.Day(day), Last: calendar.Day(day), ByChannel: highest})
		}
		table.All = period{First: 0, Last: calendar.Day(days - 1)}
		c := chartOf(wordsIn(language.English), table)
		if n := len(c.Ticks); n < 2 || n > mostTicks+1 {
			t.Fatalf("%d ticks", n)
		}
		for _, b := range c.Bars {
			if len(b.Parts) != 1 || strings.HasPrefix(b.Top, "-") || b.Height == "0.000%" || b.Parts[0].Y != b.Top {
				t.Fatalf("a bar is %+v", b)
			}
		}
		if n := len(c.Dates); n < 1 || n > mostDates {
			t.Fatalf("%d dates", n)
		}
	})
}
