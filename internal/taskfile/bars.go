package taskfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
)

var (
	rule     = regexp.MustCompile(`^[ \t]*[-+|:=]*(--|\+-|:-|-\||\|[ \t]*-)[-+|:= \t]*$`)
	rowCount = regexp.MustCompile(`^\(?\d+ rows?( in set.*)?\)?$`)
)

// isRuled reports whether a line of dashes comes before or after the first line, as psql and mysql
// write it.
func isRuled(head []byte) bool {
	lines := bytes.SplitN(head, []byte("\n"), 3)
	return rule.Match(bytes.TrimSpace(lines[0])) || len(lines) > 1 && rule.Match(bytes.TrimSpace(lines[1]))
}

// bars reads tables as psql, mysql and Markdown draw them: bars between the columns, lines of
// dashes, and a count of rows at the end.
func (r *reader) bars(list *bufio.Reader, skipped int) error {
	var header []string
	for line := skipped + 1; ; line++ {
		text, err := list.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		text = strings.TrimSpace(text)
		switch {
		case text == "", rule.MatchString(text), rowCount.MatchString(text):
		case header == nil:
			if header = r.header(line, cells(text)); len(header) == 0 {
				return nil
			}
		default:
			r.row(line, header, cells(text))
		}
		if err != nil {
			return nil
		}
	}
}

// cells returns the fields of a line. The outer bars are the frame of the table.
func cells(line string) []string {
	framed := len(line) > 1 && strings.HasPrefix(line, "|") && strings.HasSuffix(line, "|")
	if framed {
		line = line[1 : len(line)-1]
	}
	return strings.Split(line, "|")
}

// skipBlankLines skips to the first line that is not blank, and counts the lines before
// it.
func skipBlankLines(list *bufio.Reader) (skipped int) {
	for {
		head, _ := list.Peek(list.Size())
		line, _, ended := bytes.Cut(head, []byte("\n"))
		if !ended || len(bytes.TrimSpace(line)) > 0 {
			return skipped
		}
		_, _ = list.Discard(len(line) + 1) // the line was peeked at
		skipped++
	}
}
