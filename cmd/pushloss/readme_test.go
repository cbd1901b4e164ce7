package main_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"

	gocmp "github.com/google/go-cmp/cmp"
)

var readmes = []string{"README.md", "README.zh-CN.md"}

// O8: the commands of the README do what it shows, except numbers and times.
func TestO8TheReadmesCommandsDoWhatItShows(t *testing.T) {
	t.Parallel()
	for _, name := range readmes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readme := read(t, name)
			w := setup(t)
			for _, name := range []string{"PUSHLOSS_STREAMS", "PUSHLOSS_LOOKBACK_DAYS", "PUSHLOSS_API_MEMORY_DAYS", "PUSHLOSS_LOG_LEVEL"} {
				delete(w.env, name)
			}
			yesterday := regexp.MustCompile(`answered for (\d{4}-\d\d-\d\d)`).FindStringSubmatch(readme)
			if yesterday == nil {
				t.Fatal("the README does not show from which day it is")
			}
			shift := w.today - 1 - parseDay(t, yesterday[1])
			var commands int
			for _, example := range examplesOf(readme) {
				arguments, ours := strings.CutPrefix(example.line, "pushloss ")
				if !ours {
					continue
				}
				commands++
				// The README's times are of its app's time zone, those here of this world's.
				arguments = strings.ReplaceAll(shiftDays(t, arguments, shift), "+08:00", time.Now().In(w.zone).Format("Z07:00"))
				r := w.do(0, words(arguments)...)
				if diff := gocmp.Diff(gist(example.shown), gist(r.stdout)); diff != "" {
					t.Errorf("pushloss %s (-README +output):\n%s", arguments, diff)
				}
			}
			if commands < 5 {
				t.Errorf("only %d commands were found in the README", commands)
			}
		})
	}
}

// A README in another language has the same examples, settings, names and links.
func TestTheReadmesSayTheSame(t *testing.T) {
	t.Parallel()
	quoted, links := regexp.MustCompile("`[^`\n]+`"), regexp.MustCompile(`\]\(([^)]+)\)`)
	blocks := regexp.MustCompile("(?s)```.*?```")
	found := make(map[string]map[string][]string)
	for _, name := range readmes {
		readme := read(t, name)
		if lines := strings.Count(readme, "\n"); lines > 250 {
			t.Errorf("%s has %d lines", name, lines)
		}
		text := blocks.ReplaceAllString(readme, "")
		found[name] = map[string][]string{"examples": blocks.FindAllString(readme, -1)}
		for what, pattern := range map[string]*regexp.Regexp{"names": quoted, "links": links} {
			list := pattern.FindAllString(text, -1)
			list = slices.DeleteFunc(list, func(one string) bool {
				return strings.Contains(one, "README.md)") || strings.Contains(one, "README.zh-CN.md)") || strings.HasSuffix(one, "_zh`") || one == "`analytics.error_codes`"
			})
			slices.Sort(list)
			found[name][what] = list
		}
		for _, other := range readmes {
			if other != name && !strings.Contains(text, "]("+other+")") {
				t.Errorf("%s has no link to %s", name, other)
			}
		}
	}
	if diff := gocmp.Diff(found[readmes[0]], found[readmes[1]]); diff != "" {
		t.Errorf("(-%s +%s):\n%s", readmes[0], readmes[1], diff)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// example is a command of a document and the output that it shows.
type example struct{ line, shown string }

func examplesOf(markdown string) (examples []example) {
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(markdown, -1) {
		for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			line, shown, _ := strings.Cut(part, "\n")
			examples = append(examples, example{line, shown})
		}
	}
	return examples
}

var isoDay = regexp.MustCompile(`\d{4}-\d\d-\d\d`)

// shiftDays moves the days that a command names.
func shiftDays(t testing.TB, line string, shift calendar.Day) string {
	return isoDay.ReplaceAllStringFunc(line, func(day string) string { return (parseDay(t, day) + shift).String() })
}

func parseDay(t testing.TB, text string) calendar.Day {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return calendar.DayOf(at, time.UTC)
}

// words splits a command line as a shell would, as far as the README needs it.
func words(line string) (list []string) {
	for _, match := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		list = append(list, match[1]+match[2])
	}
	return list
}

var (
	durations = regexp.MustCompile(`\b(\d[\d.]*(h|m|s|ms|µs))+\b`)
	versions  = regexp.MustCompile(`\bversion \d+( of \d+)?\b`)
	// offsets are those of times as RFC 3339 writes them: east, west and UTC.
	offsets = regexp.MustCompile(`(\dT\d\d:\d\d(?::\d\d)?)(?:[+-]\d\d:\d\d|Z)`)
	numbers = regexp.MustCompile(`\d+`)
	borders = regexp.MustCompile(`[─┌┬┐├┼┤└┴┘]+|#\.#%`)
	blanks  = regexp.MustCompile(`[ ]+`)
)

// gist is what stays of an output without its numbers, durations, offsets of time zones and borders. The numbers
// of the schema's versions stay.
func gist(output string) (lines []string) {
	output = versions.ReplaceAllStringFunc(output, func(text string) string {
		return strings.NewReplacer("0", "o", "1", "i", "2", "z", "3", "e", "4", "h", "5", "s", "6", "b", "7", "t", "8", "x", "9", "g").Replace(text)
	})
	output = offsets.ReplaceAllString(output, "$1<zone>")
	output = numbers.ReplaceAllString(durations.ReplaceAllString(output, "<time>"), "#")
	for line := range strings.Lines(borders.ReplaceAllString(output, "")) {
		if line = strings.TrimSpace(blanks.ReplaceAllString(line, " ")); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
