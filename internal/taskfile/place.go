package taskfile

import (
	"fmt"
	"sort"
)

// lines are the offsets at which the lines of a text begin, except for the first line.
type lines []int

func linesOf(text []byte) (starts lines) {
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// lineAt returns the number of the line at an offset, from 1.
func (l lines) lineAt(offset int) int { return 1 + sort.SearchInts(l, offset+1) }

// place returns the line and the column, in bytes, at an offset.
func (l lines) place(offset int) string {
	line, start := l.lineAt(offset), 0
	if line > 1 {
		start = l[line-2]
	}
	return fmt.Sprintf("line %d, column %d", line, offset-start+1)
}
