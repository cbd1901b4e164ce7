package problem

import (
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
)

// List is all mistakes of a user in one place, such as the settings or a file, so that the user can
// correct them all at once.
type List[P error] []P

func (l List[P]) Error() string { return l.Lines(len(l)) }

// Lines returns the first mistakes, one per line, and how many more there are.
func (l List[P]) Lines(most int) string {
	var lines []string
	for i, problem := range l {
		if i == most {
			lines = append(lines, "and "+english.Plural(len(l)-most, "more problem", ""))
			break
		}
		lines = append(lines, problem.Error())
	}
	return strings.Join(lines, "\n")
}

// Hint returns the advice for the mistakes, without repetitions.
func (l List[P]) Hint() string {
	var hints []string
	for _, problem := range l {
		if hint := HintOf(problem); hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	return strings.Join(hints, "; ")
}

// ExitCode is Usage.
func (List[P]) ExitCode() Code { return Usage }
