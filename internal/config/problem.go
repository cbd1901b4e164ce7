package config

import (
	"fmt"
	"slices"

	"pushloss/internal/problem"
)

// Problem is a missing or wrong setting, and what to do about it. It never repeats a secret.
type Problem struct {
	Variable string
	Text     string
}

func (p Problem) Error() string { return p.Variable + ": " + p.Text }

// Hint says what to correct. Text says what to write instead.
func (Problem) Hint() string {
	return "correct the variables and files that the lines name; the README lists the values of each variable"
}

// Problems are all problems with the settings.
type Problems = problem.List[Problem]

// collected are the problems found so far.
type collected struct{ Problems }

// add adds a problem, unless the variable already has one: its other problems follow from the
// first.
func (c *collected) add(variable, format string, args ...any) {
	if slices.ContainsFunc(c.Problems, func(known Problem) bool {
		return known.Variable == variable && (known.Text == quoted || known.Text == copied)
	}) {
		return
	}
	c.Problems = append(c.Problems, Problem{Variable: variable, Text: fmt.Sprintf(format, args...)})
}
