package config

import (
	"fmt"
	"slices"
	"strings"

	"pushloss/internal/problem"
)

// Problem is one missing or wrong setting, and what to do about it. It never
// repeats a secret.
type Problem struct {
	Variable string
	Text     string
}

func (p Problem) Error() string { return p.Variable + ": " + p.Text }

// Hint says what to correct.
func (p Problem) Hint() string {
	if strings.HasSuffix(p.Variable, "_FILE") {
		return "correct the file, or the variable that names it"
	}
	return "set or correct the variable that the line names"
}

// Problems are all that is wrong with the settings.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// ExitCode is problem.Usage.
func (Problems) ExitCode() problem.Code { return problem.Usage }

// add notes a problem, unless the variable has one already: what follows from a value
// that is wrong is not worth a line.
func (p *Problems) add(variable, format string, args ...any) {
	if slices.ContainsFunc(*p, func(known Problem) bool { return known.Variable == variable && known.Text == quoted }) {
		return
	}
	*p = append(*p, Problem{Variable: variable, Text: fmt.Sprintf(format, args...)})
}
