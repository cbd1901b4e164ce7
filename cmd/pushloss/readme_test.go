package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

var readmes = []string{"README.md", "README.zh-CN.md"}

// O8: the README's commands print what it shows, apart from numbers and times.
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
			var commands int
			for _, example := range examplesOf(readme) {
				arguments, ours := strings.CutPrefix(example.line, "pushloss ")
				if !ours {
					continue
				}
				commands++
				// The README's times are of its app's time zone, those here of this world's.
				arguments = strings.ReplaceAll(w.daysAgo(arguments), "+08:00", time.Now().In(w.zone).Format("Z07:00"))
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

var daysAgo = regexp.MustCompile(`\$\(date -d '-(\d+) days?' \+%F\)`)

// daysAgo replaces the days that a document lets the shell compute with days of this world's zone.
func (w *world) daysAgo(line string) string {
	return daysAgo.ReplaceAllStringFunc(line, func(command string) string {
		days, err := strconv.Atoi(daysAgo.FindStringSubmatch(command)[1])
		if err != nil {
			w.t.Fatal(err)
		}
		return w.back(days)
	})
}

// A command with a day is useless a year later: it gets an error or no figures, because the API has
// forgotten that day.
func TestNoCommandOfTheDocumentsNamesADay(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(guides) < 4 {
		t.Fatalf("%d guides: %v", len(guides), err)
	}
	day := regexp.MustCompile(`(pushloss|curl) .*\b20\d\d-\d\d-\d\d`)
	seen := 0
	for _, name := range append(guides, "../../README.md", "../../README.zh-CN.md") {
		text := read(t, strings.TrimPrefix(name, "../../"))
		for _, block := range regexp.MustCompile("(?s)```(console|sh)\n(.*?)```").FindAllStringSubmatch(text, -1) {
			for line := range strings.Lines(block[2]) {
				line, prompt := strings.CutPrefix(line, "$ ")
				if block[1] == "console" && !prompt {
					continue // what a command printed
				}
				seen++
				if day.MatchString(line) {
					t.Errorf("%s: %s", name, line)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d lines of commands were found", seen)
	}
}

// words splits a command line as a shell would, as far as the README needs.
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

// gist returns an output without numbers, durations, offsets of time zones and borders. It keeps
// the versions of the schema.
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
