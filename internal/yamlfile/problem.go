package yamlfile

import (
	"cmp"
	"fmt"
	"slices"

	"pushloss/internal/problem"
)

// Problem is one mistake in a file, and what to do about it.
type Problem struct {
	File string
	Line int // counted from 1
	Text string
}

func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Hint says where to correct it. Text says what to write instead.
func (Problem) Hint() string { return "correct these lines of the file" }

// Problems are all mistakes in a file, in the order of its lines.
type Problems = problem.List[Problem]

// File collects the problems of one file while it is read.
type File struct {
	name     string
	problems Problems
}

// Problems returns what was found so far, in the order of the file's lines.
func (f *File) Problems() Problems {
	slices.SortStableFunc(f.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return f.problems
}

// Err is Problems as an error: nil if there are none.
func (f *File) Err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return f.Problems()
}

func (f *File) problem(line int, format string, args ...any) {
	f.problems = append(f.problems, Problem{File: f.name, Line: max(line, 1), Text: fmt.Sprintf(format, args...)})
}
